"""The lines of a list as one form: for each open one its answer, and what a posted form says of it. Names of inputs begin with the line's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

from db.list_links import ListLine
from db.queries.case_page import CasePage
from rules.documents import NotTaken, SentFile, looked_at
from rules.history import Event
from rules.saying import ASKED_AGAIN, LONGEST, WAITING_FOR, WILL_BE_BY
from web.fact_fields import FactField, date_text
from web.posted import PostedList
from web.step_form import LONGEST_COMMENT, StepForm, make_form, read_form

NO_ANSWER, DECIDED = "none", "decided"
ANSWERS = (NO_ANSWER, DECIDED, WILL_BE_BY, WAITING_FOR)


@dataclass(frozen=True)
class LineForm:
    """One line on the page. `form`: the questions of its step; None for a line that is settled. `errors` by input name without the prefix."""

    line: ListLine
    found: CasePage
    form: StepForm | None
    typed: Mapping[str, str]
    errors: Mapping[str, str]

    @property
    def prefix(self) -> str:
        """What the names of this line's inputs begin with."""
        return prefix_of(self.line.id)

    @property
    def row(self) -> object:
        """The step with its dates, as pages show it; None when it is over."""
        return next((s for s in (*self.found.now, *self.found.later) if (s.step, s.party) == (self.line.step, self.line.party)), None)

    @property
    def dates(self) -> dict[str, str]:
        """The boxes of the line's dates as they were typed, by the whole name of the input; the day it was done is today unless said."""
        typed = self.form.typed if self.form else {}
        return {f"{self.prefix}{name}": value for name, value in {**typed, **self.typed}.items()}

    @property
    def summary(self) -> dict[str, str]:
        """The errors by the id of their input, each naming the line: the summary of thirty lines must say which."""
        ids = dict(self.form.summary) if self.form else {}
        named = {f"{self.prefix}by-day" if name == "by" else f"{self.prefix}{name}": words for name, words in self.errors.items() if name in OWN}
        return {**{f"{self.prefix}{where}": f"{self.line.case}: {words}" for where, words in ids.items()}, **self._with_case(named)}

    def _with_case(self, errors: Mapping[str, str]) -> dict[str, str]:
        return {where: f"{self.line.case}: {words}" for where, words in errors.items()}


OWN = ("answer", "by", "what", "file")


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What was answered on a line: the event, its key, personal words and the file; or what is wrong with it, by input name."""

    line: ListLine
    key: UUID
    event: Event | None
    private: Mapping[str, str]
    errors: Mapping[str, str]
    documents: tuple[SentFile, ...] = ()

    @property
    def shown_again(self) -> Mapping[str, str]:
        """What is wrong with it, where the page is shown once more: a browser does not keep the file that was chosen."""
        again = {"file": f"Choose the file {self.documents[0].name} again: a browser does not keep it"} if self.documents else {}
        return {**again, **self.errors}


def prefix_of(number: int) -> str:
    """`l12.`: a line is named by its delivery's number."""
    return f"l{number}."


def can_answer(line: ListLine, found: CasePage) -> bool:
    """Whether the line still asks for something: the case may have moved to a text without its step."""
    return line.open and line.step in found.definition.steps


def is_answered(number: int, posted: PostedList) -> bool:
    """Whether something was answered on the line of that number."""
    return posted.fields.get(f"{prefix_of(number)}answer", NO_ANSWER) != NO_ANSWER


def line_form(line: ListLine, found: CasePage, today: date, form: Mapping[str, str] | None, errors: Mapping[str, str]) -> LineForm:
    """The form of one line; what was typed on it before, and what was wrong with it, is shown again."""
    if not can_answer(line, found):
        return LineForm(line, found, None, {}, {})
    typed = _of_line(line, form or {})
    of_step = {name: words for name, words in errors.items() if name not in OWN}
    plain = make_form(line.case, found.definition, found.position.instance(line.step, line.party), today, typed or None, of_step)
    return LineForm(line, found, _prefixed(plain, prefix_of(line.id)), {"answer": NO_ANSWER, "key": plain.key or str(uuid4()), **typed}, errors)


def read_line(line: ListLine, found: CasePage, today: date, posted: PostedList) -> LineAnswer | None:
    """The answer on this line, None where none was given. Raises ValueError for hidden fields or choices that no person types."""
    typed = _of_line(line, posted.fields)
    sent = posted.files.get(f"{prefix_of(line.id)}file")
    answer = typed.get("answer", NO_ANSWER)
    if answer not in ANSWERS:
        raise ValueError("no such answer")
    if answer == NO_ANSWER and sent is None:
        return None
    key = UUID(typed.get("key", ""))
    if answer == NO_ANSWER:
        return LineAnswer(line, key, None, {}, {"answer": "Choose an answer, and the file again: a file goes with one"})
    given = _answered(line, found, today, answer, key, typed)
    return given if sent is None else _with_file(given, *sent)


def _with_file(given: LineAnswer, name: str, content: bytes) -> LineAnswer:
    try:
        return replace(given, documents=(looked_at(name, content),))
    except NotTaken as fault:
        return replace(given, errors={**given.errors, "file": str(fault)})


def _answered(line: ListLine, found: CasePage, today: date, answer: str, key: UUID, typed: Mapping[str, str]) -> LineAnswer:
    if answer == DECIDED:
        return _decided(line, found, today, typed)
    if answer == WILL_BE_BY:
        by, wrong = _day_to_come(typed, today)
        event = Event("say", today, line.person_id, line.step, line.party, name=WILL_BE_BY, review_on=by)
        return LineAnswer(line, key, event, {}, {"by": wrong} if wrong else {})
    what = typed.get("what", "").strip()
    wrong = "Say what you wait for" if not what else f"Use {LONGEST_COMMENT} letters at most" if len(what) > LONGEST_COMMENT else ""
    event = Event("say", today, line.person_id, line.step, line.party, name=WAITING_FOR, review_on=today + ASKED_AGAIN)
    return LineAnswer(line, key, event, {"comment": what}, {"what": wrong} if wrong else {})


def _decided(line: ListLine, found: CasePage, today: date, typed: Mapping[str, str]) -> LineAnswer:
    given = read_form(found.definition, found.definition.steps[line.step], {**typed, "round": str(line.round)}, today)
    event = Event("decide", given.on, line.person_id, line.step, line.party, given.outcome, given.facts)
    return LineAnswer(line, given.key, event, given.private, given.errors)


def _day_to_come(typed: Mapping[str, str], today: date) -> tuple[date | None, str]:
    try:
        by = date.fromisoformat(date_text(typed, "by"))
    except ValueError:
        return None, "Write the day by which it will be done, as 27 3 2027"
    if not today < by <= today + LONGEST:
        return None, "The day by which it will be done must be after today, and within a year"
    return by, ""


def _of_line(line: ListLine, form: Mapping[str, str]) -> dict[str, str]:
    prefix = prefix_of(line.id)
    return {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix)}


def _prefixed(form: StepForm, prefix: str) -> StepForm:
    choices = [replace(choice, fields=_fields(choice.fields, prefix)) for choice in form.choices]
    return replace(form, choices=choices, fields=_fields(form.fields, prefix))


def _fields(fields: Iterable[FactField], prefix: str) -> list[FactField]:
    return [replace(one, name=prefix + one.name, typed={prefix + name: value for name, value in one.typed.items()}) for one in fields]
