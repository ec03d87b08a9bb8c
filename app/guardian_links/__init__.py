"""學生連結 (manual 貳、一／二): the tie between a guardian's account and a child.

A guardian files an application (pending); the homeroom teacher or the school's manager compares it with the roster and
approves or rejects it. An approved link opens 親師互動功能 and ends when the guardian, the school, a graduation or a
transfer ends it. What the guardian typed is kept; nobody learns from the form whether such a student exists.
"""
