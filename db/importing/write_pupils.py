"""Pupils and their families into their tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from db.importing.moved_pupils import PROTECTED, keep_orders, orders_that_follow, refuse_shared_upns
from db.importing.problems import ImportRefused, Problem
from db.importing.pupils_of_rows import pupil_key, pupils_of
from db.importing.typed_rows import TypedRow
from db.importing.upsert import Counts, upsert
from db.importing.write_trust import persons_by_external_id, schools_by_urn
from db.models import Family, Person, Pupil
from db.new_child import adopt_entered


def write_pupils(session: Session, rows: Sequence[TypedRow]) -> Counts:
    """Pupils by school and MIS id. Raises ImportRefused for a UPN that stands twice or is on another school's roll."""
    schools = schools_by_urn(session, rows)
    refuse_shared_upns(session, rows, schools)
    values = [
        {
            "school_id": schools[r.values["urn"]],
            "mis_id": r.values["mis_id"],
            "given_name": r.values["forename"],
            "family_name": r.values["surname"],
            "born_on": r.values["born_on"],
            "year_group": r.values["year_group"],
            "sen_provision": r.values["sen_provision"],
            **_told_of_pupil(r),
        }
        for r in rows
    ]
    adopt_entered(session, values)
    return upsert(session, Pupil, ["school_id", "mis_id"], values)


def _told_of_pupil(row: TypedRow) -> dict[str, object]:
    """What a file need not have: without the column it changes nothing, an empty cell says that there is none."""
    return row.where_told({
        "upn": ("upn", row.values["upn"]),
        "class_name": ("registration_group", row.values["registration_group"] or ""),
        "primary_need": ("sen_need", row.values["sen_need"] or ""),
        "looked_after": ("looked_after", bool(row.values["looked_after"])),
    })  # fmt: skip


def write_families(session: Session, rows: Sequence[TypedRow]) -> Counts:
    """Family members and what they are to a pupil. One person with several children is one person (same contact id and school)."""
    pupils = pupils_of(session, rows)
    people = _people(rows)
    counts = upsert(session, Person, ["external_id"], list(people.values()))
    ids = persons_by_external_id(session, list(people))
    # A file that says nothing of these leaves what is known: an order does not end because somebody exported fewer columns.
    protected = [name for name in PROTECTED if any(r.values[name] is not None for r in rows)]
    values = [
        {
            "pupil_id": pupils[pupil_key(r)][0],
            "person_id": ids[_family_person(r)],
            "school_id": pupils[pupil_key(r)][1],
            "relationship": r.values["relationship"],
            "parental_responsibility": r.values["parental_responsibility"],
            **{name: bool(r.values[name]) for name in protected},
        }
        for r in rows
    ]
    pairs = [(pupils[pupil_key(r)][0], ids[_family_person(r)]) for r in rows]
    follows = orders_that_follow(session, pairs)
    for pair, v in zip(pairs, values, strict=True):
        v.update(dict.fromkeys(follows.get(pair, frozenset()).intersection(protected), True))
    counts += upsert(session, Family, ["pupil_id", "person_id"], values)
    keep_orders(session, follows)
    return counts


def _people(rows: Sequence[TypedRow]) -> dict[str, dict[str, object]]:
    """Each person once, whose rows of several children complete one another. Raises ImportRefused where one id names two people."""
    people: dict[str, dict[str, object]] = {}
    first: dict[str, TypedRow] = {}
    problems = []
    for row in rows:
        earlier = first.setdefault(_family_person(row), row)
        if _name(earlier) != _name(row):
            reason = (
                f"the contact {row.values['contact_id']} has another name in line {earlier.line}; give each person of the school an id of their own"
            )
            problems.append(Problem(row.file, row.line, "Contact ID", reason))
        known = people.setdefault(_family_person(row), {})
        known.update({name: said for name, said in _person(row).items() if said != "" or name not in known})
    if problems:
        raise ImportRefused(problems)
    return people


def _name(row: TypedRow) -> tuple[str, str]:
    return str(row.values["forename"]).casefold(), str(row.values["surname"]).casefold()


def _person(row: TypedRow) -> dict[str, object]:
    """What the row tells of the person. No cell can say that somebody has no language and no channel, so an empty one says nothing."""
    chosen = {"language": row.values["language"], "preferred_channel": row.values["channel"]}
    return {
        "external_id": _family_person(row),
        "kind": "family",
        "given_name": row.values["forename"],
        "family_name": row.values["surname"],
        **row.where_told({name: (name, row.values[name] or "") for name in ("email", "phone", "address")}),
        **{name: said for name, said in chosen.items() if said is not None},
    }


def _family_person(row: TypedRow) -> str:
    return f"family:{row.values['urn']}:{row.values['contact_id']}"
