"""What a reader is told of a step: whose it is, by when, in which cases, and what opens it. Read off the definition alone."""

from __future__ import annotations

from collections.abc import Mapping

from rules.condition_words import fact_words, step_words
from rules.definition import Definition, Step
from rules.explain import rule_in_words, words_of


def whose(definition: Definition, step: Step) -> str:
    """`SENCO`, `each of: parent, pupil`, `Sendflow`, `the calendar` or `another case`."""
    if step.by == "party":
        parties = definition.parties.get(step.each, ())
        named = ", ".join(role_title(definition, party) for party in parties)
        return f"each of: {named}" if named else f"each of the {words_of(step.each or step.each_of_fact)}"
    if step.by:
        return role_title(definition, step.by)
    return "Sendflow" if step.does else "the calendar" if step.wait else "another case"


def role_title(definition: Definition, name: str) -> str:
    """What people call a role, or the name in words where it is none."""
    return definition.roles[name].title if name in definition.roles else words_of(name)


def dates_in_words(step: Step, titles: Mapping[str, str]) -> list[str]:
    """Each way in which law or guidance dates the step, in words, the first that holds first. Empty where it sets no date."""
    found = []
    for dated in step.due:
        ifs = [fact_words(dated.facts, titles)] if dated.facts is not None else []
        ifs += [step_words(dated.steps, titles)] if dated.steps is not None else []
        found.append(rule_in_words(dated.rule, titles) + (f" if {' and '.join(ifs)}" if ifs else ""))
    return [words if number == 0 else f"else {words}" for number, words in enumerate(found)]


def target_in_words(step: Step, titles: Mapping[str, str]) -> str:
    """The trust's own date, in words; empty where there is none."""
    return rule_in_words(step.target, titles) if step.target else ""


def sentence(words: str) -> str:
    """The words with a capital first."""
    return words[:1].upper() + words[1:]
