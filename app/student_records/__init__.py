"""成績／出勤／獎懲 (manual 貳、四): a student's marks of every term, and this term's attendance and conduct.

The school keeps them (imports and generated screens); a guardian reads those of a linked child on one page. No rank is
kept anywhere, and nobody sees another child's.
"""
