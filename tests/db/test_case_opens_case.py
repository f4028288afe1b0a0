"""An outcome opens a case of another process: typed, lawful, once for each notice, its cause in the chain; and what happens when it is taken back."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from db.engine import Engines
from db.ledger import Act
from db.roles import become
from db.url import psycopg_url
from rules.history import Event
from tests.db.family_story import FAMILY, contents, family, notice_decided, of_pupil, opened, pupil_of
from tests.db.ledger_story import Village, day


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    """A school on the family of processes."""
    return family(engines, "900011")


def test_what_is_given_is_typed_and_the_cause_is_in_the_chain(ash: Village) -> None:
    case = opened(ash, "notice", looked_after=True).case
    receipt = notice_decided(ash, case, "cease")
    (appeal,) = receipt.also_opened
    definition, position, _ = ash.ledger.position(appeal)
    assert definition.process == "appeal"
    assert dict(position.facts) == {"about": "cease", "decision_on": day("2026-11-20"), "year_group": 9, "looked_after": False}
    due = position.instance("appeal_or_not").due
    assert due is not None and due.on == day("2027-01-20")
    said = contents(ash, appeal)[0]
    assert said["cause"] == {"case": case, "seq": receipt.seq, "step": "la_decision", "party": "", "round": 1}
    assert "cause" not in contents(ash, case)[-1]
    assert ash.rows("SELECT count(*) AS n FROM outbox o JOIN cases c ON c.id = o.case_id WHERE c.ref = %s", appeal)[0].n == 1, "it wants its wake"
    assert ash.ledger.verify(case) == ash.ledger.verify(appeal) == []


def test_each_notice_has_its_own_appeal_and_the_same_one_is_not_doubled(ash: Village) -> None:
    first = opened(ash, "notice").case
    pupil = pupil_of(ash, first)
    notice_decided(ash, first, "keep", "2026-11-18")
    second = opened(ash, "notice", pupil_id=pupil, notice_due_on=day("2026-12-20")).case
    notice_decided(ash, second, "keep", "2026-11-20")
    assert len(of_pupil(ash, pupil, "appeal")) == 2, "two notices, two windows"
    third = opened(ash, "notice", pupil_id=pupil, notice_due_on=day("2026-12-21")).case
    again = notice_decided(ash, third, "keep", "2026-11-20")
    assert again.also_opened == (of_pupil(ash, pupil, "appeal")[1],) and len(of_pupil(ash, pupil, "appeal")) == 2
    assert ash.ledger.verify() == []


def test_many_at_once_open_what_single_acts_open(ash: Village) -> None:
    cases = [opened(ash, "notice").case for _ in range(3)]
    views = [Act(uuid4(), case, Event("decide", day("2026-09-20"), step="gather_views", outcome="done")) for case in cases]
    facts = {"decision_on": day("2026-11-20")}
    decided = [Act(uuid4(), case, Event("decide", day("2026-11-20"), step="la_decision", outcome="keep", facts=facts)) for case in cases]
    receipts = ash.ledger.apply_many(ash.senco, [*views, *decided])[3:]
    assert [len(one.also_opened) for one in receipts] == [1, 1, 1]
    again = ash.ledger.apply_many(ash.senco, decided)
    assert [one.also_opened for one in again] == [one.also_opened for one in receipts] and all(one.repeated for one in again)
    assert ash.ledger.verify() == []


def test_a_process_that_is_not_in_force_yet_is_said_and_the_decision_stands(engines: Engines, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    shutil.copytree(FAMILY, folder)
    text = (folder / "appeal.yaml").read_text(encoding="utf-8")
    (folder / "appeal.yaml").write_text(text.replace("about: pupil\n", "about: pupil\nin_force: {from: 2027-09-01}\n", 1), encoding="utf-8")
    birch = family(engines, "900012", folder)
    case = opened(birch, "notice").case
    receipt = notice_decided(birch, case, "cease")
    assert receipt.ended == "ceasing" and receipt.also_opened == ()
    (said,) = contents(birch, case)[-1]["breaches"]
    assert "was not opened" in said and "2027-09-01" in said and "by hand" in said


def test_a_corrected_outcome_leaves_its_case_to_a_person_who_is_told(ash: Village) -> None:
    case = opened(ash, "notice", looked_after=True).case
    (appeal,) = notice_decided(ash, case, "keep").also_opened
    receipt = ash.ledger.correct_outcome(
        ash.senco, key=uuid4(), case=case, step="la_decision", outcome="amend", because="misread", on=day("2026-11-23")
    )
    assert receipt.also_opened == () and ash.ledger.position(appeal)[1].ended == "", "nothing closes it by itself"
    assert any("opened in error" in words for words in contents(ash, case)[-1]["breaches"])
    owed = [row.messages for row in ash.rows("SELECT o.messages FROM outbox o JOIN cases c ON c.id = o.case_id WHERE c.ref = %s", case)]
    assert any("shared/case_in_doubt" in text for text in owed)
    ended = ash.ledger.interrupt(ash.senco, key=uuid4(), case=appeal, name="opened_in_error", because="it was corrected", on=day("2026-11-23"))
    assert ended.ended == "opened_in_error"


def test_a_corrected_fact_that_was_given_away_is_told_too(ash: Village) -> None:
    case = opened(ash, "notice", looked_after=True).case
    notice_decided(ash, case, "keep")
    ash.ledger.correct(
        ash.senco, key=uuid4(), case=case, fact="decision_on", value=day("2026-11-19"), because="the letter's date", on=day("2026-11-23")
    )
    assert any("correct it" in words for words in contents(ash, case)[-1]["breaches"])


def test_a_case_of_a_school_that_is_not_mine_opens_nothing_of_mine(ash: Village, engines: Engines) -> None:
    """Row-level security: who sees neither case sees neither its child."""
    case = opened(ash, "notice").case
    (appeal,) = notice_decided(ash, case, "keep").also_opened
    with engines.app([ash.school_id]) as session:
        assert len(session.connection().exec_driver_sql("SELECT 1 FROM cases WHERE ref = %s", (appeal,)).all()) == 1
    with engines.app([ash.school_id + 1]) as session:
        assert session.connection().exec_driver_sql("SELECT 1 FROM cases WHERE ref = ANY(%s)", ([case, appeal],)).all() == []


def test_a_cause_that_was_changed_in_the_database_is_found(ash: Village, engines: Engines) -> None:
    case, other = opened(ash, "notice").case, opened(ash, "notice").case
    (appeal,) = notice_decided(ash, case, "keep").also_opened
    assert ash.ledger.verify(appeal) == []
    with psycopg.connect(psycopg_url(engines.url)) as connection:
        connection.execute(become("sendflow_writer"))
        connection.execute("UPDATE cases SET opened_from = (SELECT id FROM cases WHERE ref = %s) WHERE ref = %s", (other, appeal))
    (fault,) = ash.ledger.verify(appeal)
    assert case in fault.what and other in fault.what
    with psycopg.connect(psycopg_url(engines.url)) as connection:
        connection.execute(become("sendflow_writer"))
        connection.execute("UPDATE cases SET opened_from = (SELECT id FROM cases WHERE ref = %s) WHERE ref = %s", (case, appeal))
    assert ash.ledger.verify() == []
