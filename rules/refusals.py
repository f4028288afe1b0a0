"""Why an event is refused: every code, and the words for people. Each message says what to do; none names a person.

| code | when |
|-|-|
| `not_an_opening`, `already_open` | the first event is not `open`; a later one is |
| `case_ended` | the case has ended; nothing more can be recorded in it |
| `unknown_step`, `unknown_party`, `unknown_outcome`, `unknown_fact`, `unknown_name` | the definition has no such thing (`name`: an interrupt) |
| `already_decided` | the step is done, or recorded early and waiting for its turn |
| `not_open` | the step does not apply, is not needed, or was overtaken |
| `not_in_turn` | it waits for other steps, or for a fact, and may not be recorded early |
| `not_decided` | an outcome is to be put right that was never recorded |
| `old_round` | somebody answers a round that is over (an old tab or link); raised by the ledger |
| `missing_fact`, `bad_fact` | a fact must come with this event; a fact's value is impossible, too soon, too late, or unchanged |
| `fixed_fact` | the fact has already steered the case and cannot be corrected |
| `not_before` | our own step on a day earlier than the law allows; the calendar before its day |
| `own_work` | an approval by the person who did the step, or by nobody in particular |
| `calendar_step` | a person records what only the calendar or another case records |
| `not_lawful_exception` | an exception that the register does not allow, or not for this step |
| `no_date_to_lift`, `already_lifted`, `missing_review` | an exception with nothing to lift, doubled, or without a day of review |
| `bad_day` | a day more than a year before the case opened |
| `wrong_subject` | a process about a pupil is opened about a school, or the other way round; raised by the ledger |
| `review_runs` | a second annual review of the same twelve months is opened beside the one that runs; raised by the ledger |
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from rules.definition import Definition, Step
from rules.history import Refused
from rules.record import Draft, Entry

CODES = frozenset(
    "not_an_opening already_open case_ended unknown_step unknown_party unknown_outcome unknown_fact unknown_name already_decided not_open "
    "not_in_turn not_decided old_round missing_fact bad_fact fixed_fact not_before own_work calendar_step not_lawful_exception no_date_to_lift "
    "already_lifted missing_review bad_day wrong_subject review_runs".split()
)


def refuse(code: str, message: str) -> NoReturn:
    """Raise Refused with one of CODES."""
    raise Refused(code, message)


def step_title(definition: Definition, step: str, party: str = "") -> str:
    """A step's title with its party's title in place of `{party}`."""
    title = definition.steps[step].title or step
    role = definition.roles.get(party)
    name = role.title if role is not None else party.replace("_", " ") or "parties"
    return title.replace("{party}", name.removeprefix("the ") if "the {party}" in title else name)


def one_of(words: Iterable[str]) -> str:
    """`a, b or c`, for a message that says what may be written."""
    listed = list(words)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}" if listed else "nothing"


def refuse_ended(draft: Draft) -> NoReturn:
    """The case is over."""
    refuse("case_ended", f"The case ended ({draft.ended.replace('_', ' ')}) on {draft.ended_on}. Open a new case if there is more to do.")


def refuse_decided(draft: Draft, entry: Entry) -> NoReturn:
    """The step is done already; the message names what was recorded and when."""
    title = step_title(draft.definition, entry.step, entry.party)
    early = "; it counts when its turn comes" if entry.early else ""
    refuse(
        "already_decided",
        f"“{title}” is already recorded as {entry.outcome.replace('_', ' ')} on {entry.done_on}{early}. If that is wrong, correct it and say why.",
    )


def refuse_not_open(draft: Draft, entry: Entry, status: str) -> NoReturn:
    """The step will not be done in this round."""
    reasons = {
        "does_not_apply": "does not apply to this case",
        "not_needed": "is not needed, because the case has gone another way",
        "overtaken": "has been overtaken by a later step",
    }
    title = step_title(draft.definition, entry.step, entry.party)
    refuse("not_open", f"“{title}” {reasons.get(status, 'is closed')}. Nothing is to be recorded for it. Look at the case for what is open.")


def refuse_waiting(draft: Draft, step: Step, party: str, missing: list[str]) -> NoReturn:
    """The step is not open yet; the message names what it waits for."""
    awaited = " and ".join(f"“{title}”" for title in missing) or "an earlier step"
    refuse("not_in_turn", f"“{step_title(draft.definition, step.name, party)}” is not open yet. It waits for {awaited}. Record that first.")


def refuse_unknown(code: str, kind: str, given: str, known: Iterable[str]) -> NoReturn:
    """A name the definition does not have; the message lists those it has."""
    refuse(code, f"There is no {kind} “{given}”. Write {one_of(known)}.")
