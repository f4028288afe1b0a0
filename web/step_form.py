"""The form of a step, made from its outcomes and facts, and what a posted form says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from rules.definition import Definition, Step
from rules.position_types import Instance
from rules.refusals import step_title
from rules.values import Value
from web.console import sentence
from web.fact_fields import FactField, date_text, fields_for, read_facts

LONGEST_COMMENT = 4000
NAMES_OF_OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way the step can end, with the questions that this way asks."""

    name: str
    words: str
    fields: list[FactField]
    chosen: bool


@dataclass(frozen=True)
class StepForm:
    """All that the form shows. `choices` is empty where the only word is `done`; `fields` are asked whatever is chosen."""

    case: str
    step: Step
    title: str
    party: str
    round: int
    key: str
    choices: list[Choice]
    fields: list[FactField]
    typed: Mapping[str, str]
    errors: Mapping[str, str]

    @property
    def summary(self) -> dict[str, str]:
        """The errors by the id of the input they belong to, for the error summary."""
        ids = {f.fact: f.anchor for f in (*self.fields, *(f for c in self.choices for f in c.fields))} | {"on": "on-day"}
        return {ids.get(where, where): words for where, words in self.errors.items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a posted form says, typed. `errors` by fact name or input name; nothing may be recorded while there is one."""

    key: UUID
    round: int
    outcome: str
    facts: Mapping[str, Value]
    on: date
    private: Mapping[str, str]
    errors: Mapping[str, str]


def make_form(
    case: str,
    definition: Definition,
    instance: Instance,
    today: date,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    hints: Mapping[str, str] | None = None,
) -> StepForm:
    """The form of this instance of a step; `typed` and `errors` of a first try are shown again; `hints` stand beside facts."""
    step = definition.steps[instance.step]
    given = dict(typed or {"on-day": str(today.day), "on-month": str(today.month), "on-year": str(today.year)})
    wrong = errors or {}
    choices = [
        Choice(word, _words(step, word), fields_for(definition, _records_of(step, word), given, wrong, hints), given.get(NAMES_OF_OUTCOME) == word)
        for word in step.words
        if step.words != ("done",)
    ]
    shared = fields_for(definition, step.records, given, wrong, hints)
    title = step_title(definition, step.name, instance.party)
    return StepForm(case, step, title, instance.party, instance.round, given.get("key") or str(uuid4()), choices, shared, given, wrong)


def read_form(definition: Definition, step: Step, form: Mapping[str, str], today: date) -> Answer:
    """The answer in `form`. Raises ValueError for a form whose hidden fields were changed: those a person never types."""
    errors: dict[str, str] = {}
    outcome = form.get(NAMES_OF_OUTCOME, "") if step.words != ("done",) else "done"
    if outcome not in step.words:
        errors[NAMES_OF_OUTCOME] = "Choose what was decided"
    facts, wrong = read_facts(definition, [*step.records, *(_records_of(step, outcome) if outcome in step.words else ())], form)
    on, said = _day(form, today)
    if said:
        errors["on"] = said
    comment = form.get("comment", "").strip()
    if len(comment) > LONGEST_COMMENT:
        errors["comment"] = f"The comment may have {LONGEST_COMMENT} letters at most; yours has {len(comment)}"
    private = {"comment": comment} if comment else {}
    return Answer(UUID(form.get("key", "")), _round(form.get("round", "")), outcome, facts, on, private, {**errors, **wrong})


def _round(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise ValueError("the round is no number")
    return int(text)


def _records_of(step: Step, word: str) -> tuple[str, ...]:
    outcome = step.outcomes.get(word)
    return tuple(name for name in outcome.records if name not in step.records) if outcome else ()


def _words(step: Step, word: str) -> str:
    outcome = step.outcomes.get(word)
    return sentence((outcome.title if outcome else "") or word.replace("_", " "))


def _day(form: Mapping[str, str], today: date) -> tuple[date, str]:
    text = date_text(form, "on")
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return today, "Write the day on which it happened, as 27 3 2027"
    return (on, "") if on <= today else (today, "The day on which it happened cannot be in the future")
