"""A profile as the text of a file that another trust can read: officers of single pupils are left out, and the text says so."""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml

from db.la_profile.profile import NOTICES, Area, Contact, LaProfile, Officer

_HEAD = """\
# The profile of {name} ({code}): whom to write to, by when it asks for papers, where these go.
# To take it over: `sendflow la profile check FILE`, then `sendflow la profile load FILE`.
"""
_LEFT_OUT = "# {number} left out: an entry for named pupils is about children, and stays with the trust that knows them.\n"


def profile_text(profile: LaProfile, left_out: int = 0) -> str:
    """The file, without any officer that is there for named pupils. It names officers, by name and work address. `left_out`: how many more there
    are for pupils, whom `profile` has not."""
    kept = [one for one in profile.officers if not one.area.pupils]
    left = len(profile.officers) - len(kept) + left_out
    head = _HEAD.format(name=profile.name, code=profile.code)
    if left:
        head += _LEFT_OUT.format(number="One officer is" if left == 1 else f"{left} officers are")
    plain = _without_empty({
        "la": profile.code,
        "name": profile.name,
        "mailbox": profile.mailbox,
        "phone": profile.phone,
        "checked_on": _day(profile.checked_on),
        "notices": profile.notices if profile.notices != NOTICES[0] else "",
        "officers": [_officer(one) for one in kept],
        "escalation": {level: _contact(one) for level, one in profile.escalation},
        "lead_times": [
            _without_empty({"process": one.process, "step": one.step, "by": one.by, "panel": one.panel, "note": one.note})
            for one in profile.lead_times
        ],
        "panels": [
            _without_empty({"name": one.name, "on": [day.isoformat() for day in one.on], "papers": one.papers, "note": one.note})
            for one in profile.panels
        ],
        "send": [_without_empty({"process": one.process, "step": one.step, "to": one.to, "note": one.note}) for one in profile.send],
    })  # fmt: skip
    return head + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=150)


def _officer(officer: Officer) -> dict[str, Any]:
    return _without_empty({**_contact(officer.contact), "for": _area(officer.area)})


def _area(area: Area) -> dict[str, Any]:
    return _without_empty({
        "schools": list(area.schools),
        "surnames": " to ".join(dict.fromkeys(end for end in area.surnames if end)),
        "years": " to ".join(dict.fromkeys(_year(year) for year in area.years or ())),
    })  # fmt: skip


def _contact(contact: Contact) -> dict[str, Any]:
    days = {"from": _day(contact.from_on), "until": _day(contact.until_on)}
    return _without_empty({"name": contact.name, "email": contact.email, "phone": contact.phone, **days})


def _year(year: int) -> str:
    return {-1: "N", 0: "R"}.get(year, str(year))


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _without_empty(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value not in ("", [], {})}
