"""桃園市 in small: the demo schools as a OneRoster 1.1 bundle (``bundle/``), and the script that wrote it (``make.py``)."""
