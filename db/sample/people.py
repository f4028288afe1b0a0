"""Synthetic staff, pupils and families of one school, drawn from a seeded generator."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from stdnum.gb import upn

from db.sample.names import FORENAMES, STREETS, SURNAMES
from db.sample.school_years import school_year_of

_NEEDS = (("ASD", 32), ("SLCN", 21), ("SEMH", 21), ("MLD", 11), ("SLD", 4), ("PD", 4), ("SPLD", 3), ("HI", 2), ("PMLD", 1), ("OTH", 1))
_LANGUAGES = ("English",) * 16 + ("Polish", "Urdu", "Bengali", "Romanian")
_YEARS = {"primary": range(0, 7), "infant": range(0, 3), "junior": range(3, 7), "secondary": range(7, 12), "all-through": range(0, 12)}


def school_e_mail(forename: str, surname: str, school: str) -> str:
    """An address under example.org, which belongs to nobody."""
    letters = "".join(c for c in f"{forename}.{surname}".casefold().replace("ñ", "n") if c.isascii() and (c.isalpha() or c == "."))
    return f"{letters}@{''.join(w[0] for w in school.split()).casefold()}.example.org"


def person(random: Random) -> tuple[str, str]:
    """A forename and a surname."""
    return random.choice(FORENAMES), random.choice(SURNAMES)


def year_groups(phase: str) -> range:
    """The year groups a school of this phase teaches."""
    return _YEARS[phase]


def born_in_year_group(random: Random, year_group: int, today: date) -> date:
    """A birth date of a pupil who is in `year_group` in the school year of `today`."""
    began = school_year_of(today)
    first = date(began - year_group - 5, 9, 1)
    return first + timedelta(days=random.randrange(365))


def pupil_upn(random: Random, dfe_number: str, serial: int) -> str:
    """A well-formed UPN with its right check letter."""
    body = f"{dfe_number}{random.randrange(10, 26):02d}{serial:03d}"
    return str(upn.calc_check_digit(body)) + body


def need(random: Random) -> str:
    """A type of need, as often as in England's plans (docs/import.md)."""
    return random.choices([n for n, _ in _NEEDS], [w for _, w in _NEEDS])[0]


def address(random: Random) -> str:
    """A street that exists nowhere in particular."""
    return f"{random.randrange(1, 200)} {random.choice(STREETS)} Street"


def language(random: Random) -> str:
    """The language a family is written to in."""
    return random.choice(_LANGUAGES)
