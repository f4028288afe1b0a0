"""What Prefect costs a waiting case: opening its run in bulk, a server that idles beside 20,000 of them, and one wake by the resident worker."""

from __future__ import annotations

import time
from statistics import median

import psycopg

from benchmarks.figures import Figure
from benchmarks.prefect_place import Place, prefect_place
from benchmarks.stock import stock_wake
from db.url import psycopg_url

OPENED, WAITING, WOKEN, IDLE_SECONDS = 300, 20_000, 20, 60
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


def runs() -> list[Figure]:
    """Bulk opening, idle server, wakes."""
    with prefect_place() as place:
        return [*_wakes(place), *_opening(place), *_idle(place)]


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
    name = f"idle minute with {WAITING:,} waiting runs: CPU of"
    return [Figure(f"{name} {part}", round((after[part] - before[part]) * 60 / IDLE_SECONDS, 2), "s") for part in ("server", "postgres")]


def _wakes(place: Place) -> list[Figure]:
    from tests.flows.office import until

    office = place.office
    with office.loop():
        cases = [office.open_and_served() for _ in range(WOKEN)]
        before = place.cpu()
        for case in cases:
            office.want(case)
        until(lambda: all(office.is_served(case) for case in cases), "every case is served")
        after = place.cpu()
    stock = round(stock_wake(place, cases), 3)
    each = {part: (after[part] - before[part]) / WOKEN for part in before}
    return [
        Figure(
            "a wake by the resident worker: CPU of client, server and PostgreSQL", round(sum(each.values()), 3), "s", "stock process worker", stock
        ),
        *(Figure(f"a wake by the resident worker: CPU of {part}", round(seconds, 3), "s") for part, seconds in each.items()),
    ]
