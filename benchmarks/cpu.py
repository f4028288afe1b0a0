"""CPU seconds of processes and all that they started, from /proc: what ended and was waited for is counted with its parent."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(root: int) -> float:
    """User and system CPU seconds of a process and of its living and ended descendants."""
    stats = _all()
    parents = {pid: int(fields[1]) for pid, fields in stats.items()}
    return sum(sum(map(int, fields[11:15])) for pid, fields in stats.items() if _descends(pid, root, parents)) / TICKS


def _all() -> dict[int, list[str]]:
    found = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                text = (place / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            found[int(place.name)] = text.rsplit(")", 1)[1].split()
    return found


def _descends(pid: int, root: int, parents: dict[int, int]) -> bool:
    while pid not in (0, root):
        pid = parents.get(pid, 0)
    return pid == root
