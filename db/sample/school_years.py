"""Term dates of an invented but ordinary school year: three terms, a half term in each, five INSET days."""

from __future__ import annotations

from datetime import date, timedelta


def school_year_of(day: date) -> int:
    """The year in which the school year of `day` began (1 September to 31 August)."""
    return day.year if day.month >= 9 else day.year - 1


def term_rows(began: int) -> list[tuple[str, str, date, date]]:
    """(kind, name, first day, last day) of the school year that began in September of `began`."""
    autumn = _monday(date(began, 9, 1)) if date(began, 9, 1).weekday() > 3 else date(began, 9, 1)
    after_easter = _monday(_easter(began + 1) + timedelta(days=8))
    spring_end = min(_friday_before(_easter(began + 1)), date(began + 1, 4, 4))
    return [
        ("term", "Autumn", autumn, _friday_before(date(began, 12, 21))),
        ("closure", "Autumn half term", _monday(date(began, 10, 22)), _monday(date(began, 10, 22)) + timedelta(days=4)),
        ("term", "Spring", _monday(date(began + 1, 1, 3)), spring_end),
        ("closure", "Spring half term", _monday(date(began + 1, 2, 12)), _monday(date(began + 1, 2, 12)) + timedelta(days=4)),
        ("term", "Summer", max(after_easter, _monday(spring_end + timedelta(days=14))), _friday_before(date(began + 1, 7, 23))),
        ("closure", "Summer half term", _monday(date(began + 1, 5, 25)), _monday(date(began + 1, 5, 25)) + timedelta(days=4)),
        ("inset", "INSET day", _monday(date(began, 11, 23)) + timedelta(days=4), _monday(date(began, 11, 23)) + timedelta(days=4)),
    ]


def _monday(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _friday_before(day: date) -> date:
    return day - timedelta(days=(day.weekday() - 4) % 7 or 7)


def _easter(year: int) -> date:
    from dateutil.easter import easter

    return easter(year)
