"""Who may see and do what, and nowhere else.

``roles`` names the roles, ``branches`` says what is «mine», ``scopes`` which rows each role sees and writes, ``pages``
which screens it opens, ``policy`` which acts it may do. ``session`` is the hook in the data layer that puts the scope on
every statement; ``ownership`` holds the mixins by which a model declares what it belongs to; ``loading`` loads one row or
answers 404.
"""
