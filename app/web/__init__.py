"""What all pages share: base views, headers, errors, dates, pages of a list."""
