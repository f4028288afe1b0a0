"""What has happened in a case, act by act, from its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from db.acts.own_kinds import REDATED
from db.acts.versions import CHANGED
from db.queries.adults import shown_value
from db.queries.definitions_read import definitions_by_hash
from db.queries.versions import SHOWN
from rules.complaining import COMPLAIN
from rules.definition import Definition
from rules.explain import in_full, words_of
from rules.fact_values import facts_from_json
from rules.refusals import step_title
from rules.saying import SAID, WILL_BE_BY
from rules.values import Value

_EVENTS = text("""
    SELECT e.seq, e.recorded_at, e.actor_id, e.kind, e.content, d.hash, concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name) AS actor,
           (SELECT jsonb_object_agg(t.name, t.value) FROM private_texts t WHERE t.case_id = e.case_id AND t.seq = e.seq) AS private
    FROM events e JOIN cases c ON c.id = e.case_id JOIN definitions d ON d.id = c.definition_id LEFT JOIN persons p ON p.id = e.actor_id
    WHERE c.ref = :case ORDER BY e.seq
""")
_NAMES = text("SELECT p.id, concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name) AS name FROM persons p WHERE p.id = ANY(:people)")


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One act. `happened_on` is what a person said, `recorded_at` what the database's clock said.

    `what` is a sentence's worth of title (`The review meeting was held`), `outcome` its word for people. `who`: a name, or `Sendflow` for the
    calendar and software; `role`: the title of the role they acted in; `on_behalf_of`: whom they stood in for, else empty. `words`: personal
    texts of the act; `erased`: names of those that were erased. `files`: the SHA-256 of each file that came with it.
    """

    seq: int
    kind: str
    happened_on: date
    recorded_at: datetime
    who: str
    role: str
    via: str
    what: str
    step: str
    party: str
    outcome: str
    facts: tuple[tuple[str, Value], ...]
    words: Mapping[str, str]
    erased: tuple[str, ...]
    breaches: tuple[str, ...]
    on_behalf_of: str = ""
    files: tuple[str, ...] = ()

    @property
    def days_later(self) -> int:
        """How many days after it happened it was recorded."""
        return max((self.recorded_at.date() - self.happened_on).days, 0)


def timeline_of(session: Session, ref: str) -> list[TimelineEntry]:
    """Every act on the case, oldest first; empty when it does not exist or another school has it."""
    rows = session.execute(_EVENTS, {"case": ref}).all()
    if not rows:
        return []
    definition = definitions_by_hash(session, [rows[0].hash])[rows[0].hash]
    contents = [orjson.loads(row.content) for row in rows]
    names = _names(session, {content["for"] for content in contents if "for" in content})
    entries = [_entry(row, content, definition, names) for row, content in zip(rows, contents, strict=True)]
    return [_with_names(session, one, definition) for one in entries] if definition.speaks else entries


def _with_names(session: Session, entry: TimelineEntry, definition: Definition) -> TimelineEntry:
    title = fact_title(definition, definition.speaks)
    named = ((said, shown_value(session, definition, definition.speaks, value) if said == title else value) for said, value in entry.facts)
    return replace(entry, facts=tuple(named))


def _names(session: Session, people: set[int]) -> dict[int, str]:
    """Names of those whom somebody stood in for; most cases have none."""
    return {row.id: row.name for row in session.execute(_NAMES, {"people": list(people)})} if people else {}


def _entry(row: Any, content: Mapping[str, Any], definition: Definition, names: Mapping[int, str]) -> TimelineEntry:
    event = content["event"]
    step, party, outcome = (str(event.get(name, "")) for name in ("step", "party", "outcome"))
    words = row.private or {}
    role = definition.roles.get(content.get("role", ""))
    return TimelineEntry(
        seq=row.seq,
        kind=row.kind,
        happened_on=date.fromisoformat(event["on"]),
        recorded_at=row.recorded_at,
        who=row.actor or (role.title if role else "Sendflow"),
        role=role.title if role else "",
        via=str(content.get("via", "")),
        what=_what(definition, row.kind, event),
        step=step,
        party=party,
        outcome=_outcome_title(definition, step, outcome),
        facts=tuple((fact_title(definition, name), value) for name, value in facts_from_json(definition.facts, event.get("facts", {})).items()),
        words=words,
        erased=tuple(name for name in content.get("private", {}) if name not in words),
        breaches=tuple(content.get("breaches", ())),
        on_behalf_of=names.get(content.get("for", 0), ""),
        files=tuple(content.get("documents", ())),
    )


def _what(definition: Definition, kind: str, event: Mapping[str, Any]) -> str:
    name = str(event.get("name", ""))
    if kind == "open":
        return f"Opened: {definition.title}"
    if kind == "correct":
        step = [step_title(definition, str(event["step"]), str(event.get("party", "")))] if event.get("step") else []
        return "Corrected: " + ", ".join([*step, *(fact_title(definition, fact) for fact in event.get("facts", {}))])
    if kind == "erase":
        return "The personal words of this case were erased"
    if kind == REDATED:
        return "Dates counted anew: the days on which the school is open have changed"
    if kind == CHANGED:
        way = "Moved back to" if event.get("undoes") else "Moved to"
        return f"{way} another text of {definition.title}: from version {event['from'][:SHOWN]} to {event['to'][:SHOWN]}"
    if kind == "interrupt":
        return definition.interrupts[name].title or name.replace("_", " ")
    title = step_title(definition, str(event["step"]), str(event.get("party", "")))
    if kind == COMPLAIN:
        return f"{title}: formal complaint to the local authority approved"
    if kind == "say":
        day = in_full(date.fromisoformat(event["review_on"]))
        return f"{title}: not yet done; {SAID[name]}{' by ' if name == WILL_BE_BY else ', asked again after '}{day}"
    if kind == "except":
        return f"{title}: {definition.exceptions[name].title or name.replace('_', ' ')}"
    return title


def _outcome_title(definition: Definition, step: str, outcome: str) -> str:
    if not step or outcome in ("", "done"):
        return ""
    found = definition.steps[step].outcomes.get(outcome)
    return (found.title if found else "") or outcome.replace("_", " ")


def fact_title(definition: Definition, name: str) -> str:
    """A fact in words; one of a party's (`opinion:health`) with whose it is."""
    plain, _, party = name.partition(":")
    fact = definition.facts.get(plain)
    title = (fact.title if fact else "") or words_of(plain)
    return f"{title} ({party.replace('_', ' ')})" if party else title
