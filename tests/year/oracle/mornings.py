"""The numbers of each morning, counted a second time from the stretches: due today, before the school is open again, this week, late, awaited."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rules.hours import LONDON
from tests.year.days import ONE, Calendars, KnownDays
from tests.year.mail import Arrived
from tests.year.oracle.expected_readers import SPEAKS
from tests.year.oracle.findings import Findings
from tests.year.oracle.readers import Readers
from tests.year.oracle.stretches import Stretch

ROLES = Path(__file__).parents[3] / "process_definitions" / "roles.yaml"
FOLLOWS = frozenset({"senco", "headteacher"})
HEADS = {
    "Due today": "today", "Due before your school is open again": "holiday", "Due in the next seven days": "week", "Late": "late",
    "We wait for others": "waiting", "New": "new",
}  # fmt: skip
_SUBJECT = re.compile(r"your morning: (\d+) new, (\d+) due today, (\d+) late")
_MORE = re.compile(r"And (\d+) more under")


def judge_mornings(
    stretches: Sequence[Stretch], arrived: Sequence[Arrived], readers: Readers, days: KnownDays, lines: Mapping[str, int], findings: Findings
) -> None:
    """`lines`: how many lines the ledger gives each morning, by its reference."""
    of_school: dict[int, list[Stretch]] = defaultdict(list)
    for one in stretches:
        if one.owner:
            of_school[one.school_id].append(one)
    for mail in arrived:
        if (subject := _SUBJECT.search(mail.subject)) is None:
            continue
        counted = _counted(mail, of_school, readers, days.at(mail.at))
        counted["new"] = lines.get(mail.reference, 0)
        written = _written(mail.text)
        findings.figures["mornings counted again"] += 1
        for name in HEADS.values():
            if written[name] != counted[name]:
                findings.wrong("morning's numbers", f"{mail.reference} at {mail.at}: {name} says {written[name]}, counted {counted[name]}")
        said = tuple(int(number) for number in subject.groups())
        if said != (counted["new"], counted["today"], counted["late"]):
            findings.wrong("morning's subject", f"{mail.reference} at {mail.at}: {mail.subject!r}, counted {counted}")


def _written(text: str) -> Counter[str]:
    """The bullets below each head, and those that it says are more."""
    found: Counter[str] = Counter()
    head = ""
    for line in text.splitlines():
        if line.strip() in HEADS:
            head = HEADS[line.strip()]
        elif head and line.startswith("- "):
            found[head] += 1
        elif head and (more := _MORE.search(line)) is not None:
            found[head] += int(more[1])
    return found


def _counted(mail: Arrived, of_school: Mapping[int, list[Stretch]], readers: Readers, calendars: Calendars) -> Counter[str]:
    person, today = readers.people[mail.to.casefold()], mail.at.astimezone(LONDON).date()
    found: Counter[str] = Counter()
    roles: dict[int, set[str]] = defaultdict(set)
    for post in (*readers.acting(mail.at), *readers.posts):
        if post.person_id == person:
            roles[post.school_id].add(post.role)
    for school, held in roles.items():
        owed = held | {party for party, speakers in SPEAKS.items() if held & set(speakers)}
        until = calendars.schools[school].first_from(today + ONE) - ONE
        aside = any(post.person_id == person and post.school_id == school and post.role == "headteacher" for post in readers.posts)
        standing = [one for one in of_school[school] if one.stands_at(mail.at) and _may_read(one, held, aside=aside)]
        found.update(_section(one, until, today) for one in standing if one.status == "open" and one.owner in owed)
        if held & FOLLOWS:
            found["waiting"] += sum(_is_awaited(one, today) for one in standing if one.owner not in owed)
    return found


def _may_read(one: Stretch, held: set[str], *, aside: bool) -> bool:
    """Who stands aside as the school's headteacher (`aside`: they hold that post) reads it in no other role, nor as a deputy."""
    return one.read_by is None or bool(held & one.read_by and not (aside and "headteacher" not in one.read_by))


def _section(one: Stretch, until: date, today: date) -> str:
    if _days_late(one, today):
        return "late"
    by_on = _ahead(one, today)
    if by_on is None:
        return ""
    return "today" if by_on == today else "holiday" if by_on <= until else "week" if by_on <= today + timedelta(days=7) else ""


def _ahead(one: Stretch, today: date) -> date | None:
    """The next of its days: once our own target is past, the day of law."""
    days = [day for day in (one.target_on, one.safe_on, one.due_on) if day is not None and today <= day]
    return sorted(days)[0] if days else None


def _is_awaited(one: Stretch, today: date) -> bool:
    """Of others: late, or due within the week; what waits for its turn counts only where it is nobody's of ours and surely owed."""
    if one.perhaps or (one.status != "open" and _ours()[re.sub(r"_\d+$", "", one.owner)]):
        return False
    by_on = _ahead(one, today)
    return _days_late(one, today) > 0 or (by_on is not None and by_on <= today + timedelta(days=7))


def _days_late(one: Stretch, today: date) -> int:
    if one.lifted and (one.review_on is None or today <= one.review_on):
        return 0
    return max((today - one.chased_for).days, 0) if one.chased_for is not None else 0


@cache
def _ours() -> dict[str, bool]:
    read: Any = yaml.safe_load(ROLES.read_text(encoding="utf-8"))["roles"]
    return {name: bool(role["ours"]) for name, role in read.items()}


def lines_of_mornings(rows: Iterable[Any]) -> dict[str, int]:
    """How many lines each mailing has by the ledger's deliveries: of several reminders of one step to one role the last one counts."""
    steps: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for row in rows:
        if row.mailing_id is not None and row.state == "listed":
            reminds = row.rung is not None or row.template in ("ladders/said_passed", "ladders/plan_came")
            about = (row.case_id, row.step, row.party, row.round, row.to_role) if reminds else (row.id,)
            steps[f"LIST-{row.mailing_id:06}"].add(about)
    return {reference: len(about) for reference, about in steps.items()}
