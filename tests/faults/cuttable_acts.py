"""Every act of the ledger, one entry each, prepared so that a cut may hit it at any packet: the one table that no act may be missing from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import UUID, uuid4, uuid5

from db.acts.request import request
from db.ledger import Act as Many
from db.ledger import Ledger, Opening, Receipt
from rules.documents import looked_at
from rules.history import Event
from rules.loader import load_library
from tests.db.la_story import report_sent
from tests.db.ledger_story import FACTS, Village, day
from tests.db.other_texts import OWNER, ROOMS, WEEKS, library_with, text_of, trust_lead
from tests.db.test_ledger_acts import held, reported

Act = Callable[[Ledger, UUID], Receipt | None]
Prepare = Callable[[Village], Act]


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


def moving(ash: Village) -> Act:
    """To another text of its process, whose rooms are booked and whose advocate another offers."""
    case, new, lead = ash.meeting_agreed(), text_of(library_with(Path(mkdtemp()) / "new", WEEKS, OWNER, ROOMS)), trust_lead(ash.engines, ash)
    return lambda ledger, key: ledger.move_to_text(lead, key=key, case=case, to=new, because="synthetic")


def saying(ash: Village) -> Act:
    """Word of when a step will be done."""
    case = ash.open().case
    until, on = day("2026-10-12"), day("2026-09-20")
    return lambda ledger, key: ledger.say(ash.senco, key=key, case=case, step="agree_meeting_date", word="will_be_by", until=until, on=on)


def complaining(ash: Village) -> Act:
    """A formal complaint about the LA's decision, which is late."""
    case = ash.open(year_group=5).case
    ash.decide(case, "agree_meeting_date", "2026-08-20", meeting_on=day("2026-10-05"))
    report_sent(ash, case, "2026-10-12")
    return lambda ledger, key: ledger.complain(ash.head, key=key, case=case, step="la_decision", on=ash.clock.today())


def answering_together(ash: Village) -> Act:
    """Two cases in one transaction, each with a file: both and their files, or none."""
    files = tuple(looked_at(f"{name}.pdf", b"%PDF-" + name.encode()) for name in ("one", "two"))
    kept = "SELECT count(*) FROM documents k JOIN cases c ON c.id = k.case_id WHERE c.ref = ANY(%s)"
    cases = [ash.open().case for _ in range(2)]
    event = Event("say", day("2026-09-20"), ash.senco.person_id, "agree_meeting_date", "", name="will_be_by", review_on=day("2026-10-12"))

    def act(ledger: Ledger, key: UUID) -> Receipt:
        asked = [request(key, cases[0], event, documents=files[:1]), request(uuid5(key, "second"), cases[1], event, documents=files[1:])]
        receipts = ledger.answer_together([(ash.senco, one) for one in asked])
        assert [ash.ledger.position(case)[2] for case in cases] == [2, 2] and ash.ledger.verify(cases[1]) == []
        assert ash.rows(kept, cases)[0][0] == 2
        return receipts[0]

    return act


KEYED: dict[str, Prepare] = {
    "decide": deciding,
    "open_case": opening,
    "open_cases": opening_many,
    "apply_many": applying_many,
    "correct": correcting,
    "correct_outcome": correcting_an_outcome,
    "apply_exception": lifting,
    "interrupt": interrupting,
    "move_to_text": moving,
    "erase_private": erasing,
    "say": saying,
    "complain": complaining,
    "answer_together": answering_together,
}
READS = {"position", "verify", "anchor", "preview_move"}
