"""Accounts and sign-in (manual 壹、一–五): who a person is, and how they prove it."""
