"""Cases as this process saw them last, so that the next act on one need not read it. `apply_act` checks that they still stand so."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from db.acts.actor import Actor
    from db.acts.standing import Standing

POSITIONS = 1000  # of some 20 kB each
Holder = tuple[int | None, int, date]


class KeptCases:
    """The last `limit` cases by reference, and the roles that actors held on a day. Nothing here is believed: the database checks version,
    text, calendar, school and role again, and a refusal by the rules is final only on a position that was read. May be used by many threads.
    """

    def __init__(self, limit: int = POSITIONS) -> None:
        self.limit = limit
        self._cases: OrderedDict[str, Standing] = OrderedDict()
        self._roles: OrderedDict[Holder, tuple[str, ...]] = OrderedDict()
        self._lock = Lock()

    def of(self, actor: Actor, ref: str, today: date) -> tuple[Standing, tuple[str, ...]] | None:
        """The case and the actor's roles there, if both are kept and the case is in the actor's scope. The scope comes first."""
        with self._lock:
            standing = self._cases.get(ref)
            if standing is None or not (actor.is_software or standing.school_id in actor.schools):
                return None
            held = self._roles.get((actor.person_id, standing.school_id, today))
            if held is None:
                return None
            self._cases.move_to_end(ref)
            return standing, held

    def keep(self, standing: Standing, actor: Actor, today: date) -> None:
        """Keep a case that was read, or as an act has left it. An older version never takes the place of a newer one."""
        if not self.limit:
            return
        with self._lock:
            before = self._cases.get(standing.ref)
            if before is None or before.version <= standing.version:
                self._cases[standing.ref] = standing
                self._cases.move_to_end(standing.ref)
            self._roles[actor.person_id, standing.school_id, today] = standing.held
            while len(self._cases) > self.limit:
                self._cases.popitem(last=False)
            while len(self._roles) > self.limit:
                self._roles.popitem(last=False)

    def forget(self, ref: str) -> None:
        """The case is not as it was kept."""
        with self._lock:
            self._cases.pop(ref, None)

    def clear(self) -> None:
        """The connection broke: another server may answer next, which lacks the last acts and has others of the same number in their place."""
        with self._lock:
            self._cases.clear()
            self._roles.clear()
