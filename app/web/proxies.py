"""Behind reverse proxies: the visitor's address and scheme are what the last PROXY_HOPS of them say, and nobody else."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix


def install_proxies(flask_app: Flask) -> None:
    hops = flask_app.config["PROXY_HOPS"]
    if hops:
        flask_app.wsgi_app = ProxyFix(flask_app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
