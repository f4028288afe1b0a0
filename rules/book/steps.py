"""A step as a page of the process book tells it: who, by when, on what authority, what is sent, who is told when it is late."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rules.condition_words import fact_words, step_words
from rules.definition import Definition, Outcome, Step
from rules.explain import rule_in_words, words_of
from rules.step_words import dates_in_words, role_title, sentence, target_in_words, whose
from rules.timeline import titles_of

Subject = Callable[[str], str]  # the name of a message's template -> its subject line
LAST_DAY = {"does not roll": "The last day stays where it falls, also on a day that is no working day"}
Row = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class BookStep:
    """A step: its name in the file, its title, and rows of a heading with one or more sentences."""

    name: str
    title: str
    rows: tuple[Row, ...]


def book_step(definition: Definition, step: Step, subject: Subject) -> BookStep:
    """The whole of a step, in words. Rows that would be empty are left out."""
    titles = titles_of(definition)
    rows: list[Row] = [
        ("Who", (sentence(whose(definition, step)) + _recorded_by(definition, step),)),
        ("Opens", (sentence(step_words(step.after, titles)),)),
        ("Only if", () if step.only_if is None else (fact_words(step.only_if, titles),)),
        ("By when, by law", tuple(_dates(step, titles))),
        ("Our own date", tuple(_targets(step, titles))),
        ("Rests on", tuple(_citations(step))),
        ("Records", tuple(titles.get(fact) or words_of(fact) for fact in step.records)),
        ("How it can end", tuple(_endings(definition, step, titles))),
        ("What is sent", tuple(_messages(definition, step, subject))),
        ("Who is told when", tuple(_rungs(definition, step))),
        ("Pointless once", () if step.until is None else (step_words(step.until, titles),)),
        ("May come early", tuple(_early(step, titles))),
    ]
    return BookStep(step.name, titles[step.name], tuple(row for row in rows if row[1]))


def told(definition: Definition, names: tuple[str, ...]) -> str:
    """Roles and lists of parties as people call them."""
    words = []
    for name in names:
        if name in definition.parties:
            words.append(f"everyone {words_of(name)}")
        else:
            words.append("the party itself" if name == "party" else role_title(definition, name))
    return ", ".join(words) or "nobody"


def _recorded_by(definition: Definition, step: Step) -> str:
    role = definition.roles.get(step.by)
    if role is None or role.ours or not role.recorded_by:
        return ""
    return f", whom we chase; recorded by {told(definition, role.recorded_by)}"


def _dates(step: Step, titles: Mapping[str, str]) -> Iterator[str]:
    yield from (sentence(words) for words in dates_in_words(step, titles))
    if step.not_before:
        yield f"Not before: {rule_in_words(step.not_before, titles)}"
    if step.due and step.counting.name:
        yield LAST_DAY.get(step.counting.name, f"How the last day is counted: {step.counting.name}")


def _targets(step: Step, titles: Mapping[str, str]) -> Iterator[str]:
    if step.target:
        yield sentence(target_in_words(step, titles))
    if step.again:
        yield f"In a later round: {rule_in_words(step.again, titles)}"


def _citations(step: Step) -> Iterator[str]:
    yield from (law for law in (step.law, *step.also_law) if law)
    if step.guidance:
        yield step.guidance
    if step.policy:
        yield f"The trust's SEND policy, section {step.policy}"


def _endings(definition: Definition, step: Step, titles: Mapping[str, str]) -> Iterator[str]:
    for outcome in step.outcomes.values():
        yield ". ".join([sentence(outcome.title or words_of(outcome.name)), *_follows(definition, outcome, titles)])
    yield from (sentence(word.replace("_", " ")) for word in step.answers)
    if step.lapses_as:
        yield f"Without an answer in time it is recorded as: {step.lapses_as.replace('_', ' ')}"
    for process, word in step.learns_from.items():
        yield f"A case “{words_of(process)}” about the same records it: {word.replace('_', ' ')}. While that runs, nothing lapses here"
    if step.approval:
        yield f"It is an approval{f', by another person than did “{titles[step.not_by]}”' if step.not_by else ''}"


def _follows(definition: Definition, outcome: Outcome, titles: Mapping[str, str]) -> Iterator[str]:
    if outcome.gives:
        yield f"It gives a right: {words_of(outcome.gives)}"
    if outcome.reopens:
        yield f"“{titles[outcome.reopens]}” begins again"
    yield from (f"It opens a case: {words_of(process)}" for process in outcome.opens)
    if outcome.records:
        yield f"It records {', '.join(titles.get(fact) or words_of(fact) for fact in outcome.records)}"


def _messages(definition: Definition, step: Step, subject: Subject) -> Iterator[str]:
    if step.tells_opened:
        yield _message(definition, f"{step.name}.opened", "When it opens", step.tells_opened, subject)
    if step.tells_done:
        yield _message(definition, f"{step.name}.done", "When it is done", step.tells_done, subject)
    for outcome in step.outcomes.values():
        title = sentence(outcome.title or words_of(outcome.name))
        if set(outcome.tells) - {"nobody"}:
            yield _message(definition, f"{step.name}.{outcome.name}", title, outcome.tells, subject)
            contains = {**step.contains, **outcome.contains}
            if contains:
                yield f"By law that message holds: {'; '.join(contains.values())}"


def _message(definition: Definition, name: str, when: str, tells: tuple[str, ...], subject: Subject) -> str:
    return f"{when}, to {told(definition, tells)}: “{subject(f'{definition.process}/{name}')}”"


def _rungs(definition: Definition, step: Step) -> Iterator[str]:
    ladder = definition.ladders.get(step.ladder)
    for rung in ladder.rungs if ladder else ():
        when = "On the day" if rung.when == "on" else sentence(rung.when)
        whom = "whoever owes it" if rung.tells == "owner" else role_title(definition, rung.tells)
        yield f"{when}: {whom} ({rung.severity})"


def _early(step: Step, titles: Mapping[str, str]) -> Iterator[str]:
    if step.may_come_early is True:
        yield "At any time"
    elif step.may_come_early is not False:
        yield f"From when {step_words(step.may_come_early, titles)}"
