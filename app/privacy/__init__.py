"""What the portal owes people about their own data: the notice of §8 個人資料保護法, its acceptance, a copy of it all.

A notice (個資告知與同意) has versions that are never changed once in force; the acceptance is kept with version, moment and
entrance, and asked for again when a newer version is in force. 我的資料 gives everybody a copy of their own rows.
"""
