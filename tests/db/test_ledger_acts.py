"""Acts on the ledger, one after the other: what each writes, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from db.engine import Engines
from tests.db.ledger_story import Village, day, village


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Iterator[Village]:
    return village(engines)


def test_a_case_opens_and_its_first_step_is_somebodys(ash: Village) -> None:
    receipt = ash.open()
    assert receipt.case.startswith("AR-") and len(receipt.case) == 9 and receipt.seq == 1 and not receipt.repeated
    assert [one.step for one in receipt.opened if one.status == "open"] == ["agree_meeting_date"]
    rows = ash.rows("SELECT step, owner, status FROM steps s JOIN cases c ON c.id = s.case_id WHERE ref = %s AND status = 'open'", receipt.case)
    assert [tuple(row) for row in rows] == [("agree_meeting_date", "senco", "open")]


def test_a_decision_opens_the_next_steps_at_once(ash: Village) -> None:
    case = ash.open().case
    receipt = ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    assert {one.step for one in receipt.opened} >= {"send_invitations", "gather_advice", "offer_advocate"}
    assert [one.step for one in receipt.closed] == ["agree_meeting_date"]
    assert ash.ledger.verify(case) == []
