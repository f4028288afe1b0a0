"""Reads `process_definitions/` into `Definition`s: the one door from the law files to the engine. Reads files and nothing else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from rules.condition_text import steps_in
from rules.conditions import Done
from rules.definition import INTERRUPTED, Counting, Definition, Fact, Step, Total
from rules.library import Library
from rules.names import STATUS_WORDS, check_names
from rules.pinned import from_pinned, pinned_text
from rules.problems import DefinitionErrors, Problem, Problems
from rules.register_duties import read_duties
from rules.register_types import Citation, Registers
from rules.registers import read_authorities, read_ladders, read_roles
from rules.schema_process import Draft, read_draft

__all__ = ["PROCESS_DEFINITIONS", "DefinitionErrors", "Problem", "from_pinned", "load_library", "parse_definition", "read_registers"]

PROCESS_DEFINITIONS = Path(__file__).parent.parent / "process_definitions"
REGISTERS = ("authorities.yaml", "duties.yaml", "ladders.yaml", "roles.yaml")


def load_library(folder: Path = PROCESS_DEFINITIONS) -> Library:
    """Every definition and register of a folder. Raises DefinitionErrors with all faults of all files. The same texts give the same library."""
    found: list[Problem] = []
    texts = tuple((path.name, _read(path, found)) for path in sorted(folder.glob("*.yaml")))
    try:
        library = _library_of(texts)
    except DefinitionErrors as error:
        raise DefinitionErrors([*found, *error.problems]) from None
    if not library.definitions and not found:
        found.append(Problem(str(folder), 1, "", "the folder holds no process", "Name a folder with at least one process file."))
    if found:
        raise DefinitionErrors(found)
    return library


@lru_cache(maxsize=4)  # a program reads its folder again for each command, and nobody changes a library
def _library_of(texts: tuple[tuple[str, str], ...]) -> Library:
    registers, found = _registers_of(dict(texts))
    drafts: list[_Read] = []
    for name, text in texts:
        if name in REGISTERS:
            continue
        try:
            drafts.append(_read_draft(text, name))
        except DefinitionErrors as error:
            found.extend(error.problems)
    registers = replace(registers, case_ends=_ends_of([one.draft for one in drafts]))
    definitions: list[Definition] = []
    for one in drafts:
        try:
            definitions.append(_definition(one, registers))
        except DefinitionErrors as error:
            found.extend(error.problems)
    if found:
        raise DefinitionErrors(found)
    return Library.of(definitions, registers)


def read_registers(folder: Path) -> tuple[Registers, list[Problem]]:
    """The four registers of a folder, and the faults found in them; what is missing is empty."""
    found: list[Problem] = []
    registers, more = _registers_of({name: _read(folder / name, found) for name in REGISTERS if (folder / name).exists()})
    return registers, [*found, *more]


def _registers_of(texts: Mapping[str, str]) -> tuple[Registers, list[Problem]]:
    notes = {name: Problems(name) for name in REGISTERS}
    found = [
        Problem(name, 1, "", "the register is missing", "Add the file; docs/definitions.md section 5 has its shape.")
        for name in REGISTERS
        if name not in texts
    ]
    try:
        citations, rights = read_authorities(texts.get("authorities.yaml") or "authorities: {}", notes["authorities.yaml"])
        policy = read_duties(texts.get("duties.yaml") or "duties: []", notes["duties.yaml"])
        registers = Registers(
            authorities=citations,
            rights=rights,
            duties=policy.clauses,
            sections=policy.sections,
            hearings=policy.hearings,
            closings=policy.closings,
            excused_by=policy.excused_by,
            ladders=read_ladders(texts.get("ladders.yaml") or "ladders: {}", notes["ladders.yaml"]),
            roles=read_roles(texts.get("roles.yaml") or "roles: {}", notes["roles.yaml"]),
        )
    except DefinitionErrors as error:
        raise DefinitionErrors([*found, *error.problems]) from None
    for note in notes.values():
        found.extend(note.found)
    return registers, found


def _read(path: Path, found: list[Problem]) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        found.append(Problem(path.name, line, "", "the file is not UTF-8 text", "Save it as UTF-8."))
        return ""


def parse_definition(text: str, file: str, registers: Registers) -> Definition:
    """One process file as a definition with all it uses of the registers. Raises DefinitionErrors with every fault found."""
    return _definition(_read_draft(text, file), registers)


@dataclass(frozen=True, slots=True)
class _Read:
    """A process file whose names are not yet checked against the registers and the other files."""

    text: str
    file: str
    draft: Draft
    problems: Problems


def _read_draft(text: str, file: str) -> _Read:
    problems = Problems(file)
    draft = read_draft(text, problems)
    if draft is None:
        problems.stop_if_any()
        raise DefinitionErrors([Problem(file, 1, "", "the file cannot be read", "Begin with `process:`.")])
    _check_file_name(draft, file, problems)
    return _Read(text, file, draft, problems)


def _definition(read: _Read, registers: Registers) -> Definition:
    read.draft.parties = {name: _with_many(members, registers) for name, members in read.draft.parties.items()}
    check_names(read.draft, registers, read.problems)
    read.problems.stop_if_any()
    return build(read.draft, read.file, read.text, registers)


def _ends_of(drafts: Iterable[Draft]) -> dict[str, tuple[str, ...]]:
    """The ends of each process, those of all its texts, each name once."""
    found: dict[str, dict[str, None]] = {}
    for draft in drafts:
        found.setdefault(draft.process, {}).update(dict.fromkeys(draft.ends))
    return {name: tuple(ends) for name, ends in found.items()}


def _with_many(members: tuple[str, ...], registers: Registers) -> tuple[str, ...]:
    """The members of a list of parties; a role that the register tells as many is each of them."""
    alike = {word: [role.name for role in registers.roles.values() if role.one_of == word] for word in members}
    for names in alike.values():
        names.sort(key=lambda name: int(name.rpartition("_")[2]))  # a pinned text has its roles by name, where 10 stands before 2
    return tuple(member for word in members for member in alike[word] or [word])


def _check_file_name(draft: Draft, file: str, problems: Problems) -> None:
    stem = re.sub(r"\.yaml\Z", "", Path(file).name)
    if draft.process and stem != draft.process and not stem.startswith(f"{draft.process}_"):
        line = draft.lines.get(("", "process"), 1)
        problems.add(
            line,
            f"the file {file} holds the process `{draft.process}`",
            f"Name it {draft.process}.yaml, or {draft.process}_from_2029.yaml for a later text.",
        )


def build(draft: Draft, file: str, source: str, registers: Registers) -> Definition:
    """The definition of a draft whose names are all known."""
    steps = {name: cited(_with_case_words(step, draft, registers), registers) for name, step in draft.steps.items()}
    facts = {name: _spread(fact, draft) for name, fact in draft.facts.items()}
    totals = tuple(Total(t.start, t.to, t.rule, t.law, _counting(registers.authorities.get(t.law))) for t in draft.totals)
    definition = Definition(
        process=draft.process,
        prefix=draft.prefix,
        title=draft.title,
        about=draft.about,
        opens_with={name: facts[name] for name in draft.opens_with},
        opens_on=draft.opens_on,
        begins_with=draft.begins_with,
        facts=facts,
        parties=draft.parties,
        steps=steps,
        ends=draft.ends,
        interrupts=draft.interrupts,
        exceptions=draft.exceptions,
        totals=totals,
        examples=draft.examples,
        roles=dict(registers.roles),
        ladders={s.ladder: registers.ladders[s.ladder] for s in steps.values() if s.ladder},
        rights={name: registers.rights[name] for name in _rights_given(steps)},
        in_force_from=draft.in_force_from,
        in_force_until=draft.in_force_until,
        in_force_by=draft.in_force_by,
        file=file,
        source=source,
        pinned="",
        hash="",
        once_for=draft.once_for,
        warns=draft.warns,
        readers=draft.readers,
        corrections_tell=draft.corrections_tell,
        stands_aside=draft.stands_aside,
        lines={f"{section}.{name}".lstrip("."): line for (section, name), line in draft.lines.items()},
    )
    pinned = pinned_text(definition, registers)
    return replace(definition, pinned=pinned, hash=hashlib.sha256(pinned.encode()).hexdigest())


def _rights_given(steps: Mapping[str, Step]) -> list[str]:
    return sorted({o.gives for s in steps.values() for o in s.outcomes.values() if o.gives})


def _with_case_words(step: Step, draft: Draft, registers: Registers) -> Step:
    """A `case` step with the words it may come to: the ends of the other process, or, where nobody knows that, those that something waits for."""
    if not step.case:
        return step
    ends = registers.case_ends.get(step.case, ()) or _named_ends(step, draft)
    return replace(step, answers=(*(word for word in ends if word != INTERRUPTED), INTERRUPTED))


def _named_ends(step: Step, draft: Draft) -> tuple[str, ...]:
    read = [s.after for s in draft.steps.values()] + [end.after for end in draft.ends.values()]
    leaves = [leaf for condition in read for leaf in steps_in(condition) if leaf.step == step.name and isinstance(leaf, Done)]
    return tuple(dict.fromkeys(word for leaf in leaves for word in leaf.outcomes if word not in STATUS_WORDS))


def _spread(fact: Fact, draft: Draft) -> Fact:
    """A list fact with the lists it names spread into roles."""
    if fact.type != "list":
        return fact
    return replace(fact, words=tuple(dict.fromkeys(m for word in fact.words for m in draft.parties.get(word, (word,)))))


def cited(step: Step, registers: Registers) -> Step:
    """The step with what its citations say of counting and of the notice's contents."""
    laws = [registers.authorities[name] for name in (step.law, step.guidance, *step.also_law) if name in registers.authorities]
    first = registers.authorities.get(step.law or step.guidance)
    contains = {word: meaning for law in laws for word, meaning in law.contains.items()}
    outcomes = {
        name: replace(outcome, contains={w: m for law in laws if name in law.outcomes for w, m in law.outcomes[name].contains.items()})
        for name, outcome in step.outcomes.items()
    }
    return replace(step, counting=_counting(first), contains=contains, outcomes=outcomes)


def _counting(citation: Citation | None) -> Counting:
    return citation.counting if citation is not None else Counting()
