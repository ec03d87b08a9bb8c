"""How much our pages cost, beside a plain Flask route and a blank page of Flask-AppBuilder as it comes.

``make bench`` measures all three in one run, on SQLite and on PostgreSQL, and prints a table; figures of different
machines compare only by their ratios. ``benchmarks/import_bench.py`` times rosters, ``benchmarks/even_times.py`` asks
whether answers take as long for what exists as for what does not, ``benchmarks/captcha_work.py`` how long a device computes
in place of the picture.
"""
