"""Checks that every name a process uses exists: facts, steps, outcomes, parties, roles, ladders, rights, and the bases of every rule."""

from __future__ import annotations

from collections.abc import Iterable

from rules.condition_text import facts_in, has_opening, steps_in
from rules.conditions import AtLeast, AtMost, DayIs, Done, FactTest, OneOf, Settled, StepCondition
from rules.definition import ADULT, SPEAKS, Fact, Outcome, Step
from rules.periods import Rule, parse_rule
from rules.problems import Problems, nearest
from rules.register_types import Registers
from rules.schema_process import Draft
from rules.schema_steps import conditions_of

STATUS_WORDS = ("does_not_apply", "not_needed")
DAY_TYPES = ("date", "planned date", "year")


def check_names(draft: Draft, registers: Registers, problems: Problems) -> None:
    """Note every name of the draft that does not exist."""
    checker = _Checker(draft, registers, problems)
    for step in draft.steps.values():
        problems.step = step.name
        checker.step(step)
    problems.step = ""
    checker.facts()
    checker.process()


class _Checker:
    """The names of one draft."""

    def __init__(self, draft: Draft, registers: Registers, problems: Problems) -> None:
        self.draft = draft
        self.registers = registers
        self.problems = problems
        self.order = {name: place for place, name in enumerate(draft.steps)}

    def known(self, word: str, names: Iterable[str], what: str, line: int) -> bool:
        """Whether the word is among the names; a Problem if not. An empty word was reported before."""
        names = list(names)
        if not word or word in names:
            return True
        self.problems.add(line, f"`{word}` is no {what}", nearest(word, names))
        return False

    def step(self, step: Step) -> None:
        self.actor(step)
        self.parties_of(step)
        if step.ladder:
            self.known(step.ladder, self.registers.ladders, "ladder in ladders.yaml", step.at("ladder"))
        if step.not_by and self.known(step.not_by, self.draft.steps, "step", step.at("not_by")) and self.order[step.not_by] >= self.order[step.name]:
            self.problems.add(
                step.at("not_by"), f"`not_by: {step.not_by}` names no step above", "Name the earlier step whose author may not approve."
            )
        for key, condition in conditions_of(step):
            self.condition(condition, step.at(key), above=step if key in ("after", "may_come_early", "due") else None)
            if has_opening(condition) and key != "after":
                self.problems.add(step.at(key), f"`{key}` says opening, which always holds", "Name a step.")
        self.fact_test(step.only_if, step.at("only_if"))
        for dated in step.due:
            self.fact_test(dated.facts, step.at("due"))
            self.rule(dated.rule, step.at("due"), opens=True)
        for key in ("target", "again", "not_before", "wait"):
            self.rule(getattr(step, key), step.at(key), opens=True)
        self.told((*step.tells_opened, *step.tells_done), step.at("tells"), step)
        self.recorded(step.records, step.at("records"))
        self.words(step)

    def actor(self, step: Step) -> None:
        if step.by and step.by != "party":
            self.known(step.by, self.registers.roles, "role in roles.yaml", step.at("by"))
        if step.by == "party" and not (step.each or step.each_of_fact):
            self.problems.add(step.at("by"), "`by: party` stands without `each`", "Write `each:` and the list of parties, or a role.")
        if step.case and (step.outcomes or step.answers):
            cure = "Remove them: it comes to an end of the other case, or to `interrupted`."
            self.problems.add(step.at("outcomes" if step.outcomes else "answers"), "a `case` step has outcomes of its own", cure)

    def parties_of(self, step: Step) -> None:
        if step.each:
            self.known(step.each, self.draft.parties, "list under `parties`", step.at("each"))
        fact = self.draft.facts.get(step.each_of_fact)
        if step.each_of_fact and (fact is None or fact.type != "list"):
            lists = [f.name for f in self.draft.facts.values() if f.type == "list"]
            self.problems.add(step.at("each"), f"`each: {{of: {step.each_of_fact}}}` is no fact of type list", nearest(step.each_of_fact, lists))

    def words(self, step: Step) -> None:
        both = set(step.outcomes) & set(step.answers)
        if both:
            cure = "Keep it in `outcomes` if it steers, else in `answers`."
            self.problems.add(step.at("answers"), f"{', '.join(sorted(both))} is an outcome and an answer", cure)
        if step.lapses_as:
            self.known(step.lapses_as, step.words, "outcome or answer of this step", step.at("lapses_as"))
        for word in step.learns_from.values():
            self.known(word, step.words, "outcome or answer of this step", step.at("learns_from"))
        for outcome in step.outcomes.values():
            self.outcome(step, outcome)

    def outcome(self, step: Step, outcome: Outcome) -> None:
        line = outcome.line
        self.told(outcome.tells, line, step)
        self.recorded(outcome.records, line)
        if outcome.gives:
            self.known(outcome.gives, self.registers.rights, "right in authorities.yaml", line)
        if outcome.reopens and self.known(outcome.reopens, self.draft.steps, "step", line) and self.order[outcome.reopens] > self.order[step.name]:
            self.problems.add(line, f"`reopens: {outcome.reopens}` names a later step", "Reopen a step above, or this one.")

    def recorded(self, facts: tuple[str, ...], line: int) -> None:
        for name in facts:
            if self.known(name, self.draft.facts, "fact", line) and name in self.draft.opens_with:
                self.problems.add(
                    line, f"`records: {name}` is stated when the case opens", "Remove it, or move the fact from `opens_with` to `facts`."
                )

    def told(self, names: tuple[str, ...], line: int, step: Step | None = None) -> None:
        extra = ["nobody"] + (["party"] if step is not None and (step.each or step.each_of_fact) else [])
        lists = [f.name for f in self.draft.facts.values() if f.type == "list"]
        for name in names:
            self.known(name, (*self.registers.roles, *self.draft.parties, *lists, *extra), "role or list of parties", line)
        if "nobody" in names and len(names) > 1:
            self.problems.add(line, "`tells` says nobody and somebody", "Keep one.")

    def condition(self, condition: StepCondition, line: int, above: Step | None) -> None:
        for leaf in steps_in(condition):
            if not self.known(leaf.step, self.draft.steps, "step", line):
                continue
            if above is not None and self.order[leaf.step] >= self.order[above.name]:
                self.problems.add(line, f"`{leaf.step}` stands below, or is the step itself", "Name only steps above it in the file, or move it.")
            self.leaf(leaf, line)

    def leaf(self, leaf: Done | Settled, line: int) -> None:
        step = self.draft.steps[leaf.step]
        if leaf.some and not (step.each or step.each_of_fact):
            self.problems.add(line, f"`some` stands around `{leaf.step}`, which has no parties", "Remove `some`.")
        if isinstance(leaf, Done) and not step.case:
            for word in leaf.outcomes:
                self.known(word, (*step.words, *STATUS_WORDS), f"outcome of `{leaf.step}`", line)

    def fact_test(self, test: FactTest | None, line: int) -> None:
        for leaf in facts_in(test):
            if self.known(leaf.fact, self.draft.facts, "fact", line):
                self.value(leaf, self.draft.facts[leaf.fact], line)

    def value(self, leaf: object, fact: Fact, line: int) -> None:
        if isinstance(leaf, OneOf):
            allowed = {"words": fact.words, "list": fact.words, "yes or no": ("yes", "no")}.get(fact.type)
            for word in leaf.words:
                if allowed is not None:
                    self.known(word, allowed, f"value of `{fact.name}`", line)
                elif not (fact.type in ("whole number", "year") and word.isdigit()):
                    self.problems.add(
                        line, f"`{fact.name}: {word}` tests a {fact.type} as a word", "Write known, unknown, before or from a day, or a number."
                    )
        if isinstance(leaf, AtLeast | AtMost) and fact.type not in ("whole number", "year"):
            self.problems.add(line, f"`{fact.name}` is a {fact.type}, no number", "Test it by its words.")
        if isinstance(leaf, DayIs) and fact.type not in ("date", "planned date"):
            self.problems.add(line, f"`{fact.name}` is a {fact.type}, no date", "Test it by its words.")

    def rule(self, text: str, line: int, *, opens: bool) -> None:
        """The bases of a rule: date facts or steps; `it opens` only where a step does."""
        if not text:
            return
        for base in parsed(text).bases:
            if base.kind == "it opens" and not opens:
                self.problems.add(line, f"{text!r} counts from when something opens", "Name a fact or a step.")
            elif base.kind == "due of":
                self.known(base.name, self.draft.steps, "step", line)
            elif base.kind == "name":
                self.base(base.name, line)

    def base(self, name: str, line: int) -> None:
        fact = self.draft.facts.get(name)
        if fact is not None and fact.type not in DAY_TYPES:
            self.problems.add(line, f"`{name}` is a {fact.type}, so no day to count from", "Name a date fact, or a step.")
        elif fact is None:
            days = [f.name for f in self.draft.facts.values() if f.type in DAY_TYPES]
            self.known(name, (*days, *self.draft.steps), "fact or step to count from", line)

    def facts(self) -> None:
        for fact in self.draft.facts.values():
            for text in (fact.no_sooner, fact.no_later):
                self.rule(text, fact.line, opens=False)
            changed = fact.when_changed
            if changed is not None and not changed.fixed:
                self.known(changed.reopens, self.draft.steps, "step", fact.line)
                if changed.until is not None:
                    self.condition(changed.until, fact.line, above=None)
            if fact.name in self.draft.steps:
                self.problems.add(fact.line, f"`{fact.name}` is a fact and a step", "Rename one.")
            self.adult(fact)
            if fact.type == "list":
                for party in self.list_members(fact):
                    self.known(party, self.registers.roles, "role or list of parties", fact.line)

    def adult(self, fact: Fact) -> None:
        if fact.type == ADULT and (fact.name != SPEAKS or fact.name not in self.draft.opens_with or not self.draft.readers):
            cure = f"State it in `opens_with`, call it `{SPEAKS}`, and write `readers:`: what one adult says is not for everybody."
            self.problems.add(
                fact.line, f"`{fact.name}` says which adult is the parent where that is read by all staff, said too late, or under another name", cure
            )

    def list_members(self, fact: Fact) -> tuple[str, ...]:
        return tuple(member for word in fact.words for member in self.draft.parties.get(word, (word,)))

    def process(self) -> None:
        draft, top = self.draft, self.draft.lines
        for name, members in draft.parties.items():
            for member in members:
                self.known(member, self.registers.roles, "role in roles.yaml", top.get(("parties", name), 1))
        self.rule(draft.opens_on, top.get(("", "opens_on"), 1), opens=False)
        for name in draft.begins_with:
            self.known(name, draft.steps, "step", top.get(("", "begins_with"), 1))
        for end in draft.ends.values():
            line = top.get(("ends", end.name), 1)
            self.condition(end.after, line, above=None)
            self.told(end.tells, line)
            if has_opening(end.after):
                self.problems.add(line, f"end `{end.name}` holds when the case opens", "Name the step after which it ends.")
        self.leaving()
        self.told(draft.corrections_tell, top.get(("", "corrections_tell"), 1))
        for name in draft.once_for:
            self.known(name, draft.opens_with, "fact of `opens_with`", top.get(("", "once_for"), 1))
        self.aside()
        for warning in draft.warns.values():
            for base in parsed(warning.until).bases if warning.until else ():
                if self.known(base.name, draft.opens_with, "fact of `opens_with`", warning.line):
                    self.base(base.name, warning.line)
        if draft.in_force_by:
            self.known(draft.in_force_by, draft.opens_with, "fact of `opens_with`", top.get(("", "in_force"), 1))

    def aside(self) -> None:
        line = self.draft.lines.get(("", "stands_aside"), 1)
        for role, test in self.draft.stands_aside.items():
            self.known(role, self.registers.roles, "role in roles.yaml", line)
            if self.known(test.fact, self.draft.opens_with, "fact of `opens_with`", line):
                self.value(test, self.draft.opens_with[test.fact], line)

    def leaving(self) -> None:
        draft, top = self.draft, self.draft.lines
        for interrupt in draft.interrupts.values():
            line = top.get(("", "interrupts"), 1)
            self.told(interrupt.tells, line)
            for role in interrupt.by:
                self.known(role, self.registers.roles, "role in roles.yaml", line)
            if interrupt.name in draft.ends:
                self.problems.add(line, f"`{interrupt.name}` is an end and an interrupt", "Rename one.")
        for exception in draft.exceptions.values():
            line = top.get(("", "exceptions"), 1)
            for step in exception.lifts:
                if self.known(step, draft.steps, "step", line) and not draft.steps[step].due:
                    self.problems.add(line, f"exception `{exception.name}` lifts `{step}`, which has no `due`", "Remove it there.")
            for role in exception.by:
                self.known(role, self.registers.roles, "role in roles.yaml", line)
        for total in draft.totals:
            self.known(total.to, draft.steps, "step", total.line)
            if total.start:
                self.base(total.start, total.line)


def parsed(text: str) -> Rule:
    """A rule whose text the schema has found readable."""
    return parse_rule(text)
