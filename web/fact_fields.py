"""Form fields for facts: made from the fact's type, read back into typed values, what was typed kept for a second try."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from db.queries.adults import NOT_KNOWN, SOMEBODY_ELSE, Adult
from rules.definition import ADULT, Definition, Fact
from rules.fact_values import FactError, read_value
from rules.values import Value

_DATES = ("date", "planned date")


@dataclass(frozen=True, slots=True)
class FactField:
    """One question of a form. `kind`: date, choice, choices, or line; `typed`: what the person gave, by input name."""

    fact: str
    name: str
    label: str
    hint: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    @property
    def anchor(self) -> str:
        """The id of the first input: where the error summary leads."""
        return f"{self.name}-day" if self.kind == "date" else self.name


def fields_for(
    definition: Definition,
    names: Iterable[str],
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    hints: Mapping[str, str] | None = None,
    adults: Iterable[Adult] = (),
) -> list[FactField]:
    """The fields for these facts of `definition`, in order, with what was typed and what was wrong with it. `hints`: in place of an example;
    `adults`: of the pupil's family, where a fact asks for one."""
    found = [_field(definition, definition.facts[name], typed or {}, errors or {}, (hints or {}).get(name, "")) for name in names]
    return [replace(one, kind="choice", choices=_people(adults)) if definition.facts[one.fact].type == ADULT else one for one in found]


def _people(adults: Iterable[Adult]) -> tuple[tuple[str, str], ...]:
    return (*((str(one.person_id), f"{one.name} ({one.relationship})") for one in adults), (str(NOT_KNOWN), SOMEBODY_ELSE))


def read_facts(definition: Definition, names: Iterable[str], form: Mapping[str, str]) -> tuple[dict[str, Value], dict[str, str]]:
    """(values, errors by fact name) of these facts from a posted form. A fact left empty is an error: the step cannot be recorded without it."""
    values: dict[str, Value] = {}
    errors: dict[str, str] = {}
    for name in names:
        fact = definition.facts[name]
        try:
            values[name] = read_value(fact, _text(fact, form))
        except FactError as fault:
            errors[name] = _said(fact, form, fault)
    return values, errors


def date_text(form: Mapping[str, str], name: str) -> str:
    """The three boxes of a date as `2026-03-04`; as typed when they are no numbers; empty when all are empty."""
    day, month, year = (form.get(f"{name}-{part}", "").strip() for part in ("day", "month", "year"))
    if not (day or month or year):
        return ""
    numbers = all(part.isascii() and part.isdigit() for part in (day, month, year))
    if numbers and len(day) <= 2 and len(month) <= 2 and len(year) == 4:
        return f"{year}-{month:0>2}-{day:0>2}"
    return f"{day} {month} {year}"


def _field(definition: Definition, fact: Fact, typed: Mapping[str, str], errors: Mapping[str, str], hint: str) -> FactField:
    name = f"fact.{fact.name}"
    label = _sentence(fact.title or fact.name.removesuffix("_on").replace("_", " "))
    mine = {key: value for key, value in typed.items() if key == name or key.startswith(f"{name}-")}
    kind, choices = _kind(definition, fact)
    return FactField(fact.name, name, label, hint or _hint(fact), kind, choices, mine, errors.get(fact.name, ""))


def _kind(definition: Definition, fact: Fact) -> tuple[str, tuple[tuple[str, str], ...]]:
    if fact.type in _DATES:
        return "date", ()
    if fact.type == "yes or no":
        return "choice", (("yes", "Yes"), ("no", "No"))
    if fact.type in ("words", "list"):
        named = tuple((w, _sentence(definition.roles[w].title if w in definition.roles else w.replace("_", " "))) for w in fact.words)
        return ("choice" if fact.type == "words" else "choices"), named
    return "line", ()


def _hint(fact: Fact) -> str:
    return {
        "planned date": "For example, 27 3 2027",
        "date": "For example, 27 3 2026",
        "year": "For example, 2027",
        "whole number": "A whole number",
    }.get(fact.type, "")


def _text(fact: Fact, form: Mapping[str, str]) -> str:
    name = f"fact.{fact.name}"
    return date_text(form, name) if fact.type in _DATES else form.get(name, "")


def _said(fact: Fact, form: Mapping[str, str], fault: FactError) -> str:
    called = _sentence(fact.title or fact.name.replace("_", " "))
    if not _text(fact, form).strip():
        return f"{called}: give an answer"
    if fact.type in _DATES:
        return f"{called}: write a real date with day, month and year, as 27 3 2027"
    return f"{called}: {fault.cure[0].lower()}{fault.cure[1:]}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
