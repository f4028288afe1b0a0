"""Where a case stands, in the words that Prefect may hold: its reference, steps, roles and dates. No name of a person, no text of theirs."""

from __future__ import annotations

from datetime import date

from db.queries.step_rows import is_lifted
from rules.definition import Definition
from rules.perhaps import perhaps_never
from rules.position_types import Instance, Position

CALENDAR = "the calendar"
SHOWN = 12


def waiting_name(definition: Definition, position: Position) -> str:
    """The name of the waiting state in Prefect's lists: whom the most urgent open step waits for, asides last. The same few words for all cases."""
    steps = sorted(by_urgency(position.open()), key=lambda one: definition.steps[one.step].aside)
    return f"Waiting for {with_article(whose(definition, steps[0]))}" if steps else "Waiting for a date"


def whose(definition: Definition, instance: Instance) -> str:
    """The title of the role that owes the step; software, the calendar and other cases in words."""
    step = definition.steps[instance.step]
    role = definition.role_of(step, instance.party)
    if role is not None:
        return role.title
    if step.does:
        return "Sendflow"
    return "another case" if step.case else CALENDAR


def with_article(title: str) -> str:
    """The role's title as it reads in a sentence: `the SENCO`, `Sendflow`, `the local authority`."""
    return title if title.startswith(("the ", "another ", "Sendflow")) else f"the {title}"


def by_urgency(instances: tuple[Instance, ...]) -> list[Instance]:
    """Earliest date first, those without a date last; then in the order of the process."""
    return sorted(instances, key=lambda one: (_date_of(one) or date.max, one.no))


def as_markdown(case: str, definition: Definition, position: Position, today: date, console: str) -> str:
    """The case's artifact: where it stands, what is next and whose, by when and on what authority, and where to decide."""
    head = [f"# {case}: {definition.title}", "", f"**{_headline(definition, position)}**", ""]
    foot = ["", f"[Open {case} in Sendflow]({console}/cases/{case}). Decisions are made there; nothing decided on this page counts.", ""]
    return "\n".join([*head, *_table(definition, position, today), *foot])


def _headline(definition: Definition, position: Position) -> str:
    if position.ended:
        end = definition.ends.get(position.ended) or definition.interrupts.get(position.ended)
        title = (end.title if end else "") or position.ended.replace("_", " ")
        return f"Ended: {title}" + (f", {_day(position.ended_on)}" if position.ended_on else "")
    return waiting_name(definition, position)


def _table(definition: Definition, position: Position, today: date) -> list[str]:
    open_steps = by_urgency(position.open())
    later = by_urgency(tuple(one for one in position.tracked() if one.status != "open"))
    if position.ended or not (open_steps or later):
        return []
    perhaps = perhaps_never(definition, position)
    rows = ["| Step | Whose | By | Authority |", "| --- | --- | --- | --- |"]
    rows += [_row(definition, one, today) for one in open_steps[:SHOWN]]
    if len(open_steps) > SHOWN:
        rows.append(f"| and {len(open_steps) - SHOWN} more | | | |")
    rows += [_row(definition, one, today, "perhaps later: " if one.no in perhaps else "later: ") for one in later[:SHOWN]]
    return rows


def _row(definition: Definition, instance: Instance, today: date, prefix: str = "") -> str:
    step = definition.steps[instance.step]
    title = step.title.replace("{party}", _party(definition, instance.party))
    again = f" (round {instance.round})" if instance.round > 1 else ""
    by = _day(_date_of(instance)) if prefix.startswith("perhaps") or instance.early else _by(instance, today)
    cells = (prefix + title + again, whose(definition, instance), by, step.citation)
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _party(definition: Definition, party: str) -> str:
    return definition.roles[party].title if party in definition.roles else party.replace("_", " ")


def _by(instance: Instance, today: date) -> str:
    due = _date_of(instance)
    if due is None:
        return f"follows from {instance.follows.replace('_', ' ')}" if instance.follows else ""
    if is_lifted(instance.lifted, instance.lifted_review_on, today):
        return f"{_day(due)}, lifted"
    late = 0 if instance.wakes_on else (today - due).days  # with a window that the calendar closes nobody is late
    return f"{_day(due)}, **{late} day{'s' if late != 1 else ''} overdue**" if late > 0 else _day(due)


def _date_of(instance: Instance) -> date | None:
    due = instance.due or instance.target
    return due.on if due is not None else None


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""
