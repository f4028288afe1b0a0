"""Every table is closed until a school is named (faults.md A2, A3, D7), and nobody changes the record behind the ledger's back."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from db.engine import Engines
from db.models import Base
from db.roles import ALL, OWNER, SCHEDULER
from db.url import psycopg_url
from tests.db.builders import two_schools

TABLES = sorted(Base.metadata.tables)
SHARED = {"trusts", "authorities", "authority_contacts", "la_profiles", "definitions", "calendars", "heartbeats", "instance_identity", "anchors"}
SECRET = {"missing_rows", "preferences", "told_breaches"}


@pytest.fixture(scope="module")
def schools(engines: Engines) -> tuple[int, int]:
    return two_schools(engines)


def test_every_table_in_the_database_is_a_model(engines: Engines) -> None:
    with engines.scheduler() as session:
        found = set(session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
    assert found == {*TABLES, "alembic_version"}


def test_every_table_forces_row_security_and_has_a_policy(engines: Engines) -> None:
    with engines.scheduler() as session:
        rows = session.execute(
            text("""
            SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner),
                   (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)
            FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace""")
        ).all()
    assert len(rows) == len(TABLES) + 1
    assert [row for row in rows if not (row[1] and row[2] and row[3] == OWNER and row[4])] == []


def test_no_view_reads_with_its_owners_rights(engines: Engines) -> None:
    with engines.scheduler() as session:
        views = session.scalars(text("SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace")).all()
    assert views == [], "a view shows its owner's rows on PostgreSQL 14; write a function that runs with the caller's rights"


def test_functions_with_other_rights_fix_their_search_path_and_are_not_public(engines: Engines) -> None:
    with engines.scheduler() as session:
        loose = session.scalars(
            text("""
            SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
               AND (NOT EXISTS (SELECT 1 FROM unnest(proconfig) setting WHERE setting LIKE 'search_path=%')
                    OR proacl IS NULL OR EXISTS (SELECT 1 FROM aclexplode(proacl) a WHERE a.grantee = 0))""")
        ).all()
    assert loose == []


def test_roles_have_no_powers_of_their_own(engines: Engines) -> None:
    with engines.scheduler() as session:
        powers = session.execute(
            text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:ours) AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole)"),
            {"ours": list(ALL)},
        ).all()
    assert powers == []


@pytest.mark.parametrize("table", sorted(set(TABLES) - SECRET))
def test_without_a_school_there_are_no_rows(engines: Engines, schools: tuple[int, int], table: str) -> None:
    with engines.app([]) as session:
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


@pytest.mark.parametrize("table", sorted(set(TABLES) - SHARED - SECRET - {"mailings"}))
def test_another_schools_rows_are_not_there(engines: Engines, schools: tuple[int, int], table: str) -> None:
    ours, theirs = schools
    with engines.app([ours]) as session:
        column = {"schools": "ARRAY[id]", "persons": "school_ids", "absences": "school_ids"}.get(table, "ARRAY[school_id]")
        assert session.scalar(text(f"SELECT count(*) FROM {table} WHERE {column} && CAST(:theirs AS int[])"), {"theirs": [theirs]}) == 0
    if table in ("pupils", "persons", "families", "cases", "steps", "events", "memberships"):
        with engines.app([theirs]) as session:
            assert session.scalar(text(f"SELECT count(*) FROM {table}")), f"the test has no {table} row to hide"


@pytest.mark.parametrize("table", sorted(SECRET))
def test_what_is_secret_is_read_by_no_role_of_a_page_or_a_file(engines: Engines, table: str) -> None:
    with engines.owner.connect() as connection:
        readers = {
            one for one in ALL if connection.scalar(text("SELECT has_table_privilege(:role, :table, 'SELECT')"), {"role": one, "table": table})
        }
    assert readers == {OWNER, SCHEDULER}


def test_a_raw_connection_sees_nothing_until_it_names_a_school(database_url: str, schools: tuple[int, int]) -> None:
    with psycopg.connect(psycopg_url(database_url)) as connection:
        connection.execute("SET ROLE sendflow_app")
        assert connection.execute("SELECT count(*) FROM pupils").fetchone() == (0,)
        connection.execute("SELECT set_config('app.schools', '', true)")
        assert connection.execute("SELECT count(*) FROM pupils").fetchone() == (0,)


def test_the_owner_of_the_tables_sees_no_rows(engines: Engines, schools: tuple[int, int]) -> None:
    with engines.owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pupils")) == 0


def test_the_scope_does_not_stay_on_the_pooled_connection(database_url: str, schools: tuple[int, int]) -> None:
    one = Engines(database_url, pool_size=1)
    with pytest.raises(ZeroDivisionError), one.app([schools[0]]) as session:
        assert session.scalar(text("SELECT count(*) FROM pupils")) == 1
        raise ZeroDivisionError
    with one.app([]) as session:
        assert session.scalar(text("SELECT count(*) FROM pupils")) == 0
    with one.act_connection() as connection:
        assert connection.execute("SELECT count(*) FROM pupils").fetchone() == (0,)
    one.dispose()


def test_the_scope_holds_in_each_transaction_of_a_session(engines: Engines, schools: tuple[int, int]) -> None:
    with engines.scheduler() as session:
        assert session.scalar(text("SELECT count(*) FROM pupils")) == 2
    with engines.app([schools[0]]) as session:
        session.execute(text("SAVEPOINT here"))
        session.execute(text("ROLLBACK TO here"))
        assert session.scalar(text("SELECT count(*) FROM pupils")) == 1


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO cases DEFAULT VALUES", "UPDATE cases SET ended = 'x'", "UPDATE steps SET outcome = 'x'", "DELETE FROM steps", "DELETE FROM events",
     "UPDATE pupils SET given_name = 'x'", "INSERT INTO heartbeats VALUES ('x', now(), 1)", "DELETE FROM private_texts"],
)  # fmt: skip
def test_the_console_may_not_write_by_itself(engines: Engines, schools: tuple[int, int], statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), engines.app(schools) as session:
        session.execute(text(statement))


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET content = ''", "DELETE FROM events", "TRUNCATE events", "DELETE FROM cases", "DELETE FROM definitions"]
)
def test_not_even_a_superuser_changes_history_by_mistake(postgres, database_url: str, schools: tuple[int, int], statement: str) -> None:
    name = database_url.rsplit("/", 1)[1]
    with psycopg.connect(postgres.server.superuser_url(name)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        connection.execute(statement)


def test_an_importer_cannot_write_into_another_school(engines: Engines, schools: tuple[int, int]) -> None:
    ours, theirs = schools
    with engines.importer([ours]) as session:
        assert session.execute(text("UPDATE pupils SET known_as = 'Bo' WHERE school_id = :theirs"), {"theirs": theirs}).rowcount == 0  # type: ignore[attr-defined]
    with pytest.raises(ProgrammingError, match="row-level security"), engines.importer([ours]) as session:
        session.execute(
            text("INSERT INTO pupils (school_id, given_name, family_name, born_on) VALUES (:theirs, 'A', 'B', '2015-01-01')"), {"theirs": theirs}
        )
