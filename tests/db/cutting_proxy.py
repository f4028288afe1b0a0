"""A TCP proxy before PostgreSQL or a mail server that severs every connection after the n-th packet (`faults.md`, tool `cut(n)`)."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit


def sever(one: socket.socket) -> None:
    """End this side of a connection at once, also for a thread that waits for its next packet."""
    with contextlib.suppress(OSError):  # it may be severed already
        one.shutdown(socket.SHUT_RDWR)
    one.close()


class CuttingProxy:
    """Listens on a free local port and passes everything on, until `cut_after` packets have gone by in either direction.

    After the cut new connections pass again, or are refused as long as `stays_down`. `passed`: packets since `cut_after`, while it is armed.
    """

    def __init__(self, url: str, at_cut: Callable[[], object] = lambda: None) -> None:
        """`at_cut` is called at the cut, before anything is severed: it may kill the process at the other end."""
        self._at_cut = at_cut
        self._target = urlsplit(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._left: int | None = None
        self._sockets: set[socket.socket] = set()
        self._down = False
        self.stays_down = False
        self.was_cut = False
        self.passed = 0
        self._first = b""
        self.begun = True
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The server's address through the proxy."""
        credentials, at, _ = self._target.netloc.rpartition("@")
        return urlunsplit(self._target._replace(netloc=f"{credentials}{at}127.0.0.1:{self._listener.getsockname()[1]}"))

    def cut_after(self, packets: int, *, stays_down: bool, counting_from: bytes = b"") -> None:
        """Arm the cut: it comes before the packet after these, counted from the first one that holds `counting_from` on (which sets `begun`)."""
        with self._lock:
            self._first, self.begun = counting_from, not counting_from
            self._left, self.stays_down, self.was_cut, self._down, self.passed = packets, stays_down, False, False, 0

    def heal(self) -> None:
        """Pass everything from now on."""
        with self._lock:
            self._left, self._down = None, False

    def close(self) -> None:
        """Stop listening and drop what is connected."""
        sever(self._listener)  # closing alone would leave the thread waiting for the next connection for ever
        self._sever()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._down:
                client.close()
                continue
            server = socket.create_connection((self._target.hostname or "127.0.0.1", self._target.port or 5432))
            self._sockets |= {client, server}
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):  # severed from the other side
            while packet := source.recv(65536):
                if not self._may_pass(packet):
                    self._at_cut()
                    self._sever()
                    return
                target.sendall(packet)
        for one in (source, target):
            self._drop(one)

    def _may_pass(self, packet: bytes) -> bool:
        with self._lock:
            self.begun = self.begun or self._first in packet
            if self._left is None or not self.begun:
                return True
            self._left -= 1
            if self._left >= 0:
                self.passed += 1
                return True
            self._left, self.was_cut, self._down = None, True, self.stays_down
            return False

    def _sever(self) -> None:
        for one in list(self._sockets):
            self._drop(one)

    def _drop(self, one: socket.socket) -> None:
        self._sockets.discard(one)
        sever(one)
