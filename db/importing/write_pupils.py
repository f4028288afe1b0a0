"""Pupils, their families and their EHC plans into their tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.importing.moved_pupils import PROTECTED, keep_orders, orders_that_follow, refuse_shared_upns
from db.importing.problems import ImportRefused, Problem
from db.importing.typed_rows import TypedRow
from db.importing.upsert import Counts, upsert
from db.importing.write_trust import authorities_by_code, persons_by_external_id, schools_by_urn
from db.models import Family, Person, Plan, Pupil
from db.new_child import adopt_entered
from rules.calendar import england
from rules.date_words import date_of

PupilKey = tuple[object, object]


def write_pupils(session: Session, rows: Sequence[TypedRow]) -> Counts:
    """Pupils by school and MIS id. Raises ImportRefused for a UPN that stands twice or is on another school's roll."""
    schools = schools_by_urn(session, rows)
    refuse_shared_upns(session, rows, schools)
    values = [
        {
            "school_id": schools[r.values["urn"]],
            "mis_id": r.values["mis_id"],
            "upn": r.values["upn"],
            "given_name": r.values["forename"],
            "family_name": r.values["surname"],
            "born_on": r.values["born_on"],
            "year_group": r.values["year_group"],
            "class_name": r.values["registration_group"] or "",
            "sen_provision": r.values["sen_provision"],
            "primary_need": r.values["sen_need"] or "",
            "looked_after": bool(r.values["looked_after"]),
        }
        for r in rows
    ]
    adopt_entered(session, values)
    return upsert(session, Pupil, ["school_id", "mis_id"], values)


def write_families(session: Session, rows: Sequence[TypedRow]) -> Counts:
    """Family members and what they are to a pupil. One person with several children is one person (same contact id and school)."""
    pupils = _pupils_of(session, rows)
    people = {
        _family_person(r): {
            "external_id": _family_person(r),
            "kind": "family",
            "given_name": r.values["forename"],
            "family_name": r.values["surname"],
            "email": r.values["email"] or "",
            "phone": r.values["phone"] or "",
            "address": r.values["address"] or "",
            "language": r.values["language"] or "en",
            "preferred_channel": r.values["channel"] or "email",
        }
        for r in rows
    }
    counts = upsert(session, Person, ["external_id"], list(people.values()))
    ids = persons_by_external_id(session, list(people))
    # A file that says nothing of these leaves what is known: an order does not end because somebody exported fewer columns.
    protected = [name for name in PROTECTED if any(r.values[name] is not None for r in rows)]
    values = [
        {
            "pupil_id": pupils[_pupil_key(r)][0],
            "person_id": ids[_family_person(r)],
            "school_id": pupils[_pupil_key(r)][1],
            "relationship": r.values["relationship"],
            "parental_responsibility": r.values["parental_responsibility"],
            **{name: bool(r.values[name]) for name in protected},
        }
        for r in rows
    ]
    pairs = [(pupils[_pupil_key(r)][0], ids[_family_person(r)]) for r in rows]
    follows = orders_that_follow(session, pairs)
    for pair, v in zip(pairs, values, strict=True):
        v.update(dict.fromkeys(follows.get(pair, frozenset()).intersection(protected), True))
    counts += upsert(session, Family, ["pupil_id", "person_id"], values)
    keep_orders(session, follows)
    return counts


def write_plans(session: Session, rows: Sequence[TypedRow]) -> Counts:
    """EHC plans, one a pupil; the LA that keeps the plan becomes the pupil's LA.

    `review_due_on` is the last day of the 12 months starting with the making of the plan or its last review (CFA 2014 s.44(1)).
    """
    pupils = _pupils_of(session, rows)
    las = authorities_by_code(session)
    unknown = [
        Problem(r.file, r.line, "LA code", f"no local authority {r.values['la_code']} is known; import la_contacts.csv with it first")
        for r in rows
        if str(r.values["la_code"]) not in las
    ]
    if unknown:
        raise ImportRefused(unknown)
    values = [
        {
            "pupil_id": pupils[_pupil_key(r)][0],
            "school_id": pupils[_pupil_key(r)][1],
            "authority_id": las[str(r.values["la_code"])],
            "issued_on": r.values["issued_on"],
            "last_review_on": r.values["last_review_on"],
            "review_due_on": _review_due(r),
        }
        for r in rows
    ]
    for v in values:
        session.execute(
            update(Pupil)
            .where(Pupil.id == v["pupil_id"], Pupil.authority_id.is_distinct_from(v["authority_id"]))
            .values(authority_id=v["authority_id"])
        )
    return upsert(session, Plan, ["pupil_id"], values)


def _review_due(row: TypedRow) -> date:
    base = row.values["last_review_on"] or row.values["issued_on"]
    return date_of(f"12 months starting with {base}", england()).on


def _pupil_key(row: TypedRow) -> PupilKey:
    return (row.values["urn"], row.values["mis_id"])


def _family_person(row: TypedRow) -> str:
    return f"family:{row.values['urn']}:{row.values['contact_id']}"


def _pupils_of(session: Session, rows: Sequence[TypedRow]) -> dict[PupilKey, tuple[int, int]]:
    schools = schools_by_urn(session, rows)
    urn_of = {id_: urn for urn, id_ in schools.items()}
    known: dict[PupilKey, tuple[int, int]] = {
        (urn_of[school], mis): (id_, school) for id_, school, mis in session.execute(select(Pupil.id, Pupil.school_id, Pupil.mis_id))
    }
    problems = [
        Problem(r.file, r.line, "", f"no pupil {r.values['mis_id']} is at the school {r.values['urn']}; import pupils.csv with the pupil first")
        for r in rows
        if _pupil_key(r) not in known
    ]
    if problems:
        raise ImportRefused(problems)
    return known
