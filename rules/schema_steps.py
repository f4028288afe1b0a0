"""The schema of steps and outcomes."""

from __future__ import annotations

from dataclasses import replace

from rules.condition_text import read_condition, read_fact_test
from rules.conditions import FactTest, Opening, StepCondition
from rules.definition import DatedBy, Outcome, Step
from rules.periods import parse_rule
from rules.problems import Problems
from rules.schema import Block, check_name, check_new_name, readable
from rules.yaml_lines import Items, Keys, Node, Text

ACTORS = ("by", "does", "wait", "case")
DUE_CURE = "Write one rule, or `[{if: ..., by: RULE}, {by: RULE}]`."
OUTCOME_CURE = "Write `tells:` and who is told; `nobody` if need be."


def read_steps(block: Block, facts: frozenset[str]) -> dict[str, Step]:
    """The steps by name, in file order. `facts`: names of facts, which tell a fact test from a step condition in an `if`."""
    steps: dict[str, Step] = {}
    for name, node, line in block.each("steps", "Write `steps:` and below it one `name:` a step."):
        block.problems.step = name
        if check_new_name(name, block.problems, line):
            steps[name] = _step(name, node, line, block.problems, facts)
    block.problems.step = ""
    return steps


def _step(name: str, node: Node, line: int, problems: Problems, facts: frozenset[str]) -> Step:
    keys = Block(node, problems, "the step")
    keys.line = line
    each, each_of = _each(keys)
    after = _condition(keys, "after", "Write `after: opening`, or the steps above it that must come first.")
    only_if = keys.node("only_if")
    step = Step(
        name=name,
        title=keys.text("title", "Write `title:` and what people call it."),
        after=after or Opening(),
        by=keys.name("by"),
        does=keys.name("does"),
        wait=keys.rule("wait"),
        case=keys.name("case"),
        case_facts=_text_map(keys, "with"),
        each=each,
        each_of_fact=each_of,
        only_if=None if only_if is None else read_fact_test(only_if, problems),
        until=_condition(keys, "until"),
        may_come_early=_early(keys),
        aside=keys.yes("aside"),
        may=keys.yes("may"),
        hint=keys.text("hint"),
        lines=dict(keys.keys.lines),
        line=line,
    )
    step = _with_ends(keys, _with_dates(keys, facts, step))
    _check_actor(keys, problems, line)
    keys.finish()
    return step


def _with_dates(keys: Block, facts: frozenset[str], step: Step) -> Step:
    """The step with its dates, and the authority they rest on."""
    laws, guidances = keys.words("law"), keys.words("guidance")
    return replace(
        step,
        due=_due(keys, facts),
        target=keys.rule("target"),
        again=keys.rule("again"),
        not_before=keys.rule("not_before"),
        law=laws[0] if laws else "",
        also_law=(*laws[1:], *guidances[1:]),
        guidance=guidances[0] if guidances else "",
        policy=keys.text("policy"),
        ladder=keys.name("ladder"),
    )


def _with_ends(keys: Block, step: Step) -> Step:
    """The step with the ways it can end, what they record and who is told."""
    opened, done = _tells(keys)
    return replace(
        step,
        approval=keys.one_of("kind", ("approval",)) == "approval",
        not_by=keys.name("not_by"),
        outcomes=_outcomes(keys),
        answers=keys.words("answers"),
        lapses_as=keys.name("lapses_as"),
        learns_from=_text_map(keys, "learns_from"),
        records=keys.words("records"),
        tells_opened=opened,
        tells_done=done,
    )


def _check_actor(keys: Block, problems: Problems, line: int) -> None:
    actors = [key for key in ACTORS if keys.has(key)]
    if len(actors) != 1:
        said = f"says {' and '.join(f'`{a}`' for a in actors)}" if actors else "says none of `by`, `does`, `wait`, `case`"
        problems.add(line, f"the step {said}", "Write exactly one: `by` a role, `does` a task, `wait` a date or `case` a process.")
    if keys.has("with") and not keys.has("case"):
        problems.add(keys.line_of("with"), "`with` stands without `case`", "Remove `with`, or write `case: PROCESS`.")


def _each(keys: Block) -> tuple[str, str]:
    node = keys.node("each")
    if isinstance(node, Keys):
        inner = Block(node, keys.problems, "`each`")
        fact = inner.name("of", "Write `{of: FACT}`, or the name of a list under `parties`.")
        inner.finish()
        return "", fact
    return (keys.name("each"), "") if node is not None else ("", "")


def _condition(keys: Block, key: str, cure: str = "") -> StepCondition | None:
    node = keys.node(key, cure)
    return None if node is None else read_condition(node, keys.problems)


def _early(keys: Block) -> bool | StepCondition:
    node = keys.node("may_come_early")
    if not isinstance(node, Keys):
        return keys.yes("may_come_early")
    inner = Block(node, keys.problems, "`may_come_early`")
    condition = _condition(inner, "after", "Write `{after: CONDITION}`, or `no`.")
    inner.finish()
    return condition or False


def _tells(keys: Block) -> tuple[tuple[str, ...], tuple[str, ...]]:
    node = keys.node("tells")
    if not isinstance(node, Keys):
        return (), keys.words("tells")
    inner = Block(node, keys.problems, "`tells`")
    opened, done = inner.words("opened"), inner.words("done")
    inner.finish()
    return opened, done


def _text_map(keys: Block, key: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, node, line in keys.each(key):
        if not isinstance(node, Text) or not node.value.strip():
            keys.problems.add(line, f"`{key}` gives `{name}` no plain value", f"Write `{name}: value`.")
        elif check_name(name, keys.problems, line):
            found[name] = node.value.strip()
    return found


def _due(keys: Block, facts: frozenset[str]) -> tuple[DatedBy, ...]:
    node = keys.node("due")
    if node is None:
        return ()
    return read_due(node, keys.problems, keys.line_of("due"), facts)


def read_due(node: Node, problems: Problems, line: int, facts: frozenset[str]) -> tuple[DatedBy, ...]:
    """One rule, or a list of `{if, by}` whose last has no `if`; problems are noted. Also the shape of a register's `rule`."""
    if isinstance(node, Text):
        return (DatedBy(node.value.strip()),) if readable(node.value.strip(), parse_rule, problems, line) else ()
    if not isinstance(node, Items) or not node.items:
        problems.add(line, "a date is neither a rule nor a list of them", DUE_CURE)
        return ()
    found = [_dated(item, problems, facts) for item in node.items]
    ifs = [isinstance(item, Keys) and "if" in item.entries for item in node.items]
    if ifs[-1] or not all(ifs[:-1]):
        problems.add(line, "a list of dates must have `if` in every entry but the last", DUE_CURE)
    return tuple(found)


def _dated(node: Node, problems: Problems, facts: frozenset[str]) -> DatedBy:
    keys = Block(node, problems, "a date of the list")
    test, steps = keys.node("if"), None
    rule = keys.rule("by", DUE_CURE)
    keys.finish()
    fact_test: FactTest | None = None
    if test is not None:
        fact_keys, step_keys = _parted(test, facts)
        fact_test = read_fact_test(fact_keys, problems) if fact_keys is not None else None
        steps = read_condition(step_keys, problems) if step_keys is not None else None
    return DatedBy(rule, fact_test, steps)


def _parted(node: Node, facts: frozenset[str]) -> tuple[Node | None, Node | None]:
    """An `if` in its two parts: keys that are facts, and keys that are steps."""
    if not isinstance(node, Keys):
        return None, node
    of_facts = {k: v for k, v in node.entries.items() if k in facts or (k in ("any", "all") and _reads_facts(v, facts))}
    of_steps = {k: v for k, v in node.entries.items() if k not in of_facts}
    return (Keys(of_facts, node.line, node.lines) if of_facts else None, Keys(of_steps, node.line, node.lines) if of_steps else None)


def _reads_facts(node: Node, facts: frozenset[str]) -> bool:
    if isinstance(node, Items):
        return any(_reads_facts(item, facts) for item in node.items)
    return isinstance(node, Keys) and any(key in facts for key in node.entries)


def _outcomes(keys: Block) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for name, node, line in keys.each("outcomes"):
        if check_new_name(name, keys.problems, line):
            found[name] = _outcome(name, node, line, keys.problems)
    return found


def _outcome(name: str, node: Node, line: int, problems: Problems) -> Outcome:
    keys = Block(node, problems, f"outcome `{name}`")
    keys.line = line
    opens: dict[str, dict[str, str]] = {}
    for process, child, at in keys.each("opens"):
        if check_name(process, problems, at):
            inner = Block(Keys({process: child}, at, {process: at}), problems, "`opens`")
            opens[process] = _text_map(inner, process)
    outcome = Outcome(
        name=name,
        title=keys.text("title") or name.replace("_", " "),
        tells=keys.words("tells", OUTCOME_CURE),
        records=keys.words("records"),
        gives=keys.name("gives"),
        opens=opens,
        reopens=keys.name("reopens"),
        silence=keys.yes("silence"),
        line=line,
    )
    keys.finish()
    return outcome


def conditions_of(step: Step) -> tuple[tuple[str, StepCondition], ...]:
    """Every step condition of a step with its key: after, until, may_come_early, and the `if`s of `due`."""
    early = step.may_come_early
    found: list[tuple[str, StepCondition | None]] = [("after", step.after), ("until", step.until)]
    found.append(("may_come_early", None if isinstance(early, bool) else early))
    found += [("due", dated.steps) for dated in step.due]
    return tuple((key, condition) for key, condition in found if condition is not None)
