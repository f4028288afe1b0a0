"""How one of the staff wants to hear: at what hour in the morning, whether a note in Teams says that the message is there, and whether the
trust's reports come in the school holidays too.

Asked for by the person themselves, on their page. What the law wants in writing and what cannot wait is nobody's to choose. The address of a
Teams workflow is as good as a password: it is kept here, read where a note is sent, and shown on no page. Every function takes a scheduler session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.field_fault import FieldFault
from db.mailings import TEAMS
from db.models import Mailing, Preference

FIRST_HOUR, LAST_HOUR = 7, 15  # of the mornings, London's: before seven nothing is sent, and a day's message that comes later is none of the day
MOST = 2000  # letters of an address


class CannotPrefer(FieldFault):
    """`field` is `morning_at` or `teams_url`."""


@dataclass(frozen=True, slots=True)
class Wants:
    """`morning_at`: an hour (London's). `in_teams`: a note goes to Teams. `not_taken`: why the last note was not, a code.
    `reports_in_holidays`: reports (`db/reports.py`) come on the working days of the school holidays too."""

    morning_at: int = FIRST_HOUR
    in_teams: bool = False
    not_taken: str = ""
    reports_in_holidays: bool = False


def wants_of(session: Session, person_id: int) -> Wants:
    """What this person asked for; without a word of theirs the first hour, no Teams, and no reports in the holidays."""
    kept = session.get(Preference, person_id)
    if kept is None:
        return Wants()
    last = session.scalars(
        select(Mailing).where(Mailing.kind == TEAMS, Mailing.person_id == person_id, Mailing.created_at > kept.set_at).order_by(Mailing.id.desc())
    ).first()
    return Wants(kept.morning_at, bool(kept.teams_url), last.error_code if last is not None else "", kept.reports_in_holidays)


def set_wants(
    session: Session,
    person_id: int,
    morning_at: int,
    in_teams: bool,
    teams_url: str = "",
    *,
    hosts: Sequence[str],
    reports_in_holidays: bool | None = None,
) -> None:
    """Keep what this person asks for from now on. `teams_url`: the address that Teams gave them; empty: the one that is kept.

    `hosts`: where such addresses may lie (`Settings.teams_hosts`). `reports_in_holidays`: None: they were not asked, and it stays as it was.
    Raises CannotPrefer.
    """
    kept = session.get(Preference, person_id) or Preference(person_id=person_id, teams_url="")
    if not FIRST_HOUR <= morning_at <= LAST_HOUR:
        raise CannotPrefer(f"Choose an hour from {FIRST_HOUR} to {LAST_HOUR}", "morning_at")
    if in_teams and not teams_url and not kept.teams_url:
        raise CannotPrefer("Give the address of the workflow", "teams_url")
    if in_teams and teams_url and not lies_at(teams_url, hosts):
        raise CannotPrefer("This is no address of a Teams workflow. Copy it from the workflow, whole, from https:// to the end", "teams_url")
    kept.morning_at = morning_at
    if reports_in_holidays is not None:
        kept.reports_in_holidays = reports_in_holidays
    if teams_url or not in_teams:
        kept.teams_url, kept.set_at = (teams_url if in_teams else ""), func.now()
    session.add(kept)


def lies_at(url: str, hosts: Sequence[str]) -> bool:
    """Whether `url` is a workflow's address at one of the hosts (`.logic.azure.com`: any below it): a page asks us to send nowhere else."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises for one that cannot be
    except ValueError:
        return False
    host = parts.hostname or ""
    known = any(host == one or (one.startswith(".") and host.endswith(one)) for one in hosts)
    return known and parts.scheme == "https" and parts.username is None and len(url) <= MOST and url.isprintable() and " " not in url
