"""What a waiting case costs in Prefect: opening its run in bulk, a server that idles beside 20,000 of them, and reconciling them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median

from benchmarks.figures import Figure
from benchmarks.prefect_place import Place, prefect_place
from benchmarks.waiting_cases import waiting_cases

OPENED, WAITING = 300, 20_000
IDLE_SECONDS = int(os.environ.get("SENDFLOW_BENCH_IDLE_SECONDS", "60"))


def idle() -> list[Figure]:
    """Bulk opening, then an idle minute, then both kinds of reconcile."""
    with prefect_place() as place:
        figures = _opening(place)
        with waiting_cases(place, WAITING):
            time.sleep(15)  # what the seeding woke (autovacuum, caches) is not idling
            return [*figures, *_idle(place), *_reconciling(place)]


def _opening(place: Place) -> list[Figure]:
    from flows.deployments import deployment_ids
    from flows.known import CASE_FLOWS
    from flows.prefect_runs import Opening, open_in_bulk

    deployment = deployment_ids(place.office.client, CASE_FLOWS)["annual_review"]
    took, began = [], place.cpu()
    for number in range(3):
        some = [Opening(f"OPEN-{number}-{n}", "annual_review", "900001", "Waiting for the SENCO") for n in range(OPENED // 3)]
        at = time.perf_counter()
        assert not open_in_bulk(place.office.client, deployment, some).refused
        took.append((time.perf_counter() - at) / len(some) * 1000)
    server = (place.cpu()["server"] - began["server"]) / OPENED * 1000
    place.office.leave_no_run()  # these are no cases of the ledger
    return [
        Figure("opening a case's run in Prefect in bulk", round(median(took), 2), "ms a case"),
        Figure("opening a case's run in Prefect in bulk: CPU of server", round(server, 2), "ms a case"),
    ]


def _idle(place: Place) -> list[Figure]:
    before = place.cpu()
    time.sleep(IDLE_SECONDS)
    after = place.cpu()
    name = f"idle minute with {WAITING:,} waiting runs: CPU of"
    return [Figure(f"{name} {part}", round((after[part] - before[part]) * 60 / IDLE_SECONDS, 2), "s") for part in ("server", "postgres")]


def _reconciling(place: Place) -> list[Figure]:
    from flows.changed_runs import look_at_changes
    from flows.reconciling import find_differences

    office = place.office

    def everything() -> None:
        assert find_differences(office.parts, office.client) == []

    def changes() -> None:
        looked = look_at_changes(office.parts, office.client)
        assert looked.adds_up and not looked.differences

    every, changed = _cpu(place, everything), _cpu(place, changes)
    return [
        Figure(f"reconciling {WAITING:,} waiting cases, every run read: CPU of client, server and PostgreSQL", every, "s"),
        Figure(f"reconciling {WAITING:,} waiting cases, what can differ: CPU of client, server and PostgreSQL", changed, "s"),
    ]


def _cpu(place: Place, work: Callable[[], None]) -> float:
    before = place.cpu()
    work()
    after = place.cpu()
    return round(sum(after.values()) - sum(before.values()), 2)
