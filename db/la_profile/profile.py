"""What a trust knows of one local authority's SEND team: whom to write to, by when they ask for papers, and where these go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from rules.lead_times import panel_rule

LEVELS = ("manager", "head_of_service", "director")
LEVEL_TITLES = {"manager": "SEN manager", "head_of_service": "head of service", "director": "director of children's services"}
NOTICES = ("mailbox", "officer")  # who gets what the law has sent by itself: the team's mailbox, or the pupil's officer
PHASES = {"early_years": (-1, 0), "primary": (0, 6), "secondary": (7, 11), "post_16": (12, 14)}  # national curriculum years, first and last


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or desk at the LA, from one day to another (None: since ever, until further notice)."""

    name: str
    email: str
    phone: str = ""
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """For whom an officer is there; all that is said must hold. Nothing said: for everybody.

    `pupils`: UPNs. `schools`: URNs. `surnames`: first and last letters, folded. `years`: national curriculum years, first and last.
    """

    pupils: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    surnames: tuple[str, str] = ("", "")
    years: tuple[int, int] | None = None

    @property
    def nearness(self) -> int:
        """0 for named pupils, 1 for schools, 2 for letters and years, 3 for everybody: the nearest is asked first."""
        return 0 if self.pupils else 1 if self.schools else 2 if self.surnames[0] or self.years else 3

    @property
    def in_words(self) -> str:
        """For a case: `officer for this school, surnames A to K, years R to 6`."""
        return self._said("this pupil", "this school")

    @property
    def listed(self) -> str:
        """For a list of officers: `officer for the schools 990001, 990002`. No pupil is named."""
        return self._said(f"{len(self.pupils)} named pupil{'s' if len(self.pupils) != 1 else ''}", f"the schools {', '.join(self.schools)}")

    def _said(self, pupils: str, schools: str) -> str:
        first, last = self.surnames
        said = [pupils] if self.pupils else []
        said += [schools] if self.schools else []
        said += [f"surnames {first} to {last}" if first != last else f"surnames in {first}"] if first else []
        said += [f"years {_year(self.years[0])} to {_year(self.years[1])}"] if self.years else []
        return f"officer for {', '.join(said) or 'everybody'}"


@dataclass(frozen=True, slots=True)
class Officer:
    """A case officer and for whom they are there. `line`: where the file says so."""

    contact: Contact
    area: Area = field(default_factory=Area)
    line: int = 0


@dataclass(frozen=True, slots=True)
class LeadTime:
    """A step of ours that the LA asks for earlier than the law. It moves reminders only. `by` is a rule (`10 working days before meeting_on`); or
    `panel` names a panel whose papers it belongs to. `line`: where the file says so.
    """

    process: str
    step: str
    by: str = ""
    note: str = ""
    panel: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of the LA: the days on which it meets, and how long before papers must be there (a period, or empty)."""

    name: str
    on: tuple[date, ...]
    papers: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where what belongs to a step goes: an e-mail address, to which our messages of that step then go, or a portal (https) that people use."""

    process: str
    step: str
    to: str
    note: str = ""

    @property
    def is_portal(self) -> bool:
        """Whether `to` is a web address."""
        return self.to.startswith("https://")


@dataclass(frozen=True, slots=True)
class LaProfile:
    """One LA. `code`: the DfE's three digits. `notices`: one of `NOTICES`. `escalation`: by level (`LEVELS`), the lowest first."""

    code: str
    name: str
    mailbox: str
    phone: str = ""
    checked_on: date | None = None
    notices: str = NOTICES[0]
    officers: tuple[Officer, ...] = ()
    escalation: tuple[tuple[str, Contact], ...] = ()
    lead_times: tuple[LeadTime, ...] = ()
    panels: tuple[Panel, ...] = ()
    send: tuple[Destination, ...] = ()

    def rule_of(self, lead_time: LeadTime) -> str:
        """The lead time's rule for `rules/lead_times.py`; a panel that is not there gives none."""
        panel = next((one for one in self.panels if one.name == lead_time.panel), None)
        return lead_time.by if not lead_time.panel else panel_rule(panel.papers, panel.on) if panel is not None else ""

    def in_words(self, lead_time: LeadTime) -> str:
        """`10 working days before meeting`, or `1 week before the Placement panel`."""
        if not lead_time.panel:
            return lead_time.by.replace("_on", "").replace("_", " ")
        return f"{next((one.papers for one in self.panels if one.name == lead_time.panel), '')} before the {lead_time.panel}"

    @property
    def in_order(self) -> tuple[Officer, ...]:
        """The officers in the order in which they are asked: the nearest first, and as written among those alike."""
        return tuple(sorted(self.officers, key=lambda one: one.area.nearness))


def _year(year: int) -> str:
    return {-1: "N", 0: "R"}.get(year, str(year))
