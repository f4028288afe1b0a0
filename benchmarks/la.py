"""What the LA ledger, one LA's reconciliation and the trust's week cost, over reviews that have been decided.

At 100,000 steps of all owners, then at 100,000 duties of LAs. Two reviews are decided through the ledger, on time and late, one amended; the others
are copied by SQL, their events with them, over 40 schools and 8 LAs. As in the other measures only their chains are not their own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from statistics import median

from benchmarks.database_time import database_time
from benchmarks.figures import Figure
from benchmarks.server import OURS, ledger_database, server, settle, superuser
from db.embedded import EmbeddedPostgres
from db.engine import Engines
from db.queries.la_ledger import la_ledger
from db.queries.la_reconciliation import our_dates
from db.queries.trust_week import trust_week
from rules.la_steps import la_steps
from rules.loader import load_library
from tests.db.la_story import decided, pupil_with_plan, reviewed, shipped_village

SCHOOLS, AUTHORITIES = 40, 8
SINCE, UNTIL = date(2026, 3, 1), date(2027, 3, 1)


def la() -> list[Figure]:
    """The ledger over both sizes, the reconciliation of one LA at the larger."""
    with server() as running, ledger_database(running) as engines:
        place = shipped_village(engines)
        decided(place, reviewed(place, pupil_with_plan(place, "Ada", "Ashby")), "2026-12-03", recorded_on="2026-12-20")
        late = reviewed(place, pupil_with_plan(place, "Ben", "Birch"))
        decided(place, late, "2026-12-13", "amend", notice_sent_on=date(2026, 12, 12), notice_served_on=date(2026, 12, 13))
        place.decide(late, "la_sends_amended_plan", "2027-02-10", "amended", decision_on=date(2027, 2, 9))
        _more_places(running)
        figures: list[Figure] = []
        for wanted, counted in ((100_000, "true"), (100_000, "s.owner = 'la' AND s.due_on IS NOT NULL")):
            _copy(running, wanted, counted)
            steps, duties, cases = _sizes(running)
            at = f"{steps:,} steps, {duties:,} of them an LA's duty"
            figures.append(Figure(f"the LA ledger, in the database, {at}", _ms(partial(_ledger, engines, duties), 5), "ms"))
            of_one = f"the SEN2 dates of one of {AUTHORITIES} LAs, in the database, {cases:,} reviews"
            figures.append(Figure(of_one, _ms(partial(_dates, engines), 3), "ms"))
            figures.append(Figure(f"the trust's week, in the database, {steps:,} steps of {SCHOOLS} schools", _ms(partial(_week, engines), 3), "ms"))
        return figures


def _ledger(engines: Engines, duties: int) -> None:
    with engines.scheduler() as session:
        rows = la_ledger(session, la_steps(load_library()), SINCE, UNTIL, UNTIL)
    assert sum(row.on_time + row.late for row in rows) == duties, "every duty was done, and is counted once"


def _dates(engines: Engines) -> None:
    with engines.scheduler() as session:
        assert our_dates(session, la_steps(load_library()), "801", 2027)


def _week(engines: Engines) -> None:
    with engines.scheduler() as session:
        assert len(trust_week(session, UNTIL, UNTIL).schools) >= SCHOOLS


def _ms(work: Callable[[], None], times: int) -> float:
    took = []
    for _ in range(times):
        with database_time() as spent:
            work()
        took.append(spent.seconds)
    return round(median(took) * 1000, 1)


def _more_places(running: EmbeddedPostgres) -> None:
    with superuser(running, OURS) as connection:
        connection.execute("INSERT INTO authorities (code, name) SELECT (800 + g)::text, 'LA ' || g FROM generate_series(1, %s) g", (AUTHORITIES,))
        connection.execute(
            "INSERT INTO schools (trust_id, authority_id, urn, name) SELECT s.trust_id, a.id, 'B' || g, 'School ' || g FROM schools s, "
            "generate_series(1, %s) g JOIN authorities a ON a.code = (801 + g %% %s)::text WHERE s.urn = '900001'",
            (SCHOOLS, AUTHORITIES),
        )


def _sizes(running: EmbeddedPostgres) -> tuple[int, int, int]:
    settle(running)
    asked = """SELECT count(*), count(*) FILTER (WHERE owner = 'la' AND due_on IS NOT NULL AND closed_seq IS NOT NULL
                                                 AND outcome IN ('maintain', 'amend', 'amended')), count(DISTINCT case_id) FROM steps"""
    with superuser(running, OURS) as connection:
        row = connection.execute(asked).fetchone()
    assert row is not None
    return int(str(row[0])), int(str(row[1])), int(str(row[2]))


def _copy(running: EmbeddedPostgres, wanted: int, counted: str) -> None:
    """Copies of both reviews until so many of their steps are there as `counted` (a condition of ours over `steps s`) asks."""
    with superuser(running, OURS) as connection:
        asked = f"SELECT count(*), count(*) FILTER (WHERE c.ref LIKE 'AR-%%') FROM steps s JOIN cases c ON c.id = s.case_id WHERE {counted}"
        row = connection.execute(asked).fetchone()
        assert row is not None
        have, of_both = int(str(row[0])), int(str(row[1]))
        connection.execute(_COPY, {"copies": -(-(wanted - have) // of_both), "schools": SCHOOLS})
        connection.execute("SELECT setval('cases_id_seq', (SELECT max(id) FROM cases))")


_COPY = """
WITH model AS (
  SELECT c.*, row_number() OVER (ORDER BY c.id) - 1 AS place FROM cases c JOIN schools s ON s.id = c.school_id
   WHERE s.urn = '900001' AND c.ref LIKE 'AR-%%'),
at AS (SELECT s.id, s.authority_id, row_number() OVER (ORDER BY s.id) - 1 AS place FROM schools s WHERE s.urn LIKE 'B%%'),
last AS (SELECT max(id) AS id FROM cases),
made AS (
  SELECT last.id + g * 2 + m.place AS id, m.id AS of, at.id AS school_id, at.authority_id FROM model m, last, generate_series(1, %(copies)s) g
    JOIN at ON at.place = g %% %(schools)s),
child AS (
  INSERT INTO pupils (school_id, authority_id, given_name, family_name, born_on, mis_id)
  SELECT school_id, authority_id, 'Pupil', 'Of ' || id, '2016-03-01', id::text FROM made RETURNING id, mis_id),
plan AS (
  INSERT INTO plans (pupil_id, school_id, authority_id, issued_on, review_due_on)
  SELECT child.id, made.school_id, made.authority_id, '2024-01-08', '2026-12-18' FROM child JOIN made ON made.id = child.mis_id::bigint),
opened AS (
  INSERT INTO cases (id, pupil_id, school_id, definition_id, opened_on, version, opening_key, ref, head, calendar_version, position)
  OVERRIDING SYSTEM VALUE
  SELECT made.id, child.id, made.school_id, m.definition_id, m.opened_on, m.version, gen_random_uuid(), 'C-' || made.id, m.head, m.calendar_version,
         m.position FROM made JOIN model m ON m.id = made.of JOIN child ON child.mis_id::bigint = made.id),
told AS (
  INSERT INTO events (case_id, recorded_at, actor_id, seq, school_id, act_key, kind, hash, content)
  SELECT made.id, e.recorded_at, e.actor_id, e.seq, made.school_id, e.act_key, e.kind, e.hash, e.content
    FROM made JOIN events e ON e.case_id = made.of)
INSERT INTO steps (case_id, no, round, school_id, due_on, opened_seq, closed_seq, closed_on, safe_on, target_on, step, party, owner, status, outcome,
                   why)
SELECT made.id, s.no, s.round, made.school_id, s.due_on, s.opened_seq, s.closed_seq, s.closed_on, s.safe_on, s.target_on, s.step, s.party, s.owner,
       s.status, s.outcome, s.why FROM made JOIN steps s ON s.case_id = made.of
"""
