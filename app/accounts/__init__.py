"""Accounts and sign-in (manual 壹、一–五): who a person is, and how they prove it.

A 公務帳號 is applied for, gets a temporary password by SMS, changes it, and waits until a unit's personnel officer has
approved its 調校申請; moving to another school repeats that. A 一般帳號 of one of four types is activated by the link of a
letter. One identity number, one account of a kind. Both have their entrance, their way back after a forgotten password
(SMS, letter), 我的基本資料, a second factor and sessions that they can end; states stand in ``models.AccountState``.
"""
