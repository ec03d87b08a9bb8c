"""每日聯絡簿: what a class takes home on one day. One entry per class and date; lines of five kinds, each with its files.

Written by the class's homeroom teacher (with 管理者: of any class of the school), read by the guardians of its students
day by day. Manual 貳、三 B and 四 B, where it is called 班級聯絡簿.
"""
