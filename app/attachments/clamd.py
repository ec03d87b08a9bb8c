"""A small client of clamd, the daemon of ClamAV: one file in, one word out.

The protocol is that of clamd(8), command INSTREAM: the file goes in pieces, each with its length in four bytes before
it, and an empty piece ends it. Only the answer ``stream: OK`` lets a file pass; whatever else is said does not.
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

PIECE = 64 * 1024
LONGEST_ANSWER = 4096
_ADDRESS = re.compile(r"(?P<host>[^:\[\]/]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})")


class ScannerAway(Exception):
    """clamd does not answer, or not in time: nothing is known about the file."""


class ScannerGaveUp(Exception):
    """clamd answers, and says that it could not look at this file (too large for its StreamMaxLength, for example)."""


@dataclass(frozen=True)
class Clamd:
    """clamd at ``address``: ``host:port``, ``[IPv6]:port`` or the path of its socket. ``timeout`` in seconds, each step."""

    address: str
    timeout: float

    def find_malware(self, stream: BinaryIO) -> str:
        """The name of what was found in ``stream``, from its present place on; empty when there is nothing.

        Raises ScannerAway, ScannerGaveUp.
        """
        with self._connected() as connection:
            try:
                connection.sendall(b"zINSTREAM\0")
                while piece := stream.read(PIECE):
                    connection.sendall(struct.pack("!L", len(piece)) + piece)
                connection.sendall(struct.pack("!L", 0))
            except BrokenPipeError:
                pass  # it has heard enough; what it says tells why
            answer = _answer(connection)
        if answer == "stream: OK":
            return ""
        found = re.fullmatch(r"stream: (.+) FOUND", answer)
        if found is None:
            raise ScannerGaveUp(answer[:200])
        return found[1][:200]

    def is_there(self) -> bool:
        try:
            with self._connected() as connection:
                connection.sendall(b"zPING\0")
                return _answer(connection) == "PONG"
        except ScannerAway:
            return False

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        try:
            with self._socket() as connection:
                yield connection
        except OSError as error:
            raise ScannerAway(type(error).__name__) from error

    def _socket(self) -> socket.socket:
        host_and_port = _ADDRESS.fullmatch(self.address)
        if host_and_port is not None:
            host = host_and_port["host"].strip("[]")
            return socket.create_connection((host, int(host_and_port["port"])), self.timeout)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self.timeout)
        try:
            connection.connect(self.address)
        except OSError:
            connection.close()
            raise
        return connection


def _answer(connection: socket.socket) -> str:
    heard = b""
    while not heard.endswith(b"\0") and len(heard) < LONGEST_ANSWER:
        piece = connection.recv(1024)
        if not piece:
            break
        heard += piece
    if not heard:
        raise ScannerAway("no answer")
    return heard.rstrip(b"\0\n").decode("utf-8", "replace")
