"""A ledger of schema 0003 in use comes to head with its cases in flight, and its functions are those of a new one."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from alembic import command

from db.engine import Engines
from db.ledger import Act
from db.migrate import inspect_database, migrate
from rules.history import Event
from tests.databases import TestServer
from tests.db.ledger_story import Village, day, village

_FUNCTIONS = (
    "SELECT oid::regprocedure::text, md5(prosrc), prosecdef, proconfig::text, proowner::regrole::text, proacl::text FROM pg_proc "
    "WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
)
# A link that went to an LA's mailbox, as links were.
_MAILED = (
    "INSERT INTO links (id, case_id, school_id, expires_on, round, step, to_role) "
    "SELECT %s, id, school_id, '2027-01-31', 1, 'la_decision', 'la' FROM cases WHERE ref = %s"
)
_PERSON = "INSERT INTO persons (kind, external_id, email, given_name, family_name) VALUES (%s, %s, %s, '', '') RETURNING id"
_IDS = (
    "SELECT p.external_id, array_agg(k.role ORDER BY k.role) FROM persons p LEFT JOIN authority_contacts k ON k.person_id = p.id "
    "WHERE p.id = ANY (%s) GROUP BY p.id ORDER BY p.id"
)


def functions(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(_FUNCTIONS).fetchall()


def known_by_older_ids(ash: Village) -> list[int]:
    """One of the staff by the number alone, and an LA's contact twice, as files before 0028 left them."""
    people = ("staff", "staff:7", "Ann@oak.example"), *(("outside", f"la:900:{sen}@la.example", f"{sen}@la.example") for sen in ("sen", "SEN"))
    ids = [ash.rows(_PERSON, *one)[0][0] for one in people]
    for role, person in (("la", ids[1]), ("la", ids[2]), ("health", ids[2])):
        ash.rows("INSERT INTO authority_contacts SELECT authority_id, %s, %s FROM schools RETURNING 1", person, role)
    return ids


def test_a_ledger_at_0003_goes_on_at_head(postgres: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres.database(migrated=False) as url, postgres.database() as fresh:
        upgrade = command.upgrade
        monkeypatch.setattr("db.migrate.command.upgrade", lambda configuration, _: upgrade(configuration, "0003"))
        migrate(url)
        monkeypatch.undo()
        assert inspect_database(url).state == "older"
        engines = Engines(url)
        ash = village(engines)
        with monkeypatch.context() as then:  # what a row could say then; apply_opening is the same in both
            then.setattr("db.acts.rows.row_status", lambda one, _: one.status)
            cases = [ash.open().case, ash.open().case]
            other = ash.open().case
        with engines.scheduler() as session:
            session.connection().exec_driver_sql(_MAILED, (uuid4(), cases[0]))
        old = functions(url)
        people = known_by_older_ids(ash)
        migrate(url)
        assert [row.authority_id for row in ash.rows("SELECT authority_id FROM links")] == [ash.authority_id], "whose mailbox it was sent to"
        assert ash.rows(_IDS, people) == [("staff:7:ann@oak.example", [None]), ("la:900:sen@la.example", ["health", "la"]), (None, [None])]
        assert functions(url) == functions(fresh) != old
        assert ash.open_rows(other)["la_decision"].status == "waiting" and ash.ledger.verify() == []
        assert ash.decide(cases[0], "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05")).seq == 2
        event = Event("decide", day("2026-09-20"), None, "agree_meeting_date", "", "done", facts={"meeting_on": day("2026-11-05")})
        assert [one.seq for one in ash.ledger.apply_many(ash.senco, [Act(uuid4(), cases[1], event)])] == [2]
        assert ash.ledger.verify() == [] and other in ash.ledger.recount_dates()
        assert ash.open_rows(other)["la_decision"].status == "certain"
        assert ash.ledger.recount_dates() == [] == ash.ledger.verify()
        engines.dispose()
