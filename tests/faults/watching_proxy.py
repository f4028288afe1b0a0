"""A TCP proxy that sees each packet before it passes, and may keep it back: so that a process dies or stops exactly there (`faults.md`, cut(n))."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from tests.db.cutting_proxy import sever

Look = Callable[[bytes, bool], bool]


class WatchingProxy:
    """Listens on a free port for the server at `port` there.

    `look(packet, to_server)` is asked before each packet passes; False: it does not, and its connection is severed. Give none to pass everything.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        """`host`: the address of this machine on which it listens."""
        self.look: Look | None = None
        self._target = port
        self._listener = socket.create_server((host, 0))
        self._sockets: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Stop listening and drop what is connected."""
        self._listener.close()
        for one in list(self._sockets):
            self._drop(one)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                if self._listener.fileno() < 0:
                    return
                continue
            self._sockets |= {client, server}
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, to_server: bool) -> None:
        with contextlib.suppress(OSError):  # severed from the other side
            while packet := source.recv(65536):
                if self.look is not None and not self.look(packet, to_server):
                    break
                target.sendall(packet)
        for one in (source, target):
            self._drop(one)

    def _drop(self, one: socket.socket) -> None:
        self._sockets.discard(one)
        sever(one)
