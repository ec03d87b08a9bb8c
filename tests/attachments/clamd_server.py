"""A small clamd: speaks its protocol on a real socket and knows one virus, the test string of EICAR."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""In two pieces, so that no scanner takes this file for it."""


class _Session(socketserver.StreamRequestHandler):
    server: SmallClamd

    def handle(self) -> None:
        command = b""
        while not command.endswith(b"\0"):
            command += self.rfile.read(1)
        if command == b"zPING\0":
            self.wfile.write(b"PONG\0")
            return
        assert command == b"zINSTREAM\0", command
        heard = b""
        while (length := struct.unpack("!L", self.rfile.read(4))[0]) > 0:
            heard += self.rfile.read(length)
            if len(heard) > self.server.most:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.server.heard.append(heard)
        if self.server.says is not None:
            self.wfile.write(self.server.says)
        else:
            self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in heard else b"stream: OK\0")


class SmallClamd(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    most = 20_000_000
    says: bytes | None = None
    """Instead of what it should say."""

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Session)
        self.heard: list[bytes] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class SmallClamdOnAPath(SmallClamd):
    address_family = 1  # AF_UNIX

    @property
    def address(self) -> str:
        return str(self.server_address)


@contextmanager
def small_clamd(path: str | None = None) -> Iterator[SmallClamd]:
    """A running one, on a port of this machine or on the socket ``path``."""
    server = SmallClamdOnAPath(path) if path else SmallClamd(("127.0.0.1", 0))  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
