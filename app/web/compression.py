"""Answers as gzip for browsers that take it; where a proxy stands in front (PROXY_HOPS), compressing is the proxy's work.

Static files are compressed once for each process. What is secret in a page is masked anew in every answer
(``chrome.csrf_value``), so that its length tells nothing (BREACH, https://www.breachattack.com); docs/accessibility.md.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request

_KINDS = frozenset(
    {
        "text/html",
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/json",
        "application/manifest+json",
        "image/svg+xml",
    }
)
_LEAST = 1024
"""Bytes: less than that fits into one packet anyway."""
_PAGE_LEVEL, _FILE_LEVEL = 5, 9
"""Of zlib: a page is compressed while somebody waits."""


def install_compression(flask_app: Flask) -> None:
    if flask_app.config["PROXY_HOPS"]:
        return
    static_folder = Path(flask_app.static_folder or "")

    @flask_app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in _KINDS or "Content-Encoding" in response.headers:
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code == 304 or not request.accept_encodings["gzip"]:
            return response
        if request.endpoint == "static" and response.status_code == 200:
            name = (request.view_args or {})["filename"]
            response.direct_passthrough = False
            packed = _packed_file(str(static_folder / name), (static_folder / name).stat().st_mtime_ns)
            etag = response.get_etag()[0]
            if etag:
                response.set_etag(etag, weak=True)  # the same file in another dress
        elif response.is_sequence and (response.content_length or len(response.get_data())) >= _LEAST:
            packed = gzip.compress(response.get_data(), _PAGE_LEVEL, mtime=0)
        else:
            return response
        response.set_data(packed)
        response.headers["Content-Encoding"] = "gzip"
        return response


@lru_cache(maxsize=200)
def _packed_file(path: str, changed_at: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), _FILE_LEVEL, mtime=0)
