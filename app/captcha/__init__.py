"""圖像識別碼: five digits as a picture and as sound, asked for on every sign-in, registration, reset and profile change.

The answer never leaves the server. Each scene («sign-in-official», «profile» …) has its own, for five minutes, for one
try: right or wrong, the next form shows new digits. ``challenges`` keeps them, ``fields`` puts them into forms, ``views``
shows and speaks them (手冊 壹 asks for it at each entrance). Who can neither see nor hear them lets the own device
compute something instead: ``work``.
"""
