"""Doing a transaction again when the database asks for it, or when its answer was lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg import errors

T = TypeVar("T")
AGAIN = (errors.DeadlockDetected, errors.SerializationFailure)
TRIES = 4


def retried(transaction: Callable[[], T]) -> T:
    """Run `transaction`, up to four times on a deadlock or serialization failure, and once more when the connection broke.

    After a broken connection nobody knows whether it was committed; the act's key makes the second try answer with the first receipt.
    Raises the last error if it does not help.
    """
    broken = False
    for attempt in range(TRIES):
        try:
            return transaction()
        except AGAIN:
            if attempt == TRIES - 1:
                raise
        except psycopg.OperationalError:
            if broken:
                raise
            broken = True
    raise AssertionError("the last try returns or raises")
