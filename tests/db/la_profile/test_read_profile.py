"""The file of a profile: read whole or refused with every fault at its line, and handed on without a single child (issue 6, point 2)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from db.la_profile.profile import Area
from db.la_profile.profile_text import profile_text
from db.la_profile.read_profile import folded, read_profile
from db.sample.la_profiles import write_sample_profiles
from rules.loader import load_library
from rules.problems import DefinitionErrors

LIBRARY = load_library()
UPN = "G901990001001"
GOOD = """\
la: "901"
name: Northmoor Council
mailbox: sen@northmoor.example.org
phone: 01632 960001
checked_on: 2026-09-01
officers:
  - {name: Everybody Else, email: else@northmoor.example.org}
  - name: Letters Officer
    email: letters@northmoor.example.org
    from: 2026-09-01
    until: 2027-08-31
    for: {surnames: A - Ké, phase: primary}
  - {name: School Officer, email: school@northmoor.example.org, for: {schools: "990001", years: R to 2}}
  - {name: Own Officer, email: own@northmoor.example.org, for: {pupils: [UPN]}}
escalation:
  director: {name: Dee Rector, email: dcs@northmoor.example.org}
  manager: {name: Sam Manager, email: manager@northmoor.example.org}
lead_times:
  - {process: annual_review, step: circulate_advice, by: 15 working days before meeting_on, note: "Whole bundle, one file."}
  - {process: plan_consultation, step: decide_answer, panel: Placement panel}
panels:
  - {name: Placement panel, on: [2027-01-14, 2026-12-03], papers: 1 week}
send:
  - {process: annual_review, step: send_report, to: reviews@northmoor.example.org}
  - {process: ehc_needs_assessment, step: send_request, to: "https://portal.northmoor.example.org/requests", note: School account}
""".replace("UPN", UPN)


def test_a_file_is_read_and_the_nearest_officer_stands_first() -> None:
    found = read_profile(GOOD, "northmoor.yaml", LIBRARY)
    assert (found.code, found.checked_on, found.panels[0].on) == ("901", date(2026, 9, 1), (date(2026, 12, 3), date(2027, 1, 14)))
    assert [one.contact.name for one in found.in_order] == ["Own Officer", "School Officer", "Letters Officer", "Everybody Else"]
    assert found.in_order[2].area == Area(surnames=("A", "KE"), years=(0, 6)) and found.in_order[2].contact.until_on == date(2027, 8, 31)
    assert [one.area.in_words for one in found.in_order] == [
        "officer for this pupil", "officer for this school, years R to 2", "officer for surnames A to KE, years R to 6", "officer for everybody",
    ]  # fmt: skip
    assert [one.area.listed for one in found.in_order][:2] == ["officer for 1 named pupil", "officer for the schools 990001, years R to 2"]
    assert [found.in_words(one) for one in found.lead_times] == ["15 working days before meeting", "1 week before the Placement panel"]
    assert found.rule_of(found.lead_times[1]) == "1 week before a panel of 2026-12-03, 2027-01-14"
    assert [level for level, _ in found.escalation] == ["manager", "director"] and [one.is_portal for one in found.send] == [False, True]


def test_what_is_handed_on_holds_no_child_says_so_and_reads_as_the_same() -> None:
    whole = read_profile(GOOD, "northmoor.yaml", LIBRARY)
    text = profile_text(whole)
    assert UPN not in text and "Own Officer" not in text and "# One officer is left out" in text
    again = read_profile(text, "theirs.yaml", LIBRARY)
    assert [one.contact for one in again.officers] == [one.contact for one in whole.officers if not one.area.pupils]
    assert (again.escalation, again.lead_times, again.panels, again.send) == (whole.escalation, whole.lead_times, whole.panels, whole.send)
    assert profile_text(again, left_out=1) == text
    assert "3 officers are left out" in profile_text(again, left_out=3)


def test_json_is_read_too() -> None:
    plain = {"la": "902", "name": "Eastvale Council", "mailbox": "sen@eastvale.example.org", "officers": [{"name": "A B", "email": "a.b@e.example"}]}
    assert read_profile(json.dumps(plain), "eastvale.json", LIBRARY).officers[0].area.in_words == "officer for everybody"


FAULTS = [
    ('la: "901"', 'la: "91"', 1, "'91' is not a local authority code; it has 3 digits"),
    ("mailbox: sen@northmoor.example.org\n", "", 1, "the profile has no `mailbox`. Write `mailbox:` and the address of the SEND team."),
    ("checked_on: 2026-09-01", "checked_on: 1 Sept", 5, "'1 Sept' is no date. Write year-month-day"),
    ("until: 2027-08-31", "until: 2025-08-31", 11, "comes before `from`. Write the earlier day in `from`."),
    ("A - Ké", "K to A", 12, "runs backwards. Write the earlier letter first."),
    ("A - Ké", "A1 to B", 12, "is no range of letters. Write `surnames: A to K`"),
    ("phase: primary", "phase: primry", 12, "Write 'primary'."),
    ("years: R to 2", "years: 2 to R", 13, "is no range of year groups"),
    ('schools: "990001"', "schools: Beacon", 13, "'Beacon' is not a URN; it has 6 digits"),
    (UPN, "B901990001001", 14, "the check letter of 'B901990001001' is wrong"),
    ("manager@", "school@", 1, "stands under two names, School Officer and Sam Manager"),
    ("escalation:", "escalate:", 15, "unknown key `escalate`. Write 'escalation'."),
    ("circulate_advice", "circulate_advise", 19, "annual_review has no step `circulate_advise`. Write 'circulate_advice'."),
    ("circulate_advice", "la_decision", 19, "annual_review/la_decision is not ours to do. Name a step of the school's or the trust's own."),
    ("circulate_advice", "write_report", 19, "nobody is reminded of annual_review/write_report, so nothing can come earlier"),
    (
        "before meeting_on",
        "before meeting_day",
        19,
        "counts from 'meeting_day', which is no date that a case of annual_review knows. Write 'meeting_on'.",
    ),
    ("15 working days before", "soon before", 19, "is no rule"),
    ("process: ehc_needs", "process: ehc_need", 25, "there is no process `ehc_need_assessment`"),
    ("panel: Placement panel", "panel: Placemnt panel", 20, "there is no panel 'Placemnt panel' in this file. Write 'Placement panel'."),
    ("papers: 1 week", "note: soon", 20, "does not say how long before papers must be there. Write `papers: 1 week` with it."),
    ("panel: Placement panel", "panel: Placement panel, by: 1 week before consultation_received_on", 20, "both `by` and `panel` are given"),
    ("to: reviews@northmoor.example.org", "to: by post", 24, "'by post' is not one e-mail address. Write one e-mail address, or a web address"),
    ("https://portal.north", "https://portal north", 25, "is no web address"),
    ("2026-12-03", "December", 22, "'December' is no date"),
]


@pytest.mark.parametrize(("was", "instead", "line", "words"), FAULTS)
def test_a_fault_is_told_with_its_line_and_what_to_write(was: str, instead: str, line: int, words: str) -> None:
    assert was in GOOD
    with pytest.raises(DefinitionErrors) as refused:
        read_profile(GOOD.replace(was, instead, 1), "northmoor.yaml", LIBRARY)
    told = [str(one) for one in refused.value.problems]
    assert any(one.startswith(f"northmoor.yaml:{line}: ") and words in one for one in told), told


@pytest.mark.parametrize("text", ["", "- a list", "la: [", "officers: 3\nla: x", "la: &a b", "\x00", "la:\n  - {", "officers: [1, [2], {for: 3}]"])
def test_no_text_brings_anything_but_a_list_of_faults(text: str) -> None:
    with pytest.raises(DefinitionErrors):
        read_profile(text, "any.yaml", LIBRARY)


def test_surnames_are_folded_as_a_list_by_letters_has_them() -> None:
    assert [folded(name) for name in ("O'Brien", "Peña-Ruiz", "van der Berg", "Ævar")] == ["OBRIEN", "PENARUIZ", "VANDERBERG", "VAR"]


def test_the_sample_trusts_profiles_are_right_and_the_same_each_time(tmp_path: Path) -> None:
    files = write_sample_profiles(tmp_path / "a", date(2026, 11, 24))
    assert [read_profile(one.read_text(encoding="utf-8"), one.name, LIBRARY).code for one in files] == ["901", "902", "903", "904"]
    again = write_sample_profiles(tmp_path / "b", date(2026, 11, 24))
    assert [one.read_bytes() for one in files] == [one.read_bytes() for one in again]
