"""Doing a transaction again when the database asks for it, or when its answer was lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg import errors

from db.acts.errors import Busy

T = TypeVar("T")
AGAIN = (errors.DeadlockDetected, errors.SerializationFailure)
GAVE_UP = (errors.LockNotAvailable, errors.QueryCanceled)  # lock_timeout and statement_timeout (db/engine.py): rolled back by the server
TRIES = 4


def retried(transaction: Callable[[], T], broke: Callable[[], object] = lambda: None) -> T:
    """Run `transaction`, up to four times on a deadlock or serialization failure, and once more when the connection broke.

    After a broken connection nobody knows whether it was committed; the act's key makes the second try answer with the first receipt.
    `broke` is called when a connection broke, before the second try. Raises Busy when the server gave up waiting or working, else the last error
    if it does not help.
    """
    broken = False
    for attempt in range(TRIES):
        try:
            return transaction()
        except AGAIN:
            if attempt == TRIES - 1:
                raise
        except GAVE_UP as error:
            raise Busy(
                "The ledger was too busy: somebody else's work held this case, or the server was slow, until the time allowed was over. "
                "Nothing has been saved. Send it again in a minute; if it goes on, ask whoever runs Sendflow to look at the database."
            ) from error
        except psycopg.OperationalError:
            broke()
            if broken or attempt == TRIES - 1:
                raise
            broken = True
    raise AssertionError("the last try returns or raises")
