"""``make bench``, ``python -m benchmarks``."""

from __future__ import annotations

import sys

from benchmarks.pages import main

sys.exit(main())
