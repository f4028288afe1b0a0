"""Two reconciles at once leave each open case its one run (`faults.md` K7)."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.oracle import assert_z
from tests.faults.conftest import Tally
from tests.faults.tally import rounds

if TYPE_CHECKING:
    from tests.flows.office import Office

pytestmark = pytest.mark.slow


def test_k7_two_reconciles_leave_one_run_a_case(office: Office, tally: Tally) -> None:
    from prefect.client.orchestration import get_client

    from flows.reconciling import reconcile_runs

    with office.loop():
        cases = [office.open_and_served() for _ in range(2)]
    barrier = threading.Barrier(2)

    def reconcile() -> None:
        with get_client(sync_client=True) as own:
            barrier.wait()
            reconcile_runs(office.parts, own)

    turns = rounds(3, 50)
    for _ in range(turns):
        for case in cases:
            office.client.delete_flow_run(office.run_of(case).id)  # type: ignore[union-attr]
        with ThreadPoolExecutor(2) as threads:
            for done in [_in_context(threads, reconcile) for _ in "ab"]:
                done.result(60)
        assert sorted(run.case for run in office.live_runs()) == sorted(cases)
    with office.loop():
        from tests.flows.office import until

        until(lambda: all(office.is_served(case) and office.state_of(case).startswith("Waiting") for case in cases), "both cases wait again")
    assert_z(office)
    tally("K7", acts=2 * turns, kills=2 * turns, note="two reconciles over deleted runs")


def _in_context(threads: ThreadPoolExecutor, work: Callable[[], None]) -> Future[None]:
    """Prefect's settings live in the context of the thread that began."""
    return threads.submit(contextvars.copy_context().run, work)
