"""What every act needs at hand."""

from __future__ import annotations

from dataclasses import dataclass, field

from db.acts.kept import KeptCases
from db.calendar_of_school import SchoolCalendars
from db.clock import Clock
from db.engine import Engines
from db.ladders import OwnLadders
from db.pinned_store import PinnedDefinitions
from rules.library import Library


@dataclass(frozen=True)
class Parts:
    """The database, the clock, the texts for new cases, and the caches of what never changes under its key."""

    engines: Engines
    clock: Clock
    library: Library
    pinned: PinnedDefinitions
    calendars: SchoolCalendars
    ladders: OwnLadders
    kept: KeptCases = field(default_factory=KeptCases)
