"""The registers as values: the law and the policy told a second time, the roles and the ladders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from rules.conditions import FactTest, StepCondition
from rules.definition import Counting, DatedBy, Ladder, Right, Role


@dataclass(frozen=True, slots=True)
class CarriedBy:
    """A step that carries a clause of the policy or a citation, with what the source says about it; what it does not say is empty.

    `who` owes it; `applies` (`if`); `each`; `told` and `opens` (at least these); `records` (at least these, whatever the outcome) and
    `records_when` (by outcome); `ends_as` (exactly these words); `gives` (exactly these rights, by outcome); `not_before`; `after`, `until` and
    `early`: what it waits for, what makes it pointless, from when it may be recorded before its turn."""

    process: str
    step: str
    who: str
    applies: FactTest | None = None
    each: str = ""
    told: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    line: int = 0
    records: tuple[str, ...] = ()
    records_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ends_as: tuple[str, ...] = ()
    gives: Mapping[str, str] = field(default_factory=dict)
    not_before: str = ""
    after: StepCondition | None = None
    until: StepCondition | None = None
    early: StepCondition | None = None


@dataclass(frozen=True, slots=True)
class CitedOutcome:
    """What the law says of one outcome: who is told, what right it gives, what is recorded, what the notice contains (word -> meaning)."""

    name: str
    tells: tuple[str, ...] = ()
    right: str = ""
    records: tuple[str, ...] = ()
    contains: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CitedTotal:
    """An outer limit that the law sets across steps: `within` is a bare period counted from the fact `start`."""

    start: str
    to: str
    within: str


@dataclass(frozen=True, slots=True)
class Citation:
    """One entry of `authorities.yaml`. Without `owed_by` it lays no duty. `read`: R at its source, r in a quoting page, M from memory."""

    name: str
    title: str
    instrument: str
    in_force_from: date | None
    in_force_until: date | None
    source: str
    quote: str
    read: str
    processes: tuple[str, ...]
    owed_by: tuple[str, ...] = ()
    period: str = ""
    starts: str = ""
    rule: tuple[DatedBy, ...] = ()
    counting: Counting = field(default_factory=Counting)
    applies: FactTest | None = None
    each: str = ""
    records: tuple[str, ...] = ()
    not_before: str = ""
    tells: tuple[str, ...] = ()
    right: str = ""
    outcomes: Mapping[str, CitedOutcome] = field(default_factory=dict)
    contains: Mapping[str, str] = field(default_factory=dict)
    exceptions: Mapping[str, str] = field(default_factory=dict)
    totals: tuple[CitedTotal, ...] = ()
    parties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of a list under `parties`, whom the law puts in it
    steps: tuple[CarriedBy, ...] = ()  # where one entry is carried by several steps, what it says of each
    bounds: Mapping[str, str] = field(default_factory=dict)  # `process.fact.no_later` and the like -> the rule of law
    line: int = 0

    @property
    def dates(self) -> tuple[DatedBy, ...]:
        """The rule of the citation, whichever way it is written; empty if it sets no date."""
        return self.rule or ((DatedBy(f"{self.period} {self.starts}"),) if self.period else ())


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the trust's policy in our own words, and the steps that carry it, or why none does.

    `no_step` is a gap: an act that no shipped process carries. `standing` is none: the clause asks for no act on a day that a step could be."""

    name: str
    section: str
    says: str
    steps: tuple[CarriedBy, ...] = ()
    no_step: str = ""
    standing: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who hears of a kind of thing, whichever process it happens in: what a clause of the policy (or a law) asks of all of them at once.

    `of`: acts (whatever a step comes to), decisions (steps with outcomes), rights (outcomes that give one), opening (a step that opens).
    `by`: whose; empty: anybody's. `within`: these processes alone. `at`: these `process.step` alone. `apart_from`: `process.step` or
    `process.step.outcome`, each with the reason. `opens`: the processes that it opens as well."""

    rests_on: str
    of: str
    who: tuple[str, ...]
    by: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    apart_from: Mapping[str, str] = field(default_factory=dict)
    opens: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Closing:
    """A way a case may end before its time (`by`: who may say so) or at its time (`by` empty), in these processes, and who hears of it."""

    name: str
    says: str
    processes: tuple[str, ...]
    by: tuple[str, ...]
    told: tuple[str, ...]
    line: int = 0
    after: StepCondition | None = None  # of an end: what it comes after


@dataclass(frozen=True, slots=True)
class Policy:
    """`duties.yaml` as read: the clauses in file order, the policy's sections (number -> title), who hears of what, how cases close, and who
    may say that a lawful excuse applies."""

    clauses: tuple[Clause, ...] = ()
    sections: Mapping[str, str] = field(default_factory=dict)
    hearings: tuple[Hearing, ...] = ()
    closings: tuple[Closing, ...] = ()
    excused_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Registers:
    """All registers. Any of them may be empty, as in a test of one definition.

    `case_ends`: of each process the names of its ends, over all its texts: what a `case` step of another process may come to.
    """

    authorities: Mapping[str, Citation] = field(default_factory=dict)
    rights: Mapping[str, Right] = field(default_factory=dict)
    duties: tuple[Clause, ...] = ()
    sections: Mapping[str, str] = field(default_factory=dict)  # of the policy: number -> title
    hearings: tuple[Hearing, ...] = ()
    closings: tuple[Closing, ...] = ()
    excused_by: tuple[str, ...] = ()
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    case_ends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
