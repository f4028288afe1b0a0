"""Migrations: the models and the frozen SQL agree, and a database that is not ours is refused in words (faults.md O3, O6; D6: tests/faults)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from db.engine import Engines
from db.migrate import DatabaseRefused, alembic_config, inspect_database, migrate, require_current
from db.models import Base
from db.url import sqlalchemy_url
from tests.databases import TestServer


def test_models_and_migrations_agree(postgres: TestServer, database_url: str) -> None:
    engine = create_engine(sqlalchemy_url(postgres.server.superuser_url(database_url.rsplit("/", 1)[1])))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": lambda *given: given[1] != "alembic_version"})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_migrations_form_one_line() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert len(scripts.get_heads()) == 1
    assert [script.down_revision for script in scripts.walk_revisions()].count(None) == 1


def test_an_empty_database_becomes_current_and_stays_so(postgres: TestServer) -> None:
    with postgres.database(migrated=False) as url:
        assert inspect_database(url).state == "empty"
        with pytest.raises(DatabaseRefused, match="is empty"):
            require_current(url)
        migrate(url)
        migrate(url)
        require_current(url)
        engines = Engines(url)
        with engines.scheduler() as session:
            assert session.connection().exec_driver_sql("SELECT count(*), bool_or(demo) FROM instance_identity").one() == (1, False)
        engines.dispose()


def test_two_processes_migrating_at_once_make_one_ledger(postgres: TestServer) -> None:
    faults: list[BaseException] = []

    def run(url: str) -> None:
        try:
            migrate(url)
        except Exception as fault:
            faults.append(fault)

    with postgres.database(migrated=False) as url:
        threads = [threading.Thread(target=run, args=(url,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        require_current(url)


def test_prefects_database_is_refused(postgres: TestServer) -> None:
    with postgres.database(migrated=False) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE flow_run (id int); CREATE TABLE deployment (id int)")
        with pytest.raises(DatabaseRefused, match="is Prefect's own"):
            migrate(url)


def test_a_stranger_is_refused_and_left_alone(postgres: TestServer) -> None:
    with postgres.database(migrated=False) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE invoices (id int)")
        with pytest.raises(DatabaseRefused, match="it holds invoices"):
            migrate(url)
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall() == [("invoices",)]


def test_a_newer_schema_is_refused(postgres: TestServer) -> None:
    with postgres.database() as url:
        with psycopg.connect(url) as connection:
            connection.execute("SET ROLE sendflow_owner")
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        assert inspect_database(url).state == "newer"
        with pytest.raises(DatabaseRefused, match="made by a newer Sendflow"):
            migrate(url)


@pytest.fixture
def login(postgres: TestServer) -> Iterator[str]:
    """A login role of this test's own, with the password `plain` and no right to make roles."""
    name = f"login_{uuid4().hex[:8]}"
    with psycopg.connect(postgres.server.superuser_url(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN NOINHERIT PASSWORD 'plain'")  # type: ignore[arg-type]
        yield name
        connection.execute(f"DROP ROLE {name}")  # type: ignore[arg-type]


def as_login(url: str, login: str) -> str:
    """The same database by another login role."""
    return url.replace(url.split("://")[1].split("@")[0], f"{login}:plain")


def test_a_login_without_the_right_to_make_roles_is_told_so(postgres: TestServer, login: str) -> None:
    with postgres.database(migrated=False) as url:
        with pytest.raises(DatabaseRefused, match="may not make the ledger's roles"):
            migrate(as_login(url, login))
        assert inspect_database(url).state == "empty"


def test_an_administrator_may_prepare_the_roles_instead(postgres: TestServer, login: str) -> None:
    with postgres.database() as made_before, postgres.database(migrated=False) as url:
        assert inspect_database(made_before).state == "current", "so the roles are there"
        with psycopg.connect(postgres.server.superuser_url(), autocommit=True) as connection:
            connection.execute(f"GRANT sendflow_owner, sendflow_writer, sendflow_app, sendflow_importer, sendflow_scheduler TO {login}")  # type: ignore[arg-type]
            connection.execute(f"ALTER DATABASE {url.rsplit('/', 1)[1]} OWNER TO {login}")  # type: ignore[arg-type]
        migrate(as_login(url, login))
        require_current(as_login(url, login))
        engines = Engines(as_login(url, login))
        with engines.app([1]) as session:
            assert session.connection().exec_driver_sql("SELECT current_user").scalar() == "sendflow_app"
        engines.dispose()
