"""Puts a due date's why into plain sentences. Everything said is in the stored `Why`; no calendar is needed to read it later."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from rules.bank_holidays import library_holidays
from rules.due_types import DueDate, Why
from rules.periods import Base, Choice, Count, OnDay, Rule, Shape, TermEnd, YearDay, parse_rule
from rules.rule_parser import MONTHS

ONE_DAY = timedelta(days=1)
SHOWN_STRETCHES = 4
HESC = "the Tribunal's rules (SI 2008/2699)"


def in_full(day: date) -> str:
    """`Tuesday 14 April 2026`."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def explain(due: DueDate, titles: Mapping[str, str] | None = None) -> list[str]:
    """Plain sentences: the rule, each day it counts from, the count, days left out, how the law treats the last day, the safe date and why.

    `titles`: what to call a fact or step (`{"notice_sent_on": "the day the LA sent its proposed amendments"}`); else its name in words.
    Raises RuleError only if the stored rule text was never a rule.
    """
    words = titles or {}
    rule = parse_rule(due.why.rule)
    return [
        f"The rule: {_rule_in_words(rule, words)}{f' ({due.why.citation})' if due.why.citation else ''}.",
        *(_start(base, day, words) for base, day in _dated(rule, due.why) if base.kind != "day"),
        *_shape_sentences(rule.shape, due),
        *_skipped_sentences(due.why),
        *_convention_sentences(due),
        *_note_sentences(due.why),
        *_safe_sentences(due),
    ]


def words_of(name: str) -> str:
    """A fact's or step's name in words: `request_received_on` is `request received`."""
    return name.removesuffix("_on").replace("_", " ")


def rule_in_words(rule: str, titles: Mapping[str, str]) -> str:
    """A date rule as people read it, its bases by their titles. Raises RuleError if the text is no rule."""
    return _rule_in_words(parse_rule(rule), titles).replace("on the step opens", "on the day the step opens")


def _marks(why: Why, mark: str) -> list[str]:
    return [note.removeprefix(mark).strip() for note in why.notes if note.startswith(mark)]


def _base_words(base: Base, titles: Mapping[str, str]) -> str:
    if base.kind == "day":
        assert base.day is not None
        return in_full(base.day)
    if base.kind == "it opens":
        return "the step opens"
    name = titles.get(base.name) or words_of(base.name)
    return f"the due date of “{name}”" if base.kind == "due of" else f"“{name}”"


def _rule_in_words(rule: Rule, titles: Mapping[str, str]) -> str:
    text = rule.text
    for base in sorted(rule.bases, key=lambda one: -len(one.key)):
        text = re.sub(rf"(?<![\w“]){re.escape(base.key)}(?![\w”])", lambda _, b=base: _base_words(b, titles), text)  # type: ignore[misc]
    return text


def _start(base: Base, day: date, titles: Mapping[str, str]) -> str:
    when = str(day.year) if base.name.endswith("_year") and (day.month, day.day) == (1, 1) else in_full(day)
    if base.kind == "it opens":
        return f"The step opens on {when}."
    return f"It counts from {_base_words(base, titles)}: {when}."


def _dated(rule: Rule, why: Why) -> Iterator[tuple[Base, date]]:
    known = dict(why.bases)
    seen = set()
    for base in rule.bases:
        if base.key in known and base.key not in seen:
            seen.add(base.key)
            yield base, known[base.key]


def _before_moving(due: DueDate) -> date:
    moved = _marks(due.why, "moved from")
    return date.fromisoformat(moved[0]) if moved else due.on


def _shape_sentences(shape: Shape, due: DueDate) -> list[str]:
    end = in_full(_before_moving(due))
    if isinstance(shape, Choice):
        return _choice_sentences(shape, due.why, end)
    if isinstance(shape, Count):
        return _count_sentences(shape, end)
    if isinstance(shape, OnDay):
        return [f"It is that day itself: {end}."]
    if isinstance(shape, YearDay):
        named = f"{shape.day} {MONTHS[shape.month - 1].title()}"
        return [f"“Before {named}” leaves {end} as the last day." if shape.before else f"“By {named}” ends on {end}."]
    if isinstance(shape, TermEnd):
        return [f"That term ends on {end}."]
    raise AssertionError(f"no words for {shape!r}")


def _choice_sentences(shape: Choice, why: Why, end: str) -> list[str]:
    parts = [part.split(" ", 1)[1] for part in _marks(why, "part")]
    dates = [in_full(date.fromisoformat(part)) for part in parts if part != "unknown"]
    sentences = []
    if len(dates) < len(parts):
        sentences.append("A day that is not known, and may never be, is left out of account.")
    if len(dates) > 1:
        sentences.append(f"The parts come to {' and '.join(dates)}; the {'later' if shape.later else 'earlier'} one counts.")
    return [*sentences, f"The period ends on {end}."]


def _count_sentences(shape: Count, end: str) -> list[str]:
    period = shape.period
    unit = {"working day": " Only working days count.", "school day": " Only school days count."}.get(period.unit, "")
    if period.number == 0 and not period.clear:
        return [f"It is that day itself: {end}."]
    if period.clear:
        return [f"“{str(period).capitalize()}” leaves out both that day and the day of acting, which is {end}.{unit}"]
    if shape.direction == "before":
        return [f"Counted back {period} from that day, which is left out, it is {end}.{unit}"]
    if shape.direction == "beginning with":
        return [f"That day is day one; {period} end on {end}.{unit}" if period.number > 1 else f"That day is day one; {period} ends on {end}.{unit}"]
    return [f"That day is left out; {period} {'end' if period.number > 1 else 'ends'} on {end}.{unit}"]


def _skipped_sentences(why: Why) -> list[str]:
    if not why.skipped:
        return []
    stretches: list[list[date]] = []
    for day in why.skipped:
        if stretches and (day - stretches[-1][1] == ONE_DAY or (day.weekday() == 0 and (day - stretches[-1][1]).days == 3)):
            stretches[-1][1] = day
        else:
            stretches.append([day, day])
    shown = [_stretch(first, last) for first, last in stretches[:SHOWN_STRETCHES]]
    more = sum(1 for first, last in stretches[SHOWN_STRETCHES:] for day in why.skipped if first <= day <= last)
    weekends = " besides weekends" if "working day" in why.rule or "school day" in why.rule else ""
    return [f"Not counted{weekends}: {', '.join(shown)}{f' and {more} more days' if more else ''}."]


def _stretch(first: date, last: date) -> str:
    if first != last:
        return f"{in_full(first)} to {in_full(last)}"
    name = library_holidays(first.year).get(first)
    return in_full(first) + (f" ({name})" if name else "")


def _convention_sentences(due: DueDate) -> list[str]:
    name, before = due.why.counting, _before_moving(due)
    sentences = []
    if "left out" in name:
        sentences.append(f"Days in August and from 25 December to 1 January are not counted: rule 12(3)(b) of {HESC}.")
    if before != due.on:
        if name == "tribunal appeal" and (before.month == 8 or (before.month, before.day) == (1, 1) or (before.month == 12 and before.day >= 25)):
            law = f"An appeal's last day in August or from 25 December to 1 January moves to the first working day after: rule 12(3)(a) of {HESC}."
        else:
            law = f"{in_full(before)} is not a working day, and an act before the Tribunal is in time on the next one: rule 12(2) of {HESC}."
        sentences.append(f"{law} So the last day is {in_full(due.on)}.")
    if name.startswith("tribunal"):
        sentences.append(f"It must be done by 5pm: rule 12(1) of {HESC}.")
    return sentences


def _note_sentences(why: Why) -> list[str]:
    sentences = []
    for loose in _marks(why, "loose"):
        day = in_full(date.fromisoformat(loose))
        sentences.append(f"A looser reading of the words would allow {day}. Sources differ, so the stricter one is what to work to.")
    if "terms unknown" in why.notes:
        sentences.append("No term dates are known for part of this time, so every working day was counted as a school day. Enter the school's terms.")
    if "terms assumed" in why.notes:
        sentences.append("No term dates are known here, so England's usual ones were assumed. Enter the school's terms.")
    return sentences


def _safe_sentences(due: DueDate) -> list[str]:
    if due.safe_on is None:
        return []
    name = library_holidays(due.on.year).get(due.on)
    kind = f"is a bank holiday ({name})" if name and due.on.weekday() < 5 else "is not a working day"
    return [
        f"{in_full(due.on)} {kind}, and nothing in this law moves a last day to the next working day.",
        f"Work to {in_full(due.safe_on)}, the last working day before it.",
    ]
