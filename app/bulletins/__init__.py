"""班級公佈欄: a notice to one class, shown to the guardians of its students from a day to a day.

Written by the class's homeroom teacher (with 管理者: of any class of the school). The body is typed as text and kept as
cleaned HTML (app.web.rich_text); files are attached to it. Manual 貳、三 A and 四 A.
"""
