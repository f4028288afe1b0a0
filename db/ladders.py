"""What chases a case beside its text: own ladders of its school, else of its pupil's local authority, else of the trust; and what that authority
asks for earlier than the law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import orjson
from sqlalchemy import Connection

from db.engine import Engines
from rules.definition import Definition, Ladder, Rung


@dataclass(frozen=True, slots=True)
class OwnLadder:
    """A row of `ladder_overrides` as the chasing needs it."""

    id: int
    ladder: Ladder


Own = Mapping[str, OwnLadder]  # by the name of the shipped ladder that each stands for
LeadTimes = Mapping[tuple[str, str], str]  # by process and step: the rule by which the LA asks for it
_NONE: Own = MappingProxyType({})
_NO_LEAD: LeadTimes = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Ladders:
    """The own ladders that hold in a case, and the lead times of its authority (`rules/lead_times.py`)."""

    own: Own = field(default_factory=lambda: _NONE)
    lead_times: LeadTimes = field(default_factory=lambda: _NO_LEAD)


SHIPPED = Ladders()
_IN_FORCE = (
    "SELECT id, scope, authority_id, ladder, rungs FROM ladder_overrides "
    "WHERE removed_at IS NULL AND (school_id IS NULL OR school_id = %s) ORDER BY id"
)
_LEAD_TIMES = "SELECT authority_id, lead_times FROM la_profiles WHERE ended_at IS NULL AND lead_times <> '[]'"
_AUTHORITY = "SELECT COALESCE((SELECT p.authority_id FROM pupils p WHERE p.id = %s), s.authority_id) FROM schools s WHERE s.id = %s"
_OF_TRUST = "SELECT id, ladder, rungs FROM ladder_overrides WHERE removed_at IS NULL AND scope = 'trust' AND ladder = %s"
_BY_ID = "SELECT id, ladder, rungs FROM ladder_overrides WHERE id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class _OfSchool:
    """The own ladders in force at a school: for every pupil (`school` before `trust`), and for those of one authority between the two; and each
    authority's lead times."""

    trust: Own
    by_authority: Mapping[int, Own]
    school: Own
    lead_times: Mapping[int, LeadTimes]


class OwnLadders:
    """Own ladders and lead times by school and by the stamp of what is in force there (`calendar_stamp` in `db/sql`): seen at the next act."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._kept: dict[int, tuple[str, _OfSchool]] = {}

    def of(self, school_id: int, stamp: str, pupil_id: int | None) -> Ladders:
        """What holds for a case of that pupil (None: of the school itself) at that school. Where there is nothing, nothing is read."""
        if ";" not in stamp:
            return SHIPPED
        kept = self._kept.get(school_id)
        if kept is None or kept[0] != stamp:
            with self._engines.scheduler() as session:
                kept = self._kept[school_id] = stamp, _of_school(session.connection(), school_id)
        found = kept[1]
        if not found.by_authority and not found.lead_times:
            return Ladders({**found.trust, **found.school})
        with self._engines.scheduler() as session:  # a pupil's authority may change on any day
            authority = session.connection().exec_driver_sql(_AUTHORITY, (pupil_id, school_id)).scalar() or 0
        own = {**found.trust, **found.by_authority.get(authority, _NONE), **found.school}
        return Ladders(own, found.lead_times.get(authority, _NO_LEAD))


def ladders_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, OwnLadder]:
    """Own ladders by their numbers, those that have ended among them."""
    wanted = sorted(set(ids))
    return {row.id: own_ladder(*row) for row in connection.exec_driver_sql(_BY_ID, (wanted,))} if wanted else {}


@lru_cache(maxsize=512)
def own_ladder(number: int, name: str, rungs: str) -> OwnLadder:
    """A stored row as a ladder; the same object for the same row."""
    return OwnLadder(number, Ladder(name, tuple(Rung(*rung) for rung in orjson.loads(rungs))))


def trust_ladder(connection: Connection, name: str) -> Ladder | None:
    """The trust's own ladder of that name, in force now."""
    row = connection.exec_driver_sql(_OF_TRUST, (name,)).one_or_none()
    return own_ladder(*row).ladder if row is not None else None


def rungs_text(ladder: Ladder) -> str:
    """The rungs of a ladder as the table keeps them."""
    return orjson.dumps([[rung.when, rung.tells, rung.severity, rung.template] for rung in ladder.rungs]).decode()


def ladder_of(definition: Definition, step: str, ladders: Ladders) -> tuple[Ladder | None, int | None]:
    """The ladder by which a step is chased, and its number if it is an own one."""
    name = definition.steps[step].ladder
    own = ladders.own.get(name)
    return (own.ladder, own.id) if own is not None and name in definition.ladders else (definition.ladders.get(name), None)


def _of_school(connection: Connection, school_id: int) -> _OfSchool:
    trust: dict[str, OwnLadder] = {}
    school: dict[str, OwnLadder] = {}
    by_authority: dict[int, dict[str, OwnLadder]] = {}
    for row in connection.exec_driver_sql(_IN_FORCE, (school_id,)):
        one = own_ladder(row.id, row.ladder, row.rungs)
        of = by_authority.setdefault(row.authority_id, {}) if row.authority_id is not None else school if row.scope == "school" else trust
        of[row.ladder] = one
    said = connection.exec_driver_sql(_LEAD_TIMES).all()
    lead_times = {row.authority_id: {(process, step): by for process, step, by in orjson.loads(row.lead_times)} for row in said}
    return _OfSchool(trust, by_authority, school, lead_times)
