"""A trust's week: for each school what it owes, for each LA what the LA owes: open, due soon, late by severity, the worst, and twelve weeks' trend.

Two statements over all the session's schools. A school answers for its own people's steps and for software's, an LA for its own; what families
and advisers say is nobody's lateness. A date that the law lifted is not late before the day on which the exception is looked at again, and what waits
counts only if it is certain to be owed, for an LA as in its ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.definitions_read import definitions_by_hash, known_definition
from db.queries.la_letters import columns_of
from db.queries.owed_rows import IS_OWED, IS_THE_LAS
from rules.definition import Definition
from rules.la_steps import duties_of
from rules.refusals import step_title

WEEKS = 12
SOON = timedelta(days=14)
A_WEEK = timedelta(days=7)
Kind = Literal["school", "authority"]
Place = tuple[Kind, int | None]

# `at`: the rung of the step's ladder (the trust's own, where it has one) from which it counts as a breach; its day stands in the row since the
# date was set.
_PLACES = """
    FROM steps s JOIN cases c ON c.id = s.case_id JOIN schools sc ON sc.id = s.school_id LEFT JOIN pupils p ON p.id = c.pupil_id
    CROSS JOIN LATERAL (SELECT CASE WHEN s.owner = 'la' THEN 'authority' ELSE 'school' END AS kind,
                               CASE WHEN s.owner = 'la' THEN coalesce(p.authority_id, sc.authority_id) ELSE s.school_id END AS id) AS place
"""
_OPEN = """
    WITH breach AS MATERIALIZED (
      SELECT * FROM unnest(CAST(:hashes AS text[]), CAST(:steps AS text[]), CAST(:rungs AS int[])) AS b (hash, step, at)),
    {duty},
    own AS MATERIALIZED (
      SELECT w.id, min(r.number)::int AS at FROM ladder_overrides w
        CROSS JOIN LATERAL jsonb_array_elements(w.rungs::jsonb) WITH ORDINALITY AS r (rung, number) WHERE r.rung ->> 2 = 'breach' GROUP BY w.id),
    owed AS MATERIALIZED (
      SELECT place.kind, place.id, c.ref, s.case_id, s.no, s.step, s.party, s.round, d.hash, s.due_on IS NOT NULL AS by_law,
             coalesce(s.due_on, s.target_on) AS last_on, s.chase_on[CASE WHEN s.ladder_id IS NULL THEN b.at ELSE own.at END] AS breach_on,
             CASE WHEN s.lifted <> '' AND (s.lifted_review_on IS NULL OR s.lifted_review_on >= :today) THEN 0
                  ELSE greatest(:today - coalesce(s.due_on, s.target_on), 0) END AS days
      {places} {its_duty} LEFT JOIN breach b ON b.hash = d.hash AND b.step = s.step
        LEFT JOIN own ON own.id = s.ladder_id
       WHERE s.closed_seq IS NULL AND {counts} AND {scope} AND (s.owner IN ('la', '') OR s.owner = ANY (CAST(:ours AS text[])))),
    judged AS MATERIALIZED (
      SELECT *, concat_ws('/', case_id, step, party, round) AS key,
             CASE WHEN days = 0 THEN '' WHEN NOT by_law THEN 'target' WHEN breach_on <= :today THEN 'breach' ELSE 'late' END AS how FROM owed)
    SELECT kind, id, count(*) AS open, count(*) FILTER (WHERE days = 0 AND last_on BETWEEN :today AND :soon) AS due_soon,
           count(*) FILTER (WHERE how = 'target') AS past_target, count(*) FILTER (WHERE how = 'late') AS late,
           count(*) FILTER (WHERE how = 'breach') AS breaches,
           count(*) FILTER (WHERE how IN ('late', 'breach') AND CASE WHEN CAST(:told_late AS text[]) IS NULL THEN last_on >= :week_ago
                                  ELSE key <> ALL (CAST(:told_late AS text[])) END) AS newly_late,
           count(*) FILTER (WHERE how = 'breach' AND (breach_on > :since OR key <> ALL (CAST(:told AS text[])))) AS new_breaches,
           coalesce(array_agg(key) FILTER (WHERE how = 'breach'), '{{}}') AS breached,
           coalesce(array_agg(key) FILTER (WHERE how IN ('late', 'breach')), '{{}}') AS all_late,
           (array_agg(json_build_object('days', days, 'case', ref, 'step', step, 'party', party, 'hash', hash)
                      ORDER BY days DESC, case_id, no) FILTER (WHERE how IN ('late', 'breach')))[1] AS worst
      FROM judged GROUP BY kind, id
"""
# Late at the end of each week: its date of law was past, no exception lifted it any more, and it was not closed yet, whichever day somebody wrote
# that down. So the last number is what is late now. What turned out not to be needed never was late.
_TREND = """
    WITH {duty}
    SELECT place.kind, place.id, w.day::date AS day,
           count(*) FILTER (WHERE s.due_on < w.day AND (s.lifted = '' OR s.lifted_review_on < w.day)
                                  AND (s.closed_seq IS NULL OR s.closed_on > w.day)) AS late,
           count(*) FILTER (WHERE w.day = :today AND s.closed_on > s.due_on
                                  AND CASE WHEN CAST(:told_late AS text[]) IS NULL THEN s.closed_on >= :week_ago ELSE s.closed_on > :week_ago
                                      OR concat_ws('/', s.case_id, s.step, s.party, s.round) = ANY (CAST(:told_late AS text[])) END
                                  AND (s.lifted = '' OR s.lifted_review_on < s.closed_on)
                                  AND s.outcome NOT IN ('', 'closed', 'overtaken', 'not_needed', 'does_not_apply')) AS put_right
      {places} {its_duty} CROSS JOIN generate_series(CAST(:first AS date), CAST(:today AS date), interval '7 days') AS w (day)
     WHERE s.due_on < :today AND (s.lifted = '' OR s.lifted_review_on < :today)
       AND CASE WHEN s.closed_seq IS NULL THEN {counts}
           ELSE s.closed_on >= least(CAST(:first AS date), CAST(:week_ago AS date)) AND s.outcome NOT IN ('not_needed', 'does_not_apply') END
       AND c.opened_on <= w.day AND c.ended <> 'opened_in_error' AND {scope} AND (s.owner IN ('la', '') OR s.owner = ANY (CAST(:ours AS text[])))
     GROUP BY place.kind, place.id, w.day
"""
_PARTS = {
    "places": _PLACES,
    "duty": """duty AS MATERIALIZED (
      SELECT * FROM unnest(CAST(:duty_hashes AS text[]), CAST(:duty_steps AS text[]), CAST(:duty_citations AS text[]),
                           CAST(:duty_first AS text[])) AS u (hash, step, citation, first))""",
    "its_duty": "JOIN definitions d ON d.id = c.definition_id LEFT JOIN duty u ON u.hash = d.hash AND u.step = s.step",
    "counts": f"{IS_OWED} AND (s.owner <> 'la' OR {IS_THE_LAS})",
    "scope": """(CAST(:schools AS int[]) IS NULL OR s.school_id = ANY (CAST(:schools AS int[])))
                AND (CAST(:reads AS text[]) IS NULL OR c.readers IS NULL OR c.readers && CAST(:reads AS text[]))
                AND c.id <> ALL (CAST(:without AS bigint[]))""",
}
_NAMES = text("SELECT 'school' AS kind, id, name, urn AS code FROM schools UNION ALL SELECT 'authority', id, name, code FROM authorities")


@dataclass(frozen=True, slots=True)
class Worst:
    """What is late the longest: whole days, the case's reference and the step's title."""

    days: int
    case: str
    title: str


@dataclass(frozen=True, slots=True)
class PlaceWeek:
    """One school or LA (`code`: URN, LA code). `past_target`: our own targets. `late`: past its date of law; `breaches`: so long that the step's
    ladder calls it a breach; neither holds the other. `newly_late`: of both, in the week, or not told; `new_breaches`: since the day asked for, or
    not told; `put_right`: late, and done in the week or since it was told.
    `trend`: late or breach at the end of each of the last twelve weeks and today, oldest first."""

    kind: Kind
    id: int | None
    name: str
    code: str
    open: int
    due_soon: int
    past_target: int
    late: int
    breaches: int
    newly_late: int
    new_breaches: int
    put_right: int
    worst: Worst | None
    trend: tuple[int, ...]

    @property
    def overdue(self) -> int:
        """Past a date of law, however long."""
        return self.late + self.breaches


@dataclass(frozen=True, slots=True)
class Told:
    """What a report tells, each `case/step/party/round`: every breach that stands, and all that is late, breaches among it; None where a report
    of before did not keep that."""

    breaches: frozenset[str]
    late: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class TrustWeek:
    """The week that ends on `on`: what came since `since`, what is due until `soon`. Places with most breaches first, then most late, then by
    name. `told`: all that stands, for the next report to know what this one told."""

    on: date
    since: date
    soon: date
    schools: tuple[PlaceWeek, ...]
    authorities: tuple[PlaceWeek, ...]
    told: Told


def trust_week(
    session: Session,
    today: date,
    breaches_since: date,
    schools: Collection[int] | None = None,
    *,
    reads: Collection[str] | None = None,
    told: Told | None = None,
    without: Collection[int] = (),
    since: date | None = None,
    soon: date | None = None,
) -> TrustWeek:
    """Read the session's schools, or those of them that are named. `breaches_since`: breaches after that day are new. `reads`: without the cases
    that none of these roles may read. `without`: nor these cases, by their ids.

    `told`: what the reader was told on that day; then what began before, and is not in it, is new too, and what is done of it is put right.
    `since`: from that day on it is the week (None: seven days). `soon`: until that day it is due soon (None: two weeks).
    """
    since, soon = since or today - A_WEEK, soon or today + SOON
    definitions = _definitions(session)
    days = {"today": today, "soon": soon, "week_ago": since, "since": breaches_since, "first": today - WEEKS * A_WEEK}
    given = {
        **days,
        "schools": None if schools is None else sorted(schools),
        "reads": None if reads is None else list(reads),
        "told": None if told is None else list(told.breaches),
        "told_late": None if told is None or told.late is None else list(told.late),
        "without": sorted(without),
        **_said_by_the_texts(definitions),
        **_duties(definitions),
    }
    found: dict[Place, Any] = {(row["kind"], row["id"]): row for row in session.execute(text(_OPEN.format(**_PARTS)), given).mappings()}
    trend: dict[Place, dict[date, Any]] = {}
    for row in session.execute(text(_TREND.format(**_PARTS)), given):
        trend.setdefault((row.kind, row.id), {})[row.day] = row
    names = {(row.kind, row.id): (row.name, row.code) for row in session.execute(_NAMES)}
    weeks = [today - A_WEEK * back for back in range(WEEKS, -1, -1)]
    places = [_place(key, found.get(key), trend.get(key, {}), names.get(key, ("", "")), weeks) for key in found.keys() | trend.keys()]
    stands = Told(*(frozenset(key for row in found.values() for key in row[which]) for which in ("breached", "all_late")))
    return TrustWeek(today, since, soon, _of(places, "school"), _of(places, "authority"), stands)


def _said_by_the_texts(definitions: Collection[Definition]) -> dict[str, object]:
    hashes, steps, at = columns_of([(one.hash, step, str(at)) for one in definitions for step, at in breach_rungs(one)], 3)
    ours = sorted({name for one in definitions for name, role in one.roles.items() if role.ours})
    return {"ours": ours, "hashes": hashes, "steps": steps, "rungs": [int(one) for one in at]}


def breach_rungs(definition: Definition) -> Iterable[tuple[str, int]]:
    """Steps whose ladder has a rung that is called a breach, and that rung's number, counted from 1."""
    for step in definition.steps.values():
        ladder = definition.ladders.get(step.ladder)
        at = next((number for number, rung in enumerate(ladder.rungs, 1) if rung.severity == "breach"), 0) if ladder else 0
        if at:
            yield step.name, at


def _definitions(session: Session) -> list[Definition]:
    hashes = list(session.scalars(text("SELECT hash FROM definitions")))
    return list(definitions_by_hash(session, hashes).values())


def _duties(definitions: Iterable[Definition]) -> dict[str, list[str]]:
    rows = [(one.hash, duty.step, duty.citation, duty.ours_first) for one in definitions for duty in duties_of(one)]
    return dict(zip(("duty_hashes", "duty_steps", "duty_citations", "duty_first"), columns_of(rows, 4), strict=True))


def _place(key: Place, found: Any, by_day: dict[date, Any], name: tuple[str, str], weeks: list[date]) -> PlaceWeek:
    counts = ("open", "due_soon", "past_target", "late", "breaches", "newly_late", "new_breaches")
    told: dict[str, Any] = {count: found[count] if found is not None else 0 for count in counts}
    trend = tuple(by_day[day].late if day in by_day else 0 for day in weeks)
    put_right = by_day[weeks[-1]].put_right if weeks[-1] in by_day else 0
    worst = _worst(found["worst"]) if found is not None and found["worst"] else None
    kind, number = key
    return PlaceWeek(kind, number, *name, **told, put_right=put_right, worst=worst, trend=trend)


def _worst(told: dict[str, Any]) -> Worst:
    return Worst(told["days"], told["case"], step_title(known_definition(told["hash"]), told["step"], told["party"]))


def _of(places: Iterable[PlaceWeek], kind: Kind) -> tuple[PlaceWeek, ...]:
    return tuple(sorted((one for one in places if one.kind == kind), key=lambda one: (-one.breaches, -one.late, one.name, one.code)))
