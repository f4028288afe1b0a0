"""Values of facts: from the words a person or a file gives, and to and from JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from rules.definition import ADULT, Fact
from rules.values import Facts, Value

JSON = str | int | bool | list[str]


class FactError(ValueError):
    """A value that does not fit its fact. `fact` names it, `message` says what was read, `cure` what to write."""

    def __init__(self, fact: str, message: str, cure: str) -> None:
        super().__init__(f"{message}. {cure}")
        self.fact = fact
        self.message = message
        self.cure = cure


def read_value(fact: Fact, text: str) -> Value:
    """The typed value of what somebody wrote for a fact: a date as 2027-09-01 (also 1/9/2027, day first), yes or no, a word of the fact,
    a whole number, a year, or parties parted by commas. Raises FactError."""
    word = " ".join(text.split())
    if not word:
        raise FactError(fact.name, f"{_called(fact)} is empty", f"Write {wanted(fact)}.")
    return _READERS[fact.type](fact, word)


def wanted(fact: Fact) -> str:
    """What to write for a fact, in words: for messages and hints."""
    if fact.type == "words":
        return "one of: " + ", ".join(fact.words)
    if fact.type == "list":
        return "names parted by commas, of: " + ", ".join(fact.words)
    known = {"yes or no": "yes or no", "year": "a year, such as 2027", "whole number": "a whole number", ADULT: "the number of the person"}
    return known.get(fact.type, "a date, such as 2027-09-01")


def _called(fact: Fact) -> str:
    return f"{fact.title or fact.name} ({fact.name})"


def _wrong(fact: Fact, word: str) -> FactError:
    return FactError(fact.name, f"{_called(fact)} is given as {word[:60]!r}", f"Write {wanted(fact)}.")


def _day(fact: Fact, word: str) -> Value:
    if match := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", word):
        year, month, day = (int(part) for part in match.groups())
    elif match := re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", word):
        day, month, year = (int(part) for part in match.groups())
    else:
        raise _wrong(fact, word)
    try:
        found = date(year, month, day)
    except ValueError:
        raise _wrong(fact, word) from None
    if not 1990 <= found.year <= 2100:
        raise FactError(fact.name, f"{_called(fact)} is given as {word!r}, outside 1990 to 2100", f"Write {wanted(fact)}.")
    return found


def _number(fact: Fact, word: str) -> Value:
    if not re.fullmatch(r"[0-9]{1,6}", word):
        raise _wrong(fact, word)
    return int(word)


def _year(fact: Fact, word: str) -> Value:
    if not re.fullmatch(r"(19|20)[0-9]{2}", word):
        raise _wrong(fact, word)
    return int(word)


def _yes(fact: Fact, word: str) -> Value:
    if word.lower() in ("yes", "y", "true"):
        return True
    if word.lower() in ("no", "n", "false"):
        return False
    raise _wrong(fact, word)


def _word(fact: Fact, word: str) -> Value:
    if word not in fact.words:
        raise _wrong(fact, word)
    return word


def _list(fact: Fact, word: str) -> Value:
    names = tuple(dict.fromkeys(part.strip() for part in word.split(",") if part.strip()))
    unknown = [name for name in names if name not in fact.words]
    if unknown:
        raise _wrong(fact, ", ".join(unknown))
    if len(names) < fact.at_least:
        raise FactError(fact.name, f"{_called(fact)} names {len(names)}, at least {fact.at_least} are needed", f"Write {wanted(fact)}.")
    return names


def _adult(fact: Fact, word: str) -> Value:
    if not re.fullmatch(r"[0-9]{1,9}", word):
        raise _wrong(fact, word)
    return int(word)


_READERS: Mapping[str, Callable[[Fact, str], Value]] = {
    "date": _day, "planned date": _day, "year": _year, "whole number": _number, "yes or no": _yes, "words": _word, "list": _list, ADULT: _adult,
}  # fmt: skip


def to_json(value: Value) -> JSON:
    """A value for JSON: dates as 2027-09-01, lists as lists, the rest as it is."""
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def facts_to_json(facts: Facts) -> dict[str, JSON]:
    """Facts for JSON, in the order of their names."""
    return {name: to_json(facts[name]) for name in sorted(facts)}


def facts_from_json(fact_types: Mapping[str, Fact], raw: Mapping[str, object]) -> dict[str, Value]:
    """Facts from what `facts_to_json` gave; a party's own fact is `fact:party`. Raises FactError for an unknown fact or an unfit value."""
    return {name: value_from_json(fact_types, name, value) for name, value in raw.items()}


def value_from_json(fact_types: Mapping[str, Fact], name: str, raw: object) -> Value:
    """One value from JSON. Raises FactError."""
    fact = fact_types.get(name.partition(":")[0])
    if fact is None:
        raise FactError(name, f"{name} is no fact of this process", f"Name one of: {', '.join(fact_types)}.")
    if fact.type == "list" and isinstance(raw, list | tuple) and all(isinstance(part, str) for part in raw):
        return tuple(raw) if not raw else read_value(fact, ",".join(raw))
    if fact.type == "yes or no" and isinstance(raw, bool):
        return raw
    if fact.type in ("whole number", "year", ADULT) and isinstance(raw, int) and not isinstance(raw, bool):
        return read_value(fact, str(raw))
    if isinstance(raw, str):
        return read_value(fact, raw)
    raise _wrong(fact, str(raw))
