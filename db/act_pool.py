"""The connections that acts are written on: psycopg's own, in autocommit, one list a role. SQLAlchemy's pool costs an act a tenth of its time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from select import POLLIN, poll
from threading import BoundedSemaphore
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy.exc import TimeoutError as PoolTimeout

Connection = psycopg.Connection[Any]


class ActPool:
    """At most `size` connections made by `connect`; the one given back last is given out first."""

    def __init__(self, connect: Callable[[], Connection], size: int, seconds: float) -> None:
        self._connect = connect
        self._seconds = seconds
        self._free = BoundedSemaphore(size)
        self._idle: list[Connection] = []
        self._in_use: set[object] = set()
        self._over = False

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection, rolled back at the end if a transaction is open on it. Raises `sqlalchemy.exc.TimeoutError` when none comes free in
        time, `psycopg.OperationalError` when the server does not answer.
        """
        if not self._free.acquire(timeout=self._seconds):
            raise PoolTimeout(f"no connection for an act came free within {self._seconds} seconds")
        mark = object()
        self._in_use.add(mark)
        try:
            connection = self._taken()
            try:
                yield connection
            finally:
                self._given_back(connection)
        finally:
            self._in_use.discard(mark)
            self._free.release()

    @property
    def taken(self) -> int:
        """How many connections are in use now."""
        return len(self._in_use)

    def dispose(self) -> None:
        """Close the idle connections now, and those in use when they are given back: the pool is at its end."""
        self._over = True
        self._close_idle()

    def _taken(self) -> Connection:
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._connect()
        if _has_been_left(connection):
            connection.close()
            self._close_idle()  # else whoever comes first after a restart of the server is told "not confirmed" without need
            return self._connect()
        return connection

    def _given_back(self, connection: Connection) -> None:
        if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
            try:
                connection.rollback()
            except psycopg.Error:
                connection.close()  # what went wrong before is what the caller is told
        if connection.closed:
            self._close_idle()  # its idle siblings lead to the same server that is gone: the next try must be fresh
            return
        self._idle.append(connection)
        if self._over:
            self._close_idle()

    def _close_idle(self) -> None:
        while True:
            try:
                connection = self._idle.pop()  # not looked for first: another thread may take the last one
            except IndexError:
                return
            connection.close()


def _has_been_left(connection: Connection) -> bool:
    """Whether the server has hung up on an idle connection: it says nothing on one, except good-bye. Costs no round trip."""
    watched = poll()
    watched.register(connection.fileno(), POLLIN)
    return bool(watched.poll(0))
