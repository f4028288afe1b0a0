"""An act cut anywhere is wholly done or not at all, and sending it again answers once (`faults.md` C4, C6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from db.engine import Engines
from db.ledger import Act as Many
from db.ledger import Ledger, Opening, Receipt
from rules.history import Event
from rules.loader import load_library
from tests.db.cutting_proxy import CuttingProxy
from tests.db.ledger_story import EXAMPLE, FACTS, Village, day, village
from tests.db.test_ledger_acts import held, reported
from tests.faults.conftest import Tally

MOST_PACKETS = 60
Act = Callable[[Ledger, UUID], Receipt | None]


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


def _about(ash: Village, case: str, key: UUID) -> dict[str, Any]:
    return {"actor": ash.senco, "key": key, "case": case, "on": day("2026-10-01"), "because": "synthetic"}


def correcting(ash: Village) -> Act:
    case = ash.meeting_agreed()
    return lambda ledger, key: ledger.correct(**_about(ash, case, key), fact="meeting_on", value=day("2026-11-12"))


def correcting_an_outcome(ash: Village) -> Act:
    case = held(ash)
    ash.decide(case, "check_sections", "2026-11-06", "complete")
    about = {**_about(ash, case, uuid4()), "on": day("2026-11-07")}
    return lambda ledger, key: ledger.correct_outcome(**{**about, "key": key}, step="check_sections", outcome="gaps_found")


def interrupting(ash: Village) -> Act:
    case = ash.meeting_agreed()
    return lambda ledger, key: ledger.interrupt(**_about(ash, case, key), name="moved_away")


def lifting(ash: Village) -> Act:
    """An exception: of the shipped definitions, since the example has none."""
    shipped, facts = Ledger(ash.engines, ash.clock, load_library()), {"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"}
    about: dict[str, Any] = {"process": "ehc_needs_assessment", "pupil_id": ash.pupil(), "facts": facts, "on": day("2026-01-12")}
    case = shipped.open_case(ash.senco, key=uuid4(), **about).case
    ash.decide(case, "la_confirms_receipt", "2026-01-20", request_received_on=day("2026-01-19"))
    about = {**_about(ash, case, uuid4()), "step": "la_decides_to_assess", "exception": "circumstances", "on": day("2026-02-01")}
    return lambda ledger, key: ledger.apply_exception(**{**about, "key": key}, review_on=day("2026-04-01"))


def erasing(ash: Village) -> Act:
    """It answers a number, no receipt: what counts is that the words are gone and that one event says so."""
    case = ash.open().case
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"), private={"comment": "synthetic"})

    def act(ledger: Ledger, key: UUID) -> None:
        ledger.erase_private(ash.senco, key=key, case=case, on=day("2026-10-01"))
        assert ash.rows("SELECT count(*) FROM private_texts p JOIN cases c ON c.id = p.case_id WHERE c.ref = %s", case)[0][0] == 0
        assert ash.ledger.verify(case) == []

    return act


def opening_many(ash: Village) -> Act:
    pupil = ash.pupil()
    return lambda ledger, key: ledger.open_cases(ash.senco, [Opening(key, "annual_review", pupil, FACTS, day("2026-09-10"))])[0]


def applying_many(ash: Village) -> Act:
    cases = [ash.open().case for _ in range(2)]
    agreed = Event("decide", day("2026-09-20"), None, "agree_meeting_date", "", "done", {"meeting_on": day("2026-11-05")})

    def act(ledger: Ledger, key: UUID) -> Receipt:
        receipts = ledger.apply_many(ash.senco, [Many(key, cases[0], agreed), Many(uuid5(key, "second"), cases[1], agreed)])
        assert [ash.ledger.position(case)[2] for case in cases] == [2, 2] and ash.ledger.verify(cases[1]) == []
        return receipts[0]

    return act


ACTS: dict[str, Callable[[Village], Act]] = {
    "decide": deciding,
    "open_case": opening,
    "open_cases": opening_many,
    "apply_many": applying_many,
    "correct": correcting,
    "correct_outcome": correcting_an_outcome,
    "apply_exception": lifting,
    "interrupt": interrupting,
    "erase_private": erasing,
}
BY_ITSELF = {"run_calendar", "recount_dates", "rebuild_rows"}  # no key: each is a loop of keyed acts, or rows written from a position
READS = {"position", "verify", "anchor"}


def test_c6_every_public_act_of_the_ledger_is_cut() -> None:
    public = {name for name in vars(Ledger) if not name.startswith("_")}
    assert public == {*ACTS, *BY_ITSELF, *READS}, "put a new act into ACTS"


@pytest.mark.parametrize("stays_down", [False, True])
@pytest.mark.parametrize("prepare", [*ACTS.values(), ending])
def test_c6_an_act_cut_anywhere_is_done_once_or_not_at_all(
    ash: Village, proxy: CuttingProxy, cut_ledger: Ledger, prepare: Callable[[Village], Act], stays_down: bool, tally: Tally
) -> None:
    lost = 0
    for packets in range(MOST_PACKETS):
        act, key = prepare(ash), uuid4()
        prepare(ash)(cut_ledger, uuid4())  # the pool has a live connection
        proxy.cut_after(packets, stays_down=stays_down)
        try:
            first = act(cut_ledger, key)
        except (psycopg.OperationalError, OperationalError):
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
    tally("C6", acts=packets + 1, kills=packets, note="every keyed act of the ledger, cut at every packet")


def _same(first: Receipt, again: Receipt | None) -> bool:
    return again is not None and again.repeated and (again.case, again.seq, again.recorded_at) == (first.case, first.seq, first.recorded_at)
