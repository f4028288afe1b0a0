"""What was measured, and where it is written down: docs/performance.json, one object a figure, newest run of each measure kept."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.goals import goal_of, met

JSON = Path(__file__).parents[1] / "docs" / "performance.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `ratio` is ours over the peer's; `peer` is empty, and the two values null, where there is nothing beside it."""

    measure: str
    ours: float
    unit: str
    peer: str = ""
    peer_value: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's value."""
        return round(self.ours / self.peer_value, 3) if self.peer_value else None

    def line(self) -> str:
        """For the terminal."""
        beside = f"   {self.peer} {self.peer_value:,.4g}   ratio {self.ratio:.3f}" if self.peer_value else ""
        return f"  {self.measure:86} {self.ours:>12,.5g} {self.unit}{beside}"


def machine() -> str:
    """Processor, cores, memory and load of this machine when a measure begins, in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the start"


def keep(name: str, figures: list[Figure], on: str) -> None:
    """Write the figures of a measure in place of its earlier ones. `on` is `machine()` from before it began."""
    kept = kept_rows() if JSON.exists() else []
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    rows = [row for row in kept if row["of"] != name]
    rows += [{"of": name, **asdict(one), "ratio": one.ratio, "machine": on, "date": at} for one in figures]
    write([beside_its_goal(row) for row in rows])


def kept_rows() -> list[dict[str, Any]]:
    """The figures that are written down, as objects of the JSON file."""
    rows: list[dict[str, Any]] = json.loads(JSON.read_text(encoding="utf-8"))
    return rows


def write(rows: list[dict[str, Any]]) -> None:
    """Write the file whole or not at all: a measure that is stopped loses nothing measured before."""
    draft = JSON.with_suffix(".new")
    draft.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(JSON)


def beside_its_goal(row: dict[str, Any]) -> dict[str, Any]:
    """The object with `goal`, in words and empty where nothing is asked, and `met`, null there."""
    of, measure, peer = row["of"], row["measure"], row["peer"]
    return row | {"goal": goal_of(of, measure, peer), "met": met(of, measure, peer, row["ours"], row["ratio"])}


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
