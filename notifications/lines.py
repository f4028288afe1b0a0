"""One line of a list or a morning: which case and step, its date and how late it is, the law, and where to answer. Initials, never a name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from db.links import Links
from db.models import Case, Delivery
from db.models import StepRow as StoredStep
from db.moved_words import note_told
from db.queries.step_rows import StepRow
from db.rights_told import MOMENT as RIGHTS_PASSED
from db.said import reminds
from notifications.compose import link_for
from notifications.letter import letter_values
from notifications.moved import moved_in_words
from notifications.reader import Reader
from notifications.render import headline
from rules.owed import RIGHTS_HELD_BY

# What is asked for on another page than the case's.
_TO_DO_THERE = {RIGHTS_PASSED: f"/correct/{RIGHTS_HELD_BY}"}


@dataclass(frozen=True, slots=True)
class Line:
    """`due_on` is the date of law (`by_law`), else the trust's own day; `days_late` counts from it, 0 on the day itself; none once it is done.
    `link`: where to answer or to look, empty if nowhere, as where the school has withdrawn it. `for_whom`: who is away, if the reader stands in for
    them. `raised_to`: as whom the reader at an LA has a breach; `said`: what its owner said of it."""

    ref: str
    headline: str
    title: str
    owner: str
    initials: str
    school: str
    law: str
    due_on: date | None
    by_law: bool
    days_late: int
    link: Markup
    for_whom: str = ""
    raised_to: str = ""
    said: Mapping[str, object] | None = None
    withdrawn: bool = False


def line_of(session: Session, delivery: Delivery, reader: Reader, *, origin: str, links: Links, today: date) -> Line:
    """What the letter of `delivery` would say, in a line. Needs a scheduler session: a link may be made."""
    link = link_for(session, delivery, reader, origin, links, today)
    note_told(session, delivery, bears_target=True)
    said: dict[str, Any] = letter_values(session, delivery, reader, today=today, link=link.address, details=json.loads(delivery.details))
    ref, day = said["case"]["ref"], None if _is_over(session, delivery) else said["due"] or said["target"]
    return Line(
        ref=ref,
        headline=headline(delivery.template, reader.role, ref, today),
        title=moved_in_words(said["moved"]) if said["moved"] else said["step"]["title"],
        owner=said["step"]["owner"],
        initials=said["child"]["initials"],
        school=said["school"]["name"],
        law=said["law"],
        due_on=day["on"] if day else None,
        by_law=said["due"] is not None,
        days_late=day["days_late"] if day else 0,
        for_whom=said["standing_in"]["name"] if said["standing_in"] else "",
        raised_to=said["raised_to"],
        said=said["said"],
        withdrawn=link.withdrawn,
        link=said["link"] or (_page(origin, ref) + _TO_DO_THERE.get(delivery.moment, "") if _opens(session, delivery, reader) else Markup("")),
    )


def _opens(session: Session, delivery: Delivery, reader: Reader) -> bool:
    """Whether the page of the case opens for this reader: not for the rest of the staff, and not for a headteacher whom it is about."""
    readers = session.get_one(Case, delivery.case_id).readers
    return reader.kind == "staff" and (readers is None or reader.role in readers)


def line_of_step(row: StepRow, origin: str, for_whom: str = "") -> Line:
    """An open step of the inbox, in a line for one of the staff."""
    return Line(
        ref=row.case,
        headline=row.process_title,
        title=row.title,
        owner=row.whose,
        initials=row.pupil_initials.replace(".", ""),
        school=row.school,
        law=row.citation,
        due_on=row.due_on or row.target_on,
        by_law=row.due_on is not None,
        days_late=row.overdue_days,
        link=_page(origin, row.case),
        for_whom=for_whom,
    )


def worst_first(lines: Iterable[Line]) -> list[Line]:
    """The longest late first, then by date, those without one last."""
    return sorted(lines, key=lambda line: (-line.days_late, line.due_on or date.max, line.ref, line.title))


def newest_of_each_step(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Of several reminders of one step to one role (due today, then late: two mornings were missed) the last; everything else as it is."""
    last = {_step_of(one): one.id for one in deliveries if reminds(one.rung, one.template)}
    return [one for one in deliveries if not reminds(one.rung, one.template) or last[_step_of(one)] == one.id]


def _step_of(delivery: Delivery) -> tuple[object, ...]:
    return delivery.case_id, delivery.step, delivery.party, delivery.round, delivery.to_role


def _is_over(session: Session, delivery: Delivery) -> bool:
    """Whether the step has been done: nobody waits for its day any more, and it is not late however long ago that was."""
    row = session.get(StoredStep, (delivery.case_id, delivery.no)) if delivery.no else None
    return row is not None and row.closed_seq is not None


def _page(origin: str, ref: str) -> Markup:
    return Markup(f"{origin.rstrip('/')}/cases/{ref}")  # noqa: S704  our own address and a case's reference
