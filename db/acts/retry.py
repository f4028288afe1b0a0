"""Doing a transaction again when the database asks for it, or when its answer was lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg import errors
from sqlalchemy.exc import DBAPIError

from db.acts.errors import Busy

T = TypeVar("T")
AGAIN = (errors.DeadlockDetected, errors.SerializationFailure)
GAVE_UP = (errors.LockNotAvailable, errors.QueryCanceled)  # lock_timeout and statement_timeout (db/engine.py): rolled back by the server
TRIES, POOLS = 4, 2


class NoRoom(Busy):
    """The disk of the database is full. Nothing was saved; reading goes on, and the same act may be sent again once there is room."""


def retried(transaction: Callable[[], T], broke: Callable[[], object] = lambda: None) -> T:
    """Run `transaction`, up to four times on a deadlock or serialization failure, and twice more when a connection broke: acts have a pool of
    their own, and what an act reads beside may come by a connection of the other pool that the same outage broke.

    After a broken connection nobody knows whether it was committed; the act's key makes the second try answer with the first receipt.
    `broke` is called when a connection broke, before the second try. Raises Busy when the server gave up waiting or working, NoRoom when its
    disk is full, else the last error if it does not help.
    """
    broken = 0
    for attempt in range(TRIES):
        try:
            return _as_the_driver_says(transaction)
        except AGAIN:
            if attempt == TRIES - 1:
                raise
        except GAVE_UP as error:
            raise Busy(
                "The ledger was too busy: somebody else's work held this case, or the server was slow, until the time allowed was over. "
                "Nothing has been saved. Send it again in a minute; if it goes on, ask whoever runs Sendflow to look at the database."
            ) from error
        except errors.DiskFull as error:
            raise NoRoom(
                "The disk of the database is full, so nothing more can be recorded. Nothing has been saved. Everything recorded before can still be "
                "read. Tell whoever runs Sendflow to make room; then send it again, it needs no restart."
            ) from error
        except psycopg.OperationalError:
            broke()
            if broken == POOLS or attempt == TRIES - 1:
                raise
            broken += 1
    raise AssertionError("the last try returns or raises")


def _as_the_driver_says(transaction: Callable[[], T]) -> T:
    """Some of an act's reading goes through SQLAlchemy, which wraps what the driver raised."""
    try:
        return transaction()
    except DBAPIError as wrapped:
        if isinstance(wrapped.orig, psycopg.Error):
            raise wrapped.orig from wrapped
        raise
