"""Somebody who watches: `sendflow watch` at each hour, each minute once something is amiss, and who was told what when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from db.clock import Clock
from flows.due import last_due
from tasks.watch import Watched, watch
from tests.faults.alarm_bell import AlarmBell
from tests.year.outages import LIMITS, Outage
from tests.year.trust import Place

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An outage, what was told of it, how long after it had begun (for mail: after the first message that the server did not take), and how long
    after its end nothing was wrong any more, and a person was told that it is over. None: never."""

    outage: Outage
    words: str
    after: timedelta | None
    well_after: timedelta | None = None
    over_after: timedelta | None = None


@dataclass
class Watcher:
    """`alarms`: one an outage; `false_alarms`: what was told while nothing was amiss; `looks`: how often it looked."""

    place: Place
    bell: AlarmBell
    alarms: list[Alarm] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    looks: int = 0

    def __post_init__(self) -> None:
        self._clock_file = self.place.folder / "clock"
        given: dict[str, Any] = {"clock_file": self._clock_file, "alarm_url": self.bell.url}
        self._settings = type(self.place.settings)(**{**self.place.settings.model_dump(), **given})
        self._engines = self.place.new_parts().engines

    def look(self) -> Watched:
        """Look once, as each minute's timer does."""
        self.looks += 1
        self._clock_file.write_text(self.place.clock.now().isoformat(), encoding="ascii")
        return watch(self._settings, self._engines, last_due, machine=Clock(self._clock_file))

    def look_well(self) -> None:
        """Nothing is amiss, so nobody should be told anything."""
        self.false_alarms += [f"{self.place.clock.now()}: {one.words}" for one in self.look().told]

    def await_alarm(self, outage: Outage, beside: Callable[[], None]) -> None:
        """Look each minute until a person is told, or for twice the limit. `beside`: what goes on each minute all the same."""
        began = self.place.clock.now()
        told: Watched | None = None
        while self.place.clock.now() - began <= 2 * LIMITS[outage.kind] and (told is None or not told.told):
            self.place.time.to(self.place.clock.now() + MINUTE)
            beside()
            told = self.look()
        after = self.place.clock.now() - began if told is not None and told.told else None
        self.alarms.append(Alarm(outage, "; ".join(one.kind for one in told.told) if told else "", after))

    def await_well(self, ended: datetime) -> bool:
        """After the outage: look until nothing is wrong and a person was told that it is over. Whether that is so now."""
        last, found = self.alarms[-1], self.look()
        if not found.wrong and last.well_after is None:
            last = replace(last, well_after=self.place.clock.now() - ended)
        if set(found.over) & set(last.words.split("; ")):
            last = replace(last, over_after=self.place.clock.now() - ended)
        self.alarms[-1] = last
        return last.well_after is not None and last.over_after is not None and not found.wrong

    def close(self) -> None:
        """Give the connections back."""
        self._engines.dispose()
