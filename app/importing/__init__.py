"""名冊匯入: rosters that a school information system exports, as OneRoster 1.1, OneRoster 1.2 or SDS v2.1 CSV bundles.

The way in is always the same: ``bundle`` opens the zip or folder within limits, ``readers`` turn a format into one
normal form (``roster``), ``wanted`` says it in the portal's terms, ``plan`` holds it against what stands in the
database (``present``) and names the difference, ``apply`` carries the plan out in one transaction. Every bad row is
named by file, line and field (``problems``); with one bad row nothing at all is applied. Nobody signs up here:
guardians and staff come by their own applications (A1, A3, B1).
"""
