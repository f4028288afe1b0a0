"""One wake by the resident worker, and the same by Prefect's own process worker, in the same run."""

from __future__ import annotations

from benchmarks.figures import Figure
from benchmarks.prefect_place import Place, prefect_place
from benchmarks.stock import stock_wake

WOKEN = 20


def wakes() -> list[Figure]:
    """CPU seconds of a wake."""
    with prefect_place() as place:
        return _wakes(place)


def _wakes(place: Place) -> list[Figure]:
    from flows.wake_loop import IDLE_SECONDS
    from tests.flows.office import until

    office = place.office
    with office.loop(IDLE_SECONDS):
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
