"""Dates that courts, councils, charities and guides worked out themselves, each with its address and a quote, run through our calendar.

`vectors.csv`, one row a date. `phrase` is a rule with the day written in it, read by the real parser. `counting` is one of:
- `excludes first day`: the phrase as it stands;
- `includes first day`: the source counts the first day in, so `after` is read as `beginning with`, and `before` as clear (both ends left out);
- `other bank holidays`: the source counts bank holidays of the whole United Kingdom (Freedom of Information Act 2000 s.10(6)), so the row runs on a
  calendar with Scotland's days added, and must come out earlier on England's own;
- `rough`: the source is out by the whole days its note tells ("N days earlier than the ordinary count"), and exactly that is asserted;
- a convention's own name from `rules/counting.py` (`does not roll`, `tribunal appeal`, ...): the phrase as it stands, with that last-day rule.
A phrase that already says `beginning with`, `starting with` or `clear` is never rewritten.
"""

from __future__ import annotations

import re
from datetime import date

import pytest

from rules.bank_holidays import Overrides
from rules.calendar import SchoolCalendar, england
from rules.counting import COUNTINGS, DOES_NOT_ROLL, counting_named
from rules.due import DueDate, due_date, explain
from rules.periods import parse_rule
from tests.law.rows import ROWS

COLUMNS = ["id", "process", "event", "event_date", "period", "phrase", "expected_deadline", "counting", "source", "quote", "note"]
AS_PHRASED = ("excludes first day", *COUNTINGS)
# St Andrew's Day 2014 (a Sunday, kept on Monday) and 2 January 2015: bank holidays in Scotland, none in England.
SCOTLAND_TOO = england(overrides=Overrides(added=frozenset({date(2014, 12, 1), date(2015, 1, 2)})))


def rows(*countings: str) -> list[object]:
    return [pytest.param(row, id=row["id"]) for row in ROWS if row["counting"] in countings]


def reckon(phrase: str, counting: str = "", calendar: SchoolCalendar | None = None) -> DueDate:
    convention = counting_named(counting) if counting in COUNTINGS else DOES_NOT_ROLL
    due = due_date(parse_rule(phrase), lambda key: None, opened_on=None, calendar=calendar or england(), counting=convention)
    assert isinstance(due, DueDate)
    return due


def counting_the_first_day(phrase: str) -> str:
    if " clear " in phrase or "ing with " in phrase:
        return phrase
    if " after " in phrase:
        return phrase.replace(" after ", " beginning with ")
    return re.sub(r"^(\d+) ", r"\1 clear ", phrase)


def expected(row: dict[str, str]) -> date:
    return date.fromisoformat(row["expected_deadline"])


@pytest.mark.parametrize("row", rows(*AS_PHRASED))
def test_the_phrase_comes_to_the_sources_date(row: dict[str, str]) -> None:
    assert reckon(row["phrase"], row["counting"]).on == expected(row)


@pytest.mark.parametrize("row", rows("includes first day"))
def test_a_source_that_counts_the_first_day_in(row: dict[str, str]) -> None:
    assert reckon(counting_the_first_day(row["phrase"])).on == expected(row)


@pytest.mark.parametrize("row", rows("other bank holidays"))
def test_a_source_that_keeps_scotlands_bank_holidays_too(row: dict[str, str]) -> None:
    assert reckon(row["phrase"], calendar=SCOTLAND_TOO).on == expected(row)
    assert reckon(row["phrase"]).on < expected(row)


@pytest.mark.parametrize("row", rows("rough"))
def test_a_rough_source_is_out_by_the_days_its_note_tells(row: dict[str, str]) -> None:
    told = re.search(r"(\d+) days? (earlier|later) than the ordinary count", row["note"])
    assert told, f"{row['id']}: a rough row's note must say 'N days earlier (or later) than the ordinary count'"
    days = int(told[1]) * (1 if told[2] == "earlier" else -1)
    assert (reckon(row["phrase"]).on - expected(row)).days == days


def test_every_row_is_run_and_says_where_it_was_read() -> None:
    run = {*AS_PHRASED, "includes first day", "other bank holidays", "rough"}
    for row in ROWS:
        assert list(row) == COLUMNS, row["id"]
        assert row["counting"] in run, f"{row['id']}: counting {row['counting']!r} is none of {sorted(run)}"
        assert row["event_date"] in row["phrase"], f"{row['id']}: the phrase counts from another day than event_date"
        assert "http" in row["source"] and row["quote"], f"{row['id']}: give the source's address and a short quote"
        assert explain(reckon(row["phrase"]))
    assert len({row["id"] for row in ROWS}) == len(ROWS) >= 42
