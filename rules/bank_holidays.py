"""England's bank holidays: the `holidays` library's, changed by `rules/bank_holidays.yaml`. Loaded only when a day is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

OVERRIDES = Path(__file__).with_name("bank_holidays.yaml")


@dataclass(frozen=True, slots=True)
class Overrides:
    """Days added to and taken from the library's bank holidays."""

    added: frozenset[date] = frozenset()
    removed: frozenset[date] = frozenset()


NO_OVERRIDES = Overrides()


class OverridesError(ValueError):
    """`bank_holidays.yaml` cannot be read; the message names the entry and what to write."""


@cache
def library_holidays(year: int) -> dict[date, str]:
    """England's bank holidays of `year` as the library knows them, with their names (Christmas Day and Good Friday among them)."""
    from holidays import country_holidays

    return dict(country_holidays("GB", subdiv="ENG", years=year, observed=True))


@cache
def read_overrides(path: Path = OVERRIDES) -> Overrides:
    """The overrides file. Raises OverridesError naming the entry that is no date or carries no reason."""
    import yaml

    raw = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if not isinstance(raw, dict) or set(raw) - {"added", "removed"}:
        raise OverridesError(f"{path.name}: write only the keys 'added' and 'removed'")
    return Overrides(added=_days(path, raw, "added"), removed=_days(path, raw, "removed"))


def _days(path: Path, raw: dict[str, object], key: str) -> frozenset[date]:
    entries = raw.get(key) or {}
    if not isinstance(entries, dict):
        raise OverridesError(f"{path.name}: {key}: write DATE: reason and source, one a line")
    for day, reason in entries.items():
        if type(day) is not date:
            raise OverridesError(f"{path.name}: {key}: {day!r} is no date; write it like 2026-03-03")
        if not isinstance(reason, str) or not reason.strip():
            raise OverridesError(f"{path.name}: {key}: {day} needs its reason and where it was read")
    return frozenset(entries)


def library_version() -> str:
    """The installed version of the `holidays` library, part of every calendar's version."""
    from importlib.metadata import version

    return version("holidays")
