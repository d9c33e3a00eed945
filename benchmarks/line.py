"""A client that takes little of the processors it shares with what it measures: one connection, requests in turn."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Self

SECONDS, CHUNK = 60, 1 << 16


class Line:
    """A connection that stays open. Answers have to tell their length, as those of the pages do."""

    def __init__(self, host: str, port: int, headers: Mapping[str, str]) -> None:
        self._socket = socket.create_connection((host, port), SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in {"Host": host, **headers}.items())

    def ask(self, method: str, path: str, body: str = "") -> int:
        """Send a request and read the whole answer; its status. Raises ConnectionError where the server hangs up."""
        sent = body.encode()
        self._socket.sendall(
            f"{method} {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(sent)}\r\n\r\n".encode() + sent
        )
        head, _, rest = self._until_blank().partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        left = int(length or 0) - len(rest)
        while left > 0:
            left -= len(self._more())
        return int(head.split(b" ", 2)[1])

    def _until_blank(self) -> bytes:
        found = self._more()
        while b"\r\n\r\n" not in found:
            found += self._more()
        return found

    def _more(self) -> bytes:
        part = self._socket.recv(CHUNK)
        if not part:
            raise ConnectionError("The server closed the connection")
        return part

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self._socket.close()
