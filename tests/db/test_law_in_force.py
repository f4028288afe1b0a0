"""A law that is to come, as data alone: a fictitious regulation in force from a future day, which changes a period and brings a new process.

Cases opened before and after it run side by side, each under its own text, on one ledger; each date names the authority it rests on.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from db.engine import Engines
from db.ledger import Receipt
from db.queries.case_page import case_page
from rules.calendar import england
from rules.check import check
from rules.library import NoDefinition
from tests.db.family_story import NOTICE, family, notice_decided, opened
from tests.db.ledger_story import Village, day

LAW = Path(__file__).parents[1] / "rules" / "coming_law"  # nothing but YAML
DUE_BEFORE, DUE_AFTER = day("2027-08-31"), day("2027-09-01")


@pytest.fixture(scope="module")
def ash(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Village:
    """A school whose folder of definitions holds the present law and the coming one."""
    folder = tmp_path_factory.mktemp("law") / "both"
    shutil.copytree(LAW.parent / "family", folder)
    shutil.copytree(LAW, folder, dirs_exist_ok=True)
    return family(engines, "900041", folder)


def test_both_regimes_are_proved_together(ash: Village) -> None:
    report = check(ash.ledger.parts.library)
    assert report.clean, report.findings
    assert {figures.file for figures in report.figures} >= {"notice.yaml", "notice_from_2027.yaml", "support_plan.yaml"}


def test_cases_of_both_regimes_run_side_by_side(ash: Village) -> None:
    ash.clock.today_is = day("2027-09-20")
    old = opened(ash, "notice", "2027-06-22", notice_due_on=DUE_BEFORE, year_group=9).case
    new = opened(ash, "notice", "2027-06-23", notice_due_on=DUE_AFTER, year_group=9).case
    texts = [ash.ledger.position(case)[0].file for case in (old, new)]
    assert texts == ["notice.yaml", "notice_from_2027.yaml"], "the day the notice is due decides, not the day the case opens"
    dues = {case: ash.ledger.position(case)[1].instance("la_decision").due for case in (old, new)}
    assert dues[old] is not None and dues[old].on == DUE_BEFORE and dues[old].why.citation == "reg 1"  # type: ignore[union-attr]
    assert dues[new] is not None and dues[new].on == date(2027, 8, 18) and dues[new].why.citation == "New reg 1"  # type: ignore[union-attr]
    for case, authority in ((old, "reg 1"), (new, "New reg 1")):
        with ash.engines.app([ash.school_id]) as session:
            page = case_page(session, case, ash.clock.today())
        assert page is not None
        (row,) = [step for step in (*page.now, *page.later) if step.step == "la_decision"]
        assert row.citation == authority and any(sentence.rstrip(".").endswith(authority) or authority in sentence for sentence in row.why)
    assert notice_decided(ash, old, "keep", "2027-09-10").ended == "kept", "the old text has a notice that keeps"
    ended = notice_decided(ash, new, "review_yearly", "2027-09-10")
    assert ended.ended == "reviewed_yearly", "the new one names the decision otherwise"
    assert ash.ledger.verify() == []


def test_the_new_process_can_be_opened_from_its_day_on_and_not_before(ash: Village) -> None:
    ash.clock.today_is = day("2027-09-20")

    def support_plan(on: str) -> Receipt:
        facts = {"asked_on": day(on), "year_group": 4}
        return ash.ledger.open_case(ash.senco, key=uuid4(), process="support_plan", pupil_id=ash.pupil(), facts=facts, on=day(on))

    with pytest.raises(NoDefinition, match="2027-09-01"):
        support_plan("2027-08-31")
    case = support_plan("2027-09-01").case
    due = ash.ledger.position(case)[1].instance("write_plan").due
    assert due is not None and due.on == day("2027-10-13") and due.why.citation == "New reg 2"


def test_an_outcome_of_the_new_text_opens_the_new_process(ash: Village) -> None:
    ash.clock.today_is = day("2027-09-20")
    case = opened(ash, "notice", "2027-06-23", notice_due_on=DUE_AFTER).case
    (plan,) = notice_decided(ash, case, "support_plan", "2027-09-10").also_opened
    definition, position, _ = ash.ledger.position(plan)
    assert definition.process == "support_plan" and position.facts["asked_on"] == day("2027-09-10")


def test_a_decision_before_the_law_opens_nothing_of_it(ash: Village) -> None:
    """The LA decides under the new text before the new process is in force: recorded, and said."""
    ash.clock.today_is = day("2027-08-20")
    case = opened(ash, "notice", "2027-06-23", notice_due_on=DUE_AFTER).case
    receipt = notice_decided(ash, case, "support_plan", "2027-08-20")
    assert receipt.also_opened == () and receipt.ended == "planned"


def test_a_running_case_keeps_its_regime_when_the_files_change(ash: Village) -> None:
    """The text of the present law is taken out of the folder: its cases run on, and none is opened."""
    ash.clock.today_is = day("2027-09-20")
    case = opened(ash, "notice", "2027-06-22", notice_due_on=DUE_BEFORE).case
    later = load_library_without(ash, "notice.yaml")
    with pytest.raises(NoDefinition):
        later.for_new_case("notice", day("2027-06-22"), {**NOTICE, "notice_due_on": DUE_BEFORE})
    notice_decided(ash, case, "keep", "2027-08-31")
    assert ash.ledger.position(case)[0].file == "notice.yaml" and england().covers(DUE_BEFORE) is False


def load_library_without(ash: Village, file: str):  # type: ignore[no-untyped-def]
    """The library of the folder without one file."""
    library = ash.ledger.parts.library
    return type(library).of([one for one in library.all() if one.file != file], library.registers)
