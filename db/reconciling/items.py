"""The items of the SEN2 return that a school can hold against its LA's, each with the headings it is known by.

Items: field.md section 2 (the DfE's SEN2 guide, through a public library of readers); the short headings (`ReviewMeeting` …) are those of the
return's active plans as that library names them. Codes of the review decision are from memory (M): the words are read, and their first letters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from db.importing import cells
from db.importing.columns import Column, Kind
from db.importing.problems import BadCell

ItemName = Literal["review_meeting_on", "decision", "decision_on", "draft_amended_plan_on", "transfer_due_on", "transfer_final_plan_on"]
OURS, THEIRS = "Ours: ", "Theirs: "
_DECISIONS = {"maintain": "maintain", "amend": "amend", "cease": "cease", "m": "maintain", "a": "amend", "c": "cease"}


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `headings`: what an LA may call it; our own file calls it `Ours: title` and `Theirs: title`."""

    name: ItemName
    title: str
    headings: tuple[str, ...]
    read: Callable[[str], object]


def decision(cell: str) -> str:
    """The LA's decision on a review: maintain, amend or cease, or its first letter. Raises BadCell."""
    word = cell.casefold().removesuffix(" plan").removesuffix(" the")
    if word not in _DECISIONS:
        raise BadCell(f"{cell!r} is not a decision on a review; write maintain, amend or cease")
    return _DECISIONS[word]


def _day(cell: str) -> date:
    """A date that may carry a midnight, as a spreadsheet exports it."""
    return cells.day(cell.split("T00:00")[0])


ITEMS = (
    Item("review_meeting_on", "review meeting", ("ReviewMeeting", "Annual review meeting date", "Review meeting date", "Review meeting"), _day),
    Item("decision", "decision", ("ReviewOutcome", "Review decision", "Annual review decision", "Review outcome"), decision),
    Item("decision_on", "decision on", ("LastReview", "Review decision date", "Date of review decision", "Decision date"), _day),
    Item("draft_amended_plan_on", "draft amended plan", ("ReviewDraft", "Date draft amended plan issued", "Draft amended plan"), _day),
    Item("transfer_due_on", "phase transfer due", ("PhaseTransferDueDate", "Phase transfer due date", "Phase transfer due"), _day),
    Item("transfer_final_plan_on", "phase transfer final plan",
         ("PhaseTransferFinalDate", "Phase transfer final plan date", "Phase transfer final plan"), _day),
)  # fmt: skip
PUPIL = (
    Column("upn", ("UPN", "Unique Pupil Number"), cells.upn, required=False),
    Column("surname", ("Surname", "Last name", "Legal surname", "Family name"), cells.name, required=False),
    Column("forename", ("Forename", "First name", "Legal forename", "Given name"), cells.name, required=False),
    Column("born_on", ("DOB", "Date of birth", "Birth date", "PersonBirthDate", "BirthDate"), cells.day, required=False),
)
THEIR_FILE = Kind(
    "sen2",
    "An LA's SEN2 dates",
    (*PUPIL, *(Column(item.name, (f"{THEIRS}{item.title}", *item.headings), item.read, required=False) for item in ITEMS)),
    (),
)
