"""A proxy before PostgreSQL that lets an act reach the database, waits until it is committed, and swallows the answer (`faults.md` C4)."""

from __future__ import annotations

import contextlib
import socket

from tests.db.cutting_proxy import CuttingProxy

ERROR = b"E"  # an answer that begins so says that nothing was done: the statement had to be prepared again, and is


class SwallowingProxy(CuttingProxy):
    """Once armed, the answer to one act never arrives: all connections are severed, and new ones refused until `heal`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._armed = b""
        self._acted: socket.socket | None = None
        self.swallowed = b""

    def swallow_answer_to(self, key: str) -> None:
        """Arm it for the act with that key, which stands in the statement's values."""
        self._armed, self._acted, self.swallowed = key.encode(), None, b""

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):  # severed from the other side
            while packet := source.recv(65536):
                if self._acted is target and packet[:1] == ERROR:
                    self._acted = None
                if self._armed and self._acted is target:
                    self._armed, self._down, self.swallowed = b"", True, packet
                    self._sever()
                    return
                if self._armed and self._armed in packet:
                    self._acted = source
                target.sendall(packet)
        for one in (source, target):
            self._drop(one)
