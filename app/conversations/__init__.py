"""家長互動區／導師互動區 and the two offices' areas: what guardians and the school say to each other about one student.

A conversation belongs to a student and a channel (homeroom, academic affairs, counseling). It begins with its first
message. Messages are never edited; their author stands there under the name and capacity of that moment. 「互動開關」
(homeroom per class, offices per school) decides whether guardians have the area and whether anybody can send: at 關 the
staff still read, and the history is there again at 開. Manual 貳、三 and 四.
"""
