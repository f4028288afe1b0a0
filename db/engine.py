"""Connections to the ledger, each as one of its roles: the console's, the importer's, the scheduler's, the owner's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import Engine, NullPool, QueuePool, create_engine, event, text
from sqlalchemy.orm import Session

from db.act_pool import ActPool
from db.roles import APP, IMPORTER, OWNER, SCHEDULER, become
from db.url import psycopg_url, sqlalchemy_url

POOL_SECONDS = 3.0  # whoever finds no connection says so soon; the console sooner (`web/places.py`)
APPLICATION = "sendflow"
# How long the server works, or waits for a row, before it gives up and says so. An act is milliseconds and a page's query tenths of a second;
# the scheduler's sessions verify and import whole trusts, and are bounded by what they wait for, and by idling: a process that was stopped
# in the middle of a transaction, or whose host lost its power, must not keep its rows from everybody else.
ACT_LIMITS = {"statement_timeout": "15s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "60s"}
LIMITS: Mapping[str, Mapping[str, str]] = {
    APP: {"statement_timeout": "15s", "lock_timeout": "5s"},
    IMPORTER: {"lock_timeout": "15s"},
    SCHEDULER: {"lock_timeout": "15s", "idle_in_transaction_session_timeout": "30s"},
}
_SET_SCOPE = text("SELECT set_config('app.schools', :schools, true), set_config('app.reads', :reads, true)")
Scope = Iterable[int] | Mapping[int, Iterable[str]]
EVERY_READER = "*"  # as a role in a scope: a session of ours that has asked already who may read
HEADTEACHER, HEAD_ALONE = "headteacher", "headteacher alone"  # HEAD_ALONE beside other roles: the session reads by that of the headteacher alone


class Engines:
    """One database, one pool a role, opened when first used. `url` belongs to a login role that may become the ledger's roles.

    Every method that connects raises `sqlalchemy.exc.OperationalError` when the server does not answer, and
    `sqlalchemy.exc.TimeoutError` when the pool stays empty for `pool_seconds`.
    """

    def __init__(self, url: str, pool_size: int = 10, pool_seconds: float = POOL_SECONDS) -> None:
        self.url = url
        self.pool_size = pool_size
        self._address = sqlalchemy_url(url)
        self._pool_seconds = pool_seconds
        self._pools: dict[str, Engine] = {}
        self._acts: dict[str, ActPool] = {}

    @contextmanager
    def app(self, schools: Scope) -> Iterator[Session]:
        """A session that reads the rows of these schools and no others. It commits at the end, and rolls back on an error.

        `schools` with the roles held at each also reads the cases that their definition lets those roles alone read (`readers:`); schools alone
        read no such case.
        """
        with self._scoped(APP, schools) as session:
            yield session

    @contextmanager
    def importer(self, schools: Iterable[int]) -> Iterator[Session]:
        """As `app`, and it may write people, pupils, families, plans and calendars of these schools (and no others)."""
        with self._scoped(IMPORTER, schools) as session:
            yield session

    @contextmanager
    def scheduler(self) -> Iterator[Session]:
        """A session over all schools: chasing, sending, waking, importing the whole trust. Commits at the end."""
        with Session(self._pool(SCHEDULER), expire_on_commit=False) as session, session.begin():
            yield session

    @property
    def owner(self) -> Engine:
        """The engine of the tables' owner, for repair and tests. It sees no rows: row-level security binds it too."""
        return self._pool(OWNER)

    @contextmanager
    def act_connection(self, role: str = APP) -> Iterator[psycopg.Connection[Any]]:
        """A psycopg connection of the acts' pool, as `role` (the scheduler's for acts of the calendar), in autocommit: one statement is one
        transaction.

        For `apply_act` and its like, whose functions take the schools as an argument. Goes back to the pool at the end, unless it is broken.
        """
        pool = self._acts.get(role)
        if pool is None:
            pool = self._acts.setdefault(role, ActPool(partial(_connect_for_acts, self.url, role), self.pool_size, self._pool_seconds))
        with pool.connection() as connection:
            yield connection

    @contextmanager
    def own_connection(self, role: str) -> Iterator[psycopg.Connection[Any]]:
        """A connection as of `act_connection` that is in no pool, for what is held while others are asked for. Closed at the end."""
        connection = _connect_for_acts(self.url, role)
        try:
            yield connection
        finally:
            connection.close()

    def taken(self) -> dict[str, tuple[int, int]]:
        """How many connections of each pool that was ever used are taken now, and how many there may be."""
        pages = {role.removeprefix("sendflow_"): engine.pool for role, engine in list(self._pools.items()) if role != OWNER}
        found = {name: (pool.checkedout(), self.pool_size) for name, pool in pages.items() if isinstance(pool, QueuePool)}
        acts = {f"acts of {role.removeprefix('sendflow_')}": (pool.taken, self.pool_size) for role, pool in list(self._acts.items())}
        return dict(sorted((found | acts).items()))

    def dispose(self) -> None:
        """Close every pooled connection. The object can be used again."""
        for engine in self._pools.values():
            engine.dispose()
        for pool in self._acts.values():
            pool.dispose()
        self._pools.clear()
        self._acts.clear()

    @contextmanager
    def _scoped(self, role: str, schools: Scope) -> Iterator[Session]:
        scope = {"schools": _array(str(int(school)) for school in sorted(schools)), "reads": _reads(schools)}
        with Session(self._pool(role), expire_on_commit=False) as session:
            # At each transaction, and for it alone: nothing of the scope stays on a pooled connection.
            event.listen(session, "after_begin", lambda _session, _transaction, connection: connection.execute(_SET_SCOPE, scope))
            with session.begin():
                yield session

    def _pool(self, role: str) -> Engine:
        if role not in self._pools:
            self._pools[role] = _engine(self._address, role, self.pool_size, self._pool_seconds)
        return self._pools[role]


def _array(values: Iterable[str]) -> str:
    """The text of an array; empty where there is nothing, which no policy reads as a school or a role."""
    joined = ",".join(values)
    return f"{{{joined}}}" if joined else ""


def _reads(schools: Scope) -> str:
    """By which roles the session reads, as `15_who_reads.sql` compares them."""
    if not isinstance(schools, Mapping):
        return ""
    reads = {school: (HEADTEACHER,) if HEAD_ALONE in roles else roles for school, roles in schools.items()}
    named = {EVERY_READER if role == EVERY_READER else f"{int(school)}/{role}" for school, roles in reads.items() for role in roles}
    return _array(sorted(named))


def _engine(address: str, role: str, pool_size: int, seconds: float) -> Engine:
    pool: dict[str, Any] = {"poolclass": NullPool} if role == OWNER else {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": seconds}
    engine = create_engine(address, connect_args=_arguments(role), pool_pre_ping=role != OWNER, **pool)

    @event.listens_for(engine, "connect")
    def made(connection: psycopg.Connection[Any], _record: object) -> None:
        before = connection.autocommit
        connection.autocommit = True
        _begin_as(connection, role, LIMITS.get(role, {}))
        connection.autocommit = before

    return engine


def _connect_for_acts(url: str, role: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(psycopg_url(url), autocommit=True, **_arguments(role))
    _begin_as(connection, role, ACT_LIMITS)
    return connection


def _arguments(role: str) -> dict[str, Any]:
    return {"prepare_threshold": 1, "application_name": f"{APPLICATION} {role}", "connect_timeout": 10}


def _begin_as(connection: psycopg.Connection[Any], role: str, limits: Mapping[str, str]) -> None:
    connection.execute(become(role))
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute("SET max_parallel_workers_per_gather = 0")  # a page's query takes less time than starting a worker
    for name, value in limits.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
