"""名冊匯入: rosters in OneRoster bundles: readers, checks, plan, apply."""
