"""Cases that wait, in the ledger and as suspended runs in Prefect, seeded in one go: copies of one that was opened and served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg

from benchmarks.prefect_place import Place
from benchmarks.server import OURS, superuser
from db.url import psycopg_url

_CASES = """
WITH made AS (
  INSERT INTO cases (id, pupil_id, school_id, definition_id, opened_on, version, opening_key, ref, head, calendar_version, position)
  OVERRIDING SYSTEM VALUE
  SELECT last.id + g, m.pupil_id, m.school_id, m.definition_id, m.opened_on, m.version, gen_random_uuid(), 'B-' || (last.id + g), m.head,
         m.calendar_version, m.position
    FROM cases m, (SELECT max(id) AS id FROM cases) last, generate_series(1, %(cases)s) g WHERE m.ref = %(like)s
  RETURNING id, school_id, ref
), known AS (
  INSERT INTO runs (case_id, school_id, flow_run_id, remembered_at)
  SELECT id, school_id, gen_random_uuid(), now() - interval '1 day' FROM made RETURNING case_id, flow_run_id
)
SELECT made.ref, known.flow_run_id FROM made JOIN known ON known.case_id = made.id
"""
_RUNS = """
WITH wanted AS (SELECT * FROM unnest(%(refs)s::text[], %(runs)s::uuid[]) AS one (ref, run)),
runs AS (
  INSERT INTO flow_run SELECT (jsonb_populate_record(f, jsonb_build_object('id', run, 'name', ref, 'idempotency_key', ref, 'state_id', NULL,
         'expected_start_time', now() - interval '1 day', 'start_time', NULL))).* FROM flow_run f, wanted WHERE f.id = %(like)s RETURNING id
)
INSERT INTO flow_run_state SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'flow_run_id', run))).*
  FROM flow_run f JOIN flow_run_state s ON s.id = f.state_id, wanted WHERE f.id = %(like)s
"""
_STATES = "UPDATE flow_run f SET state_id = s.id FROM flow_run_state s WHERE s.flow_run_id = f.id AND f.state_id IS NULL"


@contextmanager
def waiting_cases(place: Place, cases: int) -> Iterator[None]:
    """So many cases that wait since yesterday, beside the one they are copied from. Prefect's runs are gone at the end."""
    with place.office.loop():
        like = place.office.open_and_served()
    run = place.office.run_of(like)
    assert run is not None
    with superuser(place.running, OURS) as ledger:
        ledger.execute("SET session_replication_role = replica")  # a copied case has no events of its own
        pairs = ledger.execute(_CASES, {"cases": cases, "like": like}).fetchall()
        ledger.execute("ANALYZE")
    url = psycopg_url(place.prefect.database_url.replace("+asyncpg", ""))
    with psycopg.connect(url, autocommit=True) as prefect:
        runs: list[UUID] = [UUID(str(pair[1])) for pair in pairs]
        prefect.execute(_RUNS, {"refs": [str(pair[0]) for pair in pairs], "runs": runs, "like": run.id})
        prefect.execute(_STATES)
        prefect.execute("ANALYZE")
        try:
            yield
        finally:
            prefect.execute("TRUNCATE flow_run CASCADE")  # else the office deletes them one by one
