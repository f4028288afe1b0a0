"""What a waiting case costs in Prefect: opening its run in bulk, and a server that idles beside 20,000 of them."""

from __future__ import annotations

import os
import time
from statistics import median

import psycopg

from benchmarks.figures import Figure
from benchmarks.prefect_place import Place, prefect_place
from db.url import psycopg_url

OPENED, WAITING = 300, 20_000
IDLE_SECONDS = int(os.environ.get("SENDFLOW_BENCH_IDLE_SECONDS", "60"))
_MANY = """
WITH model AS (SELECT f.*, s.id AS of_state FROM flow_run f JOIN flow_run_state s ON s.id = f.state_id WHERE f.name = 'IDLE-1'),
made AS (SELECT gen_random_uuid() AS run, gen_random_uuid() AS state, g FROM generate_series(1, %s) g),
runs AS (
  INSERT INTO flow_run SELECT (jsonb_populate_record(f, jsonb_build_object('id', made.run, 'name', 'SEED-' || made.g,
         'idempotency_key', 'SEED-' || made.g,
         'state_id', NULL))).* FROM flow_run f, made WHERE f.name = 'IDLE-1' RETURNING id
)
INSERT INTO flow_run_state SELECT (jsonb_populate_record(s, jsonb_build_object('id', made.state, 'flow_run_id', made.run))).*
  FROM flow_run_state s, model, made WHERE s.id = model.of_state
"""
_STATES = "UPDATE flow_run f SET state_id = s.id FROM flow_run_state s WHERE s.flow_run_id = f.id AND f.state_id IS NULL"


def idle() -> list[Figure]:
    """Bulk opening, then an idle minute."""
    with prefect_place() as place:
        return [*_opening(place), *_idle(place)]


def _opening(place: Place) -> list[Figure]:
    from flows.deployments import deployment_ids
    from flows.known import CASE_FLOWS
    from flows.prefect_runs import Opening, open_in_bulk

    deployment = deployment_ids(place.office.client, CASE_FLOWS)["annual_review"]
    took = []
    for number in range(3):
        some = [Opening(f"OPEN-{number}-{n}", "annual_review", "900001", "Waiting for the SENCO") for n in range(OPENED // 3)]
        began = time.perf_counter()
        assert not open_in_bulk(place.office.client, deployment, some).refused
        took.append((time.perf_counter() - began) / len(some) * 1000)
    open_in_bulk(place.office.client, deployment, [Opening("IDLE-1", "annual_review", "900001", "Waiting for the SENCO")])
    return [Figure("opening a case's run in Prefect in bulk", round(median(took), 2), "ms a case")]


def _idle(place: Place) -> list[Figure]:
    with psycopg.connect(psycopg_url(place.prefect.database_url.replace("+asyncpg", "")), autocommit=True) as connection:
        connection.execute(_MANY, (WAITING,))
        connection.execute(_STATES)
        connection.execute("ANALYZE")
        time.sleep(15)  # what the seeding woke (autovacuum, caches) is not idling
        before = place.cpu()
        time.sleep(IDLE_SECONDS)
        after = place.cpu()
        connection.execute("TRUNCATE flow_run CASCADE")  # else the office deletes 20,000 runs one by one
    name = f"idle minute with {WAITING:,} waiting runs: CPU of"
    return [Figure(f"{name} {part}", round((after[part] - before[part]) * 60 / IDLE_SECONDS, 2), "s") for part in ("server", "postgres")]
