"""Every letter that the definitions owe, to every reader: written, nobody named in its subject, and with what the law wants in it."""

from datetime import date

import pytest
from markupsafe import Markup

from notifications.letter import KnownFacts
from notifications.moved import moved_in_words
from notifications.render import render
from notifications.template_check import PARTS, OwedText, check_templates, owed_texts
from rules.loader import load_library

LIBRARY = load_library()
FAMILY = ("parent", "pupil", "young_person")
STAFF = ("senco", "headteacher", "trust_send_lead", "school")
OWED = sorted({(t.template, t.role, t.contains) for d in LIBRARY.all() for t in owed_texts(d)})
SAID = {
    "right_of_appeal": "You have a right to appeal",
    "time_limit": "The last day to appeal is Monday 1 March 2027",
    "mediation": "Ring the mediation adviser",
    "certificate": "certificate",
    "disagreement_resolution": "disagreement resolution service",
    "information_and_advice": "SENDIASS",
    "health_and_social_care": "recommendations about health and social care",
    "meeting_date": "Thursday 14 January 2027",
    "reasons": "reasons",
    "proposed_amendments": "each change it proposes",
    "evidence": "the evidence",
    "time_for_views": "at least 15 days",
    "right_to_ask_for_a_school": "ask for a particular school",
    "where_to_find_schools": "where to find the schools",
    "recommendations": "recommendations",
    "differences": "differences",
    "advice": "the advice that was gathered",
    "time_scale": "You will have our written answer by Thursday 14 January 2027",
    "panel": "You can ask for a panel",
    "attend": "You may come to the hearing",
    "accompanied": "You may bring somebody",
    "findings": "The panel finds the complaint",
    "plan_transferred": "has been transferred to it",
    "grounds": "Its answer must say why",
    "childs_views": "It must also say what",
    "whether_assessed": "whether it will make an EHC needs assessment",
    "when_reviewed": "when it will review the plan",
    "refusal_ground": "Nothing else has decided",
    "how_to_appeal": "Write to the school for the clerk to the appeal panel",
}


def values(role: str, facts: bool = True) -> dict[str, object]:
    kind = "family" if role in FAMILY else "staff" if role in STAFF else "outside"
    dates = {name: date(2027, 1, 14) for d in LIBRARY.all() for name, f in d.facts.items() if f.type in ("date", "planned date")}
    return {
        "case": {"ref": "AR-000007", "process_title": "Annual review", "opened_on": date(2026, 9, 1)},
        "reader": {"role": role, "kind": kind, "name": "Reader Name"},
        "child": {"first_name": "AO" if kind == "outside" else "Adaline", "initials": "AO"},
        "school": {"name": "Beacon Hill", "phone": "01234", "senco_name": "Sam Moss", "senco_title": "SENCO", "senco_email": "sam@bh.example.org"},
        "step": {"name": "s", "title": "A step", "hint": "", "owner": "the SENCO", "policy": "", "party": ""},
        "due": {"on": date(2027, 1, 28), "safe_on": None, "days_late": 0, "days_left": 8, "why": "The rule: 2 weeks."} if facts else None,
        "target": {"on": date(2027, 1, 26), "days_late": 0, "days_left": 6} if facts else None,
        "facts": KnownFacts(dates | {"recommendation": "amend"}) if facts else KnownFacts(),
        "right": {"name": "appeal", "law": "HESC r.20", "text": "", "last_day": date(2027, 3, 1), "is_over": False} if facts else None,
        "said": {"word": "will_be_by", "until": date(2027, 1, 29)} if facts else None,
        "corrected": {"what": "the day of the hearing", "now": "Thursday 14 January 2027"} if facts else None,
        "complaint": {"approved_by": "Jo Lee", "attention": "", "times": 2, "first_on": date(2027, 1, 4), "last_on": date(2027, 1, 11)},
        "contains": {},
        "moved": {"lines": [{"title": "A step", "owner": "the SENCO", "was_on": date(2027, 1, 14), "now_on": None}], "because": ["x"], "by": []},
        "law": "reg 20(10)",
        "link": Markup("http://127.0.0.1/l/x") if facts else "",
        "severity": "",
        "moment": "done",
        "today": date(2027, 1, 20),
        "again": False,
        "raised_to": "SEN manager",
        "standing_in": {"name": "Jo Lee", "until": date(2026, 12, 8), "role": "SENCO"},
    }


def test_the_check_knows_the_values_that_letters_have() -> None:
    given = values("parent")
    assert set(given) == set(PARTS)
    assert {name: frozenset(parts) for name, parts in given.items() if isinstance(parts, dict) and PARTS[name]} == {
        n: p for n, p in PARTS.items() if p
    }


def test_every_message_owed_is_written_and_nothing_else() -> None:
    assert check_templates(LIBRARY) == []


@pytest.mark.parametrize(("template", "role", "contains"), OWED, ids=lambda v: str(v) if isinstance(v, str) else "")
def test_each_letter_can_be_written_for_each_reader(template: str, role: str, contains: tuple[str, ...]) -> None:
    subject, page = render(template, role, values(role))
    assert subject.startswith("AR-000007: ")
    assert not {"Adaline", "Beacon Hill", "Reader Name"} & set(subject.split()), "a subject names nobody"
    assert page.startswith("<p>Dear Reader Name,</p>")
    assert "None" not in page
    if role not in FAMILY and role not in STAFF:
        assert "Adaline" not in page, "only the family and the school read the child's first name"
    if role == "parent":
        assert [word for word in contains if SAID[word] not in page.replace("<strong>", "").replace("</strong>", "")] == []
    render(template, role, values(role, facts=False))


@pytest.mark.parametrize("role", ["parent", "senco", "la"])
def test_moved_dates_are_told_to_each_kind_of_reader_with_no_more_than_they_may_know(role: str) -> None:
    _, page = render("shared/dates_moved", role, values(role))
    assert ("Adaline" in page) == (role != "la") and "no day for now. Before, it was Thursday 14 January 2027" in page
    assert "This is because x." in page and "Recorded by" not in page and "None" not in page


def test_moved_dates_are_one_line_of_a_list() -> None:
    lines = [{"title": "A", "was_on": date(2027, 1, 14), "now_on": None}, {"title": "B", "was_on": date(2027, 1, 14), "now_on": date(2027, 1, 21)}]
    assert moved_in_words({"lines": lines}) == (
        "A: no day for now, before Thursday 14 January 2027; B: now Thursday 21 January 2027, before Thursday 14 January 2027"
    )


def test_the_check_finds_a_missing_an_unowed_and_a_wrong_template(tmp_path, monkeypatch) -> None:
    import shutil

    from notifications import render as render_module
    from notifications import template_check

    folder = tmp_path / "templates"
    shutil.copytree(render_module.TEMPLATES, folder)
    (folder / "annual_review/send_report.done.j2").unlink()
    (folder / "annual_review/nobody_owes.done.j2").write_text('{% extends "shared/letter.j2" %}{% block subject %}x{% endblock %}')
    sick = folder / "annual_review/la_decision.maintain.j2"
    sick.write_text(sick.read_text().replace("{{ child.first_name }}", "{{ surname }}{{ facts.metting_on }}").replace("time_limit", "limit"))
    parts = folder / "ladders/overdue.j2"
    parts.write_text(parts.read_text().replace("{{ school.name }}", "{{ school.nmae }}") + "{{ child.surname }}")
    schools = folder / "published_information/publish_report.done.j2"
    schools.write_text(schools.read_text().replace("{{ school.name }}", "{{ child.first_name }}"))
    subject = folder / "ladders/la_question.j2"
    subject.write_text(subject.read_text().replace("a question to", "{{ child.first_name }} at {{ school.name }}: a question to"))
    for module in (render_module, template_check):
        monkeypatch.setattr(module, "TEMPLATES", folder)
    render_module.environment.cache_clear()
    try:
        said = " ".join(f"{f.file}: {f.message}" for f in check_templates(LIBRARY))
    finally:
        render_module.environment.cache_clear()
    for words in ("send_report.done", "nobody_owes.done.j2: no definition", "unknown values: surname", "no fact metting_on", "time_limit"):
        assert words in said
    for words in ("overdue.j2: line", "there is no child.surname", "la_question.j2: line 3: a subject must tell nobody", "take child, school out"):
        assert words in said
    assert "publish_report.done.j2: a case about a school has no child" in said
    assert OwedText("annual_review/send_report.done", "la", ("advice",)).template in said


def test_an_old_la_whom_the_record_still_shows_is_not_told_that_the_plan_is_its() -> None:
    _, page = render("plan_moves_authority/keep_provision.done", "la", values("la"))
    assert "the plan is yours" not in page and "the new local authority's" in page.replace("&#x27;", "'").replace("&#39;", "'").replace("’", "'")


def test_a_late_answer_to_an_appeal_is_the_tribunals_matter_and_not_the_ombudsmans() -> None:
    _, page = render("ladders/la_overdue_for_family", "parent", values("parent") | {"law": "HESC r.21"})
    assert "tell the Tribunal" in page and "Ombudsman" not in page
    _, other = render("ladders/la_overdue_for_family", "parent", values("parent"))
    assert "Ombudsman" in other and "Tribunal" not in other
