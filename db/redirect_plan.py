"""Which unsent messages change their reader, and to whom: worked out from who reads today, and from who has the same message already. No SQL."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Literal

from db.chase_messages import BREACH
from db.complaints_to_la import TO_LA
from db.held import FAMILY
from db.la_profile.routing import LA, LaRoutes
from db.moved_words import MOMENT as MOVED
from db.queries.people import Recipient
from db.said import reminds

Kind = Literal["move", "copy", "say anew", "lay aside", "nobody"]
Who = tuple[int | None, int | None]  # a person's id, or an authority's
RAISED = "raised_to"
ROUTED = (RAISED, "instead", "stands_in_for")  # what `routed` says in the details
_BEARER = re.compile(r"/(?:person \d+|authority \d+|nobody)(?:/sms)?$")


def routed(details: str, reader: Recipient) -> str:
    """What the letter must say beside the message: that its reader stands in, reads it because nobody can act, or because it is a breach."""
    said = {name: value for name, value in json.loads(details).items() if name not in ROUTED}
    if reader.raised:
        said[RAISED] = reader.why
    elif reader.stands_in_for or reader.instead:
        said |= {"stands_in_for": reader.stands_in_for} | ({"instead": True} if reader.instead else {})
    return json.dumps(said, sort_keys=True)


def bearer(once_key: str, reader: Recipient | None) -> str:
    """The key of the same message to that reader (None: to nobody)."""
    if reader is None:
        return _BEARER.sub("/nobody", once_key)
    who = f"person {reader.person_id}" if reader.person_id is not None else f"authority {reader.authority_id}"
    return _BEARER.sub(f"/{who}", once_key)


@dataclass(frozen=True, slots=True)
class Unsent:
    """A row of `deliveries` that has not left, who reads its message today, and its own reader among them (None: not any more)."""

    row: Any
    readers: tuple[Recipient, ...]
    same: Recipient | None

    @classmethod
    def of(cls, row: Any, found: Sequence[Recipient], routes: LaRoutes) -> Unsent:
        """`found`: who holds its role today."""
        readers, also = _read_by(row, found, routes)
        return cls(row, tuple(readers), next((one for one in (*readers, *also) if _who(one) == _who(row)), None))

    @property
    def is_stale(self) -> bool:
        """Whether anything is to be changed: its reader, or what it says of why they read it."""
        if self.same is None:
            return True
        routes = self.same.stands_in_for or self.same.instead or self.same.raised
        return bool(routes or any(name in self.row.details for name in ROUTED)) and json.loads(self.said(self.same)) != json.loads(self.row.details)

    def said(self, reader: Recipient) -> str:
        """Its details for that reader."""
        return routed(self.row.details, reader)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do to a row: it goes to another reader, or also to one more, says why anew, is laid aside, or nobody reads it."""

    kind: Kind
    row: Any
    reader: Recipient | None
    details: str

    def as_json(self) -> dict[str, Any]:
        """As the statements read it; `was_…` is how the row was read."""
        person_id, authority_id = _who(self.reader) if self.reader is not None else (None, None)
        return {
            "id": self.row.id,
            "was_state": self.row.state,
            "was_person": self.row.person_id,
            "was_authority": self.row.authority_id,
            "person_id": person_id,
            "authority_id": authority_id,
            "details": self.details,
            "once_key": bearer(self.row.once_key, self.reader),
        }


class Known:
    """Who has which message already, on its way or sent, in whichever role."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._has: set[tuple[object, ...]] = set()
        self._keys: set[str] = set()
        self._rows = [row for row in rows if row.state != "superseded"]

    def forget(self, ids: Iterable[int]) -> None:
        """Of the rows but these: those are about to go to others."""
        gone = set(ids)
        kept = [row for row in self._rows if row.id not in gone]
        self._has = {(*_said(row), _who(row)) for row in kept}
        self._keys = {row.once_key for row in kept}

    def has(self, row: Any, reader: Recipient) -> bool:
        """Whether that reader has what the row says."""
        return (*_said(row), _who(reader)) in self._has or bearer(row.once_key, reader) in self._keys

    def give(self, row: Any, reader: Recipient) -> None:
        """That reader has it from now on."""
        self._has.add((*_said(row), _who(reader)))


def plan(unsent: Sequence[Unsent], known: Known) -> list[Change]:
    """The changes to be made. Of one message the rows whose readers have gone go to today's readers who have it not yet; one row more for each
    reader beyond that; a row that nobody is left for is laid aside, and the first of a message that nobody reads becomes a person's to tell."""
    known.forget(one.row.id for one in unsent if one.same is None)
    changes = [Change("say anew", one.row, one.same, one.said(one.same)) for one in unsent if one.same is not None and one.is_stale]
    messages: dict[tuple[object, ...], list[Unsent]] = defaultdict(list)
    for one in unsent:
        if one.same is None:
            messages[*_said(one.row), one.row.to_role].append(one)
    for gone in messages.values():
        changes += _of_one_message(gone, known)
    return changes


def _of_one_message(gone: Sequence[Unsent], known: Known) -> Iterable[Change]:
    first = gone[0]
    missing = [one for one in _successors(gone) if not known.has(first.row, one)]
    left_to_a_person = next((one for one in gone if not one.row.kept_away), None)
    for one, reader in zip_longest(gone, missing):
        if reader is not None:
            known.give(first.row, reader)
            yield Change("copy" if one is None else "move", (one or first).row, reader, (one or first).said(reader))
            continue
        assert one is not None, "there are as many pairs as the longer of the two"
        is_untold = one is left_to_a_person and not first.readers and first.row.moment != MOVED
        yield Change("nobody" if is_untold else "lay aside", one.row, None, one.row.details)


def _successors(gone: Sequence[Unsent]) -> Sequence[Recipient]:
    """Who may have the rows of one message whose readers have gone. That a date moved is told to whoever was told it before: nobody else of a
    family was (`db/moved_words.py`). What a breach took to a level above stays above: the officer may have named a day, and is not reminded."""
    first = gone[0]
    if first.row.moment == MOVED and first.row.to_role in FAMILY:
        return ()
    if all(RAISED in one.row.details for one in gone):
        return [one for one in first.readers if one.raised]
    return first.readers


def _read_by(row: Any, found: Sequence[Recipient], routes: LaRoutes) -> tuple[Sequence[Recipient], Sequence[Recipient]]:
    """Who reads the row's message today, and who else may go on reading it."""
    if row.to_role != LA:
        return found, ()
    if row.template == TO_LA:
        return routes.complained_to(row.case_id, found), ()
    if row.moment == MOVED:
        return found, [replace(one, raised=False) for one in routes.named(row.case_id, row.to_role)]  # a date that moved is no breach
    breach = json.loads(row.details).get("breach", 1) if row.severity == BREACH else 0
    return routes.readers(row.case_id, row.step, found, reminds=reminds(row.rung, row.template), breach=breach), ()


def _said(row: Any) -> tuple[object, ...]:
    return row.case_id, row.seq, row.template, row.step, row.party, row.no, row.rung, row.due_on


def _who(one: Any) -> Who:
    return one.person_id, one.authority_id
