"""Reads the rule language into the values of `rules/periods.py`: one small descent, one token at a time, every refusal with its column and cure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from rules.periods import Base, BaseKind, Choice, Count, Direction, OnDay, Period, Rule, RuleError, Shape, TermEnd, Unit, YearDay

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
UNITS: dict[str, Unit] = {"day": "day", "week": "week", "month": "month", "year": "year"}
NUMBER_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twelve": 12, "fifteen": 15}
KEYWORDS = frozenset(
    {"after", "before", "beginning", "starting", "with", "on", "by", "of", "and", "later", "earlier", "end", "term", "due", "it", "if", "any"}
)
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
RULE_FORMS = (
    "Write for example '6 weeks after request_received_on', '2 clear weeks before meeting_on', 'on meeting_on' or 'before 15 February of transfer_on'"
)
BASE_FORMS = "Name a fact or a step, 'due of STEP' or 'it opens'"
MOST: dict[Unit, int] = {"day": 36525, "week": 5218, "month": 1200, "year": 100, "working day": 5000, "school day": 5000}  # about a century


def read_rule(text: str) -> Rule:
    """The whole text as one rule. Raises RuleError."""
    reader = _Reader(text)
    shape = reader.rule()
    reader.finish("A rule ends with its base, or 'if any' after it; join two rules with 'later of … and …'")
    return Rule(text=text, shape=shape, bases=tuple(_bases(shape)))


def read_period(text: str) -> Period:
    """The whole text as one period. Raises RuleError."""
    reader = _Reader(text)
    period = reader.period()
    reader.finish("A period is a number and a unit, such as '6 weeks' or '15 working days'")
    return period


def read_rung(text: str) -> tuple[Period, Direction]:
    """The whole text as a ladder's `when`. Raises RuleError."""
    reader = _Reader(text)
    cure = "Write 'on', '1 week before' or '3 days after'; it is counted from the due date"
    if reader.take("on"):
        reader.finish(cure)
        return Period(0, "day"), "after"
    period = reader.period()
    direction: Direction
    if reader.take("before"):
        direction = "before"
    elif reader.take("after"):
        direction = "after"
    else:
        raise reader.wrong("expected 'before' or 'after'", cure)
    reader.finish(cure)
    return period, direction


def _bases(shape: Shape) -> Iterable[Base]:
    if isinstance(shape, Choice):
        for part in shape.parts:
            yield from _bases(part)
    else:
        yield shape.base


class _Reader:
    """The words of a rule with their columns, and a place among them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = [(m.group(), m.start() + 1) for m in re.finditer(r"\S+", text)]
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.words[place][0] if place < len(self.words) else ""

    def take(self, *wanted: str) -> bool:
        """Step over these words if they stand here."""
        if all(self.peek(n) == word for n, word in enumerate(wanted)):
            self.at += len(wanted)
            return True
        return False

    def wrong(self, expected: str, cure: str) -> RuleError:
        found = self.peek()
        column = self.words[self.at][1] if found else len(self.text) + 1
        return RuleError(self.text, column, f"{expected}, found {found!r}" if found else f"{expected}, but the text ends here", cure)

    def need(self, word: str, cure: str) -> None:
        if not self.take(word):
            raise self.wrong(f"expected {word!r}", cure)

    def finish(self, cure: str) -> None:
        if self.at < len(self.words):
            raise self.wrong("expected the end", cure)

    def rule(self) -> Shape:
        if self.peek() in ("later", "earlier"):
            return self.choice()
        if self.take("on"):
            return OnDay(self.base())
        if self.peek() in ("before", "by"):
            return self.year_day()
        if self.take("end"):
            return self.term_end()
        return self.count()

    def choice(self) -> Choice:
        later = self.peek() == "later"
        self.at += 1
        self.need("of", "Write 'later of RULE and RULE' or 'earlier of RULE and RULE'")
        parts = [self.rule()]
        while self.take("and"):
            parts.append(self.rule())
        if len(parts) < 2:
            raise self.wrong("expected 'and' with a second rule", "Write 'later of RULE and RULE', or the one rule alone")
        return Choice(later, tuple(parts))

    def count(self) -> Count:
        start = self.at
        period = self.period()
        direction = self.direction()
        if direction == "beginning with" and (period.clear or period.number == 0):
            self.at = start
            raise self.wrong(
                "a clear period and a period of 0 cannot begin with a day",
                "Use 'after' or 'before' with 'clear', and at least 1 with 'beginning with'",
            )
        return Count(period, direction, self.base())

    def direction(self) -> Direction:
        if self.take("after"):
            return "after"
        if self.take("before"):
            return "before"
        if self.take("beginning", "with") or self.take("starting", "with"):
            return "beginning with"
        raise self.wrong(
            "expected 'after', 'before', 'beginning with' or 'starting with'",
            "'after' leaves the first day out; 'beginning with' counts it",
        )

    def period(self) -> Period:
        start = self.at
        period = Period(self.number(RULE_FORMS), clear=self.take("clear"), unit=self.unit())
        if period.number > MOST[period.unit]:
            self.at = start
            raise self.wrong(f"a period in {period.unit}s is at most {MOST[period.unit]}", "Write the period the law says")
        return period

    def number(self, cure: str) -> int:
        word = self.peek()
        if not (word.isascii() and word.isdigit()):
            if word.lower() in NUMBER_WORDS:
                cure = f"Write {NUMBER_WORDS[word.lower()]}"
            raise self.wrong("expected a whole number", cure)
        self.at += 1
        return int(word[:12])

    def unit(self) -> Unit:
        word = self.peek()
        if word in ("working", "school") and self.peek(1).removesuffix("s") == "day":
            self.at += 2
            return "working day" if word == "working" else "school day"
        unit = UNITS.get(word.removesuffix("s"))
        if unit is None:
            cure = "Write days, weeks, months, years, working days or school days"
            if word.startswith(("term", "business")):
                cure = "Write 'school days' or 'working days'"
            raise self.wrong("expected a unit of time", cure)
        self.at += 1
        return unit

    def year_day(self) -> YearDay:
        before = self.peek() == "before"
        self.at += 1
        place, cure = self.at, "Write for example 'before 15 February of transfer_on' or 'by 31 October of the year before transfer_on'"
        number = self.number(cure)
        if self.peek().lower() not in MONTHS:
            raise self.wrong("expected a month's name", cure)
        month = MONTHS.index(self.peek().lower()) + 1
        if not 1 <= number <= LONGEST_MONTH[month - 1]:
            self.at = place
            raise self.wrong(f"expected a day of {MONTHS[month - 1].title()}", cure)
        self.at += 1
        self.need("of", cure)
        return YearDay(number, month, before, self.year_shift(cure), self.base())

    def year_shift(self, cure: str) -> int:
        if not self.take("the"):
            return 0
        self.need("year", cure)
        if self.take("before"):
            return -1
        if self.take("after"):
            return 1
        raise self.wrong("expected 'before' or 'after'", cure)

    def term_end(self) -> TermEnd:
        cure = "Write 'end of term of meeting_on' or 'end of term after meeting_on'"
        self.need("of", cure)
        self.need("term", cure)
        if self.take("after"):
            return TermEnd(True, self.base())
        self.need("of", cure)
        return TermEnd(False, self.base())

    def base(self) -> Base:
        kind, name, day = self.base_word()
        if_any = self.take("if")
        if if_any:
            self.need("any", "Write 'if any' after a base that may never become known")
        if if_any and kind in ("it opens", "day"):
            self.at -= 2
            raise self.wrong("a day that is always known cannot be 'if any'", "Leave 'if any' out")
        return Base(kind, name, if_any, day)

    def base_word(self) -> tuple[BaseKind, str, date | None]:
        if self.take("it", "opens"):
            return "it opens", "it opens", None
        if self.take("due", "of"):
            return "due of", self.name("expected a step after 'due of'"), None
        if DAY.match(self.peek()):
            return "day", self.peek(), self.day()
        return "name", self.name("expected what the period counts from"), None

    def name(self, expected: str) -> str:
        word = self.peek()
        if word in ("today", "now"):
            raise self.wrong(expected, "A rule never counts from today: name the fact or step whose day it is")
        if not NAME.match(word) or word in KEYWORDS:
            raise self.wrong(expected, BASE_FORMS)
        self.at += 1
        return word

    def day(self) -> date:
        try:
            day = date.fromisoformat(self.peek())
        except ValueError:
            raise self.wrong("expected a day of the calendar", "Write year, month and day, such as 2026-03-03") from None
        self.at += 1
        return day
