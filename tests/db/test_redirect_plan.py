"""Which unsent messages change their reader, worked out without a database."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from db.la_profile.routing import LaRoutes
from db.queries.people import Recipient
from db.redirect_plan import Change, Known, Unsent, bearer, plan, routed

NO_ROUTES = LaRoutes({}, {}, {})


def reader(person: int | None, **more: Any) -> Recipient:
    return Recipient(person, None if person else 77, f"Person {person}", "staff", **more)


def row(number: int, person: int | None, **more: Any) -> Any:
    """A message of case 1 to that person, as the statement finds it."""
    about = {"case_id": 1, "seq": 5, "template": "t", "step": "s", "party": "", "no": 3, "rung": 1, "due_on": None, "moment": "due", "severity": ""}
    on_its_way = {"to_role": "senco", "details": "{}", "state": "held", "held_for": "morning", "kept_away": False, "authority_id": None}
    one = SimpleNamespace(id=number, person_id=person, **(about | on_its_way | more))
    one.once_key = f"1/s//1/rung 1/None/{one.to_role}/person {person}"
    return one


def changes(rows: list[Any], readers: list[Recipient], known: list[Any] | None = None, routes: LaRoutes = NO_ROUTES) -> list[Change]:
    unsent = [Unsent.of(one, readers, routes) for one in rows]
    return plan(unsent, Known([*rows, *(known or [])]))


def told(found: list[Change]) -> list[tuple[str, int, int | None]]:
    return [(one.kind, one.row.id, one.reader.person_id if one.reader else None) for one in found]


def test_a_row_whose_reader_still_reads_is_left_alone() -> None:
    assert changes([row(1, 10)], [reader(10), reader(11)]) == []


def test_each_of_todays_readers_who_has_it_not_has_it_once() -> None:
    assert told(changes([row(1, 10)], [reader(11)])) == [("move", 1, 11)]
    assert told(changes([row(1, 10)], [reader(11), reader(12)])) == [("move", 1, 11), ("copy", 1, 12)]
    assert told(changes([row(1, 10), row(2, 13)], [reader(11)])) == [("move", 1, 11), ("lay aside", 2, None)]
    sent = row(3, 11, state="accepted")
    assert told(changes([row(1, 10)], [reader(11)], [sent])) == [("lay aside", 1, None)]
    in_another_role = row(3, 11, to_role="headteacher")
    assert told(changes([row(1, 10)], [reader(11)], [in_another_role])) == [("lay aside", 1, None)]
    laid_aside = row(3, 11, state="superseded")
    assert told(changes([row(1, 10)], [reader(11)], [laid_aside])) == [("move", 1, 11)]
    by_another_act = row(3, 11, seq=9)
    assert told(changes([row(1, 10)], [reader(11)], [by_another_act])) == [("lay aside", 1, None)], "the same rung is known by its key"


def test_what_nobody_reads_stands_before_a_person_once_and_never_for_whom_an_order_names() -> None:
    assert told(changes([row(1, 10), row(2, 12)], [])) == [("nobody", 1, None), ("lay aside", 2, None)]
    assert told(changes([row(1, 10, to_role="parent", kept_away=True)], [])) == [("lay aside", 1, None)]
    both = [row(1, 10, to_role="parent", kept_away=True), row(2, 12, to_role="parent")]
    assert told(changes(both, [])) == [("lay aside", 1, None), ("nobody", 2, None)], "the other parent's stands before a person"


def test_that_a_date_moved_follows_a_post_and_no_family() -> None:
    moved = {"moment": "moved", "rung": None, "details": json.dumps({"moved": []})}
    assert told(changes([row(1, 10, **moved)], [reader(11)])) == [("move", 1, 11)]
    assert told(changes([row(1, 10, to_role="parent", **moved)], [reader(11)])) == [("lay aside", 1, None)]
    assert told(changes([row(1, 10, **moved)], [])) == [("lay aside", 1, None)]


def test_why_somebody_reads_is_said_anew() -> None:
    (begun,) = changes([row(1, 10)], [reader(11, stands_in_for=10)])
    assert json.loads(begun.details) == {"stands_in_for": 10}
    (over,) = changes([row(1, 11, details='{"right": "x", "stands_in_for": 10}')], [reader(11)])
    assert (over.kind, json.loads(over.details)) == ("say anew", {"right": "x"})
    assert changes([row(1, 11, details='{"stands_in_for":10}')], [reader(11, stands_in_for=10)]) == [], "however the text is written"


@pytest.mark.parametrize(("breach", "raised"), [(1, 21), (2, 22), (3, 22), (None, 21)])
def test_a_breach_keeps_its_level_at_the_authority(breach: int | None, raised: int) -> None:
    """One that an older Sendflow spread does not say which breach it is."""
    levels = LaRoutes({1: [reader(21, raised=True, why="manager"), reader(22, raised=True, why="head")]}, {}, {})
    about = {"to_role": "la", "severity": "breach", "moment": "breach", "details": json.dumps({"breach": breach} if breach else {})}
    found = changes([row(1, 10, **about), row(2, 11, **about)], [reader(20)], routes=levels)
    assert told(found) == [("move", 1, 20), ("move", 2, raised)]
    assert "raised_to" not in found[0].details and json.loads(found[1].details)["raised_to"] == ("manager" if raised == 21 else "head")


def test_a_breach_above_is_not_brought_down_to_an_officer_who_named_a_day() -> None:
    levels = LaRoutes({1: [reader(21, raised=True, why="manager")]}, {}, {})
    about = {"to_role": "la", "severity": "breach", "moment": "breach"}
    resting = row(1, 10, state="superseded", **about, details='{"breach": 1}')
    above = row(2, 20, **about, details='{"breach": 1, "raised_to": "manager"}')
    assert told(changes([above], [reader(10)], [resting], levels)) == [("move", 2, 21)]
    assert told(changes([above], [reader(10)], [resting])) == [("lay aside", 2, None)], "nobody is named above any more"


@pytest.mark.parametrize("was", ["person 10", "authority 3", "nobody", "person 10/sms"])
def test_a_row_is_known_by_its_readers_number(was: str) -> None:
    assert bearer(f"1/5/0/{was}", reader(12)) == "1/5/0/person 12"
    assert bearer(f"1/5/0/{was}", reader(None)) == "1/5/0/authority 77"
    assert bearer(f"1/5/0/{was}", None) == "1/5/0/nobody"


def test_details_without_a_route_stay_as_they_were() -> None:
    assert routed('{"right": "mediation"}', reader(10)) == '{"right": "mediation"}'
    assert json.loads(routed('{"right": "mediation"}', reader(10, instead=True))) == {"right": "mediation", "instead": True, "stands_in_for": None}
