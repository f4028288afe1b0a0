"""Ring X: the short histories of each definition, folded by the engine and compared with what they expect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from rules.calendar import SchoolCalendar, england
from rules.check.finding import Find, Finding, finder
from rules.definition import Definition, Example
from rules.fact_values import FactError, read_value
from rules.history import Event, Refused
from rules.position import advance, start
from rules.position_types import Change, Instance
from rules.values import Value

EXPECTED = ("open", "due", "ended", "opens", "refused")
BESIDE = ("on", "party", "because", "by")


class ExampleError(ValueError):
    """An example that cannot be read. `cure` says what to write."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


@dataclass
class Played:
    """An example's history as far as it went: the last change, the code and words of a refusal, the events in words."""

    change: Change | None = None
    refused: str = ""
    why: str = ""
    told: list[str] = field(default_factory=list)


def examples_ring(definition: Definition) -> list[Finding]:
    """The examples of a definition that come out otherwise than they say."""
    find = finder("X", definition)
    calendar = england()
    found: list[Finding] = []
    for example in definition.examples:
        try:
            played = play(definition, example, calendar)
            found += _compare(example, played, find)
        except ExampleError as error:
            found.append(find("example", None, "examples", f"“{example.title}”: {error}", error.cure, line=example.line))
    return found


def play(definition: Definition, example: Example, calendar: SchoolCalendar) -> Played:
    """Fold an example's history. Raises ExampleError if an event cannot be read; a refusal ends the history."""
    played = Played()
    day: date | None = None
    for raw in example.history:
        if played.refused:
            raise ExampleError(f"an event follows one that is refused ({played.why})", "Let the refused event be the last.")
        event = read_event(definition, raw, day)
        day = event.on
        played.told.append(_told(raw))
        try:
            played.change = (
                start(definition, event, calendar) if played.change is None else advance(definition, played.change.position, event, calendar)
            )
        except Refused as refusal:
            played.refused, played.why = refusal.code, refusal.message
    return played


def read_event(definition: Definition, raw: Mapping[str, object], before: date | None) -> Event:
    """One event of an example; `before` is the day of the event above it. Raises ExampleError."""
    on = _day(raw, before)
    if "open" in raw:
        return Event("open", on, 1, facts=_facts(definition, raw["open"]))
    if "fact" in raw:
        return Event("correct", on, 1, party=str(raw.get("party", "")), facts=_facts(definition, {str(raw["fact"]): raw.get("is")}))
    if "interrupt" in raw:
        return Event("interrupt", on, 1, name=str(raw["interrupt"]))
    if "exception" in raw:
        review = date.fromisoformat(str(raw["review_on"])) if "review_on" in raw else None
        return Event("except", on, 1, step=str(raw.get("step")), party=str(raw.get("party", "")), name=str(raw["exception"]), review_on=review)
    return _decision(definition, raw, on)


def _decision(definition: Definition, raw: Mapping[str, object], on: date) -> Event:
    steps = [key for key in raw if key in definition.steps]
    if len(steps) != 1:
        raise ExampleError(
            f"an event names {len(steps)} steps: {_told(raw)}",
            "Write `{STEP: OUTCOME, on: DAY, FACT: value}`, or open, fact, exception or interrupt.",
        )
    step = definition.steps[steps[0]]
    facts = {key: value for key, value in raw.items() if key not in (*BESIDE, step.name)}
    by_calendar = bool(step.wait or step.case or step.does) or raw.get("by") == "calendar"
    actor = None if by_calendar else 2 + list(definition.roles).index(step.by) if step.by in definition.roles else 1
    return Event("decide", on, actor, step.name, str(raw.get("party", "")), str(raw[step.name]), _facts(definition, facts))


def _day(raw: Mapping[str, object], before: date | None) -> date:
    if "on" not in raw and before is not None:
        return before
    try:
        return date.fromisoformat(str(raw.get("on", "")))
    except ValueError:
        raise ExampleError(f"an event has no day: {_told(raw)}", "Write `on: 2026-09-10`.") from None


def _facts(definition: Definition, raw: object) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in raw.items() if isinstance(raw, Mapping) else ():
        if name not in definition.facts:
            raise ExampleError(f"`{name}` is neither a fact nor a step", f"Name one of: {', '.join(definition.facts)}.")
        try:
            found[name] = read_value(definition.facts[name], ", ".join(value) if isinstance(value, list) else str(value))
        except FactError as error:
            raise ExampleError(error.message, error.cure) from None
    return found


def _told(raw: Mapping[str, object]) -> str:
    return ", ".join(f"{key}: {_told(value) if isinstance(value, Mapping) else value}" for key, value in raw.items())


def _compare(example: Example, played: Played, find: Find) -> Iterator[Finding]:
    expect = example.expect
    for key in expect:
        if key not in EXPECTED:
            raise ExampleError(f"`expect` has an unknown key `{key}`", f"Write one of: {', '.join(EXPECTED)}.")
    wrong: list[str] = []
    if played.refused != str(expect.get("refused", "")):
        came = f"refused ({played.refused}): {played.why}" if played.refused else "taken"
        wrong.append(f"expected {expect.get('refused') or 'no refusal'}, but the last event is {came}")
    elif played.change is not None and not played.refused:
        wrong += _wrong(expect, played.change)
    for message in wrong:
        yield find(
            "example",
            None,
            "examples",
            f"“{example.title}”: {message}",
            "Mend the example or the definition; one of them is not the law.",
            played.told,
            example.line,
        )


def _wrong(expect: Mapping[str, object], change: Change) -> Iterator[str]:
    position = change.position
    if "open" in expect:
        wanted, now = set(_words(expect["open"])), {_spoken(i, expect["open"]) for i in position.open()}
        if wanted != now:
            yield f"expected open {_list(wanted)}, found {_list(now)}"
    if str(expect.get("ended", "")) != position.ended:
        yield f"expected {expect.get('ended') or 'a case still open'}, found {position.ended or 'a case still open'}"
    if "opens" in expect and set(_words(expect["opens"])) != (opened := {case.process for case in change.opens}):
        yield f"expected the last event to open {_list(_words(expect['opens']))}, it opened {_list(opened)}"
    dues = expect.get("due", {})
    for name, day in dues.items() if isinstance(dues, Mapping) else ():
        step, _, party = str(name).partition("/")
        found = {str(i.due.on) if i.due is not None else "no date" for i in position.tracked() if i.step == step and party in ("", i.party)}
        if found != {str(day)}:
            yield f"expected {name} due on {day}, found {' and '.join(sorted(found)) or 'no such open or running step'}"


def _spoken(instance: Instance, wanted: object) -> str:
    """A step's name, with its party where the example names parties."""
    whole = f"{instance.step}/{instance.party}"
    return whole if whole in _words(wanted) else instance.step


def _words(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _list(names: object) -> str:
    return ", ".join(sorted(names)) or "nothing" if isinstance(names, set | list) else str(names)


__all__ = ["ExampleError", "examples_ring", "play", "read_event"]
