"""Two reconciles at once, in two processes, leave each open case its one run (`faults.md` K7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.oracle import assert_z
from tests.faults.conftest import Tally
from tests.faults.tally import rounds
from tests.faults.two_processes import Call, Processes, processes
from tests.flows.office import Office, until

if TYPE_CHECKING:
    from flows.server import PrefectServer

pytestmark = pytest.mark.slow
CASES = 3


@pytest.fixture(scope="module")
def two(office: Office, prefect_server: PrefectServer) -> Iterator[Processes]:
    clock = office.parts.clock.today()
    with processes(office.parts.engines.url, clock, example=False, prefect=prefect_server.connection) as started:
        yield started


def harm(office: Office, case: str, how: int) -> None:
    """Delete the case's run in Prefect, cancel it, or complete it by hand."""
    from prefect.client.schemas.objects import State, StateType

    run = office.run_of(case)
    assert run is not None
    if how == 0:
        office.client.delete_flow_run(run.id)
    else:
        office.client.set_flow_run_state(run.id, State(type=StateType.CANCELLED if how == 1 else StateType.COMPLETED), force=True)


def test_k7_two_reconciles_leave_one_run_a_case(office: Office, two: Processes, tally: Tally) -> None:
    with office.loop():
        cases = [office.open_and_served() for _ in range(CASES)]
    turns, mended = rounds(3, 150), 0
    for turn in range(turns):
        for number, case in enumerate(cases):
            harm(office, case, (turn + number) % 3)
        answers = two.at_once(*[Call("reconcile_runs")] * 2)
        assert [one.error for one in answers] == ["", ""], answers
        mended += sum(one.value for one in answers)
        assert sorted(run.case for run in office.live_runs()) == sorted(cases)
    assert mended >= CASES * turns
    with office.loop():
        until(lambda: all(office.is_served(case) and office.state_of(case).startswith("Waiting") for case in cases), "all cases wait again")
    assert_z(office)
    tally("K7", acts=2 * turns, kills=CASES * turns, note=f"two processes reconcile; {CASES * turns} runs deleted, cancelled, completed by hand")
