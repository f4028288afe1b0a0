"""What a letter may say: the values its template sees. Never more personal data than the reader needs.

A family and the school's staff read the child's first name; everybody else reads initials and the case reference. No address, no other
parent, no need and no other child is ever among the values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.calendar_of_school import calendar_of
from db.models import Absence, Case, Delivery, Person, PinnedDefinition, Pupil, School, StepRow
from db.queries.acting import acting_in
from db.said import word_of
from notifications.complaint import complaint_values
from notifications.corrected import corrected_values
from notifications.moved import moved_values
from notifications.reader import Reader
from rules.definition import Definition, Step
from rules.due_types import DueDate, Why
from rules.explain import explain
from rules.loader import from_pinned
from rules.owed import standing_right
from rules.position_text import position_from_text
from rules.position_types import GivenRight
from rules.refusals import step_title
from rules.values import Value


def letter_values(
    session: Session, delivery: Delivery, reader: Reader, *, today: date, link: str, details: Mapping[str, object]
) -> dict[str, object]:
    """The values for the template of `delivery`. `link`: the signed link of this reader, or empty. `details`: what the act said with the message."""
    case = session.get_one(Case, delivery.case_id)
    definition = definition_of(session, case)
    step = definition.steps.get(delivery.step)
    due = _due(session, delivery, today)
    calendar = calendar_of(session, case.school_id)
    position = position_from_text(case.position, definition, calendar)
    return {
        "case": {"ref": case.ref, "process_title": definition.title, "opened_on": case.opened_on},
        "reader": {"role": reader.role, "kind": reader.kind, "name": reader.name},
        "child": _child(session, case, reader),
        "school": school_values(session, case.school_id, today),
        "step": _step(definition, step, delivery),
        "due": due,
        "target": _target(session, delivery, today),
        "facts": KnownFacts(position.facts),
        "right": _right(definition, delivery, details, standing_right(definition, position, calendar), today),
        "said": _said(details if "said" in details or delivery.rung is None else json.loads(word_of(session, delivery, today) or "{}")),
        "corrected": corrected_values(definition, details),
        "complaint": complaint_values(session, delivery, details, today),
        "contains": _contains(step, delivery.moment),
        "moved": moved_values(session, delivery, definition, details),
        "law": step.citation if step else "",
        "link": Markup(link) if link else "",  # noqa: S704  our own link: letters, digits and ._-/: only
        "severity": delivery.severity,
        "moment": delivery.moment,
        "today": today,
        "again": delivery.may_be_twice,
        "raised_to": str(details.get("raised_to", "")),
        "standing_in": _standing_in(session, definition, delivery, today, details),
    }


def definition_of(session: Session, case: Case) -> Definition:
    """The definition that this case runs under: its own pinned text."""
    return _read_pinned(session.get_one(PinnedDefinition, case.definition_id).source)


_read_pinned = lru_cache(maxsize=32)(from_pinned)  # reading a text takes tens of milliseconds, and a text never changes


def _child(session: Session, case: Case, reader: Reader) -> dict[str, str]:
    if case.pupil_id is None:  # about a school: `template_check` lets no letter of such a process speak of a child
        return {"first_name": "", "initials": ""}
    pupil = session.get_one(Pupil, case.pupil_id)
    first = pupil.known_as or pupil.given_name
    initials = f"{pupil.given_name[:1]}{pupil.family_name[:1]}".upper()
    return {"first_name": initials if reader.kind == "outside" else first, "initials": initials}


def school_values(session: Session, school_id: int, today: date) -> dict[str, str]:
    """The school's name and telephone, and whom readers may ask: its SENCO, or who stands in while the SENCO is away."""
    school = session.get_one(School, school_id)
    senco = acting_in(session, school_id, "senco", today)
    name, email = (senco.name, senco.email) if senco else ("", "")
    title = "acting SENCO" if senco and senco.stands_in else "SENCO"
    return {"name": school.name, "phone": school.phone, "senco_name": name, "senco_title": title, "senco_email": email}


def _step(definition: Definition, step: Step | None, delivery: Delivery) -> dict[str, str]:
    if step is None:
        return {"name": delivery.step, "title": definition.title, "hint": "", "owner": "", "policy": "", "party": ""}
    party = definition.roles[delivery.party].title if delivery.party in definition.roles else delivery.party
    role = definition.role_of(step, delivery.party)
    owner = role.title if role else "the software"
    title = step_title(definition, step.name, delivery.party)
    return {"name": step.name, "title": title, "hint": step.hint, "owner": owner, "policy": step.policy, "party": party}


def _due(session: Session, delivery: Delivery, today: date) -> dict[str, object] | None:
    row = session.get(StepRow, (delivery.case_id, delivery.no)) if delivery.no else None
    if row is None or row.due_on is None or not row.why:
        return None
    due = DueDate(row.due_on, Why.from_text(row.why), row.safe_on)
    late = (today - due.on).days
    return {"on": due.on, "safe_on": due.safe_on, "days_late": max(0, late), "days_left": max(0, -late), "why": " ".join(explain(due))}


def _target(session: Session, delivery: Delivery, today: date) -> dict[str, object] | None:
    """The trust's own day for the step, where the law sets none: what we promise, or hope for. It is nobody's last day."""
    row = session.get(StepRow, (delivery.case_id, delivery.no)) if delivery.no else None
    if row is None or row.target_on is None:
        return None
    late = (today - row.target_on).days
    return {"on": row.target_on, "days_late": max(0, late), "days_left": max(0, -late)}


class KnownFacts(dict[str, Value]):
    """Facts by name; one that is not known yet is None, so that a letter can say so. `template_check` holds the names against the definition."""

    def __missing__(self, name: str) -> None:
        return None


def _right(
    definition: Definition, delivery: Delivery, details: Mapping[str, object], standing: GivenRight | None, today: date
) -> dict[str, object] | None:
    """The right that the message gives. Its last day is counted from the facts as they stand when the letter is written: the day on the authority's
    letter may have been put right since. A letter that comes after the decision (the SENCO's talk about the appeal) tells the same right."""
    given = details.get("right")
    if not isinstance(given, Mapping) or given.get("name") not in definition.rights:
        return None if standing is None else _right_in_words(definition, standing.right, _last_day(standing), today)
    name, last_day = str(given["name"]), given.get("last_on")
    if standing is not None and (standing.right, standing.step) == (name, delivery.step):
        return _right_in_words(definition, name, _last_day(standing), today)
    return _right_in_words(definition, name, date.fromisoformat(str(last_day)) if last_day else None, today)


def _last_day(right: GivenRight) -> date | None:
    return right.last_day.on if right.last_day else None


def _right_in_words(definition: Definition, name: str, last_day: date | None, today: date) -> dict[str, object]:
    right = definition.rights[name]
    return {"name": name, "law": right.law, "text": right.text, "last_day": last_day, "is_over": last_day is not None and last_day < today}


def _standing_in(
    session: Session, definition: Definition, delivery: Delivery, today: date, details: Mapping[str, object]
) -> dict[str, object] | None:
    """Why this reader has it: they stand in for `name`, or (no name) nobody at the school can act in `role`. None: it is their own."""
    holder, instead = details.get("stands_in_for"), bool(details.get("instead"))
    if holder is None and not instead:
        return None
    role = definition.roles[delivery.to_role].title if delivery.to_role in definition.roles else delivery.to_role
    if holder is None or instead:
        return {"name": "", "until": None, "role": role}
    person = session.get_one(Person, int(str(holder)))
    standing = select(Absence.to_on).where(Absence.person_id == person.id, Absence.ended_at.is_(None), Absence.from_on <= today)
    until = session.scalar(standing.where(Absence.to_on.is_(None) | (Absence.to_on >= today)))
    return {"name": f"{person.given_name} {person.family_name}", "until": until, "role": role}


def _said(details: Mapping[str, object]) -> dict[str, object] | None:
    """What was said of a step that is not done: `will_be_by` or `waiting_for`, and the day. Whoever has a breach above its officer reads it too."""
    given = details.get("said")
    return {"word": str(given["word"]), "until": date.fromisoformat(str(given["until"]))} if isinstance(given, Mapping) else None


def _contains(step: Step | None, moment: str) -> Mapping[str, str]:
    if step is None:
        return {}
    return {**step.contains, **(step.outcomes[moment].contains if moment in step.outcomes else {})}
