"""The schema of a whole process file, read into a draft: names are not yet checked against each other (`rules/names.py` does that)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from rules.condition_text import read_condition, read_fact_test
from rules.conditions import OneOf, Opening
from rules.definition import PUPIL, SUBJECTS, End, Example, Fact, Interrupt, LawfulException, Step
from rules.periods import RuleError, within
from rules.problems import Problems, nearest
from rules.schema import Block, check_new_name, read_words
from rules.schema_facts import read_facts, when_changed_from
from rules.schema_steps import read_steps
from rules.warning_types import OpeningWarning
from rules.yaml_lines import Items, Keys, Node, Text, read_yaml


@dataclass(frozen=True, slots=True)
class DraftTotal:
    """A total as written; `rule` is the whole rule it means."""

    start: str
    to: str
    within: str
    rule: str
    law: str
    line: int


@dataclass
class Draft:
    """A process file as read. `lines`: the line of each name of `ends`, `parties` and so on, by (section, name)."""

    process: str = ""
    prefix: str = ""
    title: str = ""
    about: str = ""
    opens_with: dict[str, Fact] = field(default_factory=dict)
    opens_on: str = ""
    once_for: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    corrections_tell: tuple[str, ...] = ()
    stands_aside: dict[str, OneOf] = field(default_factory=dict)
    begins_with: tuple[str, ...] = ()
    facts: dict[str, Fact] = field(default_factory=dict)
    parties: dict[str, tuple[str, ...]] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)
    interrupts: dict[str, Interrupt] = field(default_factory=dict)
    exceptions: dict[str, LawfulException] = field(default_factory=dict)
    warns: dict[str, OpeningWarning] = field(default_factory=dict)
    totals: tuple[DraftTotal, ...] = ()
    examples: tuple[Example, ...] = ()
    in_force_from: date | None = None
    in_force_until: date | None = None
    in_force_by: str = ""
    lines: dict[tuple[str, str], int] = field(default_factory=dict)


def read_draft(text: str, problems: Problems) -> Draft | None:
    """The file as a draft, or None if it is no YAML mapping. Problems are noted."""
    node = read_yaml(text, problems)
    if node is None:
        return None
    top = Block(node, problems, "the process")
    draft = Draft(lines={("", key): line for key, line in node.lines.items()})
    draft.process = top.name("process", "Write `process:` and its name, such as annual_review.")
    draft.title = top.text("title", "Write `title:` and what people call it.")
    draft.about = top.name("about") or PUPIL
    if draft.about not in SUBJECTS:
        problems.add(top.line_of("about"), f"`about: {draft.about[:40]}` is neither a pupil nor a school", "Write `about: pupil` or `about: school`.")
    draft.prefix = top.text("prefix", "Write `prefix:` and two to four capital letters for case references, such as AR.")
    if draft.prefix and not re.fullmatch(r"[A-Z]{2,4}", draft.prefix):
        problems.add(top.line_of("prefix"), f"`prefix: {draft.prefix[:20]}` is not two to four capital letters", "Write for example AR.")
    draft.opens_with = read_facts(
        _or_empty(top, "opens_with", "Write `opens_with:` and the facts that whoever opens the case states."), "opens_with", opener=True
    )
    draft.opens_on = top.rule("opens_on")
    draft.once_for = top.words("once_for")
    draft.readers = top.words("readers")
    draft.stands_aside = _stands_aside(top)
    draft.corrections_tell = top.words("corrections_tell")
    draft.begins_with = top.words("begins_with", "Write `begins_with:` and the steps that say `after: opening`.")
    draft.facts = _merged(draft, read_facts(top, "facts", opener=False), problems)
    _when_changed(top, draft)
    _parties(top, draft)
    draft.steps = read_steps(top, frozenset(draft.facts))
    draft.ends = _ends(top, draft)
    draft.interrupts = _interrupts(top)
    draft.exceptions = _exceptions(top)
    draft.warns = _warns(top)
    draft.totals = _totals(top)
    draft.examples = _examples(top)
    _in_force(top, draft)
    top.finish()
    return draft


def _or_empty(top: Block, key: str, cure: str) -> Block:
    """The block itself; notes a missing required key once."""
    if not top.has(key):
        top.node(key, cure)
    return top


def _merged(draft: Draft, recorded: dict[str, Fact], problems: Problems) -> dict[str, Fact]:
    for name, fact in recorded.items():
        if name in draft.opens_with:
            problems.add(fact.line, f"fact `{name}` stands in `opens_with` and in `facts`", "Keep it in `opens_with`.")
    return {**draft.opens_with, **recorded}


def _when_changed(top: Block, draft: Draft) -> None:
    for name, node, line in top.each("when_changed"):
        changed = when_changed_from(node, top, line)
        fact = draft.facts.get(name)
        if fact is None:
            top.problems.add(line, f"`when_changed` names `{name}`, which is no fact", nearest(name, draft.facts))
        elif fact.when_changed is not None:
            top.problems.add(line, f"fact `{name}` says `when_changed` twice", "Keep it here or beside the fact.")
        else:
            draft.facts[name] = replace(fact, when_changed=changed)
            if name in draft.opens_with:
                draft.opens_with[name] = draft.facts[name]


def _parties(top: Block, draft: Draft) -> None:
    for name, node, line in top.each("parties"):
        if check_new_name(name, top.problems, line):
            draft.parties[name] = read_words(node, top.problems, f"party list `{name}`")
            draft.lines["parties", name] = line


def _ends(top: Block, draft: Draft) -> dict[str, End]:
    found: dict[str, End] = {}
    for name, node, line in top.each("ends", "Write `ends:` and below it `name: {after: ...}` for each way the case ends."):
        if check_new_name(name, top.problems, line):
            keys = Block(node, top.problems, f"end `{name}`")
            after = keys.node("after", "Write `after:` and what ends the case so.")
            condition = None if after is None else read_condition(after, top.problems)
            found[name] = End(name, condition or Opening(), keys.text("title") or name.replace("_", " "), keys.words("tells"))
            draft.lines["ends", name] = line
            keys.finish()
    if top.has("ends") and not found:
        top.problems.add(top.line_of("ends"), "no end can be read", "Write at least one `name: {after: ...}`.")
    return found


def _interrupts(top: Block) -> dict[str, Interrupt]:
    found: dict[str, Interrupt] = {}
    for name, node, line in top.each("interrupts"):
        if check_new_name(name, top.problems, line):
            keys = Block(node, top.problems, f"interrupt `{name}`")
            by = keys.words("by", "Write `by:` and the roles that may say so.")
            found[name] = Interrupt(name, by, keys.words("tells"), keys.text("title") or name.replace("_", " "))
            keys.finish()
    return found


def _exceptions(top: Block) -> dict[str, LawfulException]:
    found: dict[str, LawfulException] = {}
    for name, node, line in top.each("exceptions"):
        if check_new_name(name, top.problems, line):
            found[name] = _exception(name, node, line, top.problems)
    return found


def _exception(name: str, node: Node, line: int, problems: Problems) -> LawfulException:
    keys = Block(node, problems, f"exception `{name}`")
    law = keys.text("law")
    lifts = keys.node("lifts", "Write `lifts: {STEP: letter of the law}`.")
    letters: dict[str, str] = {}
    if isinstance(lifts, Keys):
        letters = {step: child.value for step, child in lifts.entries.items() if isinstance(child, Text) and child.value}
        if len(letters) < len(lifts.entries):
            problems.add(lifts.line, f"exception `{name}` lifts a step without a letter", "Write `STEP: reg 5(4)(a)`.")
    elif lifts is not None:
        letters = dict.fromkeys(read_words(lifts, problems, "`lifts`"), law)
        if not law:
            problems.add(line, f"exception `{name}` names no law", "Write `law:` and the letter, or `lifts: {STEP: letter}`.")
    by = keys.words("by", "Write `by:` and the roles that may apply it.")
    review = keys.period("review", "Write `review:` and a period after which somebody looks at it again, such as 4 weeks.")
    title = keys.text("title") or name.replace("_", " ")
    keys.finish()
    return LawfulException(name, law or "; ".join(dict.fromkeys(letters.values())), tuple(letters), by, review, title, letters)


def _warns(top: Block) -> dict[str, OpeningWarning]:
    found: dict[str, OpeningWarning] = {}
    for name, node, line in top.each("warns"):
        if check_new_name(name, top.problems, line):
            keys = Block(node, top.problems, f"warning `{name}`")
            until = keys.rule("until", "Write `until: RULE`, such as 6 months after last_assessed_on: opened later, nobody is warned.")
            title = keys.text("title", "Write `title:` and what whoever opens the case is told.")
            law, policy = keys.text("law"), keys.text("policy")
            if not law and not policy:
                top.problems.add(line, f"the warning `{name}` rests on nothing", "Write `law:` or `policy:`.")
            keys.finish()
            found[name] = OpeningWarning(name, until, title, law, policy, line)
    return found


def _stands_aside(top: Block) -> dict[str, OneOf]:
    found: dict[str, OneOf] = {}
    for role, node, line in top.each("stands_aside"):
        test = read_fact_test(node, top.problems)
        if isinstance(test, OneOf):
            found[role] = test
        elif test is not None:
            top.problems.add(line, f"`stands_aside` of `{role}` is no word of one fact", "Write `ROLE: {FACT: WORD}`.")
    return found


def _totals(top: Block) -> tuple[DraftTotal, ...]:
    node = top.node("totals")
    found: list[DraftTotal] = []
    for item in node.items if isinstance(node, Items) else () if node is None else (node,):
        keys = Block(item, top.problems, "a total")
        cure = "Write `{from: FACT, to: STEP, within: PERIOD, law: CITATION}`."
        start, to, period, law = keys.name("from", cure), keys.name("to", cure), keys.text("within", cure), keys.text("law", cure)
        keys.finish()
        rule = total_rule(period, start, keys) if period and start else ""
        found.append(DraftTotal(start, to, period, rule, law, keys.line))
    return tuple(found)


def total_rule(period: str, start: str, keys: Block) -> str:
    """The rule that a total's bare period means. `0 days` is the day itself."""
    try:
        return f"on {start}" if period == "0 days" else within(period, start).text
    except RuleError as error:
        keys.problems.add(keys.line_of("within"), f"`within: {period[:60]}` is no period: {error.problem}", f"{error.cure.rstrip('.')}.")
        return ""


def _examples(top: Block) -> tuple[Example, ...]:
    node = top.node("examples")
    found: list[Example] = []
    for item in node.items if isinstance(node, Items) else () if node is None else (node,):
        keys = Block(item, top.problems, "an example")
        title = keys.text("title", "Write `title:` and what the example shows.")
        history, expect = keys.node("history", "Write `history:` and a list of events."), keys.node("expect", "Write `expect: {open: [...]}`.")
        keys.finish()
        raw_history, raw_expect = plain(history), plain(expect)
        if not isinstance(raw_history, list) or not raw_history or not all(isinstance(e, Mapping) for e in raw_history):
            top.problems.add(keys.line, "an example's `history` is no list of events", "Write `- {open: {...}, on: 2026-09-10}` and so on.")
        elif not isinstance(raw_expect, Mapping) or not raw_expect:
            top.problems.add(keys.line, "an example expects nothing", "Write `expect: {open: [...], due: {...}}` or `{ended: ...}`.")
        else:
            found.append(Example(title, tuple(raw_history), raw_expect, keys.line))
    return tuple(found)


def plain(node: Node | None) -> object:
    """A node as plain dicts, lists and text."""
    if isinstance(node, Keys):
        return {key: plain(child) for key, child in node.entries.items()}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return node.value if node is not None else None


def _in_force(top: Block, draft: Draft) -> None:
    keys = top.block("in_force", "`in_force`")
    if keys is None:
        return
    draft.in_force_from, draft.in_force_until, draft.in_force_by = keys.day("from"), keys.day("until"), keys.name("by")
    if draft.in_force_from and draft.in_force_until and draft.in_force_until < draft.in_force_from:
        top.problems.add(keys.line, "`in_force` ends before it begins", "Write `from` before `until`.")
    keys.finish()
