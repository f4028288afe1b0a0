"""Family members and what they are to a pupil, into their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from db.importing.codes import SELF
from db.importing.entered_anew import carried_over, orders_of_earlier_contacts
from db.importing.moved_pupils import PROTECTED, orders_that_follow
from db.importing.numbered_anew import Contact, take_over_ids
from db.importing.problems import ImportRefused, Problem
from db.importing.pupils_of_rows import PupilKey, pupil_key, pupils_of
from db.importing.shared_addresses import read_by_whom_an_order_keeps_away
from db.importing.typed_rows import TypedRow
from db.importing.upsert import Counts, upsert
from db.importing.write_trust import persons_by_external_id
from db.importing.young_people import refuse_others_as_self
from db.models import Family, Person


def write_families(session: Session, rows: Sequence[TypedRow]) -> Counts:
    """Family members and what they are to a pupil. One person with several children is one person (same contact id and school).

    Raises ImportRefused where one id names two people, where a No would pass by an order (`db/importing/entered_anew.py`), and where
    somebody else stands as the pupil.
    """
    pupils = pupils_of(session, rows)
    people = _people(rows)
    anew = take_over_ids(session, rows[0].file, _contacts(rows, people, pupils)) if rows else ()
    counts = upsert(session, Person, ["external_id"], list(people.values())) + Counts(notes=anew)
    ids = persons_by_external_id(session, list(people))
    pairs = [(pupils[pupil_key(r)][0], ids[_family_person(r)]) for r in rows]
    follows = orders_that_follow(session, pairs)
    row_of = dict(zip(pairs, rows, strict=True))
    refuse_others_as_self(session, row_of)
    stand = orders_of_earlier_contacts(session, row_of)
    values = [
        {
            "pupil_id": pair[0],
            "person_id": pair[1],
            "school_id": pupils[pupil_key(r)][1],
            "relationship": r.values["relationship"],
            "parental_responsibility": r.values["parental_responsibility"],
            **_protection(r),
            **dict.fromkeys(follows.get(pair, frozenset()).union(stand.get(pair, ())), True),
        }
        for pair, r in row_of.items()
    ]
    counts += upsert(session, Family, ["pupil_id", "person_id"], values)
    return counts + Counts(notes=carried_over(row_of, stand) + read_by_whom_an_order_keeps_away(session, row_of))


def _protection(row: TypedRow) -> dict[str, bool]:
    """What the row's own cells say: an empty one leaves what is known, for an order does not end because somebody left it out."""
    return {name: bool(row.values[name]) for name in PROTECTED if row.values[name] is not None}


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


def _contacts(rows: Sequence[TypedRow], people: Mapping[str, Mapping[str, object]], pupils: Mapping[PupilKey, tuple[int, int]]) -> list[Contact]:
    rows_of: dict[str, list[TypedRow]] = {}
    for row in rows:
        rows_of.setdefault(_family_person(row), []).append(row)
    return [
        Contact(id_, people[id_], frozenset((pupils[pupil_key(r)][0], r.values["relationship"] == SELF) for r in theirs), theirs[0].line)
        for id_, theirs in rows_of.items()
    ]


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
