"""Caps: how often something may happen that a stranger can cause. All of them stand here, their numbers in config.py.

``counts`` keeps the counting, in the database, atomically; ``messages`` caps letters and SMS per receiver, account,
address and day; ``doors`` caps tries at the entrances and at the forms of registration and reset per address.
Why there is no other store: docs/decisions/0014-caps.md.
"""
