"""The ledger: the one door through which cases change. Each method is one business act and one transaction.

Times: `on` is the London day on which something happened; the database adds when it was recorded. Every act carries a `key`, a UUID made
with the form: the same act sent again is answered with the first receipt (`repeated`), never done twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from db.acts.actor import CALENDAR, Actor
from db.acts.calendar_run import run_calendar
from db.acts.changing_version import Preview, Target, move, preview_move
from db.acts.erasing import erase_private
from db.acts.errors import AlreadyDecided, Busy, CannotMove, KeyReused, LedgerError, LinkUsed, NotAllowed, NotFound
from db.acts.kept import POSITIONS, KeptCases
from db.acts.many import Act, apply_many
from db.acts.open_case import open_case
from db.acts.opening import Opening
from db.acts.parts import Parts
from db.acts.perform import perform
from db.acts.receipt import Receipt
from db.acts.recount import Told, rebuild_rows, recount_dates, write_lead_times
from db.acts.redating import Redated
from db.acts.request import request
from db.acts.standing import read_standing
from db.acts.together import Answer, perform_together
from db.anchors import anchor_faults, anchor_text
from db.calendar_of_school import SchoolCalendars
from db.chain import ChainFault
from db.clock import Clock
from db.engine import Engines
from db.ladders import OwnLadders
from db.pinned_store import PinnedDefinitions
from db.roles import SCHEDULER
from db.verify import verify_cases
from rules.complaining import COMPLAIN
from rules.definition import Definition
from rules.history import Event, Refused
from rules.library import Library
from rules.position_types import Position
from rules.values import Facts, Value

__all__ = [
    "CALENDAR",
    "Act",
    "Actor",
    "AlreadyDecided",
    "Busy",
    "CannotMove",
    "ChainFault",
    "KeyReused",
    "Ledger",
    "LedgerError",
    "LinkUsed",
    "NotAllowed",
    "NotFound",
    "Opening",
    "Preview",
    "Receipt",
    "Refused",
]

NO_FACTS: Facts = {}
NO_WORDS: Mapping[str, str] = {}


class Ledger:
    """Every act raises NotFound (no such case in the actor's schools), NotAllowed, LinkUsed, KeyReused, AlreadyDecided (somebody was first),
    Busy (the server gave up waiting) or Refused by the rules; nothing has changed then. After `psycopg.OperationalError` nobody knows: send the
    same act with the same key.
    """

    def __init__(self, engines: Engines, clock: Clock, library: Library, keep: int = POSITIONS) -> None:
        """`keep`: how many cases to keep in memory as this process saw them last (0: read each before each act)."""
        self.parts = Parts(engines, clock, library, PinnedDefinitions(engines), SchoolCalendars(engines), OwnLadders(engines), KeptCases(keep))

    def open_case(
        self, actor: Actor, *, key: UUID, process: str, pupil_id: int | None = None, school_id: int | None = None, facts: Facts, on: date
    ) -> Receipt:
        """Open a case on the text now in force, about the pupil, or, for a process about a school, about that school. If one is open for them
        and this period, its receipt is given with `repeated`."""
        return open_case(self.parts, actor, Opening(key, process, pupil_id, facts, on, school_id=school_id))

    def open_cases(self, actor: Actor, openings: Iterable[Opening]) -> list[Receipt]:
        """Open many, one transaction each, in order. What is open already is answered with `repeated`, so it may be run again after a fault."""
        return [open_case(self.parts, actor, opening) for opening in openings]

    def decide(
        self,
        actor: Actor,
        *,
        key: UUID,
        case: str,
        step: str,
        party: str = "",
        round: int | None = None,
        outcome: str = "done",
        facts: Facts = NO_FACTS,
        private: Mapping[str, str] = NO_WORDS,
        on: date,
    ) -> Receipt:
        """Record how a step ended. `round`: the one the person saw; another than the current one is refused (`old_round`).

        `private`: personal words (comments, reasons) by name; they are kept apart and can be erased.
        """
        event = Event("decide", on, actor.person_id, step, party, outcome, facts)
        return perform(self.parts, actor, request(key, case, event, round=round, private=private))

    def apply_many(self, actor: Actor, acts: Iterable[Act]) -> list[Receipt]:
        """Do many acts on existing cases in their order: as one by one, several times faster. A thousand at a time are done or none of them.

        Between batches nothing is held; run it again with the same keys after a fault. An act among them that is refused names itself in a note.
        """
        return apply_many(self.parts, actor, list(acts))

    def correct(self, actor: Actor, *, key: UUID, case: str, fact: str, value: Value, because: str, on: date, party: str = "") -> Receipt:
        """Correct a fact; every date that counts from it moves. `because` is kept as personal words."""
        event = Event("correct", on, actor.person_id, party=party, facts={fact: value})
        return perform(self.parts, actor, request(key, case, event, private=_reason(because)))

    def correct_outcome(
        self, actor: Actor, *, key: UUID, case: str, step: str, party: str = "", outcome: str, facts: Facts = NO_FACTS, because: str, on: date
    ) -> Receipt:
        """Correct how a step ended: a new round of it with the right outcome; what followed from the wrong one is done anew."""
        event = Event("correct", on, actor.person_id, step, party, outcome, facts)
        return perform(self.parts, actor, request(key, case, event, private=_reason(because)))

    def apply_exception(
        self, actor: Actor, *, key: UUID, case: str, step: str, party: str = "", exception: str, because: str, review_on: date | None, on: date
    ) -> Receipt:
        """Lift a step's date under an exception the law allows; it is looked at again on `review_on`. A date is lifted, never moved."""
        event = Event("except", on, actor.person_id, step, party, name=exception, review_on=review_on)
        return perform(self.parts, actor, request(key, case, event, private=_reason(because)))

    def say(self, actor: Actor, *, key: UUID, case: str, step: str, party: str = "", word: str, until: date, words: str = "", on: date) -> Receipt:
        """Record what its owner said of a step not yet done: `will_be_by` that day, or `waiting_for` (ask again after it). No date of law moves."""
        event = Event("say", on, actor.person_id, step, party, name=word, review_on=until)
        return perform(self.parts, actor, request(key, case, event, private={"comment": words} if words else {}))

    def complain(self, actor: Actor, *, key: UUID, case: str, step: str, party: str = "", on: date) -> Receipt:
        """Approve the formal complaint to the local authority about a step that it owes and is late with; the letter leaves, and no date moves."""
        return perform(self.parts, actor, request(key, case, Event(COMPLAIN, on, actor.person_id, step, party)))

    def answer_together(self, answers: Sequence[Answer]) -> list[Receipt]:
        """Several acts by links of one person, all or none. Raises RefusedInList, which says which of them was refused and why."""
        return perform_together(self.parts, answers)

    def interrupt(self, actor: Actor, *, key: UUID, case: str, name: str, because: str, on: date) -> Receipt:
        """End a case from wherever it is: withdrawn, moved away …"""
        event = Event("interrupt", on, actor.person_id, name=name)
        return perform(self.parts, actor, request(key, case, event, private=_reason(because)))

    def run_calendar(self, today: date) -> list[Receipt]:
        """What the calendar itself does up to `today`: windows that lapsed unanswered, `wait` steps whose day has come. One act each."""
        return run_calendar(self.parts, today)

    def recount_dates(self) -> list[str]:
        """Count open cases' dates anew where terms or closures have changed since (after an import, and nightly). Returns their references."""
        return [one.case for one in recount_dates(self.parts)]

    def write_lead_times(self) -> list[str]:
        """Count reminders by the LA profiles in force, where one was loaded since (after loading it, and nightly). Returns the cases' references."""
        return write_lead_times(self.parts)

    def redate(self, actor: Actor, *, because: str, schools: Iterable[int], told: Told | None = None) -> list[Redated]:
        """`recount_dates` of the open cases of these schools by a person, who stands in each record with the reason. `told` hears how far it is."""
        return recount_dates(self.parts, actor, because, schools, told)

    def rebuild_rows(self, case: str) -> None:
        """Write the rows of a case's open steps from its position, if `verify` found them wrong. Raises NotFound."""
        rebuild_rows(self.parts, case)

    def position(self, case: str) -> tuple[Definition, Position, int]:
        """The text a case runs on, where it stands, and its version. Sees all schools: for software. Raises NotFound."""
        with self.parts.engines.act_connection(SCHEDULER) as connection:
            standing = read_standing(self.parts, connection, CALENDAR, case, lock=False)
        return standing.definition, standing.position, standing.version

    def erase_private(self, actor: Actor, *, key: UUID, case: str, on: date) -> int:
        """Erase a case's personal words (comments, reasons); the chain stays whole and says that they were erased. Returns how many there were."""
        return erase_private(self.parts, actor, key, case, on)

    def preview_move(self, actor: Actor, case: str, to: Definition | None = None, *, undo: bool = False) -> Preview:
        """What moving a running case to another text of its process would change; writes nothing. `undo`: the way back. Raises CannotMove."""
        return preview_move(self.parts, actor, case, Target(to, undo))

    def move_to_text(self, actor: Actor, *, key: UUID, case: str, to: Definition | None = None, undo: bool = False, because: str) -> Receipt:
        """Move a running case to another text of its process (or, with `undo`, back). For a trust's SEND lead. Raises CannotMove: why not."""
        return move(self.parts, actor, key, case, Target(to, undo), because)

    def verify(self, case: str | None = None, anchor: str | None = None) -> list[ChainFault]:
        """Every fault of the record, of one case or all: chains, words, positions folded anew, rows; and against an `anchor()` kept outside."""
        return [*verify_cases(self.parts, case), *(anchor_faults(self.parts.engines, anchor) if anchor else ())]

    def anchor(self) -> str:
        """The heads of all chains as text, to be kept outside: with it `verify` also shows a cut tail, a removed case, a chain made anew."""
        return anchor_text(self.parts.engines)


def _reason(because: str) -> dict[str, str]:
    return {"because": because}
