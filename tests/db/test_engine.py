"""Connections outlive the server: after PostgreSQL was killed and is back, the next act and the next page simply work (C3)."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from db.embedded import EmbeddedPostgres
from db.engine import Engines
from db.migrate import migrate


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server of this module's own, to be killed."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("mortal"))
    migrate(server.start())
    yield server
    server.stop()
    shutil.rmtree(server.base)


def kill(server: EmbeddedPostgres) -> None:
    os.kill(int((server.cluster / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)


def fill(engines: Engines) -> None:
    """Several idle connections in each pool."""
    with engines.act_connection() as one, engines.act_connection() as two, engines.act_connection() as three:
        assert [connection.execute("SELECT 1").fetchone() for connection in (one, two, three)] == [(1,)] * 3
    with engines.app([1]) as first, engines.app([1]) as second:
        assert [session.scalar(text("SELECT 1")) for session in (first, second)] == [1, 1]


def test_c3_after_a_restart_every_act_has_a_fresh_connection(mortal: EmbeddedPostgres) -> None:
    engines = Engines(mortal.start())
    fill(engines)
    kill(mortal)
    assert mortal.start() == engines.url, "the port is remembered, so the address stays"
    for _ in range(4):
        with engines.act_connection() as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("sendflow_app",)
    for _ in range(4):
        with engines.app([1]) as session:
            assert session.scalar(text("SELECT current_setting('app.schools')")) == "{1}"
    engines.dispose()


def test_while_the_server_is_away_everybody_is_told(mortal: EmbeddedPostgres) -> None:
    engines = Engines(mortal.start())
    fill(engines)
    mortal.stop()
    with pytest.raises(OperationalError), engines.app([1]) as session:
        session.scalar(text("SELECT 1"))
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError), engines.act_connection() as connection:
            connection.execute("SELECT 1")
    mortal.start()
    with engines.act_connection() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    engines.dispose()


def test_a_transaction_left_open_on_an_act_connection_is_not_the_next_ones(mortal: EmbeddedPostgres) -> None:
    engines = Engines(mortal.start(), pool_size=1)
    with pytest.raises(ZeroDivisionError), engines.act_connection() as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT set_config('app.schools', '{1}', true)")
        raise ZeroDivisionError
    with engines.act_connection() as connection:
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert connection.execute("SELECT NULLIF(current_setting('app.schools', true), '')").fetchone() == (None,)
    engines.dispose()


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite:///x.db", "nonsense"])
def test_another_kind_of_database_is_refused_in_words(url: str) -> None:
    with pytest.raises(ValueError, match="must begin with postgresql://"):
        Engines(url)


def test_a_connection_in_use_while_the_engines_are_closed_is_closed_when_given_back(mortal: EmbeddedPostgres) -> None:
    engines = Engines(mortal.start(), pool_size=2)
    with engines.act_connection() as idle:
        idle.execute("SELECT 1")
        with engines.act_connection() as used:
            used.execute("SELECT 1")
            engines.dispose()
            assert not used.closed, "it is still at work"
    assert idle.closed and used.closed
    with engines.act_connection() as fresh:
        assert fresh.execute("SELECT 1").fetchone() == (1,)
    engines.dispose()
    assert fresh.closed


def test_what_went_wrong_is_told_when_the_rollback_fails_too(mortal: EmbeddedPostgres) -> None:
    engines = Engines(mortal.start(), pool_size=1)
    with pytest.raises(ZeroDivisionError), engines.act_connection() as connection:
        connection.execute("BEGIN")
        with psycopg.connect(engines.url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
        raise ZeroDivisionError
    assert connection.closed
    engines.dispose()
