"""Writes the sample trust as CSV files, which are then imported by the ordinary importer."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from random import Random

from db.sample import people
from db.sample.names import COUNCILS, SCHOOLS
from db.sample.school_years import school_year_of, term_rows

TRUST_NAME = "Lantern Learning Trust"
_PUPILS, _PLANS, _SUPPORT = 3000, 180, 440
_FIRST_URN = 990001
Row = list[object]


def write_sample_trust(folder: Path, today: date, seed: int = 1, pupils: int = _PUPILS) -> None:
    """Write schools, term dates, LA contacts, staff, pupils, families and plans into `folder`, with dates around `today`.

    The same seed and day give the same files to the byte. Shares as in docs/import.md: 6% with a plan, 14.7% on SEN support.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(seed)  # noqa: S311  sample data, nothing secret
    rows = _everything(random, today, pupils)
    for name, (headings, lines) in rows.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8-sig") as out:
            writer = csv.writer(out)
            writer.writerow(headings)
            writer.writerows(lines)


def _everything(random: Random, today: date, pupils: int) -> dict[str, tuple[list[str], list[Row]]]:
    schools = [_school(i) for i in range(len(SCHOOLS))]
    learners = _pupils(random, today, pupils)
    return {
        "schools": (["URN", "DfE number", "School name", "Phase", "LA code"], schools),
        "term_dates": (["URN", "Kind", "Name", "First day", "Last day"], _terms(today)),
        "la_contacts": (["LA code", "LA name", "Contact name", "Email", "Role"], _council_contacts()),
        "staff": (["URN", "Staff ID", "Forename", "Surname", "Email", "Role"], _staff(random)),
        "pupils": (["URN", "Adno", "UPN", "Legal forename", "Legal surname", "DOB", "NC Year", "Reg", "SEN status", "SEN need", "LAC"], learners),
        "families": (
            ["URN", "Adno", "Contact ID", "Forename", "Surname", "Relationship", "Parental responsibility", "Email", "Phone", "Address",
             "Do not disclose", "Language", "Preferred channel"],
            _families(random, learners),
        ),
        "plans": (["URN", "Adno", "LA code", "Plan date", "Last review"], _plans(random, today, learners)),
    }  # fmt: skip


def _school(i: int) -> Row:
    name, phase = SCHOOLS[i]
    return [_FIRST_URN + i, f"{COUNCILS[i % 4][0]}{4000 + i}", name, phase, COUNCILS[i % 4][0]]


def _terms(today: date) -> list[Row]:
    began = school_year_of(today)
    years = range(began - 1, began + 3)
    return [[_FIRST_URN + i, kind, name, first, last] for i in range(len(SCHOOLS)) for y in years for kind, name, first, last in term_rows(y)]


def _council_contacts() -> list[Row]:
    rows: list[Row] = []
    for code, council in COUNCILS:
        host = f"{council.split()[0].casefold()}.example.org"
        rows.append([code, council, "SEN team", f"sen@{host}", "SEN team"])
        rows.append([code, council, "SEN manager", f"sen.manager@{host}", "SEN manager"])
        rows.append([code, council, "Educational psychology service", f"psychology@{host}", "Educational psychology"])
        rows.append([code, council, "Designated clinical officer", f"clinical@{host}", "Health"])
        rows.append([code, council, "Children's social care", f"care@{host}", "Social care"])
    return rows


def _staff(random: Random) -> list[Row]:
    rows: list[Row] = []
    for i, (school, _) in enumerate(SCHOOLS):
        for n, role in enumerate(["SENCO", "Headteacher", "Teacher", "Teacher"]):
            forename, surname = people.person(random)
            rows.append([_FIRST_URN + i, f"S{i}{n}", forename, surname, people.school_e_mail(forename, surname, school), role])
    for n, role in enumerate(["Trust SEND lead", "CEO"]):
        forename, surname = people.person(random)
        rows.append(["", f"T{n}", forename, surname, people.school_e_mail(forename, surname, TRUST_NAME), role])
    return rows


def _pupils(random: Random, today: date, count: int) -> list[Row]:
    provision = ["E"] * (count * _PLANS // _PUPILS) + ["K"] * (count * _SUPPORT // _PUPILS)
    provision += ["N"] * (count - len(provision))
    random.shuffle(provision)
    serials = [0] * len(SCHOOLS)
    rows: list[Row] = []
    for status in provision:
        i = random.choices(range(len(SCHOOLS)), [3, 3, 2, 3, 8, 8, 9, 3])[0]
        serials[i] += 1
        rows.append(_pupil(random, today, i, serials[i], status))
    return rows


def _pupil(random: Random, today: date, i: int, serial: int, status: str) -> Row:
    dfe_number = str(_school(i)[1])
    year_group = random.choice(people.year_groups(SCHOOLS[i][1]))
    forename, surname = people.person(random)
    return [
        _FIRST_URN + i, f"{serial:04d}", people.pupil_upn(random, dfe_number, serial), forename, surname,
        people.born_in_year_group(random, year_group, today), "R" if year_group == 0 else year_group, f"{year_group}{random.choice('ABC')}",
        status, people.need(random) if status != "N" else "", "Yes" if random.random() < (0.06 if status == "E" else 0.008) else "No",
    ]  # fmt: skip


def _families(random: Random, learners: list[Row]) -> list[Row]:
    rows: list[Row] = []
    for urn, adno, _, _, surname, *_rest in learners:
        apart = random.random() < 0.15
        relations = ["Mother", "Father"] if random.random() < 0.7 else [random.choice(["Mother", "Father", "Grandmother"])]
        home = people.address(random)
        for n, relation in enumerate(relations):
            forename, _ = people.person(random)
            hidden = "Yes" if apart and n == 0 and random.random() < 0.2 else "No"
            lives = people.address(random) if apart and n else home
            phone = f"07700 900{random.randrange(1000):03d}"
            rows.append([
                urn, adno, f"C{urn}{adno}{n}", forename, surname, relation, "Yes",
                f"family.{urn}.{adno}.{n}@home.example.org", phone, lives, hidden, people.language(random), "Email",
            ])  # fmt: skip
    return rows


def _plans(random: Random, today: date, learners: list[Row]) -> list[Row]:
    """Issued within five years; the last review up to a year ago, one in twelve longer ago, so that some are late already."""
    rows: list[Row] = []
    for urn, adno, _, _, _, _, _, _, status, *_rest in learners:
        if status != "E":
            continue
        la = COUNCILS[(int(str(urn)) - _FIRST_URN) % 4][0] if random.random() < 0.85 else random.choice(COUNCILS)[0]
        since_review = random.randrange(5, 350) if random.random() > 1 / 12 else random.randrange(366, 460)
        reviewed = today - timedelta(days=since_review)
        first = random.random() < 0.2
        issued = reviewed if first else reviewed - timedelta(days=random.randrange(200, 1500))
        rows.append([urn, adno, la, issued, "" if first else reviewed])
    return rows
