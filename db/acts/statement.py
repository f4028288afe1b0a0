"""One statement of an act, sent with the least that psycopg can do: prepared once a connection, texts in and texts out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg import errors, generators
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

GONE = b"26000"  # no such prepared statement: psycopg drops them all after a rollback
Values = Sequence[str | None]


class Statement:
    """A statement with `%s` for each value, which answers with texts, in one row at most. The values are texts too: the database reads them.

    A psycopg cursor looks at each value and looks its plan up anew at each call, which costs an act as much as the rules do.
    """

    _numbers = count(1)

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._name = f"sendflow_{next(self._numbers)}".encode()
        self._known: WeakSet[psycopg.Connection[Any]] = WeakSet()

    def row(self, connection: psycopg.Connection[Any], values: Values) -> tuple[Any, ...] | None:
        """The row, None if there is none. Raises psycopg.Error as a cursor does."""
        if connection.pgconn.transaction_status != TransactionStatus.IDLE:
            return connection.execute(self.sql, values).fetchone()  # an unknown statement would end the caller's transaction
        sent = [None if value is None else value.encode() for value in values]
        with connection.lock:
            if connection not in self._known:
                self._prepare(connection)
            result = self._answer(connection, sent)
            if result.error_field(DiagnosticField.SQLSTATE) == GONE:
                self._prepare(connection)
                result = self._answer(connection, sent)
        if result.status != ExecStatus.TUPLES_OK:
            raise errors.error_from_result(result, connection.info.encoding)
        return _texts(result) if result.ntuples else None

    def _prepare(self, connection: psycopg.Connection[Any]) -> None:
        first, *rest = self.sql.split("%s")
        numbered = first + "".join(f"${place}{part}" for place, part in enumerate(rest, start=1))
        connection.pgconn.send_prepare(self._name, numbered.encode())
        result = _last(connection)
        if result.status != ExecStatus.COMMAND_OK:
            raise errors.error_from_result(result, connection.info.encoding)
        self._known.add(connection)

    def _answer(self, connection: psycopg.Connection[Any], sent: list[bytes | None]) -> PGresult:
        connection.pgconn.send_query_prepared(self._name, sent)
        return _last(connection)


def _last(connection: psycopg.Connection[Any]) -> PGresult:
    """What the server answers. Waiting can be interrupted, as with a cursor. Raises OperationalError when the connection breaks."""
    result: PGresult = connection.wait(generators.execute(connection.pgconn))[-1]
    return result


def _texts(result: PGresult) -> tuple[str | None, ...]:
    values = (result.get_value(0, column) for column in range(result.nfields))
    return tuple(None if value is None else value.decode() for value in values)
