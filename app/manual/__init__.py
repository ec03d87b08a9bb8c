"""使用手冊: the living manual that ``make manual`` wrote under docs/manual, as pages."""
