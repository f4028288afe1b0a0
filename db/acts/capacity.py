"""In what capacity a person acts, as one text: a role of their own (`senco`), or one in which they stand in (`senco=12`, for person 12).

`roles_held` in `db/sql` answers in such texts and `acts_in_school` holds them again. What stands in the chain is the plain role, and for whom.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from db.permissions import role_in_which

STANDS_IN = "="
CHASES = "senco"


def capacity_in_which(held: Iterable[str], allowed: Iterable[str], narrowed_to: str = "") -> str | None:
    """The capacity in which a person who holds these may act: a role of their own before one in which they stand in; None: they may not."""
    mine, allowed = list(held), tuple(allowed)
    own = role_in_which(mine, allowed, narrowed_to)
    if own is not None:
        return own
    lent = {one.partition(STANDS_IN)[0]: one for one in mine if STANDS_IN in one}
    role = role_in_which(lent, allowed, narrowed_to)
    return None if role is None else lent[role]


def roles_in(held: Iterable[str]) -> set[str]:
    """The plain roles of these capacities: whoever stands in for a role reads what it reads."""
    return {one.partition(STANDS_IN)[0] for one in held}


def not_about_themselves(held: Iterable[str], aside: frozenset[str]) -> tuple[str, ...]:
    """The capacities that are left of these in a case about the roles `aside`: none for who holds such a role, whatever else they hold or stand in
    for; for a colleague who stands in for them, that one is gone.
    """
    if not aside:
        return tuple(held)
    mine = tuple(held)
    return () if aside.intersection(mine) else tuple(one for one in mine if one.partition(STANDS_IN)[0] not in aside)


def not_of_who_chases(held: Iterable[str]) -> tuple[str, ...]:
    """The capacities that are left of these to approve a letter in the school's name: whoever is the SENCO, or stands in for them, approves none as
    a stand-in for somebody else, since a second person looks at it (docs/decisions/190)."""
    mine = tuple(held)
    return tuple(one for one in mine if STANDS_IN not in one) if CHASES in roles_in(mine) else mine


def said_in(capacity: str) -> dict[str, Any]:
    """As it stands in an event's content: the role, and the id of the person who is stood in for, where there is one."""
    role, _, holder = capacity.partition(STANDS_IN)
    return {"role": role, "for": int(holder)} if holder else {"role": role}
