"""Who is who: who receives a message, who holds which role where, who may sign in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.permissions import SPEAKS_FOR
from db.queries.acting import roles_today


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to write to: a person, or an LA's SEN mailbox (`authority_id`, and no person). No address: that is looked up when sent.

    `stands_in_for`: the person who is away, whose message this is. `instead`: nobody can act in the role, so the trust is written to.
    `why`: for an LA with a profile, as what it names this reader (`officer for surnames A to K`); `raised`: to them a breach is taken.
    """

    person_id: int | None
    authority_id: int | None
    name: str
    kind: str
    stands_in_for: int | None = None
    instead: bool = False
    why: str = ""
    raised: bool = False


@dataclass(frozen=True, slots=True)
class StaffChoice:
    """A member of staff and their roles, as `(school id, school name, role)`."""

    person_id: int
    name: str
    roles: tuple[tuple[int, str, str], ...]


Wanted = tuple[int, str]  # case id, role

# Of several ways to reach a role the first that finds somebody counts (`rank`): the pupil's own contact before the LA's
# officer, an officer for this school before one for all, an officer before the mailbox. Where the LA has a profile, its officers stand in their
# order in place of whom the import brought: for the pupil, the school, letters and years, everybody; surnames are folded as the profile's letters
# were (`db/la_profile/read_profile.py`). `acting`: who holds a staff role today and is here, and who
# stands in for those who are away, but no head in a case that they stand aside from (decision 185), whatever else they are (`_MAY_HEAR`); where
# nobody leads a school's SEND work, the trust's SEND lead is written to, else its chief executive.
# `kept_away` (`db/kept_away.py`): whoever an order keeps from the child is nobody in any role about that child, so that the next rank hears;
# a mailbox at that person's own address is theirs, and whoever of staff or outside has that address is that person.
_MAY_HEAR = """(w.readers IS NULL OR 'headteacher' = ANY (w.readers) OR NOT EXISTS (
            SELECT FROM memberships h WHERE h.school_id = w.school_id AND h.person_id = a.person_id AND h.role = 'headteacher'
               AND (h.until_on IS NULL OR h.until_on >= :today)))"""
_RECIPIENTS = text(f"""
    WITH wanted AS (
        SELECT w.case_id, w.role, w.holder, c.school_id, c.pupil_id, c.readers,
               CASE WHEN w.holder = 'parent' THEN speaks_in(c.id) END AS speaks,
               COALESCE(p.authority_id, s.authority_id) AS authority_id,
               p.year_group, CASE WHEN w.holder = 'la' THEN regexp_replace(upper(normalize(p.family_name, NFKD)), '[^A-Z]', '', 'g') END AS surname
        FROM unnest(CAST(:cases AS bigint[]), CAST(:roles AS text[]), CAST(:holders AS text[])) AS w (case_id, role, holder)
        JOIN cases c ON c.id = w.case_id LEFT JOIN pupils p ON p.id = c.pupil_id JOIN schools s ON s.id = c.school_id
    ), stood_in AS MATERIALIZED (
        SELECT school_id, role, holder_id, deputy_id FROM stand_ins(:today)
    ), acting AS (
        SELECT m.school_id, m.role, m.person_id, NULL::bigint AS holder_id FROM memberships m
        WHERE m.school_id IN (SELECT school_id FROM wanted) AND (m.until_on IS NULL OR m.until_on >= :today)
          AND m.person_id NOT IN (SELECT holder_id FROM stood_in)
        UNION ALL SELECT school_id, role, deputy_id, holder_id FROM stood_in WHERE deputy_id IS NOT NULL
    ), kept_away AS (
        SELECT DISTINCT w.case_id, k.person_id, lower(p.email) AS email
        FROM wanted w JOIN families k ON k.pupil_id = w.pupil_id AND k.no_contact JOIN persons p ON p.id = k.person_id
    ), found AS (
        SELECT w.case_id, w.role, 1 AS rank, a.person_id, NULL::int AS authority_id, 1 AS place, a.holder_id, '' AS says
        FROM wanted w JOIN acting a ON a.school_id = w.school_id AND a.role = w.holder
        WHERE w.holder = 'headteacher' OR {_MAY_HEAR}
        UNION ALL
        SELECT w.case_id, w.role, CASE a.role WHEN 'ceo' THEN 100007 ELSE 100006 END, a.person_id, NULL, 1, a.holder_id, ''
        FROM wanted w JOIN acting a ON a.school_id = w.school_id AND a.role IN ('trust_send_lead', 'ceo')
        WHERE (w.holder IN ('senco', 'headteacher') OR w.holder = 'trust_send_lead' AND a.role = 'ceo')
          AND (w.readers IS NULL OR a.role = ANY (w.readers)) AND {_MAY_HEAR}
        UNION ALL
        SELECT w.case_id, w.role, 1, f.person_id, NULL, f.priority, NULL, '' FROM wanted w JOIN families f ON f.pupil_id = w.pupil_id
        WHERE (w.holder = 'parent' AND f.relationship <> 'self' AND COALESCE(f.person_id = w.speaks, f.parental_responsibility))
           OR (w.holder IN ('pupil', 'young_person') AND f.relationship = 'self')
        UNION ALL
        SELECT w.case_id, w.role, 2, k.person_id, NULL, 1, NULL, ''
        FROM wanted w JOIN pupil_contacts k ON k.pupil_id = w.pupil_id AND k.role = w.holder
        UNION ALL
        SELECT w.case_id, w.role, 10 + o.place, o.person_id, NULL, 1, NULL, o.says
        FROM wanted w JOIN la_profiles g ON w.holder = 'la' AND g.authority_id = w.authority_id AND g.ended_at IS NULL
        JOIN la_profile_people o ON o.profile_id = g.id AND o.part = 'officer'
        WHERE (o.from_on IS NULL OR o.from_on <= :today) AND (o.until_on IS NULL OR o.until_on >= :today)
          AND (o.pupil_id IS NULL OR o.pupil_id = w.pupil_id) AND (o.school_ids IS NULL OR w.school_id = ANY (o.school_ids))
          AND (o.year_from IS NULL OR w.year_group BETWEEN o.year_from AND o.year_to)
          AND (o.surname_from = '' OR w.surname >= o.surname_from COLLATE "C" AND left(w.surname, length(o.surname_to)) <= o.surname_to COLLATE "C")
        UNION ALL
        SELECT w.case_id, w.role, CASE WHEN a.school_id IS NULL THEN 100004 ELSE 100003 END, a.person_id, NULL, 1, NULL, ''
        FROM wanted w JOIN authority_contacts a ON a.authority_id = w.authority_id AND a.role = w.holder
        WHERE (a.school_id IS NULL OR a.school_id = w.school_id)
          AND (w.holder <> 'la' OR NOT EXISTS (SELECT FROM la_profiles g WHERE g.authority_id = w.authority_id AND g.ended_at IS NULL))
        UNION ALL
        SELECT w.case_id, w.role, 100005, NULL, a.id, 1, NULL, 'the mailbox of the SEN team' FROM wanted w JOIN authorities a ON a.id = w.authority_id
        WHERE w.holder = 'la' AND a.sen_email <> ''
          AND NOT EXISTS (SELECT FROM kept_away k WHERE k.case_id = w.case_id AND k.email = lower(a.sen_email))
    ), best AS (
        SELECT DISTINCT f.case_id, f.role, f.rank, f.person_id, f.authority_id, f.place, f.holder_id, f.says,
               min(f.rank) OVER (PARTITION BY f.case_id, f.role) AS least
        FROM found f LEFT JOIN persons p ON p.id = f.person_id
        WHERE (p.left_on IS NULL OR p.left_on >= :today)
          AND NOT EXISTS (SELECT FROM kept_away k WHERE k.case_id = f.case_id AND k.person_id = f.person_id)
          AND (p.kind = 'family' OR NOT EXISTS (SELECT FROM kept_away k WHERE k.case_id = f.case_id AND k.email = lower(p.email) AND k.email <> ''))
    )
    SELECT b.case_id, b.role, b.person_id, b.authority_id, b.holder_id, b.rank >= 100006 AS instead, b.says,
           COALESCE(concat_ws(' ', NULLIF(p.title, ''), NULLIF(p.given_name, ''), p.family_name), '') AS person_name, p.kind, a.name AS authority_name
    FROM best b LEFT JOIN persons p ON p.id = b.person_id LEFT JOIN authorities a ON a.id = b.authority_id
    WHERE b.rank = b.least ORDER BY b.case_id, b.role, b.place, b.person_id, b.holder_id NULLS FIRST
""")  # noqa: S608  our own columns


def recipients(session: Session, wanted: Iterable[Wanted], today: date) -> dict[Wanted, list[Recipient]]:
    """Who receives a message to that role about that case, for many at once. A role nobody holds has an empty list: a person must be told.

    Whoever an order keeps from contact with the case's child is left out, in whichever role. Parents: everybody with parental responsibility, but in
    a case that says who of the family speaks (`complainant`) they alone, also a carer without it; the pupil (or young person): the family's row
    `self`; staff: by membership of the case's school today, or whoever stands in for them; the LA: the officer whom its profile names, else its
    officer, else its SEN mailbox; others: the pupil's contact, else the LA's. A case about a school has no family and no pupil's contacts; its LA is
    the school's.
    """
    found: dict[Wanted, list[Recipient]] = {one: [] for one in wanted}
    asked = [(case, role, holder) for case, role in found for holder in SPEAKS_FOR.get(role, (role,))]
    values = {"cases": [a[0] for a in asked], "roles": [a[1] for a in asked], "holders": [a[2] for a in asked], "today": today}
    for row in session.execute(_RECIPIENTS, values):
        name = row.person_name or f"{row.authority_name} SEN team"
        one = Recipient(row.person_id, row.authority_id, name, row.kind or "outside", row.holder_id, row.instead, row.says)
        known = found[row.case_id, row.role]
        if all((one.person_id, one.authority_id) != (other.person_id, other.authority_id) for other in known):
            known.append(one)
    return found


def people_for(session: Session, case: str, role: str, today: date) -> list[Recipient]:
    """`recipients` for one case reference and role; empty also for a case that this session cannot see."""
    case_id = session.scalar(text("SELECT id FROM cases WHERE ref = :case"), {"case": case})
    return [] if case_id is None else recipients(session, [(case_id, role)], today)[case_id, role]


def schools_of(session: Session, person_id: int, today: date) -> frozenset[int]:
    """The schools where the person holds any role today, or stands in: the scope of their session. Ask it in a scheduler session, at sign-in."""
    return frozenset(held.school_id for held in roles_today(session, person_id, today))


def roles_of(session: Session, person_id: int, school_id: int, today: date) -> frozenset[str]:
    """The roles that the person holds at that school today, or stands in for."""
    return frozenset(held.role for held in roles_today(session, person_id, today) if held.school_id == school_id)


def staff_choices(session: Session, today: date) -> list[StaffChoice]:
    """Everybody on the staff who holds a role today, by name: the demo's sign-in. The session's scope bounds it."""
    rows = session.execute(
        text("""
        SELECT p.id, concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name) AS name, s.id AS school_id, s.name AS school, m.role
        FROM memberships m JOIN persons p ON p.id = m.person_id JOIN schools s ON s.id = m.school_id
        WHERE (m.until_on IS NULL OR m.until_on >= :today) AND (p.left_on IS NULL OR p.left_on >= :today)
        ORDER BY p.family_name, p.given_name, p.id, s.name, m.role"""),
        {"today": today},
    )
    by_person: dict[tuple[int, str], list[tuple[int, str, str]]] = {}
    for row in rows:
        by_person.setdefault((row.id, row.name), []).append((row.school_id, row.school, row.role))
    return [StaffChoice(person, name, tuple(roles)) for (person, name), roles in by_person.items()]
