"""The dates of the SEN2 return, ours against an LA's: what the file holds, what an LA sends back, and each difference by its row."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from db.engine import Engines
from db.importing.problems import ImportRefused
from db.queries.la_reconciliation import OurDates, next_return, our_dates
from db.reconciling.compare import Compared, compare
from db.reconciling.our_file import as_csv, differences_csv
from db.reconciling.their_file import read_their_file
from rules.la_steps import la_steps
from rules.loader import load_library
from tests.db.la_story import decided, pupil_with_plan, reviewed, shipped_village
from tests.db.ledger_story import Village

STEPS = la_steps(load_library())
OUR_FILE = """\
UPN,Surname,Forename,Date of birth,School URN,School,LA reference,Review case,Transfer case,Ours: review meeting,Theirs: review meeting,\
Ours: decision,Theirs: decision,Ours: decision on,Theirs: decision on,Ours: draft amended plan,Theirs: draft amended plan,Ours: phase transfer due,\
Theirs: phase transfer due,Ours: phase transfer final plan,Theirs: phase transfer final plan
{ada},Ashby,Ada,2016-03-01,900001,Ash School,LA/1,AR-000001,,2026-11-05,,maintain,,2026-12-03,,,,,,,
{ben},Birch,Ben,2016-03-01,900001,Ash School,LA/2,AR-000003,,2026-11-05,,amend,,2026-12-01,,2026-12-01,,,,,
{cleo},Cole,Cleo,2016-03-01,900001,Ash School,LA/3,AR-000004,PT-000005,2026-11-05,,,,,,,,2027-02-14,,2027-02-12,
,Dale,'=Dan,2016-03-01,900001,Ash School,LA/4,,,,,,,,,,,,,,
"""


def upn(serial: int) -> str:
    from stdnum.gb.upn import calc_check_digit

    rest = f"801200005{serial:03}"
    return f"{calc_check_digit(rest)}{rest}"


@pytest.fixture(scope="module")
def ours(engines: Engines) -> list[OurDates]:
    """Ada's review was decided and her plan kept, Ben's is to be amended, nobody decided on Cleo's, who changes phase; Dan has a plan and no more."""
    place = shipped_village(engines)
    ada, ben, cleo = (pupil_with_plan(place, *name, upn(n)) for n, name in enumerate((("Ada", "Ashby"), ("Ben", "Birch"), ("Cleo", "Cole")), 1))
    pupil_with_plan(place, "=Dan", "Dale")
    place.pupil("Eve", "East")  # no plan: nothing that the return asks
    decided(place, reviewed(place, ada), "2026-12-03", recorded_on="2026-12-20")
    served = {"notice_sent_on": date(2026, 12, 1), "notice_served_on": date(2026, 12, 2)}
    decided(place, reviewed(place, ben), "2026-12-01", "amend", recorded_on="2026-12-03", **served)
    reviewed(place, cleo)
    transferred(place, cleo)
    with engines.app([place.school_id]) as session:
        return our_dates(session, STEPS, "001", 2027)


def transferred(place: Village, pupil_id: int) -> None:
    facts: dict[str, object] = {
        "phase": "primary_to_secondary", "transfer_on": date(2027, 9, 1), "review_due_on": date(2026, 12, 20), "year_group": 6,
        "looked_after": False, "rights_held_by": "parent", "ordinary_review": "none",
    }  # fmt: skip
    case = place.ledger.open_case(place.senco, key=uuid4(), process="phase_transfer", pupil_id=pupil_id, facts=facts, on=date(2026, 9, 8)).case
    place.decide(case, "explain_transfer", "2026-09-10")
    place.decide(case, "la_names_school", "2027-02-16", "names_school_asked_for", decision_on=date(2027, 2, 12))


def against(ours: list[OurDates], *lines: str) -> Compared:
    return compare("la.csv", ours, read_their_file("la.csv", "\n".join(lines).encode()))


def test_the_file_holds_each_pupil_of_the_la_once_and_no_formula(ours: list[OurDates]) -> None:
    expected = OUR_FILE.format(ada=upn(1), ben=upn(2), cleo=upn(3))
    assert as_csv(ours).replace("\r\n", "\n") == expected


def test_another_year_and_another_la_have_other_rows(ours: list[OurDates], engines: Engines) -> None:
    with engines.scheduler() as session:
        assert {(one.surname, one.review, one.transfer) for one in our_dates(session, STEPS, "001", 2026)} == {
            (name, "", "") for name in ("Ashby", "Birch", "Cole", "Dale")
        }
        assert our_dates(session, STEPS, "999", 2027) == []
    assert [next_return(date(*day)) for day in ((2026, 11, 29), (2027, 1, 21), (2027, 2, 28), (2027, 3, 1))] == [2027, 2027, 2027, 2028]


def test_a_decision_that_was_put_right_is_what_the_file_says(ours: list[OurDates], engines: Engines) -> None:
    place = shipped_village(engines, "900002")
    case, back = (reviewed(place, pupil_with_plan(place, *name)) for name in (("Fay", "Ford"), ("Gus", "Gale")))
    served = {"notice_sent_on": date(2026, 12, 2), "notice_served_on": date(2026, 12, 3)}
    decided(place, case, "2026-12-02", "amend", recorded_on="2026-12-04", **served)
    decided(place, back, "2026-12-02", recorded_on="2026-12-04")
    about = {"step": "la_decision", "because": "misread", "on": date(2026, 12, 7)}
    place.ledger.correct_outcome(place.senco, key=uuid4(), case=case, outcome="maintain", **about)
    place.ledger.correct_outcome(place.senco, key=uuid4(), case=back, outcome="amend", facts=served, **about)
    with engines.app([place.school_id]) as session:
        told = [(one.decision, one.decision_on, one.draft_amended_plan_on) for one in our_dates(session, STEPS, "002", 2027)]
    assert told == [("maintain", date(2026, 12, 2), None), ("amend", date(2026, 12, 2), date(2026, 12, 2))]


def test_our_file_filled_in_by_the_la_comes_back_and_its_differences_are_named(ours: list[OurDates]) -> None:
    lines = OUR_FILE.format(ada=upn(1), ben=upn(2), cleo=upn(3)).splitlines()
    ada = lines[1].replace("2026-11-05,,maintain,,2026-12-03,,", "2026-11-05,05/11/2026,maintain,Maintain,2026-12-03,4 December 2026,")
    cleo = (
        lines[3].replace("2026-11-05,,", "2026-11-05,2026-11-05,").replace("2027-02-14,,2027-02-12,", "2027-02-14,2027-02-15,2027-02-12,2027-02-12")
    )
    found = against(ours, lines[0], ada, cleo)
    assert [(d.line, d.case, d.item, d.ours, d.theirs, d.says) for d in found.differences] == [
        (2, "AR-000001", "decision on", "2026-12-03", "2026-12-04", "the LA's is 1 day later")
    ]
    assert (found.same, [m.surname for m in found.missing], found.problems) == (1, ["Birch"], [])  # 15 February is the 14th, told the return's way


def test_the_las_own_headings_are_read_and_rows_are_met_by_upn_or_by_name_and_birthday(ours: list[OurDates]) -> None:
    found = against(
        ours,
        "UPN;Surname;Forename;PersonBirthDate;ReviewMeeting;ReviewOutcome;LastReview;ReviewDraft",
        f"{upn(1)};;;;2026-11-05T00:00:00;M;2026-12-03;",
        ";BIRCH;Ben;01/03/2016;2026-11-06;A;2026-11-30;",
        f"{upn(9)};Stranger;Sam;2015-01-01;2026-10-01;M;;",
        f"{upn(3)};Cole;Cleo;01/03/2016;;;;",
    )
    assert [(d.line, d.item, d.says) for d in found.differences] == [
        (3, "review meeting", "the LA's is 1 day later"),
        (3, "decision on", "the LA's is 1 day earlier"),
        (3, "draft amended plan", "we have it, the LA has not"),
        (5, "review meeting", "we have it, the LA has not"),
    ]
    assert [(s.line, s.surname) for s in found.strangers] == [(4, "Stranger")]
    assert (found.same, found.missing) == (1, [])


def test_a_bad_row_is_named_and_the_others_are_compared(ours: list[OurDates]) -> None:
    found = against(
        ours,
        "UPN,Surname,ReviewMeeting,ReviewOutcome",
        f"{upn(1)},Ashby,5/11/26,Maintain",
        f"Z{upn(2)[1:]},Birch,2026-11-05,Amend",
        f"{upn(3)},Cole,2026-11-05,Postponed",
        ",Dale,2026-11-05,Amend",
        f"{upn(2)},Birch,2026-11-05,Amend",
        f"{upn(2)},Birch,2026-11-05,Cease",
    )
    assert [(p.line, p.column) for p in found.problems] == [(2, "ReviewMeeting"), (3, "UPN"), (4, "ReviewOutcome"), (5, ""), (7, "")]
    words = [p.reason for p in found.problems]
    assert "write the year with four digits" in words[0]
    assert f"the check letter of 'Z{upn(2)[1:]}' is wrong" in words[1]
    assert words[2:] == [
        "'Postponed' is not a decision on a review; write maintain, amend or cease",
        "this row names no pupil; give the UPN, or surname, forename and date of birth",
        "line 6 is about the same pupil; keep one",
    ]
    assert (found.same, found.differences) == (1, [])
    written = differences_csv(found).splitlines()
    assert written[0] == "Line,UPN,Pupil,School,Case,What,Ours,Theirs,Difference"
    assert f",{upn(1)},Ada Ashby,Ash School,AR-000001,,,,not in the LA's file" in written
    assert "7,,,,,,,,not read: line 6 is about the same pupil; keep one" in written


@pytest.mark.parametrize(
    ("heading", "says"),
    [
        ("UPN,Surname", "no column holds a date of the return; name at least one: Theirs: review meeting (or ReviewMeeting)"),
        ("Surname,ReviewMeeting", "no column says who a row is about; give UPN, or Surname, Forename and Date of birth"),
        ("", "the file is empty"),
    ],
)
def test_a_file_that_cannot_be_held_against_ours_says_why(heading: str, says: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read_their_file("la.csv", f"{heading}\n".encode() if heading else b"")
    assert says in refused.value.problems[0].reason
