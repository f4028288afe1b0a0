"""What the mail server or SMS service said, overheard from Apprise, which itself tells only whether it took the message: a number, and when.

Apprise's own debug words quote addresses and mails. They go to nobody but the ear here, which keeps the three digits of a refusal (RFC 5321).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from notifications.message import Sent

NO_ANSWER = "no_clear_answer"
LOGIN = "login_refused"
BUSY = "server_busy"
TRY_LATER = "try_later"
ADDRESS = "address_refused"
REFUSED = "mail_refused"
NUMBER = "number_refused"
_LOGIN_NUMBERS = frozenset({"454", "530", "534", "535", "538"})
_REFUSAL = re.compile(r"^Socket Exception: (?P<readers>\{.*?)?\((?P<number>[45]\d\d), b")
_HTTP_ANSWER = re.compile(r"error=(?P<number>[345]\d\d)\b")
_LOGGER = logging.getLogger("apprise")
_LOGGER.propagate = False  # its words quote addresses, passwords and mails; nobody but an ear hears them, and the level is never raised against one
_LOGGER.addHandler(logging.NullHandler())
_listening: ContextVar[Ear | None] = ContextVar("sendflow_ear", default=None)  # Apprise sends in a thread of its own, in a copy of our context


class Ear(logging.Handler):
    """Hears one sending among several at once: `number` of the first refusal, and whether it was of the reader's address (`of_reader`)."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.number = ""
        self.of_reader = False

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the number and nothing else."""
        if _listening.get() is not self or self.number:
            return
        if found := _REFUSAL.match(record.getMessage()):
            self.number, self.of_reader = found["number"], bool(found["readers"])
        elif found := _HTTP_ANSWER.search(record.getMessage()):
            self.number = found["number"]

    def refusal(self) -> Sent:
        """What is known of a mail that Apprise says was not taken. Without a number nobody knows: the answer may have been lost (RFC 1047)."""
        if not self.number:
            return Sent("unknown", NO_ANSWER)
        if self.number in _LOGIN_NUMBERS and not self.of_reader:
            return Sent("refused", LOGIN)
        if self.number == "421":
            return Sent("refused", BUSY)
        if self.number.startswith("4"):
            return Sent("refused", TRY_LATER)
        return Sent("refused", ADDRESS if self.of_reader else REFUSED)

    def refusal_of_service(self, not_taken: str = NUMBER) -> Sent:
        """The same of an HTTP service (RFC 9110): what it answered is surely not sent; without an answer nobody knows.

        `not_taken`: the word for a refusal of this one message.
        """
        if not self.number:
            return Sent("unknown", NO_ANSWER)
        if self.number in ("401", "403", "407"):
            return Sent("refused", LOGIN)
        if self.number in ("408", "429") or self.number.startswith("5"):
            return Sent("refused", BUSY if self.number == "429" else TRY_LATER)
        return Sent("refused", not_taken)


@contextmanager
def overheard() -> Iterator[Ear]:
    """Listen to what Apprise says of what is sent in this block."""
    ear = Ear()
    before = _listening.set(ear)
    _LOGGER.setLevel(logging.DEBUG)
    _LOGGER.addHandler(ear)
    try:
        yield ear
    finally:
        _LOGGER.removeHandler(ear)
        _listening.reset(before)
