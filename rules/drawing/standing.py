"""Where a case stands, for its drawing: what each step has come to, what is late, and which arrows it went along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from rules.definition import Definition
from rules.drawing.graph import Arrow, Graph
from rules.explain import in_full
from rules.perhaps import perhaps_never
from rules.position_types import Instance, Position

LEFT_OUT = {"does_not_apply": "Does not apply.", "overtaken": "Overtaken.", "closed": "Left when the case ended."}
State = Literal["waiting", "open", "late", "done", "left out"]


@dataclass(frozen=True, slots=True)
class Mark:
    """The state of a step over all its parties, in one of five kinds and in words."""

    state: State
    words: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Marks by step, and the arrows along which the case has come."""

    steps: Mapping[str, Mark]
    gone: frozenset[Arrow]
    ended: str = ""


def standing_of(definition: Definition, graph: Graph, position: Position, today: date) -> Standing:
    """How the case stands on `today`. A date of law that has passed unkept is late, also while its step still waits for others, but not while it may
    never be owed."""
    latest: dict[str, dict[str, Instance]] = {}
    for one in position.instances:
        before = latest.setdefault(one.step, {}).get(one.party)
        if before is None or before.round < one.round:
            latest[one.step][one.party] = one
    perhaps = perhaps_never(definition, position)
    marks = {name: _mark(definition, name, tuple(latest[name].values()), today, perhaps) for name in definition.steps if name in latest}
    return Standing(marks, frozenset(_gone(graph, marks, latest, position)), position.ended)


def is_late(one: Instance, today: date) -> bool:
    """Whether the law's date has passed and the step is neither done, nor recorded before its turn, nor excused."""
    return one.status in ("open", "waiting") and not one.early and one.due is not None and not one.lifted and one.due.on < today


def _mark(definition: Definition, name: str, parties: tuple[Instance, ...], today: date, perhaps: frozenset[int]) -> Mark:
    late = [one for one in parties if is_late(one, today) and one.no not in perhaps]
    opened = [one for one in parties if one.status == "open"]
    done = [one for one in parties if one.status == "done"]
    waiting = [one for one in parties if one.status == "waiting"]
    several = f"{len(done)} of {len(parties)} done. " if len(parties) > 1 else ""
    if late:
        first = min(one.due.on for one in late if one.due is not None)
        return Mark("late", f"LATE. {several}It was due on {in_full(first)}.")
    if opened:
        return Mark("open", f"NOW. {several}{_by_when(opened, today)}")
    if waiting and all(one.early for one in waiting):
        return Mark("waiting", f"Recorded, and waits for its turn. {several}".strip())
    if waiting and perhaps.issuperset(one.no for one in waiting):
        days = [one.due.on for one in waiting if one.due is not None]
        return Mark("waiting", f"Not yet, and perhaps never. {several}If it comes to that, by {in_full(min(days))}.")
    if waiting:
        return Mark("waiting", f"Not yet. {several}{_by_when(waiting, today)}")
    if done:
        return Mark("done", _done_in_words(definition, done, len(parties)))
    return Mark("left out", LEFT_OUT.get(parties[0].status, "Not needed."))


def _done_in_words(definition: Definition, done: list[Instance], of: int) -> str:
    last = max(done, key=lambda one: (one.closed_on or date.min, one.no))
    day = in_full(last.closed_on) if last.closed_on else ""
    if of > 1:
        return f"{len(done)} of {of} done{f', the last on {day}' if day else ''}."
    outcome = "" if last.outcome in ("", "done") else f": {_outcome(definition, last)}"
    return f"Done{outcome}{f', {day}' if day else ''}."


def _by_when(parties: list[Instance], today: date) -> str:
    if any(one.lifted for one in parties):
        return "The law's date is lifted."
    days = [due.on for one in parties if (due := one.due or one.target) is not None]
    if not days:
        return ""
    first = in_full(min(days))
    return f"By {first}." if min(days) >= today else f"Our own target, {first}, has passed."  # a date of law would be late


def _outcome(definition: Definition, one: Instance) -> str:
    outcome = definition.steps[one.step].outcomes.get(one.outcome)
    return (outcome.title if outcome else "") or one.outcome.replace("_", " ")


def _gone(graph: Graph, marks: Mapping[str, Mark], latest: Mapping[str, Mapping[str, Instance]], position: Position) -> list[Arrow]:
    """The arrows whose source has been passed and whose target was reached."""
    passed: dict[str, bool] = {}
    for name, node in graph.nodes.items():
        into = [arrow for arrow in graph.arrows if arrow.target == name and not arrow.back]
        if node.kind == "step":
            passed[name] = node.of in marks and marks[node.of].state == "done"
        elif node.kind == "word":
            came_to = {one.outcome if one.status == "done" else one.status for one in latest.get(node.of, {}).values()}
            passed[name] = bool(came_to & set(node.words))
        elif node.kind == "end":
            passed[name] = position.ended == node.of
        else:
            all_of = [passed[arrow.source] or _left_out(graph, latest, arrow) for arrow in into]
            passed[name] = node.kind == "start" or (any(all_of) if node.kind == "any" else all(all_of))
    reached = {name: passed[name] for name in graph.nodes}
    for name, node in graph.nodes.items():
        if node.kind == "step":
            reached[name] = passed[name] or (node.of in marks and any(one.opened_on is not None for one in latest[node.of].values()))
    return [arrow for arrow in graph.arrows if passed[arrow.source] and (reached[arrow.target] or arrow.back)]


def _left_out(graph: Graph, latest: Mapping[str, Mapping[str, Instance]], arrow: Arrow) -> bool:
    """Whether a step that is not done holds nobody up: it does not apply, or the arrow leads on however it is settled."""
    settled = ("does_not_apply", "not_needed", "overtaken") if arrow.loose else ("does_not_apply",)
    parties = latest.get(graph.nodes[arrow.source].of, {}).values()
    return bool(parties) and all(one.status in (*settled, "done") for one in parties)
