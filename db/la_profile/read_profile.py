"""Reads the file of a profile (YAML, or JSON, which is YAML too): every fault with its line and what to write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import TypeVar

from db.importing import cells
from db.importing.problems import BadCell
from db.la_profile.profile import LEVELS, NOTICES, PHASES, Area, Contact, Destination, LaProfile, LeadTime, Officer, Panel
from rules.definition import Definition, Step
from rules.lead_times import wrong_lead_time
from rules.library import Library
from rules.problems import Problems, nearest
from rules.schema import Block, described, read_day, read_words
from rules.yaml_lines import Items, Keys, Node, Text, read_yaml

T = TypeVar("T")
LONGEST_NAME = 200


def read_profile(text: str, file: str, library: Library | None = None) -> LaProfile:
    """The profile in `text`. `library`: hold its steps against the processes; None for one that was loaded before, whose texts may have moved on.

    Raises DefinitionErrors with every fault that was found.
    """
    problems = Problems(file)
    node = read_yaml(text, problems)
    problems.stop_if_any()
    assert node is not None, "what cannot be read has been noted"
    top = Block(node, problems, "the profile")
    found = LaProfile(
        code=_cell(top, "la", cells.la_code, "Write `la:` and the authority's three-digit code, in quotes."),
        name=_name(top),
        mailbox=_cell(top, "mailbox", cells.e_mail, "Write `mailbox:` and the address of the SEND team."),
        phone=top.text("phone"),
        checked_on=top.day("checked_on"),
        notices=top.one_of("notices", NOTICES, NOTICES[0]),
        officers=tuple(_officers(top)),
        escalation=tuple(_escalation(top)),
        lead_times=tuple(_lead_times(top, library)),
        panels=tuple(_panels(top)),
        send=tuple(_destinations(top, library)),
    )
    top.finish()
    _one_name_an_address(found, problems)
    _panels_with_papers(found, problems)
    problems.stop_if_any()
    return found


def _officers(top: Block) -> Iterator[Officer]:
    for block in _list(top, "officers", "an officer"):
        area = _area(block)
        yield Officer(_contact(block), area, block.line)
        block.finish()


def _area(officer: Block) -> Area:
    block = officer.block("for", "`for`")
    if block is None:
        return Area()
    pupils, schools = (_cells(block, key, read) for key, read in (("pupils", cells.upn), ("schools", _urn)))
    surnames, years, phase = _surnames(block), _years(block), block.one_of("phase", tuple(PHASES))
    if phase and years:
        block.problems.add(block.line_of("phase"), "both `years` and `phase` are given", "Keep one of them.")
    block.finish()
    return Area(pupils, schools, surnames, PHASES[phase] if phase else years)


def _surnames(block: Block) -> tuple[str, str]:
    said = block.text("surnames")
    if not said:
        return "", ""
    written = re.split(r"\s+to\s+|\s*-\s*", said)
    ends = [folded(end) for end in written]
    if len(ends) > 2 or not all(end.isalpha() for end in written) or not all(1 <= len(end) <= 20 for end in ends):
        block.problems.add(block.line_of("surnames"), f"`surnames: {said}` is no range of letters", "Write `surnames: A to K`, or `Ha to Hz`.")
        return "", ""
    if ends[0] > ends[-1]:
        block.problems.add(block.line_of("surnames"), f"`surnames: {said}` runs backwards", "Write the earlier letter first.")
    return ends[0], ends[-1]


def _years(block: Block) -> tuple[int, int] | None:
    said = block.text("years")
    if not said:
        return None
    try:
        ends = [cells.year_group(end) for end in re.split(r"\s+to\s+|\s*-\s*", said)]
    except BadCell:
        ends = []
    if not 1 <= len(ends) <= 2 or ends[0] > ends[-1]:
        block.problems.add(block.line_of("years"), f"`years: {said}` is no range of year groups", "Write `years: R to 6`, or `years: 9`.")
        return None
    return ends[0], ends[-1]


def _escalation(top: Block) -> Iterator[tuple[str, Contact]]:
    block = top.block("escalation", "`escalation`")
    for level in LEVELS if block is not None else ():
        if block is not None and (one := block.block(level, f"`{level}`")) is not None:
            yield level, _contact(one)
            one.finish()
    if block is not None:
        block.finish()


def _contact(block: Block) -> Contact:
    email = _cell(block, "email", cells.e_mail, "Write `email:` and one address.")
    found = Contact(_name(block), email, block.text("phone"), block.day("from"), block.day("until"))
    if found.from_on and found.until_on and found.until_on < found.from_on:
        block.problems.add(block.line_of("until"), f"`until: {found.until_on}` comes before `from`", "Write the earlier day in `from`.")
    return found


def _name(block: Block) -> str:
    name = block.text("name", "Write `name:` and a name.")
    if len(name) > LONGEST_NAME:
        block.problems.add(block.line_of("name"), f"a name may have {LONGEST_NAME} letters at most", "Shorten it.")
    return name


def _lead_times(top: Block, library: Library | None) -> Iterator[LeadTime]:
    said: set[tuple[str, str]] = set()
    for block in _list(top, "lead_times", "a lead time"):
        texts = _texts_of_step(block, library)
        panel = block.text("panel")
        by = block.rule("by", "" if panel else "Write `by:` and a rule, as `10 working days before meeting_on`, or `panel:` and its name.")
        found = LeadTime(block.name("process"), block.name("step"), by, block.text("note"), panel, block.line)
        if panel and by:
            block.problems.add(block.line_of("panel"), "both `by` and `panel` are given", "Keep one of them.")
        for definition, step in texts if by or panel else ():
            if wrong := wrong_lead_time(definition, step, by):
                block.problems.add(block.line_of("by"), *wrong)
        if (found.process, found.step) in said:
            block.problems.add(block.line, f"{found.process}/{found.step} has two lead times", "Keep one.")
        said.add((found.process, found.step))
        block.finish()
        yield found


def _panels(top: Block) -> Iterator[Panel]:
    for block in _list(top, "panels", "a panel"):
        days = [read_day(word, block.problems, block.line_of("on")) for word in _words(block, "on")]
        yield Panel(_name(block), tuple(sorted(day for day in days if day)), block.period("papers"), block.text("note"))
        block.finish()


def _destinations(top: Block, library: Library | None) -> Iterator[Destination]:
    said: set[tuple[str, str]] = set()
    for block in _list(top, "send", "a place to send to"):
        _texts_of_step(block, library)
        to = block.text("to", "Write `to:` and an e-mail address, or the address of a portal.")
        if to and not to.startswith("https://"):
            _checked(block, "to", to, cells.e_mail, "Write one e-mail address, or a web address that begins with https://.")
        elif to and not re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?(/[^\s<>\"']*)?", to):
            block.problems.add(block.line_of("to"), f"`to: {to}` is no web address", "Write it as in the browser's address bar.")
        found = Destination(block.name("process"), block.name("step"), to, block.text("note"))
        if (found.process, found.step) in said:
            block.problems.add(block.line, f"{found.process}/{found.step} goes to two places", "Keep one.")
        said.add((found.process, found.step))
        block.finish()
        yield found


def _texts_of_step(block: Block, library: Library | None) -> list[tuple[Definition, Step]]:
    """The step that `process` and `step` name, in every text of its process; nothing once a fault was noted."""
    process, step = block.name("process", "Write `process:` and its name."), block.name("step", "Write `step:` and its name.")
    if library is None or not process or not step:
        return []
    if process not in library.definitions:
        block.problems.add(block.line_of("process"), f"there is no process `{process}`", nearest(process, library.definitions))
        return []
    found = [(one, one.steps[step]) for one in library.definitions[process] if step in one.steps]
    if not found:
        known = {name for one in library.definitions[process] for name in one.steps}
        block.problems.add(block.line_of("step"), f"{process} has no step `{step}`", nearest(step, known))
    return found


def _list(top: Block, key: str, what: str) -> Iterator[Block]:
    node = top.node(key)
    if node is not None and not isinstance(node, Items):
        top.problems.add(top.line_of(key), f"`{key}` is {described(node)}", f"Write `{key}:` and below it one `- ` an entry.")
    for item in node.items if isinstance(node, Items) else ():
        yield Block(item if isinstance(item, Keys) else _as_keys(item, top, what), top.problems, what)


def _as_keys(item: Node, top: Block, what: str) -> Keys:
    top.problems.add(item.line, f"{what} is {described(item)}", "Write `{key: value}`.")
    return Keys({}, item.line)


def _words(block: Block, key: str) -> tuple[str, ...]:
    node = block.node(key)
    return () if node is None else read_words(node, block.problems, f"`{key}`")


def _cells(block: Block, key: str, read: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(_checked(block, key, word, read) for word in _words(block, key))


def _cell(block: Block, key: str, read: Callable[[str], str], cure: str) -> str:
    said = block.text(key, cure)
    return _checked(block, key, said, read, cure) if said else ""


def _checked(block: Block, key: str, word: str, read: Callable[[str], str], cure: str = "") -> str:
    """The cell as its reader gives it; its fault at its own line, also within a list."""
    try:
        return read(word)
    except BadCell as fault:
        node = block.keys.entries.get(key)
        lines = [one.line for one in node.items if isinstance(one, Text) and one.value.strip() == word] if isinstance(node, Items) else []
        block.problems.add(lines[0] if lines else block.line_of(key), f"`{key}`: {fault}", cure or "Write it as the register has it.")
        return ""


def _urn(word: str) -> str:
    return str(cells.urn(word))


def folded(surname: str) -> str:
    """Capitals without accents, blanks and marks: `O'Brien` and `Peña-Ruiz` stand where a list by letters has them."""
    plain = unicodedata.normalize("NFKD", surname).upper()
    return "".join(letter for letter in plain if "A" <= letter <= "Z")


def _panels_with_papers(profile: LaProfile, problems: Problems) -> None:
    papers = {one.name: one.papers for one in profile.panels}
    for one in profile.lead_times:
        if one.panel and one.panel not in papers:
            problems.add(one.line, f"there is no panel {one.panel!r} in this file", nearest(one.panel, papers, "the name of one of `panels:`"))
        elif one.panel and not papers[one.panel]:
            problems.add(one.line, f"the panel {one.panel!r} does not say how long before papers must be there", "Write `papers: 1 week` with it.")


def _one_name_an_address(profile: LaProfile, problems: Problems) -> None:
    names: dict[str, str] = {}
    people = [(one.contact, one.line) for one in profile.officers] + [(one, 1) for _, one in profile.escalation]
    for contact, line in people:
        known = names.setdefault(contact.email.casefold(), contact.name)
        if contact.email and known != contact.name:
            problems.add(line, f"{contact.email} stands under two names, {known} and {contact.name}", "Write one name for one address.")
