"""A step that waits for a case of another process: opened or adopted with the step, recorded by its end in the same transaction, swept if left."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from db.engine import Engines
from db.ledger import Act, Ledger, NotFound
from db.roles import become
from db.url import psycopg_url
from rules.history import Event, Refused
from rules.loader import load_library
from tests.db.family_story import FAMILY, contents, family, notice_decided, of_pupil, opened, pupil_of, standing
from tests.db.ledger_story import Village, day


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    """A school on the family of processes."""
    return family(engines, "900021")


def prepared(at: Village, pupil_id: int | None = None) -> tuple[str, str]:
    """A transfer whose step waits for a notice: both references."""
    case = opened(at, "transfer", pupil_id=pupil_id).case
    at.decide(case, "prepare", "2026-09-14")
    return case, waits_for(at, case)


def waits_for(at: Village, case: str) -> str:
    """The case that the transfer's step waits for, or waited for last."""
    query = (
        "SELECT k.ref FROM case_waits w JOIN cases k ON k.id = w.child_id JOIN cases c ON c.id = w.parent_id WHERE c.ref = %s ORDER BY w.round DESC"
    )
    return str(at.rows(query, case)[0].ref)


def test_the_step_opens_its_case_and_its_end_is_recorded_at_once(ash: Village) -> None:
    transfer, notice = prepared(ash)
    definition, position, _ = ash.ledger.position(notice)
    assert definition.process == "notice" and dict(position.facts) == {
        "notice_due_on": day("2026-12-18"), "reason": "transfer", "year_group": 6, "looked_after": False
    }  # fmt: skip
    assert contents(ash, notice)[0]["cause"] == {"case": transfer, "seq": 2, "step": "the_notice", "party": "", "round": 1}
    assert standing(ash, transfer, "the_notice")[0] == "open"
    receipt = notice_decided(ash, notice, "amend")
    assert receipt.ended == "amended"
    assert standing(ash, transfer, "the_notice") == ("done", "amended", 1) and standing(ash, transfer, "preferences")[0] == "open"
    said = contents(ash, transfer)[-1]
    assert said["event"].get("actor") is None and said["via"] == "calendar" and said["cause"] == {"case": notice, "seq": receipt.seq}
    wants = "SELECT count(*) AS n FROM outbox o JOIN cases c ON c.id = o.case_id WHERE c.ref = %s AND o.seq = 3"
    assert ash.rows(wants, transfer)[0].n == 1, "the waiting case wants its wake"
    assert ash.ledger.verify(transfer) == ash.ledger.verify(notice) == []


def test_the_same_act_sent_again_says_the_same_and_does_nothing(ash: Village) -> None:
    case, key = opened(ash, "transfer").case, uuid4()
    first = ash.decide(case, "prepare", "2026-09-14", key=key)
    again = ash.decide(case, "prepare", "2026-09-14", key=key)
    assert again.repeated and again.also_opened == first.also_opened
    notice, key = first.also_opened[0], uuid4()
    notice_decided(ash, notice, "amend", key=key)
    version = ash.ledger.position(case)[2]
    assert ash.decide(notice, "la_decision", "2026-11-20", "amend", key=key, decision_on=day("2026-11-20")).repeated
    assert ash.ledger.position(case)[2] == version == 3


def test_a_running_case_is_adopted_whoever_opened_it(ash: Village) -> None:
    by_hand = opened(ash, "notice").case
    transfer, notice = prepared(ash, pupil_of(ash, by_hand))
    assert notice == by_hand and of_pupil(ash, pupil_of(ash, by_hand), "notice") == [by_hand]
    notice_decided(ash, by_hand, "keep")
    assert standing(ash, transfer, "the_notice") == ("done", "kept", 1)


def test_two_steps_wait_for_one_case(ash: Village) -> None:
    pupil = ash.pupil()
    first = opened(ash, "transfer", pupil_id=pupil).case
    second = opened(ash, "transfer", pupil_id=pupil, transfer_year=2028).case
    (notice,) = ash.decide(first, "prepare", "2026-09-14").also_opened
    assert ash.decide(second, "prepare", "2026-09-15").also_opened == () and waits_for(ash, second) == notice
    notice_decided(ash, notice, "cease")
    assert [ash.ledger.position(case)[1].ended for case in (first, second)] == ["no_longer", "no_longer"]
    assert ash.ledger.verify() == []


def test_an_interrupted_case_is_recorded_as_interrupted_and_a_new_round_opens_another(ash: Village) -> None:
    transfer, notice = prepared(ash)
    ash.ledger.interrupt(ash.senco, key=uuid4(), case=notice, name="opened_in_error", because="the wrong pupil", on=day("2026-10-01"))
    assert standing(ash, transfer, "the_notice") == ("done", "interrupted", 1)
    (another,) = ash.decide(transfer, "look_again", "2026-10-02", "again").also_opened
    assert another != notice and standing(ash, transfer, "the_notice") == ("open", "", 2)
    notice_decided(ash, another, "keep")
    assert standing(ash, transfer, "the_notice") == ("done", "kept", 2)
    assert ash.ledger.verify() == []


def test_nobody_records_it_by_hand(ash: Village) -> None:
    transfer, _ = prepared(ash)
    with pytest.raises(Refused) as refused:
        ash.ledger.apply_many(ash.software, [Act(uuid4(), transfer, Event("decide", day("2026-10-01"), step="the_notice", outcome="agreed"))])
    assert refused.value.code == "unknown_outcome"


def test_both_ends_or_neither(ash: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer, notice = prepared(ash)
    ash.decide(notice, "gather_views", "2026-09-20")

    def broken(*_: object) -> None:
        raise RuntimeError("synthetic fault between the two")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr("db.acts.following.record_end", broken)
        notice_decided(ash, notice, "amend")
    assert ash.ledger.position(notice)[1].ended == "" and standing(ash, transfer, "the_notice")[0] == "open"
    notice_decided(ash, notice, "amend")
    assert standing(ash, transfer, "the_notice") == ("done", "amended", 1)


def test_many_at_once_open_end_and_go_on_in_the_case_that_waited(ash: Village) -> None:
    """A batch that ends the case and then decides the next step of the one that waited: it is read again between the two."""
    transfer, notice = prepared(ash)

    def act(case: str, step: str, on: str, outcome: str = "done", **facts: object) -> Act:
        return Act(uuid4(), case, Event("decide", day(on), step=step, outcome=outcome, facts=facts))  # type: ignore[arg-type]

    receipts = ash.ledger.apply_many(
        ash.senco,
        [
            act(notice, "gather_views", "2026-09-20"),
            act(notice, "la_decision", "2026-11-20", "keep", decision_on=day("2026-11-20")),
            act(transfer, "preferences", "2026-11-22", preferred_on=day("2026-11-22")),
        ],
    )
    assert receipts[1].ended == "kept" and receipts[1].also_opened[0].startswith("AP-")
    assert receipts[2].ended == "named"
    assert ash.ledger.verify() == []


def test_an_end_is_recorded_in_a_case_of_another_school(ash: Village, engines: Engines) -> None:
    """Who ends the case sees nothing of the case that waits; its school sees it done."""
    transfer, notice = prepared(ash)
    birch = family(engines, "900022")
    with psycopg.connect(psycopg_url(engines.url)) as connection:
        connection.execute(become("sendflow_writer"))
        connection.execute("UPDATE cases SET school_id = %s WHERE ref = %s", (birch.school_id, notice))
        connection.execute("UPDATE steps SET school_id = %s WHERE case_id = (SELECT id FROM cases WHERE ref = %s)", (birch.school_id, notice))
    birch.decide(notice, "gather_views", "2026-09-20")
    with pytest.raises(NotFound):
        birch.decide(transfer, "preferences", "2026-11-22", preferred_on=day("2026-11-22"))
    birch.decide(notice, "la_decision", "2026-11-20", "amend", decision_on=day("2026-11-20"))
    assert standing(ash, transfer, "the_notice") == ("done", "amended", 1)


def test_nobody_follows_a_case_that_he_did_not_act_on(ash: Village) -> None:
    """The functions believe what this transaction wrote, and nothing else."""
    transfer, notice = prepared(ash)
    ids = {ref: ash.rows("SELECT id FROM cases WHERE ref = %s", ref)[0].id for ref in (transfer, notice)}
    with ash.engines.act_connection() as connection:
        assert connection.execute("SELECT running_case(%s, 'notice')", (ids[transfer],)).fetchone() == (None,)
        assert connection.execute("SELECT * FROM waiting_for(%s)", (ids[notice],)).fetchall() == []
        with pytest.raises(psycopg.Error, match="no case"):
            connection.execute("SELECT * FROM wait_for_case(%s, 'the_notice', '', 1, %s)", (ids[transfer], notice))
        forged = "SELECT answer FROM apply_case_end(%s, %s, 2, %s::uuid, '{}', '[]', '', 'kept', '', NULL, NULL, NULL)"
        assert connection.execute(forged, (ids[notice], ids[transfer], str(uuid4()))).fetchone() == ("moved",)


def test_the_sweep_takes_care_of_what_was_left(engines: Engines, tmp_path: Path) -> None:
    """No text of the notice was in force when the step opened; later there is one. And an end that nobody recorded is recorded."""
    folder = tmp_path / "later"
    shutil.copytree(FAMILY, folder)
    text = (FAMILY / "notice.yaml").read_text(encoding="utf-8")
    (folder / "notice.yaml").write_text(text.replace("about: pupil\n", "about: pupil\nin_force: {from: 2026-11-01}\n", 1), encoding="utf-8")
    birch = family(engines, "900023", folder)
    transfer = opened(birch, "transfer").case
    receipt = birch.decide(transfer, "prepare", "2026-09-14")
    assert receipt.also_opened == () and "None can be opened now" in contents(birch, transfer)[-1]["breaches"][0]
    birch.clock.today_is = day("2026-11-02")
    birch.ledger.run_calendar(birch.clock.today())
    (notice,) = of_pupil(birch, pupil_of(birch, transfer), "notice")
    assert contents(birch, notice)[0]["cause"]["case"] == transfer
    birch.ledger.run_calendar(birch.clock.today())
    assert of_pupil(birch, pupil_of(birch, transfer), "notice") == [notice]
    birch.clock.today_is = day("2026-11-24")
    older = Ledger(engines, birch.clock, load_library(Path(__file__).parents[1] / "rules" / "example"))  # knows nobody who waits
    older.decide(birch.senco, key=uuid4(), case=notice, step="gather_views", on=day("2026-11-03"))
    older.decide(
        birch.senco, key=uuid4(), case=notice, step="la_decision", outcome="amend", facts={"decision_on": day("2026-11-20")}, on=day("2026-11-20")
    )
    assert standing(birch, transfer, "the_notice")[0] == "open"
    birch.ledger.run_calendar(birch.clock.today())
    assert standing(birch, transfer, "the_notice") == ("done", "amended", 1)
    assert birch.ledger.verify() == []


def test_a_transfer_that_ends_leaves_the_notice_to_a_person_who_is_told(ash: Village) -> None:
    transfer, notice = prepared(ash)
    ash.ledger.interrupt(ash.senco, key=uuid4(), case=transfer, name="moved_away", because="to Wales", on=day("2026-10-01"))
    assert ash.ledger.position(notice)[1].ended == ""
    assert any("Look at" in words for words in contents(ash, transfer)[-1]["breaches"])
    notice_decided(ash, notice, "keep")
    assert ash.ledger.verify() == []


def test_an_end_and_an_act_on_the_case_that_waits_come_at_once(ash: Village) -> None:
    """Each locks its own case first and then wants the other's: one of them is tried again, and both are recorded."""
    pairs = [prepared(ash) for _ in range(8)]
    for _, notice in pairs:
        ash.decide(notice, "gather_views", "2026-09-20")

    def end(notice: str) -> None:
        ash.decide(notice, "la_decision", "2026-11-20", "amend", decision_on=day("2026-11-20"))

    def lift(transfer: str) -> None:
        ash.ledger.correct(ash.senco, key=uuid4(), case=transfer, fact="year_group", value=5, because="put up", on=day("2026-11-20"))

    with ThreadPoolExecutor(4) as pool:
        for work in [pool.submit(act, ref) for pair in pairs for act, ref in ((lift, pair[0]), (end, pair[1]))]:
            work.result()
    assert {standing(ash, transfer, "the_notice") for transfer, _ in pairs} == {("done", "amended", 1)}
    assert ash.ledger.verify() == []
