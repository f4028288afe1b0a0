"""Letters: who reads what, in which words, and nothing that a value smuggles in."""

from datetime import date

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from notifications.render import TEMPLATES, TemplateMissing, environment, render

VALUES = {
    "case": {"ref": "AR-000007", "process_title": "Annual review", "opened_on": date(2026, 9, 1)},
    "reader": {"role": "la", "kind": "outside", "name": "Northmoor SEN team"},
    "child": {"first_name": "AO", "initials": "AO"},
    "school": {"name": "Beacon Hill", "phone": "", "senco_name": "Sam Moss", "senco_title": "SENCO", "senco_email": "sam@bh.example.org"},
    "step": {"name": "la_decision", "title": "The LA decides", "hint": "", "owner": "the local authority", "policy": "", "party": ""},
    "due": {"on": date(2026, 11, 20), "safe_on": None, "days_late": 4, "why": "The rule: 4 weeks after the meeting."},
    "target": None,
    "said": None,
    "facts": {},
    "right": None,
    "contains": {},
    "law": "reg 20(10)",
    "link": Markup("http://127.0.0.1:8000/l/abc_def"),
    "severity": "late",
    "moment": "la_overdue",
    "today": date(2026, 11, 24),
    "again": False,
    "raised_to": "",
    "complaint": {"approved_by": "Jo Lee", "attention": "", "times": 0, "first_on": None, "last_on": None},
    "standing_in": None,
}


def test_a_chaser_says_what_by_when_which_law_and_where_to_answer() -> None:
    subject, page = render("ladders/la_overdue", "la", VALUES)
    assert subject == "AR-000007: a decision of yours is late"
    assert "Friday 20 November 2026" in page
    assert "4 days late" in page
    assert "reg 20(10)" in page
    assert '<a href="http://127.0.0.1:8000/l/abc_def">' in page


@pytest.mark.parametrize(("days_left", "days_late", "said"), [(3, 0, True), (2, 0, True), (1, 0, False), (0, 22, False)])
def test_nobody_is_told_to_work_to_a_day_that_is_over(days_left: int, days_late: int, said: bool) -> None:
    """A last day on a Sunday is worked to on the Friday, until that Friday is over."""
    due = {"on": date(2026, 11, 22), "safe_on": date(2026, 11, 20), "days_left": days_left, "days_late": days_late, "why": ""}
    for template in ("ladders/la_complaint", "ladders/la_complaint_for_family", "ladders/la_overdue"):
        assert ("work to Friday 20 November 2026" in render(template, "la", VALUES | {"due": due})[1]) is said


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "[free](http://evil.example)", "*bold*\n\n# big", "{{ 7 * 7 }}", "O'Brien_Smith"])
def test_a_name_stays_a_name(name: str) -> None:
    _, page = render("ladders/la_overdue", "la", VALUES | {"reader": {"role": "la", "kind": "outside", "name": name}})
    assert "<script" not in page
    assert 'evil.example">' not in page
    assert "<h1>" not in page and "<em>" not in page.split("Late:")[0]
    assert "49" not in page.split("Late:")[0]


def test_no_ladder_letter_names_child_need_or_school_in_its_subject() -> None:
    for file in sorted((TEMPLATES / "ladders").glob("*.j2")):
        subject, page = render(f"ladders/{file.stem}", "senco", VALUES | {"child": {"first_name": "Adaline", "initials": "AO"}})
        assert "Adaline" not in subject and "Beacon" not in subject
        assert page.count("<p>") >= 4


def test_a_missing_template_names_the_file_to_write() -> None:
    with pytest.raises(TemplateMissing, match=r"annual_review/nothing\.done\.j2"):
        render("annual_review/nothing.done", "la", VALUES)


def test_a_value_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ surname }}").render({})


def test_a_second_copy_says_so() -> None:
    assert "may have had this message before" in render("ladders/la_overdue", "la", VALUES | {"again": True})[1]
