"""Open steps that nobody can act on: the holder has left, or is away and nobody stands in; or only the author could give the approval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from db.permissions import SPEAKS_FOR, STAFF
from db.queries.definitions_read import definitions_by_hash, known_definition
from rules.definition import Definition
from rules.record import list_of
from rules.refusals import step_title

OWNERS = (*STAFF, *SPEAKS_FOR)
_SPOKEN = ", ".join(f"('{speaker}', '{party}')" for party, speakers in SPEAKS_FOR.items() for speaker in speakers)
# Who can act in which role where, on that day: whoever holds it and is here, and whoever stands in (`holder_id`, for whom).
_ABLE = """
    stood_in AS MATERIALIZED (
        SELECT school_id, role, holder_id, deputy_id FROM stand_ins(:day)
    ), held AS MATERIALIZED (
        SELECT m.school_id, m.role, m.person_id, NULL::bigint AS holder_id FROM memberships m JOIN persons p ON p.id = m.person_id
        WHERE (m.until_on IS NULL OR m.until_on >= :day) AND (p.left_on IS NULL OR p.left_on >= :day)
          AND m.person_id NOT IN (SELECT holder_id FROM stood_in)
        UNION ALL SELECT school_id, role, deputy_id, holder_id FROM stood_in WHERE deputy_id IS NOT NULL
    ), able AS MATERIALIZED (
        SELECT school_id, role AS owner, person_id, holder_id FROM held
        UNION ALL SELECT school_id, party, person_id, holder_id FROM held JOIN (VALUES {spoken}) AS v (role, party) USING (role)
    )"""
# What the trust is told of is the most urgent case that its SEND lead may read. First which roles are empty, then what of theirs is open: each
# probe reads the index `steps_inbox`.
_UNOWNED = """
    WITH {able}, empty AS (
        SELECT s.id AS school_id, o.owner FROM schools s CROSS JOIN unnest(CAST(:owners AS text[])) AS o (owner)
        EXCEPT SELECT school_id, owner FROM able
    ), open AS (
        SELECT e.school_id, e.owner, s.case_id, s.no, count(*) OVER w AS steps,
               row_number() OVER (w ORDER BY c.readers IS NOT NULL AND NOT 'trust_send_lead' = ANY (c.readers),
                                  LEAST(s.due_on, s.safe_on, s.target_on) NULLS LAST, s.case_id, s.no) AS place
        FROM empty e JOIN steps s ON s.school_id = e.school_id AND s.owner = e.owner AND s.closed_seq IS NULL AND s.status = 'open'
        JOIN cases c ON c.id = s.case_id
        WINDOW w AS (PARTITION BY e.school_id, e.owner)
    )
    SELECT school_id, owner, '' AS about, steps, case_id, no FROM open WHERE place = 1 ORDER BY school_id, owner
"""
# A headteacher whom a case is about does nothing in it, in no other role either: the steps of a role that they alone are able to fill, by case.
_ASIDE = """
    WITH {able}, heads AS (
        SELECT school_id, person_id FROM memberships WHERE role = 'headteacher' AND (until_on IS NULL OR until_on >= :day)
    ), theirs AS (
        SELECT a.school_id, a.owner FROM able a LEFT JOIN heads h USING (school_id, person_id)
        WHERE a.owner = ANY (CAST(:owners AS text[])) GROUP BY a.school_id, a.owner HAVING bool_and(h.person_id IS NOT NULL)
    ), open AS (
        SELECT t.school_id, t.owner, c.ref, s.case_id, s.no, count(*) OVER w AS steps,
               row_number() OVER (w ORDER BY LEAST(s.due_on, s.safe_on, s.target_on) NULLS LAST, s.no) AS place
        FROM theirs t JOIN steps s ON s.school_id = t.school_id AND s.owner = t.owner AND s.closed_seq IS NULL AND s.status = 'open'
        JOIN cases c ON c.id = s.case_id AND {stands_aside}
        WINDOW w AS (PARTITION BY t.owner, s.case_id)
    )
    SELECT school_id, owner, ref AS about, steps, case_id, no, TRUE FROM open WHERE place = 1 ORDER BY school_id, owner, case_id
"""
_STANDS_ASIDE = "c.readers IS NOT NULL AND NOT 'headteacher' = ANY (c.readers)"
_TOLD = text(f"""
    SELECT u.school_id, s.name, u.owner, u.about, u.steps, c.ref, u.told_on, u.about <> '' AND {_STANDS_ASIDE} FROM unowned_roles u
    JOIN schools s ON s.id = u.school_id JOIN cases c ON c.id = u.case_id ORDER BY s.name, u.owner, u.about
""")  # noqa: S608  our own words
_TEXTS = text("""
    SELECT d.hash FROM definitions d WHERE EXISTS (
        SELECT FROM cases c WHERE c.definition_id = d.id AND c.ended = ''
           AND (CAST(:schools AS int[]) IS NULL OR c.school_id = ANY (CAST(:schools AS int[]))))
""")
# Only where one person alone can act may that person be the author.
_OWN_WORK = """
    WITH {able}, alone AS (
        SELECT school_id, owner, min(person_id) AS person_id, array_remove(array_agg(DISTINCT holder_id), NULL) AS stood_in_for
        FROM able WHERE CAST(:schools AS int[]) IS NULL OR school_id = ANY (CAST(:schools AS int[]))
        GROUP BY school_id, owner HAVING count(DISTINCT person_id) = 1
    ), waiting AS (
        SELECT s.school_id, s.owner, s.case_id, s.no, c.ref, d.hash, s.step, s.party, a.person_id, a.stood_in_for, (
                   SELECT e.actor_id FROM steps w JOIN events e ON e.case_id = w.case_id AND e.seq = w.closed_seq
                   WHERE w.case_id = s.case_id AND w.step = x.work AND (w.party = s.party OR NOT x.of_party)
                   ORDER BY w.round DESC LIMIT 1) AS author_id
        FROM alone a JOIN steps s ON s.school_id = a.school_id AND s.owner = a.owner AND s.closed_seq IS NULL AND s.status = 'open'
        JOIN cases c ON c.id = s.case_id JOIN definitions d ON d.id = c.definition_id
        JOIN unnest(CAST(:hashes AS text[]), CAST(:steps AS text[]), CAST(:works AS text[]), CAST(:of_party AS bool[]))
             AS x (hash, step, work, of_party) ON x.hash = d.hash AND x.step = s.step
    )
    SELECT w.school_id, w.owner, w.case_id, w.no, w.ref, w.hash, w.step, w.party, concat_ws(' ', p.given_name, p.family_name) AS author,
           w.stood_in_for FROM waiting w JOIN persons p ON p.id = w.author_id WHERE w.author_id = w.person_id ORDER BY w.school_id, w.case_id, w.no
"""


@dataclass(frozen=True, slots=True)
class Unowned:
    """Open steps of a role at a school on which nobody can act: how many, and the most urgent (`case_id`, `no`). `about`: as in `UnownedRole`."""

    school_id: int
    owner: str
    about: str
    steps: int
    case_id: int
    no: int
    aside: bool = False  # able to act at the school is only whom the case `about` is about


@dataclass(frozen=True, slots=True)
class OwnApproval:
    """An open approval that only the author of the work could give. `stood_in_for`: in whose absence the author would."""

    school_id: int
    owner: str
    case_id: int
    no: int
    case: str
    title: str
    author: str
    stood_in_for: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UnownedTold:
    """A role in which nobody can act, as the trust was told on `told_on`: the most urgent case by reference. `about`: as in `UnownedRole`."""

    school_id: int
    school: str
    owner: str
    about: str
    steps: int
    case: str
    told_on: date
    aside: bool = False


def unowned_told(session: Session) -> list[UnownedTold]:
    """What stands of it now in the session's schools, by school: kept by the morning sweep and by whatever changes who can act."""
    return [UnownedTold(*row) for row in session.execute(_TOLD)]


def unowned_roles(session: Session, day: date) -> list[Unowned]:
    """Roles in which nobody can act on that day although steps of theirs are open, in the session's schools; and cases about a headteacher in which
    nobody else at the school could."""
    values = {"day": day, "owners": list(OWNERS)}
    return [Unowned(*row) for words in (_UNOWNED, _ASIDE) for row in session.execute(_with_able(words), values)]


def own_approvals(session: Session, day: date, schools: Iterable[int] | None = None) -> list[OwnApproval]:
    """Open approvals that on that day nobody but the author of the work can give, in these schools (None: the session's)."""
    of = None if schools is None else list(schools)
    texts = definitions_by_hash(session, session.scalars(_TEXTS, {"schools": of}))
    watched = [(hash_, *approval) for hash_, definition in sorted(texts.items()) for approval in _approvals(definition)]
    hashes, steps, works, of_party = ([one[place] for one in watched] for place in range(4))
    values = {"day": day, "schools": of, "hashes": hashes, "steps": steps, "works": works, "of_party": of_party}
    return [
        OwnApproval(
            r.school_id, r.owner, r.case_id, r.no, r.ref, step_title(known_definition(r.hash), r.step, r.party), r.author, tuple(r.stood_in_for)
        )
        for r in session.execute(_with_able(_OWN_WORK), values)
    ]


def _approvals(definition: Definition) -> list[tuple[str, str, bool]]:
    """Each step that another than the author decides: its name, the work's, and whether each party has its own work."""
    found = []
    for step in definition.steps.values():
        if step.not_by:
            of_work = list_of(definition.steps[step.not_by])
            found.append((step.name, step.not_by, bool(of_work) and of_work == list_of(step)))
    return found


def _with_able(words: str) -> TextClause:
    return text(words.format(able=_ABLE.format(spoken=_SPOKEN), stands_aside=_STANDS_ASIDE))
