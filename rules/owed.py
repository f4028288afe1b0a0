"""What one event obliges: messages, rights given, cases opened. Read off the steps it finished and opened, and the end it reached."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial

from rules.calendar import SchoolCalendar
from rules.dating import Dating
from rules.definition import INTERRUPTED, Definition, Step
from rules.due import DueDate, due_date
from rules.given import given
from rules.periods import parse_rule
from rules.position_types import GivenRight, Instance, OpensCase, Owed, Position
from rules.record import Draft
from rules.values import Facts, Value

ENDED = "ended"

RIGHTS_HELD_BY = "rights_held_by"  # the fact by which the rights pass from the parents to the young person


def readers(definition: Definition, tells: Iterable[str], party: str, facts: dict[str, Value]) -> tuple[str, ...]:
    """`tells` spread into roles, each once, in the order told: `party` is the instance's own, a list its parties, `nobody` none."""
    found: dict[str, None] = {}
    for name in tells:
        named = facts.get(name)
        if name == "party":
            found[party] = None
        elif name in definition.parties:
            found.update(dict.fromkeys(definition.parties[name]))
        elif name in definition.facts and isinstance(named, tuple):
            found.update(dict.fromkeys(named))
        elif name != "nobody":
            found[name] = None
    return tuple(found)


def messages(draft: Draft, opened: Iterable[Instance]) -> tuple[Owed, ...]:
    """Every message owed: for steps done (`done`, then their outcome), for steps opened, for the end or interrupt. In that order."""
    owed = [one for number in draft.finished for one in _for_finished(draft, number)]
    for instance in opened:
        if instance.status == "open":
            step = draft.definition.steps[instance.step]
            owed += _told(draft, step.tells_opened, (step.name, instance.party, instance.round, instance.no), "opened")
    return tuple(owed + _for_the_end(draft))


def _told(draft: Draft, tells: tuple[str, ...], about: tuple[str, str, int, int], moment: str) -> list[Owed]:
    if not tells:
        return []
    step, party, of_round, number = about
    return [Owed(step, party, of_round, number, moment, to) for to in readers(draft.definition, tells, party, draft.facts)]


def _for_finished(draft: Draft, place: int) -> list[Owed]:
    entry = draft.entries[place]
    step = draft.definition.steps[entry.step]
    about = (step.name, entry.party, entry.round, place + 1)
    outcome = step.outcomes.get(entry.outcome)
    owed = _told(draft, step.tells_done, about, "done")
    return owed if outcome is None else owed + _told(draft, outcome.tells, about, outcome.name)


def _for_the_end(draft: Draft) -> list[Owed]:
    end, interrupt = draft.definition.ends.get(draft.ended), draft.definition.interrupts.get(draft.ended)
    if end is not None:
        return _told(draft, end.tells, (ENDED, "", 0, 0), end.name)
    return [] if interrupt is None else _told(draft, interrupt.tells, (INTERRUPTED, "", 0, 0), interrupt.name)


def rights(draft: Draft, dating: Dating) -> tuple[GivenRight, ...]:
    """The rights given by the outcomes of the steps done, each with its last day (None while a base is unknown) and its holder."""
    found = []
    for place in draft.finished:
        entry = draft.entries[place]
        step = draft.definition.steps[entry.step]
        outcome = step.outcomes.get(entry.outcome)
        if outcome is not None and outcome.gives:
            found.append(GivenRight(outcome.gives, step.name, holder_of_rights(draft.facts), _last_day(outcome.gives, step, entry.party, dating)))
    return tuple(found)


def standing_right(definition: Definition, position: Position, calendar: SchoolCalendar) -> GivenRight | None:
    """The right that the case's last decision to give one gave, its last day counted from the facts as they stand now; None if none was given."""
    for one in reversed(position.instances):
        outcome = definition.steps[one.step].outcomes.get(one.outcome) if one.status == "done" else None
        if outcome is not None and outcome.gives:
            right, facts = definition.rights[outcome.gives], dict(position.facts)
            days = {name: value for name, value in facts.items() if isinstance(value, date)}
            found = due_date(parse_rule(right.last_day), days.get, opened_on=None, calendar=calendar, counting=right.counting, citation=right.law)
            return GivenRight(outcome.gives, one.step, holder_of_rights(facts), found if isinstance(found, DueDate) else None)
    return None


def holder_of_rights(facts: dict[str, Value]) -> str:
    """The parent, until the fact `rights_held_by` says that the young person holds the right (Children and Families Act 2014 s.51, s.83)."""
    return str(facts.get(RIGHTS_HELD_BY, "parent"))


def owner_of(definition: Definition, step: str, party: str, facts: Facts) -> str:
    """The role that owes the step now; empty for what software, the calendar or another case does."""
    role = definition.role_of(definition.steps[step], party)
    return "" if role is None else held_by(definition, role.name, facts)


def held_by(definition: Definition, role: str, facts: Facts) -> str:
    """The role itself, or the young person's where its rights have passed to them (`passes_to` in roles.yaml; CFA 2014 s.83(2))."""
    passes_to = definition.roles[role].passes_to if role in definition.roles else ""
    return passes_to if passes_to and passes_to == holder_of_rights(dict(facts)) else role


def _last_day(name: str, step: Step, party: str, dating: Dating) -> DueDate | None:
    right = dating.draft.definition.rights[name]
    found = due_date(
        parse_rule(right.last_day),
        lambda key: dating.known(key, step, party),
        opened_on=None,
        calendar=dating.calendar,
        counting=right.counting,
        citation=right.law,
    )
    return found if isinstance(found, DueDate) else None


def cases_opened(draft: Draft) -> tuple[OpensCase, ...]:
    """The cases that the outcomes of the steps done open, each with what it is given (`rules/given.py`)."""
    found = []
    for place in draft.finished:
        entry = draft.entries[place]
        outcome = draft.definition.steps[entry.step].outcomes.get(entry.outcome)
        for process, said in outcome.opens.items() if outcome is not None else ():
            facts = given(draft.definition, said, partial(draft.fact, party=entry.party), entry.party)
            found.append(OpensCase(process, facts, entry.step, entry.party, entry.round))
    return tuple(found)
