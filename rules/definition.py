"""A definition as the engine reads it: frozen, resolved, every name already checked by `rules/loader.py`.
Each field is the key of the same name in `docs/definitions.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from rules.conditions import FactTest, OneOf, StepCondition
from rules.roles_and_ladders import Ladder as Ladder
from rules.roles_and_ladders import Role as Role
from rules.roles_and_ladders import Rung as Rung
from rules.values import Facts
from rules.warning_types import OpeningWarning

INTERRUPTED = "interrupted"  # what a `case` step comes to when the other case ends otherwise than by one of its ends
PUPIL, SCHOOL = SUBJECTS = ("pupil", "school")  # what `about` may say
FactType = Literal["date", "planned date", "year", "whole number", "yes or no", "words", "list", "adult of the family"]

ADULT: FactType = "adult of the family"  # a person's number, or 0 for somebody whom the school does not know
SPEAKS = "complainant"  # what such a fact is called: `db/queries/people.py` looks it up where a letter is to find its reader


@dataclass(frozen=True, slots=True)
class WhenChanged:
    """What a correction of a fact re-decides: `fixed`, or the step it reopens unless `until` is already recorded."""

    fixed: bool = False
    reopens: str = ""
    until: StepCondition | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A typed fact. `no_sooner` and `no_later` are rules (text, parsed by `rules/periods.py`) that bound a planned date."""

    name: str
    type: FactType
    title: str = ""
    words: tuple[str, ...] = ()
    no_sooner: str = ""
    no_later: str = ""
    at_least: int = 0
    grows: bool = False
    when_changed: WhenChanged | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class DatedBy:
    """One way to date a step: the rule's text, and when it is the one (None: always, the last of the list)."""

    rule: str
    facts: FactTest | None = None
    steps: StepCondition | None = None


@dataclass(frozen=True, slots=True)
class Counting:
    """How the cited law counts: from `authorities.yaml`. `rolls`: a last day that is no working day moves to the next (HESC r.12(2));
    `leaves_out`: named stretches that are not counted (`august`, `christmas`)."""

    rolls: bool = False
    leaves_out: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way a step can end: who is told, what is recorded, which right it gives, which case it opens, which step it reopens."""

    name: str
    title: str = ""
    tells: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    gives: str = ""
    opens: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reopens: str = ""
    silence: bool = False  # nobody has answered: recorded only once the step's day is over
    contains: Mapping[str, str] = field(default_factory=dict)  # what its notice must hold by law: word -> meaning
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Step:
    """One step. Exactly one of `by`, `does`, `wait`, `case` is not empty."""

    name: str
    title: str
    after: StepCondition
    by: str = ""
    does: str = ""
    wait: str = ""
    case: str = ""
    case_facts: Mapping[str, str] = field(default_factory=dict)
    each: str = ""
    each_of_fact: str = ""
    only_if: FactTest | None = None
    until: StepCondition | None = None
    may_come_early: bool | StepCondition = False
    aside: bool = False
    may: bool = False
    due: tuple[DatedBy, ...] = ()
    target: str = ""
    again: str = ""
    not_before: str = ""
    law: str = ""
    guidance: str = ""
    policy: str = ""
    counting: Counting = Counting()
    ladder: str = ""
    approval: bool = False
    not_by: str = ""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    lapses_as: str = ""
    records: tuple[str, ...] = ()
    tells_opened: tuple[str, ...] = ()
    tells_done: tuple[str, ...] = ()
    hint: str = ""
    line: int = 0
    also_law: tuple[str, ...] = ()  # further citations, after the one that gives `due`
    learns_from: Mapping[str, str] = field(default_factory=dict)  # process -> the word recorded once its case about the same knows what that records
    contains: Mapping[str, str] = field(default_factory=dict)  # what the notice must hold by law, whatever the outcome: word -> meaning
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)  # the line of each key written

    @property
    def citation(self) -> str:
        """The authority shown beside the step: law before guidance before policy."""
        return self.law or self.guidance or (f"policy section {self.policy}" if self.policy else "")

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What may be recorded as the step's end, in file order: outcomes, answers, or `done`."""
        return (*self.outcomes, *self.answers) or ("done",)

    @cached_property
    def waits_for(self) -> tuple[str, ...]:
        """The steps that `after` reads, each once, in the order written."""
        from rules.condition_text import steps_in  # here, so that counting statutory time loads no reader of YAML

        return tuple(dict.fromkeys(leaf.step for leaf in steps_in(self.after)))

    @cached_property
    def brings(self) -> Mapping[str, tuple[str, ...]]:
        """The facts that the step must bring, by the word it is done with."""
        return {word: self.records + (self.outcomes[word].records if word in self.outcomes else ()) for word in self.words}

    @cached_property
    def gives(self) -> Mapping[str, tuple[str, ...]]:
        """What other cases are given: the values of each outcome's `opens`, by outcome, and of a `case` step's `with` under ""."""
        opens = {name: tuple(v for facts in o.opens.values() for v in facts.values()) for name, o in self.outcomes.items() if o.opens}
        return {**opens, "": tuple(self.case_facts.values())} if self.case else opens

    def at(self, key: str) -> int:
        """The line of a key in the file, or of the step where the key is not written."""
        return self.lines.get(key, self.line)


@dataclass(frozen=True, slots=True)
class End:
    """A way the case ends, and when."""

    name: str
    after: StepCondition
    title: str = ""
    tells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Ends the case from anywhere: who may say so, who is told."""

    name: str
    by: tuple[str, ...]
    tells: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class LawfulException:
    """A letter of the law that lifts the date of these steps; never moves it. `letters`: step -> the letter for its own limit."""

    name: str
    law: str
    lifts: tuple[str, ...]
    by: tuple[str, ...]
    review: str = ""
    title: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Total:
    """An outer limit across steps, dated on `to` as soon as `start` (a fact) is known."""

    start: str
    to: str
    rule: str
    law: str
    counting: Counting = Counting()


@dataclass(frozen=True, slots=True)
class Right:
    """A right that a decision gives: its law, its last day (a rule), and the text that must stand in the notice."""

    name: str
    law: str
    last_day: str
    text: str
    counting: Counting = Counting()


@dataclass(frozen=True, slots=True)
class Example:
    """A short history with what must be open, due or ended after it; kept raw and read by the examples ring of `check`."""

    title: str
    history: tuple[Mapping[str, object], ...]
    expect: Mapping[str, object]
    line: int = 0


@dataclass(frozen=True)
class Definition:
    """A whole process, with every register entry that it uses (`pinned`), so that a running case needs no file."""

    process: str
    prefix: str
    title: str
    about: str
    opens_with: Mapping[str, Fact]
    opens_on: str
    begins_with: tuple[str, ...]
    facts: Mapping[str, Fact]  # all of them, those of opens_with included
    parties: Mapping[str, tuple[str, ...]]
    steps: Mapping[str, Step]
    ends: Mapping[str, End]
    interrupts: Mapping[str, Interrupt]
    exceptions: Mapping[str, LawfulException]
    totals: tuple[Total, ...]
    examples: tuple[Example, ...]
    roles: Mapping[str, Role]
    ladders: Mapping[str, Ladder]
    rights: Mapping[str, Right]
    in_force_from: date | None
    in_force_until: date | None
    in_force_by: str
    file: str
    source: str
    pinned: str
    hash: str
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)  # of each key, and of `ends.NAME` and the like
    once_for: tuple[str, ...] = ()  # facts of the opening: one running case a pupil (or school) for each of their values
    warns: Mapping[str, OpeningWarning] = field(default_factory=dict)
    readers: tuple[str, ...] = ()  # who reads a case beside those who have a step in it; empty: all staff of its school
    corrections_tell: tuple[str, ...] = ()  # who hears of every correction
    stands_aside: Mapping[str, OneOf] = field(default_factory=dict)  # by role: the word of an opening fact that says that the case is about them

    @cached_property
    def speaks(self) -> str:
        """The fact of the opening that says which adult of the family is the parent here; empty: all who have parental responsibility are."""
        return next((fact.name for fact in self.opens_with.values() if fact.type == ADULT), "")

    @property
    def about_school(self) -> bool:
        """Whether a case is about a school as a whole, and about no pupil."""
        return self.about == SCHOOL

    @cached_property
    def case_steps(self) -> frozenset[str]:
        """The steps that wait for a case of another process."""
        return frozenset(step.name for step in self.steps.values() if step.case)

    @cached_property
    def given_facts(self) -> frozenset[str]:
        """The names of our facts that other cases are given when they are opened."""
        return frozenset(value for step in self.steps.values() for said in step.gives.values() for value in said if value in self.facts)

    @cached_property
    def opening_words(self) -> frozenset[tuple[str, str]]:
        """The steps and outcomes that open another case."""
        return frozenset((step.name, outcome.name) for step in self.steps.values() for outcome in step.outcomes.values() if outcome.opens)

    def standing_aside(self, facts: Facts) -> frozenset[str]:
        """The roles that a case with these facts is about: whoever holds one records nothing in it and does not read it."""
        return frozenset(role for role, test in self.stands_aside.items() if facts.get(test.fact) in test.words)

    def line_of(self, key: str) -> int:
        """The line of a key of the process, such as `totals` or `ends.maintained`; 1 where it is not written."""
        return self.lines.get(key, self.lines.get(key.partition(".")[0], 1))

    def role_of(self, step: Step, party: str) -> Role | None:
        """The role that owes the step (`party` resolves to the party's own role); None for software, calendar and case steps."""
        name = party if step.by == "party" else step.by
        return self.roles.get(name)
