"""雲端學務系統: the desk of teachers and school offices, the page that opens first.

What is due today, per own class (contact book, conversations, bulletins) and per office; each line leads to the page
where it is done. The pages themselves live in their features: bulletins, contact_books, conversations, guardian_links.
"""
