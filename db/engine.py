"""Connections to the ledger, each as one of its roles: the console's, the importer's, the scheduler's, the owner's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, NullPool, create_engine, event, text
from sqlalchemy.orm import Session

from db.roles import APP, IMPORTER, OWNER, SCHEDULER, become
from db.url import sqlalchemy_url

POOL_SECONDS = 3  # a page that finds no connection says so soon
APPLICATION = "sendflow"
_SET_SCHOOLS = text("SELECT set_config('app.schools', :schools, true)")


class Engines:
    """One database, one pool a role, opened when first used. `url` belongs to a login role that may become the ledger's roles.

    Every method that connects raises `sqlalchemy.exc.OperationalError` when the server does not answer, and
    `sqlalchemy.exc.TimeoutError` when the pool stays empty for three seconds.
    """

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self.url = url
        self._address = sqlalchemy_url(url)
        self._pool_size = pool_size
        self._pools: dict[str, Engine] = {}

    @contextmanager
    def app(self, schools: Iterable[int]) -> Iterator[Session]:
        """A session that reads the rows of these schools and no others. It commits at the end, and rolls back on an error."""
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
        """The psycopg connection beneath the pool, as `role` (the scheduler's for acts of the calendar), in autocommit: one statement is one
        transaction.

        For `apply_act` and its like, whose functions take the schools as an argument. Goes back to the pool at the end, unless it is broken.
        """
        engine = self._pool(role, autocommit=True)
        pooled = engine.raw_connection()
        driver = pooled.driver_connection
        assert isinstance(driver, psycopg.Connection)
        try:
            yield driver
        finally:
            if driver.closed:  # its idle siblings lead to the same server that is gone: the next try must be fresh
                pooled.invalidate()
                engine.dispose()
            pooled.close()

    def dispose(self) -> None:
        """Close every pooled connection. The object can be used again."""
        for engine in self._pools.values():
            engine.dispose()
        self._pools.clear()

    @contextmanager
    def _scoped(self, role: str, schools: Iterable[int]) -> Iterator[Session]:
        numbers = ",".join(str(int(school)) for school in sorted(schools))
        scope = f"{{{numbers}}}" if numbers else ""
        with Session(self._pool(role), expire_on_commit=False) as session:
            # At each transaction, and for it alone: nothing of the scope stays on a pooled connection.
            event.listen(session, "after_begin", lambda _session, _transaction, connection: connection.execute(_SET_SCHOOLS, {"schools": scope}))
            with session.begin():
                yield session

    def _pool(self, role: str, *, autocommit: bool = False) -> Engine:
        name = f"{role} autocommit" if autocommit else role
        if name not in self._pools:
            self._pools[name] = _engine(self._address, role, self._pool_size, autocommit)
        return self._pools[name]


def _engine(address: str, role: str, pool_size: int, autocommit: bool) -> Engine:
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if autocommit else {}
    arguments = {"prepare_threshold": 1, "application_name": f"{APPLICATION} {role}", "connect_timeout": 10}
    pool: dict[str, Any] = {"poolclass": NullPool} if role == OWNER else {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": POOL_SECONDS}
    engine = create_engine(address, connect_args=arguments, pool_pre_ping=not autocommit and role != OWNER, **pool, **options)
    _keep_role(engine, role)
    return engine


def _keep_role(engine: Engine, role: str) -> None:
    @event.listens_for(engine, "connect")
    def set_role(connection: psycopg.Connection[Any], _record: object) -> None:
        before = connection.autocommit
        connection.autocommit = True
        connection.execute(become(role))
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute("SET max_parallel_workers_per_gather = 0")  # a page's query takes less time than starting a worker
        connection.autocommit = before
