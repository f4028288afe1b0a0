"""Loading a profile into the ledger, and reading the one in force. Every function takes a scheduler session; who may is asked by the caller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from db.importing.turn import take_turn
from db.importing.upsert import upsert
from db.la_profile.profile import LEVEL_TITLES, LEVELS, Contact, LaProfile
from db.la_profile.profile_text import profile_text
from db.la_profile.read_profile import read_profile
from db.la_profile.unwritten import cases_of
from db.models import Authority, LaProfilePerson, LaProfileRow, Person, Pupil, School
from db.person_schools import refresh_person_schools
from rules.problems import DefinitionErrors, Problem

_END = text("UPDATE la_profiles SET ended_at = now() WHERE authority_id = :authority AND ended_at IS NULL")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading came to. `strange_schools`: URNs that are no school of this trust. `cases`: whose rows must be written anew
    (`Ledger.write_lead_times`; the morning's dates pass does it too)."""

    number: int
    officers: int
    strange_schools: tuple[str, ...]
    cases: tuple[str, ...]


def load_profile(session: Session, profile: LaProfile, file: str, *, by: int | None) -> Loaded:
    """Put the profile in force in place of the one before. From now on messages and lists go to whom it names, also what was owed before and has
    not left (`db/redirect.py`).

    Raises DefinitionErrors, nothing written, for a pupil who is not on roll or whose plan another authority keeps; AnotherAtWork
    (`db/importing/turn.py`): an import writes the LA's mailbox and people too.
    """
    take_turn(session)
    pupils = _pupils(session, profile, file)
    before = profile_in_force(session, profile.code)
    authority = _authority(session, profile)
    session.execute(_END, {"authority": authority})
    lead_times = orjson.dumps([[one.process, one.step, profile.rule_of(one)] for one in profile.lead_times]).decode()
    moved = _moved(before, profile)
    row = LaProfileRow(
        authority_id=authority, loaded_by=by, lead_times=lead_times, content=profile_text(profile), unwritten=moved,
        notices_to_officer=profile.notices == "officer",
    )  # fmt: skip
    session.add(row)
    session.flush()
    schools: dict[str, int] = {urn: id_ for urn, id_ in session.execute(select(School.urn, School.id))}
    people = _people(session, profile)
    rows = [*_officer_rows(profile, pupils, schools), *_escalation_rows(profile), *_send_rows(profile)]
    if rows:
        whole = [_EMPTY | one | {"profile_id": row.id, "place": place} for place, one in enumerate(rows)]
        session.execute(insert(LaProfilePerson), [{**one, "person_id": people[email]} for one in whole if (email := one.pop("email"))])
    refresh_person_schools(session)
    named = {urn for one in profile.officers for urn in one.area.schools}
    return Loaded(row.id, len(profile.officers), tuple(sorted(named - set(schools))), cases_of(session, authority, moved))


def profile_in_force(session: Session, code: str) -> LaProfile | None:
    """The profile of the LA with that code as it may be shared, without officers of single pupils; None: it has none."""
    asked = select(LaProfileRow.content).join(Authority, Authority.id == LaProfileRow.authority_id)
    found = session.scalar(asked.where(Authority.code == code, LaProfileRow.ended_at.is_(None)))
    return read_profile(found, f"profile of {code}") if found is not None else None


def _authority(session: Session, profile: LaProfile) -> int:
    known = {"code": profile.code, "sen_email": profile.mailbox}
    named = {} if session.scalar(select(Authority.id).where(Authority.code == profile.code)) else {"name": profile.name}
    upsert(session, Authority, ["code"], [known | named | ({"phone": profile.phone} if profile.phone else {})])
    return session.scalars(select(Authority.id).where(Authority.code == profile.code)).one()


def _pupils(session: Session, profile: LaProfile, file: str) -> dict[str, list[tuple[int, int]]]:
    """Pupil and school by UPN: a child who has moved between our schools may have cases at both. Whoever has no plan yet is the school's LA's."""
    wanted = {upn: one.line for one in profile.officers for upn in one.area.pupils}
    asked = select(Pupil.upn, Pupil.id, Pupil.school_id, Authority.code).join(School, School.id == Pupil.school_id)
    asked = asked.outerjoin(Authority, Authority.id == func.coalesce(Pupil.authority_id, School.authority_id))
    asked = asked.where(Pupil.upn.in_(wanted)).order_by(Pupil.left_on.desc().nulls_first())
    found: dict[str, list[tuple[int, int, str | None]]] = {}
    for upn, id_, school, code in session.execute(asked):
        found.setdefault(str(upn), []).append((id_, school, code))
    problems = [
        Problem(file, line, "", f"no pupil of yours has the UPN {upn}", "Correct it, or leave this pupil out.")
        for upn, line in wanted.items()
        if upn not in found
    ]
    problems += [
        Problem(file, wanted[upn], "", f"another authority ({code or 'none'}) keeps the plan of the pupil {upn}", "Put the pupil into its profile.")
        for upn, ((_, _, code), *_) in found.items()
        if code != profile.code
    ]
    if problems:
        raise DefinitionErrors(problems)
    return {upn: [(id_, school) for id_, school, code in rows if code == profile.code] for upn, rows in found.items()}


def _people(session: Session, profile: LaProfile) -> dict[str, int]:
    """Everybody whom the profile names, as people outside; their ids by address. Contacts that the import brought at an address stay the same."""
    contacts = [one.contact for one in profile.officers] + [one for _, one in profile.escalation]
    desks = [Contact(f"{profile.name} SEN team", one.to) for one in profile.send if not one.is_portal]
    named: dict[str, Contact] = {}
    for one in [*contacts, *desks]:
        named.setdefault(one.email.casefold(), one)
    ids = {email: f"la:{profile.code}:{email}" for email in named}
    rows = [
        {"external_id": ids[email], "kind": "outside", "given_name": "", "family_name": one.name, "email": one.email, "phone": one.phone}
        for email, one in named.items()
    ]
    upsert(session, Person, ["external_id"], rows)
    asked = select(Person.external_id, Person.id).where(Person.external_id.in_(ids.values()))
    known = {str(external): id_ for external, id_ in session.execute(asked)}
    return {email: known[external] for email, external in ids.items()}


_EMPTY: dict[str, Any] = {
    "pupil_id": None, "school_id": None, "from_on": None, "until_on": None, "level": 0, "year_from": None, "year_to": None, "surname_from": "",
    "surname_to": "", "process": "", "step": "", "says": "", "school_ids": None,
}  # fmt: skip


def _officer_rows(profile: LaProfile, pupils: dict[str, list[tuple[int, int]]], schools: dict[str, int]) -> Iterator[dict[str, Any]]:
    for one in profile.in_order:
        first, last = one.area.surnames
        row = {
            **_who(one.contact), "part": "officer", "says": one.area.in_words, "surname_from": first, "surname_to": last,
            "year_from": one.area.years[0] if one.area.years else None, "year_to": one.area.years[1] if one.area.years else None,
            "school_ids": sorted(schools[urn] for urn in one.area.schools if urn in schools) if one.area.schools else None,
        }  # fmt: skip
        if not one.area.pupils:
            yield row
        for pupil_id, school_id in (found for upn in one.area.pupils for found in pupils[upn]):
            yield row | {"pupil_id": pupil_id, "school_id": school_id}


def _escalation_rows(profile: LaProfile) -> Iterator[dict[str, Any]]:
    for level, one in profile.escalation:
        yield {**_who(one), "part": "escalation", "level": LEVELS.index(level) + 1, "says": LEVEL_TITLES[level]}


def _send_rows(profile: LaProfile) -> Iterator[dict[str, Any]]:
    for one in profile.send:
        if not one.is_portal:
            yield {"email": one.to.casefold(), "part": "send", "process": one.process, "step": one.step, "says": "where this is sent"}


def _who(contact: Contact) -> dict[str, Any]:
    return {"email": contact.email.casefold(), "from_on": contact.from_on, "until_on": contact.until_on}


def _moved(before: LaProfile | None, now: LaProfile) -> list[str]:
    """The steps that either profile asks for by another day than the other."""
    was = {(one.process, one.step): before.rule_of(one) for one in before.lead_times} if before else {}
    will = {(one.process, one.step): now.rule_of(one) for one in now.lead_times}
    return [f"{process}/{step}" for process, step in sorted(was.keys() | will.keys()) if was.get((process, step)) != will.get((process, step))]
