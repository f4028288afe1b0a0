"""The graph of a definition: what opens what, as a reader follows it from the opening to the ends.

An arrow that others already say is left out: if B needs A, a step after both A and B is drawn after B. `until`, `may_come_early` and interrupts are
not drawn; the process book tells them in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rules.condition_text import steps_in
from rules.conditions import AllOf, AnyOf, Done, Opening, Settled, StepCondition
from rules.definition import Definition

Kind = Literal["start", "step", "word", "all", "any", "end", "opens"]


@dataclass(frozen=True, slots=True)
class Node:
    """`start`; a `step`; a `word` (what a step came to, where that steers); `all` or `any` (arrows that meet); an `end`; `opens`, another case.

    `name` is unique and an XML name. `of`: the step, the end, or the process it opens. `words`: the outcomes of a `word`."""

    name: str
    kind: Kind
    of: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one node to another. `back`: it reopens a step above. `loose`: it also leads on where the first step is left out."""

    source: str
    target: str
    back: bool = False
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by name, each after all that lead to it (but for `back` arrows), and arrows in the order of the file."""

    nodes: dict[str, Node]
    arrows: tuple[Arrow, ...]


def graph_of(definition: Definition) -> Graph:
    """The graph of a definition. The same definition gives the same graph, to the letter."""
    drawn = _Drawn(definition)
    for step in definition.steps.values():
        drawn.place(Node(f"step_{step.name}", "step", step.name), step.after)
        for outcome in step.outcomes.values():
            if outcome.reopens:
                for word in drawn.words(step.name, (outcome.name,)):
                    drawn.arrows[Arrow(word, f"step_{outcome.reopens}", back=True)] = None
            for process in outcome.opens:
                opened = Node(f"opens_{step.name}_{outcome.name}_{process}", "opens", process)
                drawn.place(opened, Done(step.name, (outcome.name,)))
    for end in definition.ends.values():
        drawn.place(Node(f"end_{end.name}", "end", end.name), end.after)
    return Graph(drawn.nodes, tuple(drawn.arrows))


def _told_apart(definition: Definition) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Of each step the words that steer, in groups: two words that every condition names together are one group."""
    asked: dict[str, list[tuple[str, ...]]] = {}
    for condition in (*(step.after for step in definition.steps.values()), *(end.after for end in definition.ends.values())):
        for leaf in steps_in(condition):
            if isinstance(leaf, Done) and leaf.outcomes:
                asked.setdefault(leaf.step, []).append(leaf.outcomes)
    for step in definition.steps.values():
        asked.setdefault(step.name, []).extend((o.name,) for o in step.outcomes.values() if o.reopens or o.opens)
    groups: dict[str, tuple[tuple[str, ...], ...]] = {}
    for name, sets in asked.items():
        alike: dict[tuple[bool, ...], list[str]] = {}
        for word in dict.fromkeys(word for found in sets for word in found):
            alike.setdefault(tuple(word in found for found in sets), []).append(word)
        groups[name] = tuple(tuple(words) for words in alike.values())
    return groups


class _Drawn:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.groups = _told_apart(definition)
        self.nodes: dict[str, Node] = {"start": Node("start", "start")}
        self.arrows: dict[Arrow, None] = {}
        self.met: dict[StepCondition, str] = {}

    def place(self, node: Node, after: StepCondition) -> None:
        """Put a node below all that leads to it."""
        sources = self._sources(after)
        self.nodes.setdefault(node.name, node)
        for source, loose in sources:
            self.arrows[Arrow(source, node.name, loose=loose)] = None

    def words(self, step: str, outcomes: tuple[str, ...]) -> list[str]:
        """The nodes of these outcomes of a step, each made with its arrow where it is new."""
        names = []
        for group in self.groups[step]:
            if set(group) <= set(outcomes):
                names.append(f"word_{step}_{'_or_'.join(group)}")
                self.nodes.setdefault(names[-1], Node(names[-1], "word", step, group))
                self.arrows[Arrow(f"step_{step}", names[-1])] = None
        return names

    def _sources(self, condition: StepCondition) -> list[tuple[str, bool]]:
        """The nodes of which any one leads on by this condition, each with whether its arrow is loose."""
        if isinstance(condition, Opening):
            return [("start", False)]
        if isinstance(condition, Settled):
            return [(f"step_{condition.step}", True)]
        if isinstance(condition, Done):
            return [(word, False) for word in self.words(condition.step, condition.outcomes)] or [(f"step_{condition.step}", False)]
        if isinstance(condition, AnyOf):
            return list(dict.fromkeys(source for part in condition.parts for source in self._sources(part)))
        parts = self._without_the_said(_flat(condition))
        return self._sources(parts[0]) if len(parts) == 1 else [(self._meeting("all", AllOf(parts)), False)]

    def _meeting(self, kind: Literal["all", "any"], condition: AllOf | AnyOf) -> str:
        """The node where the arrows of a condition meet; the same condition meets in one node."""
        if condition not in self.met:
            sources = [self._one(part) for part in condition.parts] if kind == "all" else self._sources(condition)
            name = f"{kind}_{len(self.met) + 1}"
            self.met[condition] = name
            self.nodes[name] = Node(name, kind)
            for source, loose in sources:
                self.arrows[Arrow(source, name, loose=loose)] = None
        return self.met[condition]

    def _one(self, condition: StepCondition) -> tuple[str, bool]:
        """One node for a condition, where need be one at which its ways meet."""
        sources = self._sources(condition)
        return sources[0] if len(sources) == 1 else (self._meeting("any", AnyOf((condition,))), False)

    def _without_the_said(self, parts: tuple[StepCondition, ...]) -> tuple[StepCondition, ...]:
        """The parts that no other part needs already."""
        kept = tuple(one for one in parts if not any(_says(needed, one) for other in parts if other is not one for needed in self._needs(other)))
        return kept or parts

    def _needs(self, condition: StepCondition) -> set[Done | Settled]:
        """All that must have come before the step of a condition could open, by `after` alone."""
        if not isinstance(condition, Done | Settled):
            return set()
        found: set[Done | Settled] = set()
        after = self.definition.steps[condition.step].after
        for part in _flat(after) if isinstance(after, AllOf) else (after,):
            if isinstance(part, Done | Settled):
                found |= {part} | self._needs(part)
        return found


def _flat(condition: AllOf) -> tuple[StepCondition, ...]:
    """The parts of a condition, those of an inner `all` among them."""
    return tuple(inner for part in condition.parts for inner in (_flat(part) if isinstance(part, AllOf) else (part,)))


def _says(needed: Done | Settled, asked: StepCondition) -> bool:
    """Whether what is needed already says what is asked."""
    if not isinstance(asked, Done | Settled) or needed.step != asked.step:
        return False
    if isinstance(asked, Settled) or not asked.outcomes:
        return True
    return isinstance(needed, Done) and bool(needed.outcomes) and set(needed.outcomes) <= set(asked.outcomes)
