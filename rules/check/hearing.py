"""Ring P, all processes at once: who hears of what (`hears`), how cases close (`closes`), who says that an excuse applies (`excused_by`)."""

from __future__ import annotations

from collections.abc import Iterator

from rules.check.finding import Find, Finding, finder
from rules.check.same import plain_condition, spread
from rules.definition import Definition, Step
from rules.library import Library
from rules.register_types import Closing, Hearing, Registers

FILE = "duties.yaml"
Way = tuple[str, frozenset[str], bool]  # what a step comes to, who is told, whether it gives a right


def hearing_findings(library: Library) -> Iterator[Finding]:
    """Every difference between the definitions and what `duties.yaml` asks of all of them."""
    for definition in library.all():
        find = finder("P", definition)
        for hearing in library.registers.hearings:
            if not hearing.within or definition.process in hearing.within:
                yield from _unheard(definition, hearing, find)
        yield from _closed(definition, library.registers, find)
    for hearing in library.registers.hearings:
        yield from _nowhere(hearing, library)
    for closing in library.registers.closings:
        yield from _never_closed(closing, library)


def _unheard(definition: Definition, hearing: Hearing, find: Find) -> Iterator[Finding]:
    for step in definition.steps.values():
        if not _is_asked(definition, step, hearing):
            continue
        for word, told, right in _ways(definition, step, hearing.of):
            if (hearing.of == "rights" and not right) or _is_apart(definition, step, word, hearing):
                continue
            if untold := spread(definition, hearing.who) - told - {step.by}:
                message = f"`{word}` does not tell {', '.join(sorted(untold))}; clause {hearing.rests_on} asks it of {_kind(hearing)}"
                yield find("hears", step, "tells", message, "Add them to `tells`, or say under `except` in duties.yaml why not.")
            if unopened := set(hearing.opens) - set(step.outcomes[word].opens if word in step.outcomes else ()):
                message = f"`{word}` does not open {', '.join(sorted(unopened))}; clause {hearing.rests_on} asks it of {_kind(hearing)}"
                yield find("hears", step, "outcomes", message, "Add it to `opens`, or say under `except` in duties.yaml why not.")


def _kind(hearing: Hearing) -> str:
    return f"{'all ' if not hearing.at else ''}{hearing.of}{' by ' + ', '.join(hearing.by) if hearing.by else ''}"


def _is_asked(definition: Definition, step: Step, hearing: Hearing) -> bool:
    if hearing.at:
        return f"{definition.process}.{step.name}" in hearing.at
    return (not hearing.by or (step.by or "software") in hearing.by) and (hearing.of != "decisions" or bool(step.outcomes))


def _is_apart(definition: Definition, step: Step, word: str, hearing: Hearing) -> bool:
    place = f"{definition.process}.{step.name}"
    return place in hearing.apart_from or f"{place}.{word}" in hearing.apart_from


def _ways(definition: Definition, step: Step, of: str) -> list[Way]:
    if of == "opening":
        return [("opened", spread(definition, step.tells_opened), False)]
    done = spread(definition, step.tells_done)
    return [(o.name, done | spread(definition, o.tells), bool(o.gives)) for o in step.outcomes.values()] or [("done", done, False)]


def _nowhere(hearing: Hearing, library: Library) -> Iterator[Finding]:
    """A place that is named and not there would hide what it was to say."""
    steps = {f"{d.process}.{s.name}": s for d in library.all() for s in d.steps.values()}
    for place in (*hearing.at, *hearing.apart_from):
        process, name, word = (*place.split("."), "")[:3]
        step = steps.get(f"{process}.{name}")
        if step is None or (word and word not in step.words):
            message = f"`hears` of clause {hearing.rests_on} names `{place}`, which is no step"
            yield Finding("P", "hears", FILE, hearing.line, "", message, "Name `process.step` or `process.step.outcome`, or take it out.")


def _closed(definition: Definition, registers: Registers, find: Find) -> Iterator[Finding]:
    told = [closing for closing in registers.closings if definition.process in closing.processes]
    known = {closing.name: closing for closing in told if closing.by}
    for interrupt in definition.interrupts.values() if registers.closings else ():
        closing = known.get(interrupt.name)
        if closing is None:
            message = f"the interrupt `{interrupt.name}` is not told under `closes` in duties.yaml for {definition.process}"
            yield find("closes", None, "interrupts", message, "Tell it there: what it means, who may say so, who hears of it.")
            continue
        if set(closing.by) != set(interrupt.by):
            message = f"`{interrupt.name}` may be said by {', '.join(interrupt.by)}; duties.yaml says {', '.join(closing.by)}"
            yield find("closes", None, "interrupts", message, "Correct whichever is wrong.")
    tells = {name: interrupt.tells for name, interrupt in definition.interrupts.items()} | {name: end.tells for name, end in definition.ends.items()}
    for closing in told:
        if closing.name in tells and (untold := set(closing.told) - set(tells[closing.name])):
            message = f"`{closing.name}` does not tell {', '.join(sorted(untold))}; duties.yaml says so"
            yield find("closes", None, "interrupts", message, "Add them to `tells`.")
        end = definition.ends.get(closing.name)
        if end is not None and closing.after is not None and plain_condition(closing.after) != plain_condition(end.after):
            message = f"the case ends as `{end.name}` after something else than duties.yaml says"
            yield find("ends after", None, f"ends.{end.name}", message, "Let both `after` say the same.")
    for exception in definition.exceptions.values() if registers.excused_by else ():
        if set(exception.by) != set(registers.excused_by):
            message = f"the excuse `{exception.name}` is applied by {', '.join(exception.by)}; duties.yaml says {', '.join(registers.excused_by)}"
            yield find("excused by", None, "exceptions", message, "Correct whichever is wrong.")


def _never_closed(closing: Closing, library: Library) -> Iterator[Finding]:
    for process in closing.processes:
        for definition in library.definitions.get(process, ()):
            if closing.name not in (definition.interrupts if closing.by else definition.ends):
                message = f"{definition.file} cannot close as `{closing.name}`; duties.yaml says that it may"
                yield Finding("P", "closes", FILE, closing.line, "", message, "Add it to the process, or take the process out of `in`.")
        if process not in library.definitions:
            message = f"`closes: {closing.name}` names the process `{process}`, which no file defines"
            yield Finding("P", "closes", FILE, closing.line, "", message, "Take it out of `in`.")
