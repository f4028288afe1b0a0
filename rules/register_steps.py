"""What a register says of one step that carries a clause or a citation; read alike for `duties.yaml` and `authorities.yaml`."""

from __future__ import annotations

from rules.condition_text import read_condition, read_fact_test
from rules.conditions import FactTest, StepCondition
from rules.problems import Problems
from rules.register_types import CarriedBy
from rules.schema import Block, read_words
from rules.yaml_lines import Node, Text, read_yaml

CURE = "Write `{process: ..., step: ..., who: ...}`."


def read_carried(node: Node, problems: Problems, required: bool = True) -> CarriedBy:
    """One entry of `steps`. `required`: it must say whose the step is."""
    keys = Block(node, problems, "a step of the clause")
    test: FactTest | None = None
    if (written := keys.node("if")) is not None:
        test = read_fact_test(written, problems)
    carried = CarriedBy(
        process=keys.name("process", CURE),
        step=keys.name("step", CURE),
        who=keys.name("who", CURE if required else ""),
        applies=test,
        each=keys.name("each"),
        told=keys.words("told"),
        opens=keys.words("opens"),
        line=keys.line,
        records=keys.words("records"),
        records_when={name: read_words(child, problems, f"`{name}`") for name, child, _ in keys.each("records_when")},
        ends_as=keys.words("ends_as"),
        gives={name: child.value for name, child, _ in keys.each("gives") if isinstance(child, Text)},
        not_before=keys.rule("not_before"),
        after=condition_under(keys, "after"),
        until=condition_under(keys, "until"),
        early=condition_under(keys, "early"),
    )
    keys.finish()
    return carried


def condition_under(keys: Block, key: str) -> StepCondition | None:
    """The step condition under a key, None where it is not written or cannot be read."""
    node = keys.node(key)
    return None if node is None else read_condition(node, keys.problems)


def top_of(text: str, problems: Problems, what: str) -> Block | None:
    """The keys of a register's file, or None where it is no YAML (`problems` then says so). `what`: what it registers, for the words of a problem."""
    node = read_yaml(text, problems)
    return None if node is None else Block(node, problems, f"the register of {what}")
