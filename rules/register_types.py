"""The registers as values: the law and the policy told a second time, the roles and the ladders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from rules.conditions import FactTest
from rules.definition import Counting, DatedBy, Ladder, Right, Role


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
    line: int = 0

    @property
    def dates(self) -> tuple[DatedBy, ...]:
        """The rule of the citation, whichever way it is written; empty if it sets no date."""
        return self.rule or ((DatedBy(f"{self.period} {self.starts}"),) if self.period else ())


@dataclass(frozen=True, slots=True)
class CarriedBy:
    """A step that carries a clause of the policy, with what the clause says about it."""

    process: str
    step: str
    who: str
    applies: FactTest | None = None
    each: str = ""
    told: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    line: int = 0


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


@dataclass(frozen=True)
class Registers:
    """All registers. Any of them may be empty, as in a test of one definition.

    `case_ends`: of each process the names of its ends, over all its texts: what a `case` step of another process may come to.
    """

    authorities: Mapping[str, Citation] = field(default_factory=dict)
    rights: Mapping[str, Right] = field(default_factory=dict)
    duties: tuple[Clause, ...] = ()
    sections: Mapping[str, str] = field(default_factory=dict)  # of the policy: number -> title
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    case_ends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
