"""A migration cut at any packet leaves the old schema or the new one; a half one is refused in words (`faults.md` D6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError

from db.engine import Engines
from db.migrate import DatabaseRefused, inspect_database, migrate, require_current, upgrade_to
from db.url import sqlalchemy_url
from tests.databases import TestServer
from tests.db.builders import two_schools
from tests.db.cutting_proxy import CuttingProxy
from tests.faults.conftest import Tally
from tests.faults.tally import rounds

MANY = 1_000_000
SOME = 3  # cuts of the ordinary run, spread over the whole, beside the last ones around the commit
LAST = 3
IDENTITY = "SET ROLE sendflow_scheduler; INSERT INTO instance_identity (instance, demo) VALUES (gen_random_uuid(), true)"
SCHEMA = """
    SELECT 'column', c.table_name || '.' || c.column_name, concat_ws(' ', c.data_type, c.is_nullable, c.column_default)
    FROM information_schema.columns c WHERE c.table_schema = 'public'
    UNION ALL SELECT 'function', oid::regprocedure::text, concat_ws(' ', md5(prosrc), proowner::regrole, proacl) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'policy', tablename || '.' || policyname, concat_ws(' ', roles, cmd, qual, with_check) FROM pg_policies
    UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'table', oid::regclass::text, concat_ws(' ', relowner::regrole, relacl, relrowsecurity, relforcerowsecurity) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    ORDER BY 1, 2, 3
"""
OTHERS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
Make = Callable[[TestServer], AbstractContextManager[str]]
Kept = tuple[list[tuple[object, ...]], dict[str, list[tuple[object, ...]]]]


def kept(postgres: TestServer, url: str) -> Kept:
    """The whole schema and every row, seen by the superuser once nobody else is at work."""
    with psycopg.connect(postgres.server.superuser_url(url.rsplit("/", 1)[1]), autocommit=True) as superuser:
        while superuser.execute(OTHERS).fetchone():
            pass  # the severed server process still finds out
        schema = superuser.execute(SCHEMA).fetchall()
        tables = sorted(str(name) for kind, name, _ in schema if kind == "table")
        rows = {table: superuser.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall() for table in tables}
    return schema, rows


@contextmanager
def empty(postgres: TestServer) -> Iterator[str]:
    """A database without anything."""
    with postgres.database(migrated=False) as url:
        yield url


@contextmanager
def at_0004(postgres: TestServer) -> Iterator[str]:
    """A ledger of the released schema with two schools and a case in each."""
    with postgres.database(migrated=False) as url:
        engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
        with engine.connect() as connection, connection.begin():
            upgrade_to(connection, "0004")
            connection.exec_driver_sql(IDENTITY)
        engines = Engines(url)
        two_schools(engines)
        engines.dispose()
        yield url


def cut_points(packets: int) -> list[int]:
    """After how many packets to cut: after each in full (and some more: their number varies a little), else some of the whole and the last ones."""
    some = range(0, packets, max(1, packets // SOME))
    return list(range(2 * packets)) if rounds(0, 1) else sorted({*some, *range(packets - LAST, packets)})


def packets_of(make: Make, postgres: TestServer) -> int:
    """How many packets the migration takes when nobody cuts."""
    with make(postgres) as url:
        proxy = CuttingProxy(url)
        proxy.cut_after(MANY, stays_down=False)
        migrate(proxy.url, demo=True)
        proxy.close()
        return proxy.passed


def migration_breaks(url: str) -> bool:
    """Migrate by this way. True when the connection broke; false when only its farewell was cut."""
    try:
        migrate(url, demo=True)
    except OperationalError:
        return True
    return False


@pytest.mark.parametrize(("make", "state"), [(empty, "empty"), (at_0004, "older")])
def test_d6_a_migration_cut_anywhere_leaves_the_old_schema_or_the_new(postgres: TestServer, make: Make, state: str, tally: Tally) -> None:
    points = cut_points(packets_of(make, postgres))
    left_old = left_new = finished = 0
    with postgres.database() as fresh:
        new = kept(postgres, fresh)[0]
    while points:
        with make(postgres) as url:
            old, proxy = kept(postgres, url), CuttingProxy(url)
            while points:
                proxy.cut_after(points.pop(0), stays_down=False)
                broke = migration_breaks(proxy.url)
                now, found = kept(postgres, url), inspect_database(url).state
                assert (found == state and now == old) or (found == "current" and now[0] == new), found
                assert broke or found == "current"
                if not proxy.was_cut:
                    points.clear()
                elif found == state:
                    left_old += 1
                    with pytest.raises(DatabaseRefused):
                        require_current(url)
                if found == "current":
                    left_new += proxy.was_cut
                    break
            proxy.close()
            migrate(url, demo=True)
            require_current(url)
            assert kept(postgres, url)[0] == new
            finished += 1
    assert left_old > LAST and left_new <= 3, "only what is cut after the commit leaves the new one: its answer, and the farewell"
    start = "empty" if state == "empty" else "0004"
    note = f"from {start}: {left_old} cuts left the old schema, {left_new} the new one; the next run finished"
    tally("D6", acts=left_old + left_new + finished, kills=left_old + left_new, note=note)


HARMS = (
    ("SET ROLE sendflow_owner; DELETE FROM alembic_version", "no single schema version"),
    ("SET ROLE sendflow_owner; INSERT INTO alembic_version VALUES ('0004')", "no single schema version"),
    ("SET ROLE sendflow_owner; DROP TABLE heartbeats", "lacks heartbeats"),
    ("SET ROLE sendflow_writer; DROP FUNCTION pin_definition", r"lacks pin_definition\(\)"),
)


def test_d6_a_half_schema_is_refused_in_words(postgres: TestServer, tally: Tally) -> None:
    for harm, words in HARMS:
        with postgres.database() as url:
            with psycopg.connect(url) as connection:
                connection.execute(harm)
            for start in (migrate, require_current):
                with pytest.raises(DatabaseRefused, match=words) as refused:
                    start(url)
                assert "Restore a backup" in str(refused.value)
            assert inspect_database(url).state == "half"
    tally("D6", acts=2 * len(HARMS), kills=len(HARMS), note=f"{len(HARMS)} half schemas refused in words")


def test_d6_a_migration_that_fails_in_the_middle_leaves_nothing(postgres: TestServer, tally: Tally) -> None:
    with postgres.database(migrated=False) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TYPE trusts AS (a int)")  # no table, so the database counts as empty; the name is taken
        with pytest.raises(Exception, match="trusts"):
            migrate(url)
        assert inspect_database(url).state == "empty"
    tally("D6", acts=1, kills=1)
