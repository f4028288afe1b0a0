"""A trust's, school's or authority's own ladder in the place of a shipped one: read, and held to what may not be left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rules.calendar import england
from rules.definition import Definition, Ladder, Rung, Step
from rules.due import rung_date
from rules.ladder_texts import read_rungs
from rules.library import Library
from rules.periods import RuleError
from rules.problems import DefinitionErrors, Problem, Problems, nearest

OWNER = "owner"
LATE = ("late", "breach")
MOST_RUNGS = 40
FARTHEST_DAYS = 400
SLACK_DAYS = 7  # how many days later than the shipped ladder an own one may first say that something is late
_SOME_DAY = date(2026, 6, 10)  # a Wednesday in a month without bank holidays: rungs are compared from one and the same day


@dataclass(frozen=True, slots=True)
class _Owed:
    """A step that the law lays on somebody and that is chased by this ladder."""

    definition: Definition
    step: Step


def read_override(text: str, name: str, library: Library, templates: Collection[str]) -> Ladder:
    """The ladder that is to stand for the shipped ladder `name`; `templates`: those there are.

    Raises DefinitionErrors with every fault, each with its line and what to write: rungs that cannot be read, roles and templates that do not
    exist, a rung twice, and lateness of a step of law that nobody on our side would hear of, or hear of much later.
    """
    problems = Problems("ladder")
    if name not in library.registers.ladders:
        raise DefinitionErrors([Problem("ladder", 1, "", f"there is no ladder `{name}`", nearest(name, library.registers.ladders))])
    found = read_rungs(text, name, problems)
    lines = _lines_of_rungs(text, len(found.rungs))
    for rung, line in zip(found.rungs, lines, strict=True):
        _check_rung(rung, line, library, templates, problems)
    if len(found.rungs) > MOST_RUNGS:
        problems.add(1, f"the ladder has {len(found.rungs)} rungs", f"At most {MOST_RUNGS}: leave some out.")
    for place, rung in enumerate(found.rungs):
        if rung in found.rungs[:place]:
            problems.add(lines[place], "this rung stands here twice", "Leave one of them out: each rung fires once.")
    days = [_days_after(rung) for rung in found.rungs]
    for place, (before, after) in enumerate(pairwise(days), start=1):
        if before is not None and after is not None and after < before:
            problems.add(
                lines[place], f"`when: {found.rungs[place].when}` comes before the rung above it", "Put the rungs in the order of their days."
            )
    problems.stop_if_any()
    for problem in _unheard(library, library.registers.ladders[name], found):
        problems.add(*problem)
    problems.stop_if_any()
    return found


def _check_rung(rung: Rung, line: int, library: Library, templates: Collection[str], problems: Problems) -> None:
    if rung.tells and rung.tells != OWNER and rung.tells not in library.registers.roles:
        problems.add(line, f"`tells: {rung.tells}` is no role", nearest(rung.tells, [OWNER, *library.registers.roles]))
    if rung.template and rung.template not in templates:
        problems.add(line, f"`template: {rung.template}` does not exist", nearest(rung.template, templates))
    for key in ("tells", "template"):
        if not getattr(rung, key):
            problems.add(line, f"a rung has no `{key}`", f"Write `{key}:` and {'a role, or `owner`' if key == 'tells' else 'the name of a text'}.")
    days = _days_after(rung)
    if days is not None and abs(days) > FARTHEST_DAYS:
        problems.add(line, f"`when: {rung.when}` is more than {FARTHEST_DAYS} days away", "Write a nearer day.")


def _lines_of_rungs(text: str, rungs: int) -> list[int]:
    """The line on which each rung begins: the first line that says `when:` after the one before."""
    found = [number for number, line in enumerate(text.splitlines(), start=1) if "when:" in line.split("#")[0]]
    return (found + [1] * rungs)[:rungs]


def _unheard(library: Library, shipped: Ladder, own: Ladder) -> Iterator[tuple[int, str, str]]:
    """Steps of law whose lateness our side hears of by the shipped ladder, and by this one not, or much later. One fault for all of one kind."""
    told: set[str] = set()
    for owed in _owed_by_law(library, own.name):
        was, now = (_first_late_day(owed, ladder) for ladder in (shipped, own))
        if was is None or (now is not None and now <= was + SLACK_DAYS):
            continue
        what = "nobody of ours hears" if now is None else f"our side hears only {now} days after the date"
        if what not in told:
            told.add(what)
            where = f"step `{owed.step.name}` of {owed.definition.process}, owed by {owed.step.law}"
            cure = f"Keep a rung with `severity: late` at most {was + SLACK_DAYS} days after the date that tells one of us, such as the senco."
            yield 1, f"{what} that it is late ({where}, and whatever else is chased by `{own.name}`)", cure


def _owed_by_law(library: Library, ladder: str) -> Iterator[_Owed]:
    for definition in library.all():
        for step in definition.steps.values():
            if step.ladder == ladder and step.law and not step.may:
                yield _Owed(definition, step)


def _first_late_day(owed: _Owed, ladder: Ladder) -> int | None:
    """How many days after the date the first rung of lateness tells one of us; None: none does."""
    days = [_days_after(rung) for rung in ladder.rungs if rung.severity in LATE and _is_ours(owed, rung)]
    return min((day for day in days if day is not None and day > 0), default=None)


def _is_ours(owed: _Owed, rung: Rung) -> bool:
    if rung.tells != OWNER:
        role = owed.definition.roles.get(rung.tells)
        return role is not None and role.ours
    if owed.step.each or owed.step.each_of_fact:
        return False  # each party owes it, and some are not ours
    role = owed.definition.role_of(owed.step, "")
    return role is None or role.ours  # what software owes, the SENCO hears of


def _days_after(rung: Rung) -> int | None:
    """How many days after the date a rung fires; None where its `when` cannot be read, which has been said."""
    try:
        return (rung_date(rung.when, _SOME_DAY, england()) - _SOME_DAY).days
    except (RuleError, OverflowError, ValueError) as fault:
        return None if isinstance(fault, RuleError) else FARTHEST_DAYS + 1
