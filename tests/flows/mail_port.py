"""The mail server's port: something silent in the server's place, and the server back on it."""

from __future__ import annotations

import socket

from notifications.sink import MailSink


def takes_and_says_nothing(port: int) -> socket.socket | None:
    """A socket that takes connections and never says a word; None while the port is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        return None
    listener.listen(50)
    return listener


def starts(sink: MailSink) -> bool:
    """Start the mail server; False while its port is still taken."""
    try:
        sink.start()
    except OSError:
        return False
    return True
