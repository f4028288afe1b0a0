"""Who acts, from where."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person's id, or None for the calendar and software (and for an LA's mailbox, which acts by link only).

    `schools` is the scope that the sign-in or link gave: the ledger finds no case outside it. `via`: console, cli, link, flow or import.
    `link` is the id of the signed link that was followed; it is used up in the same transaction as the act. `role` is the link's role, or
    narrows a person of several roles to one; empty means any role of theirs that may do it.
    """

    person_id: int | None
    schools: frozenset[int]
    via: str
    link: UUID | None = None
    role: str = ""

    @property
    def is_software(self) -> bool:
        """The calendar or a flow: no person and no link. It acts as the database's scheduler role, in all schools."""
        return self.person_id is None and self.link is None


CALENDAR = Actor(None, frozenset(), "calendar")
