"""An act cut anywhere is wholly done or not at all, and sending it again answers once (`faults.md` C4, C6)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from db.engine import Engines
from db.ledger import Ledger, Receipt
from rules.loader import load_library
from tests.db.cutting_proxy import CuttingProxy
from tests.db.ledger_story import EXAMPLE, Village, village
from tests.faults.conftest import Tally
from tests.faults.cuttable_acts import KEYED, READS, Prepare, ending
from tests.faults.cuttable_sweeps import WITHOUT_KEY
from tests.faults.tally import rounds

MOST_PACKETS = 150
STEP = rounds(3, 1)
BROKE = (psycopg.OperationalError, OperationalError)


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
    engines = Engines(proxy.url, pool_size=2)
    yield Ledger(engines, ash.clock, load_library(EXAMPLE))
    engines.dispose()


def test_c6_every_public_act_of_the_ledger_is_cut() -> None:
    public = {name for name in vars(Ledger) if not name.startswith("_")}
    assert public == {*KEYED, *WITHOUT_KEY, *READS}, "put a new act into tests/faults/cuttable_acts.py"


@pytest.mark.parametrize("stays_down", [False, True])
@pytest.mark.parametrize("prepare", [*KEYED.values(), ending])
def test_c6_an_act_cut_anywhere_is_done_once_or_not_at_all(
    ash: Village, proxy: CuttingProxy, cut_ledger: Ledger, prepare: Prepare, stays_down: bool, tally: Tally
) -> None:
    lost = 0
    for packets in range(0, MOST_PACKETS, STEP):
        act, key = prepare(ash), uuid4()
        prepare(ash)(cut_ledger, uuid4())  # the pool has a live connection
        proxy.cut_after(packets, stays_down=stays_down)
        try:
            first = act(cut_ledger, key)
        except BROKE:
            first, lost = None, lost + 1
        was_cut = proxy.was_cut
        proxy.heal()
        again = act(ash.ledger, key)
        assert first is None or _same(first, again)
        found = ash.rows("SELECT c.ref FROM events e JOIN cases c ON c.id = e.case_id WHERE e.act_key = %s", key)
        assert len(found) == 1 and ash.ledger.verify(found[0][0]) == []
        if not was_cut:
            break
    else:
        pytest.fail("every run was cut: there are more packets than the test looks at")
    assert packets >= 3 and (lost > 0) == stays_down
    tally("C6", acts=packets // STEP + 1, kills=packets // STEP, note="every act of the ledger, cut at every packet" if STEP == 1 else "")


def _same(first: Receipt, again: Receipt | None) -> bool:
    return again is not None and again.repeated and (again.case, again.seq, again.recorded_at) == (first.case, first.seq, first.recorded_at)


@pytest.mark.parametrize("stays_down", [False, True])
@pytest.mark.parametrize("name", WITHOUT_KEY)
def test_c6_an_act_without_a_key_cut_anywhere_goes_on_where_it_was(
    ash: Village, proxy: CuttingProxy, cut_ledger: Ledger, name: str, stays_down: bool, tally: Tally
) -> None:
    """Each of its cases is wholly done or not at all; run again it does the rest, and nothing twice."""
    part_done = 0
    for packets in range(0, MOST_PACKETS, 2 * STEP - 1):
        WITHOUT_KEY[name](ash).act(cut_ledger)  # the pool has live connections, and nothing older is left to do
        sweep = WITHOUT_KEY[name](ash)
        proxy.cut_after(packets, stays_down=stays_down)
        try:
            sweep.act(cut_ledger)
        except BROKE:
            assert proxy.was_cut
        was_cut = proxy.was_cut
        proxy.heal()
        left = sweep.left()
        assert left + sweep.done() == len(sweep.cases), "each case is done, or has still to be"
        part_done += 0 < left < len(sweep.cases)
        sweep.act(ash.ledger)
        assert sweep.left() == 0 and sweep.done() == len(sweep.cases)
        assert [fault for case in sweep.cases for fault in ash.ledger.verify(case)] == []
        if not was_cut:
            break
    else:
        pytest.fail("every run was cut: there are more packets than the test looks at")
    assert packets >= 3
    tally(
        "C6",
        acts=packets // (2 * STEP - 1) + 1,
        kills=packets // (2 * STEP - 1),
        note=f"{name}: {part_done} cuts between two cases" if part_done else "",
    )
