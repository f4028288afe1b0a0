"""Every message that a definition owes has a text, every text is owed, and no text names a value that letters do not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from jinja2 import TemplateSyntaxError, meta, nodes

from db import complaints_to_la
from db.said import CAME, FOR_US, PASSED
from notifications.lines import Line
from notifications.render import TEMPLATES, TemplateMissing, environment, find_template
from rules.definition import Definition, Ladder, Step
from rules.library import Library

# What `notifications.letter.letter_values` gives; a test holds the two equal. Empty: one value, without parts.
PARTS: Mapping[str, frozenset[str]] = {
    name: frozenset(parts.split())
    for name, parts in {
        "case": "ref process_title opened_on",
        "reader": "role kind name",
        "child": "first_name initials",
        "school": "name phone senco_name senco_title senco_email",
        "step": "name title hint owner policy party",
        "due": "on safe_on days_late days_left why",
        "target": "on days_late days_left",
        "right": "name law text last_day is_over",
        "standing_in": "name until role",
        "said": "word until",
        "corrected": "what now",
        "complaint": "approved_by attention times first_on last_on",
        **dict.fromkeys(("facts", "contains", "moved", "law", "link", "severity", "moment", "today", "again", "raised_to"), ""),
    }.items()
}
# What acts owe beside the definitions' own messages and the ladders'.
FROM_ACTS = (PASSED, FOR_US, CAME, complaints_to_la.TO_LA, complaints_to_la.FOR_FAMILY, complaints_to_la.FOR_US)
SHARED = frozenset({"part", "pieces", "appeals"})  # which part is rendered, and the shared sentences
KNOWN_VALUES = SHARED | PARTS.keys()
# What lists and mornings have instead (`compose_mailing.py`); the parts of a line (`one`) are those of `notifications.lines.Line`.
OF_MAILINGS = frozenset(
    "part line reference reader today again lines schools new trust due_today in_holiday this_week overdue waiting more all_of_it answer_all".split()
)
OF_TEXTS = frozenset({"came_back"})  # what a text message has besides (`compose.py`)
# And what reports say (`compose_report.py`).
OF_REPORTS = frozenset("absences of authorities new_breaches newly_late put_right since due_by weeks link".split())
LINE = frozenset(part.name for part in fields(Line))
# Beside the reference, which every subject begins with, the day, and how many lines, shown or left out: N11, no name, need or school.
SUBJECT_MAY_SAY = frozenset({"today", "lines", "new", "due_today", "overdue", "more", "new_breaches", "newly_late"})


@dataclass(frozen=True, slots=True)
class TemplateFinding:
    """One fault: the template's file, and what to do."""

    file: str
    message: str


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text as it is written: its file, its source, what Jinja reads in it, or why it cannot."""

    file: str
    source: str
    parsed: nodes.Template
    fault: TemplateSyntaxError | None = None


@dataclass(frozen=True, slots=True)
class OwedText:
    """A text that must exist: its name, the role that reads it, and the words that the law wants in it."""

    template: str
    role: str
    contains: tuple[str, ...] = ()


def check_templates(library: Library) -> list[TemplateFinding]:
    """All findings over all definitions and ladders; an empty list when every message can be written."""
    owed = [text for definition in library.all() for text in owed_texts(definition)]
    owed += [OwedText(f"ladders/{name}", "") for name in _ladder_templates(library)]
    texts = _written_texts()
    found = [*_missing(owed), *_unowed(owed, texts), *_unknown_values(texts), *_unknown_parts(texts), *_telling_subjects(texts)]
    return [*found, *_unknown_facts(library, texts), *_left_out(owed, texts), *_no_child(library, texts)]


def owed_texts(definition: Definition) -> Iterator[OwedText]:
    """Every (message, reader) that a history of `definition` may owe."""
    process = definition.process
    for step in definition.steps.values():
        contains = tuple(step.contains)
        for role in _readers(definition, step.tells_opened, step):
            yield OwedText(f"{process}/{step.name}.opened", role)
        for role in _readers(definition, step.tells_done, step):
            yield OwedText(f"{process}/{step.name}.done", role, contains)
        for outcome in step.outcomes.values():
            for role in _readers(definition, outcome.tells, step):
                yield OwedText(f"{process}/{step.name}.{outcome.name}", role, (*contains, *outcome.contains))
    for end in definition.ends.values():
        yield from (OwedText(f"{process}/ended.{end.name}", role) for role in _readers(definition, end.tells, None))
    for interrupt in definition.interrupts.values():
        yield from (OwedText(f"{process}/interrupted.{interrupt.name}", role) for role in _readers(definition, interrupt.tells, None))


def _readers(definition: Definition, tells: tuple[str, ...], step: Step | None) -> Iterator[str]:
    for name in tells:
        name = (step.each or step.each_of_fact) if name == "party" and step is not None else name
        if name in definition.parties:
            yield from definition.parties[name]
        elif name in definition.facts:
            yield from definition.facts[name].words
        elif name != "nobody":
            yield name


def _ladder_templates(library: Library) -> set[str]:
    ladders: list[Ladder] = [ladder for definition in library.all() for ladder in definition.ladders.values()]
    return {rung.template for ladder in ladders for rung in ladder.rungs} | {template.partition("/")[2] for template in FROM_ACTS}


def _missing(owed: list[OwedText]) -> Iterator[TemplateFinding]:
    for name, role in sorted({(o.template, o.role) for o in owed}):
        try:
            find_template(name, role)
        except TemplateMissing:
            yield TemplateFinding(f"{name}.j2", f"the definition owes this message to {role or 'its reader'} and no text is written; write the file")


def _unowed(owed: list[OwedText], texts: list[WrittenText]) -> Iterator[TemplateFinding]:
    wanted = {o.template for o in owed} | {f"{o.template}.{o.role}" for o in owed}
    for text in texts:
        if text.file.split("/")[0] not in ("shared", "mailings", "sms") and text.file.removesuffix(".j2") not in wanted:
            yield TemplateFinding(text.file, "no definition or ladder owes this message; delete the file, or correct its name")


def _unknown_values(texts: list[WrittenText]) -> Iterator[TemplateFinding]:
    for text in texts:
        known = _known_in(text.file)
        imported = {one.target for one in text.parsed.find_all(nodes.Import)}  # shared sentences, by the name this file gives them
        try:
            names = _undeclared(text) - known - imported
        except TemplateSyntaxError as fault:
            yield TemplateFinding(text.file, f"line {fault.lineno}: {fault.message}")
            continue
        if names:
            yield TemplateFinding(text.file, f"unknown values: {', '.join(sorted(names))}; there are {', '.join(sorted(known - SHARED))}")


def _undeclared(text: WrittenText) -> set[str]:
    """The values that a text asks for. Raises TemplateSyntaxError for what cannot be read, or has no sense (a block twice)."""
    if text.fault is not None:
        raise text.fault
    return meta.find_undeclared_variables(text.parsed)


def _known_in(file: str) -> frozenset[str]:
    if file.startswith("mailings/"):
        return OF_MAILINGS | OF_REPORTS
    return KNOWN_VALUES | OF_TEXTS if file.startswith("sms/") else KNOWN_VALUES


def _unknown_parts(texts: list[WrittenText]) -> Iterator[TemplateFinding]:
    for text in texts:
        for asked in text.parsed.find_all(nodes.Getattr):
            parts = {**PARTS, "one": LINE}.get(asked.node.name) if isinstance(asked.node, nodes.Name) else None
            if parts and asked.attr not in parts:
                whole = f"{asked.node.name}.{asked.attr}" if isinstance(asked.node, nodes.Name) else asked.attr
                yield TemplateFinding(text.file, f"line {asked.lineno}: there is no {whole}; letters have {', '.join(sorted(parts))} of it")


def _telling_subjects(texts: list[WrittenText]) -> Iterator[TemplateFinding]:
    """A subject is read on lock screens and over shoulders: it names no child, need, school or person, so it uses no value that could."""
    for text in texts:
        for block in text.parsed.find_all(nodes.Block):
            said = {n.name for n in block.find_all(nodes.Name) if n.ctx == "load"} - SUBJECT_MAY_SAY if block.name == "subject" else set()
            if said:
                yield TemplateFinding(
                    text.file, f"line {block.lineno}: a subject must tell nobody anything; take {', '.join(sorted(said))} out of it"
                )


def _unknown_facts(library: Library, texts: list[WrittenText]) -> Iterator[TemplateFinding]:
    for process, definitions in library.definitions.items():
        known = {name for definition in definitions for name in definition.facts}
        for text in (text for text in texts if text.file.startswith(f"{process}/")):
            asked = {n.attr for n in text.parsed.find_all(nodes.Getattr) if isinstance(n.node, nodes.Name) and n.node.name == "facts"}
            if asked - known:
                yield TemplateFinding(text.file, f"{process} has no fact {', '.join(sorted(asked - known))}; name one of: {', '.join(sorted(known))}")


def _no_child(library: Library, texts: list[WrittenText]) -> Iterator[TemplateFinding]:
    """A letter of a case about a school, or of a ladder in one, speaks of no child."""
    schools = [definition for definition in library.all() if definition.about_school]
    folders = tuple(f"{definition.process}/" for definition in schools)
    rungs = {f"ladders/{rung.template}.j2" for definition in schools for ladder in definition.ladders.values() for rung in ladder.rungs}
    for text in texts:
        if (text.file in rungs or text.file.startswith(folders)) and any(name.name == "child" for name in text.parsed.find_all(nodes.Name)):
            yield TemplateFinding(text.file, "a case about a school has no child; take `child` out of this text")


def _left_out(owed: list[OwedText], texts: list[WrittenText]) -> Iterator[TemplateFinding]:
    sources = {text.file: text.source for text in texts}
    for asked in owed:
        try:
            file = find_template(asked.template, asked.role)
        except TemplateMissing:
            continue
        missing = [word for word in asked.contains if word not in sources[file]]
        if missing:
            yield TemplateFinding(file, f"the law wants in this notice: {', '.join(missing)}; show each (as contains.{missing[0]})")


def _written_texts() -> list[WrittenText]:
    """Every text, read and parsed once."""
    return [_written_text(file) for file in sorted(str(p.relative_to(TEMPLATES)) for p in TEMPLATES.rglob("*.j2"))]


def _written_text(file: str) -> WrittenText:
    source = (TEMPLATES / file).read_text(encoding="utf-8")
    try:
        return WrittenText(file, source, environment().parse(source))
    except TemplateSyntaxError as fault:
        return WrittenText(file, source, nodes.Template([]), fault)  # `_unknown_values` tells it
