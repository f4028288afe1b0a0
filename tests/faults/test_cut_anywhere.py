"""An act cut anywhere is wholly done or not at all, and sending it again answers once (`faults.md` C4, C6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from db.engine import Engines
from db.ledger import Ledger, Receipt
from tests.db.cutting_proxy import CuttingProxy
from tests.db.ledger_story import EXAMPLE, FACTS, Village, day, village
from tests.db.test_ledger_acts import reported
from tests.faults.conftest import Tally

MOST_PACKETS = 60
Act = Callable[[Ledger, UUID], Receipt]


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


@pytest.fixture(scope="module")
def proxy(ash: Village) -> Iterator[CuttingProxy]:
    made = CuttingProxy(ash.engines.url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def cut_ledger(ash: Village, proxy: CuttingProxy) -> Iterator[Ledger]:
    """A ledger whose every byte goes through the proxy."""
    from rules.loader import load_library

    engines = Engines(proxy.url, pool_size=2)
    yield Ledger(engines, ash.clock, load_library(EXAMPLE))
    engines.dispose()


def deciding(ash: Village) -> Act:
    case = ash.open().case
    return lambda ledger, key: ledger.decide(
        ash.senco,
        key=key,
        case=case,
        step="agree_meeting_date",
        facts={"meeting_on": day("2026-11-05")},
        private={"comment": "synthetic"},
        on=day("2026-09-20"),
    )


def opening(ash: Village) -> Act:
    pupil = ash.pupil()
    return lambda ledger, key: ledger.open_case(ash.senco, key=key, process="annual_review", pupil_id=pupil, facts=FACTS, on=day("2026-09-10"))


def ending(ash: Village) -> Act:
    case = reported(ash)
    return lambda ledger, key: ledger.decide(
        ash.senco, key=key, case=case, step="la_decision", outcome="maintain", facts={"decision_on": day("2026-11-20")}, on=day("2026-11-20")
    )


@pytest.mark.parametrize("stays_down", [False, True])
@pytest.mark.parametrize("prepare", [deciding, opening, ending])
def test_c6_an_act_cut_anywhere_is_done_once_or_not_at_all(
    ash: Village, proxy: CuttingProxy, cut_ledger: Ledger, prepare: Callable[[Village], Act], stays_down: bool, tally: Tally
) -> None:
    lost = 0
    for packets in range(MOST_PACKETS):
        act, key = prepare(ash), uuid4()
        prepare(ash)(cut_ledger, uuid4())  # the pool has a live connection
        proxy.cut_after(packets, stays_down=stays_down)
        try:
            first: Receipt | None = act(cut_ledger, key)
        except (psycopg.OperationalError, OperationalError):
            first, lost = None, lost + 1
        was_cut = proxy.was_cut
        proxy.heal()
        again = act(ash.ledger, key)
        assert first is None or (again.repeated and (again.case, again.seq, again.recorded_at) == (first.case, first.seq, first.recorded_at))
        events = ash.rows("SELECT count(*) FROM events WHERE act_key = %s", key)[0][0]
        assert events == 1 and ash.ledger.verify(again.case) == []
        if not was_cut:
            break
    else:
        pytest.fail("every run was cut: there are more packets than the test looks at")
    assert packets >= 3 and (lost > 0) == stays_down
    tally("C6", acts=packets + 1, kills=packets, note="decide, open and end a case; other acts not yet")
