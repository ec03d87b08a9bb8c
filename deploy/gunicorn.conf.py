"""How gunicorn runs the web process, on a desk and in production: ``gunicorn --config deploy/gunicorn.conf.py``.

Threads wait for the database, processes use the cores. No preloading: each process opens its own connections. Streams
that stay open for hours do not belong here (see docs/decisions).
"""

from __future__ import annotations

import gc
import os

from config import load

_settings = load()

wsgi_app = "app:create_app()"
bind = f"{_settings['HOST']}:{_settings['PORT']}"
worker_class = "gthread"
workers = _settings["WEB_WORKERS"]
threads = _settings["WEB_THREADS"]
preload_app = False
timeout = 60
graceful_timeout = 20
keepalive = 20
# a heartbeat on a slow disk gets a worker killed
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
loglevel = "warning"
# no access log by default; where one is wanted, app.web.logging keeps the tokens of letters' links out of it
proc_name = "portal-web"


def post_worker_init(worker: object) -> None:
    """What was loaded at start is not garbage: leave it out of every later collection, and collect more seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
