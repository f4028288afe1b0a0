"""The words of a list and of a morning, to the letter."""

from __future__ import annotations

from datetime import date
from typing import Any

from markupsafe import Markup

from notifications.lines import Line, worst_first
from notifications.render import render

TODAY = date(2026, 12, 4)
LATE = Line(
    "AR-000007", "a decision of yours is late", "The LA decides after the review", "the local authority", "AO", "Beacon Hill", "reg 20(10)",
    date(2026, 11, 22), True, 12, Markup("https://send.example.org/l/abc_1"),
)  # fmt: skip
SOON = Line(
    "NA-000009", "a question to the SEN team", "Say how it stands", "the local authority", "BQ", "Oak*Field", "",
    date(2026, 12, 4), False, 0, Markup(""),
)  # fmt: skip
COMMON: dict[str, Any] = {"reference": "LIST-000012", "reader": {"kind": "outside", "name": "Northmoor SEN team"}, "today": TODAY, "again": False}
ALL = Markup("https://send.example.org/list/abc_2")
SCHOOLS = [
    {"name": "Beacon Hill", "phone": "01234 5", "senco_name": "Sam Moss", "senco_title": "SENCO", "senco_email": "sam@bh.example.org"},
    {"name": "Oak*Field", "phone": "", "senco_name": "", "senco_title": "SENCO", "senco_email": ""},
]
LIST = """\
<p>Dear Northmoor SEN team,</p>
<p>These are the 2 steps about which we write to you today. The one that is longest late stands first. We write once a day at most.</p>
<ol>
<li><strong>AR-000007, AO, Beacon Hill: a decision of yours is late.</strong> \
The LA decides after the review. The last day was Sunday 22 November 2026: \
<strong>12 days late</strong>. The law: reg 20(10). <a href="https://send.example.org/l/abc_1">Answer about AR-000007</a>.</li>
<li><strong>NA-000009, BQ, Oak*Field: a question to the SEN team.</strong> Say how it stands. We hope for Friday 4 December 2026.</li>
</ol>
<p><a href="https://send.example.org/list/abc_2">Answer all of them on one page</a>. You need no account, and you can leave out what you cannot \
answer yet.</p>
<p>If a step has been done, please tell us the day. If not, please tell us by which day it will be. The links are for you alone.</p>
<p>Sam Moss, SENCO, Beacon Hill, sam@bh.example.org, 01234 5<br />
The SENCO, Oak*Field</p>
<hr />
<p>Reference LIST-000012.</p>
"""


def morning(**sections: list[Line]) -> dict[str, Any]:
    """The values of a morning with these sections, the others empty."""
    names = ("new", "due_today", "in_holiday", "this_week", "overdue", "waiting")
    more = dict.fromkeys(names, 0) | {"overdue": 3}
    said: dict[str, list[Line]] = {name: sections.get(name, []) for name in names}
    return {**COMMON, **said, "more": more, "trust": "Moss Trust", "all_of_it": Markup("https://send.example.org/")}


def test_a_list_to_the_letter() -> None:
    subject, page = render("mailings/list", "la", {**COMMON, "lines": worst_first([SOON, LATE]), "schools": SCHOOLS, "answer_all": ALL})
    assert subject == "LIST-000012: 2 dates in our cases"
    assert page == LIST


def test_a_list_that_may_have_come_before_says_so() -> None:
    said = {**COMMON, "again": True, "lines": [LATE, SOON], "schools": SCHOOLS, "answer_all": ALL}
    assert "You may have had this message before." in render("mailings/list", "la", said)[1]


def test_a_morning_says_what_is_new_first_and_leaves_out_what_is_empty() -> None:
    subject, page = render("mailings/morning", "senco", morning(new=[LATE], overdue=[LATE], waiting=[SOON]))
    assert subject == "LIST-000012: your morning: 1 new, 0 due today, 4 late", "also those that it has no room for"
    heads = [line for line in page.splitlines() if line.startswith("<h2>")]
    assert heads == ["<h2>New</h2>", "<h2>Late</h2>", "<h2>We wait for others</h2>"]
    assert "Say how it stands, by the local authority. We hope for Friday 4 December 2026." in page
    assert 'And 3 more under <a href="https://send.example.org/">My actions</a>.' in page
    assert page.endswith('<p>Reference LIST-000012. Sendflow, for Moss Trust. All of it: <a href="https://send.example.org/">My actions</a>.</p>\n')
