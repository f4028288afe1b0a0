"""A decision that opens another case: both or neither, once, also when it is sent again."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from db.engine import Engines
from db.ledger import Ledger, Receipt
from rules.loader import load_library
from tests.db.ledger_story import EXAMPLE, Village, day, village
from tests.db.test_ledger_acts import reported

APPEAL = """
process: tribunal_appeal
prefix: TA
title: Appeal to the Tribunal
about: pupil
opens_with: {decision: [maintain, cease, contents]}
begins_with: [appeal_or_not]
facts: {}
steps:
  appeal_or_not: {title: The parents appeal or not, by: parent, after: opening, may_come_early: no, target: 2 months after it opens, policy: 14,
    ladder: parents_window, outcomes: {appeals: {tells: senco}, does_not: {tells: nobody}}}
ends: {appealed: {after: {appeal_or_not: appeals}}, not_appealed: {after: {appeal_or_not: does_not}}}
interrupts: {moved_away: {by: [senco], tells: la}}
"""


@pytest.fixture(scope="module")
def ash(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Village:
    """The school of the stories, with a second process."""
    folder: Path = tmp_path_factory.mktemp("definitions") / "all"
    shutil.copytree(EXAMPLE, folder)
    (folder / "tribunal_appeal.yaml").write_text(APPEAL, encoding="utf-8")
    made = village(engines)
    made.ledger = Ledger(engines, made.clock, load_library(folder))
    return made


def maintained(ash: Village, case: str, key: object = None) -> Receipt:
    chosen = key if key is not None else uuid4()
    return ash.decide(case, "la_decision", "2026-11-20", "maintain", key=chosen, decision_on=day("2026-11-20"))  # type: ignore[arg-type]


def children(ash: Village, case: str) -> list[str]:
    return [row.ref for row in ash.rows("SELECT k.ref FROM cases k JOIN cases c ON c.id = k.opened_from WHERE c.ref = %s", case)]


def test_a_decision_opens_the_case_that_follows_from_it(ash: Village) -> None:
    case, key = reported(ash), uuid4()
    receipt = maintained(ash, case, key)
    assert receipt.ended == "maintained" and len(receipt.also_opened) == 1 and receipt.also_opened[0].startswith("TA-")
    assert children(ash, case) == list(receipt.also_opened)
    assert ash.ledger.position(receipt.also_opened[0])[1].facts == {"decision": "maintain"}
    assert maintained(ash, case, key).also_opened == receipt.also_opened and len(children(ash, case)) == 1
    assert ash.ledger.verify(case) == ash.ledger.verify(receipt.also_opened[0]) == []


def test_both_or_neither(ash: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    case = reported(ash)
    version = ash.ledger.position(case)[2]

    def broken(*_: object) -> None:
        raise RuntimeError("synthetic fault between the two")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr("db.acts.following.write_opening", broken)
        maintained(ash, case)
    assert ash.ledger.position(case)[2] == version and children(ash, case) == []
    assert len(maintained(ash, case).also_opened) == 1


def test_an_appeal_that_is_open_already_is_named_and_not_doubled(ash: Village) -> None:
    case = reported(ash)
    pupil = ash.rows("SELECT pupil_id FROM cases WHERE ref = %s", case)[0].pupil_id
    by_hand = ash.ledger.open_case(
        ash.senco, key=uuid4(), process="tribunal_appeal", pupil_id=pupil, facts={"decision": "contents"}, on=day("2026-11-01")
    )
    assert maintained(ash, case).also_opened == (by_hand.case,)
    assert ash.ledger.verify() == []


def test_nobody_opens_a_case_by_naming_a_cause(ash: Village) -> None:
    """`apply_opening` believes a cause only in the transaction that wrote its event."""
    case = reported(ash)
    row = ash.rows("SELECT id, pupil_id, definition_id FROM cases WHERE ref = %s", case)[0]
    values = ([ash.school_id], row.pupil_id, row.definition_id, str(uuid4()), row.id)
    with ash.engines.act_connection() as connection:
        answer = connection.execute(
            "SELECT answer FROM apply_opening(%s, %s, 'AR', 'forged', %s, %s::uuid, NULL, '', current_date, %s, current_date, '{}', '[]', '', '', "
            "NULL, NULL, NULL)",
            values,
        ).fetchone()
    assert answer == ("not allowed",)


def test_a_process_that_is_not_here_is_said_in_the_record(engines: Engines) -> None:
    birch = village(engines, "900003")
    case = reported(birch)
    receipt = birch.decide(case, "la_decision", "2026-11-20", "maintain", decision_on=day("2026-11-20"))
    assert receipt.also_opened == ()
    content = birch.rows("SELECT content FROM events e JOIN cases c ON c.id = e.case_id WHERE ref = %s AND seq = %s", case, receipt.seq)[0].content
    assert "tribunal appeal" in content and "keep it by hand" in content


def test_software_acts_only_as_the_scheduler(ash: Village) -> None:
    case = ash.meeting_agreed()
    row = ash.rows("SELECT id, version FROM cases WHERE ref = %s", case)[0]
    with ash.engines.act_connection() as connection:
        answer = connection.execute(
            "SELECT answer FROM apply_act(%s, %s, %s, %s::uuid, NULL, '', current_date, NULL, 'decide', 'x', '', 1, '{}', '[]', '', 'kept', '', "
            "NULL, NULL, NULL, NULL)",
            ([ash.school_id], row.id, row.version, str(uuid4())),
        ).fetchone()
        assert answer == ("not allowed",)
        answer = connection.execute(
            "SELECT answer FROM apply_act(NULL, %s, %s, %s::uuid, NULL, '', current_date, NULL, 'decide', 'x', '', 1, '{}', '[]', '', 'kept', '', "
            "NULL, NULL, NULL, NULL)",
            (row.id, row.version, str(uuid4())),
        ).fetchone()
        assert answer == ("absent",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO outbox (case_id, seq, school_id, messages) VALUES (1, 1, 1, '')")
