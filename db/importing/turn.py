"""One at a time: what a file adds, changes and leaves out is judged by rows that no other import may change meanwhile."""

from __future__ import annotations

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('sendflow import'))")
ANOTHER = "another import, or a profile of an LA that is being loaded, is at work; nothing is wrong with yours: try again in a minute"


class AnotherAtWork(Exception):
    """Somebody else imports, and did not come to an end for as long as a session waits for a lock (`db/engine.py`)."""


def take_turn(session: Session) -> None:
    """Wait until nobody else imports; nobody does until the caller's transaction ends. Raises AnotherAtWork; the transaction must then be rolled
    back."""
    try:
        session.execute(_TURN)
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise AnotherAtWork(ANOTHER) from error
        raise
