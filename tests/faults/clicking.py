"""People who click through the console's pages, and how long each page took while nothing else went on and while something did."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from tests.faults.floods import GOES_ON, PAUSED, Flood

THINKING = 1.0  # seconds between two clicks of one person; people take longer


@dataclass
class Clicks:
    """How long the pages took, in seconds: with the flood paused, and under it. `wrong`: answers that were no page."""

    idle: list[float] = field(default_factory=list)
    under: list[float] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)

    def slower(self, part: float) -> float:
        """How many times as long under the flood: at that part of the pages (0.5: the median, 0.95)."""
        return at(self.under, part) / at(self.idle, part)


def at(seconds: Sequence[float], part: float) -> float:
    """The value below which that part of them lies."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * part))]


def click_beside(people: Sequence[tuple[httpx.Client, Sequence[str]]], flood: Flood, turn_seconds: float, longest: float) -> Clicks:
    """Everybody clicks through their pages, the flood paused and going on in turns, until it is over or `longest` seconds have
    passed; then it goes on. A page is timed in the turn in which it both began and ended.
    """
    clicks, ended = Clicks(), threading.Event()
    turn = [clicks.idle]
    crowd = [threading.Thread(target=_click, args=(client, paths, turn, clicks, ended), daemon=True) for client, paths in people]
    flood.signal(PAUSED)
    for one in crowd:
        one.start()
    until = time.monotonic() + longest
    while not flood.is_over and time.monotonic() < until:
        for seconds, number in ((clicks.idle, PAUSED), (clicks.under, GOES_ON)):
            flood.signal(number)
            turn[0] = seconds
            ended.wait(turn_seconds)
    flood.signal(GOES_ON)
    ended.set()
    for one in crowd:
        one.join(30)
    assert not any(one.is_alive() for one in crowd)
    return clicks


def _click(client: httpx.Client, paths: Sequence[str], turn: list[list[float]], clicks: Clicks, ended: threading.Event) -> None:
    number = 0
    while not ended.wait(THINKING):
        now, began = turn[0], time.monotonic()
        answer = client.get(paths[number % len(paths)])
        if turn[0] is now:
            now.append(time.monotonic() - began)
        if answer.status_code != 200:
            clicks.wrong.append(answer.status_code)
        number += 1
