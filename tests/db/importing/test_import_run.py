"""Whole imports into a real PostgreSQL: twice changes nothing, a changed row updates, a bad row stops everything, nobody leaves by silence."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.engine import Engines
from db.importing.leavers import answer_leaver, leaving_pupils, missing_pupils
from db.importing.problems import ImportRefused
from db.importing.run import FileReport, import_files, import_folder
from db.models import Family, Import, Membership, Person, Plan, Pupil, School, SchoolTerm
from db.new_child import NewChild, add_child
from db.sample.trust import write_sample_trust

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample_trust(folder, TODAY, pupils=300)
    return folder


@pytest.fixture(scope="module")
def imported(engines: Engines, folder: Path) -> Engines:
    with engines.scheduler() as session:
        import_folder(session, folder, actor_id=None, today=TODAY, trust_name="Lantern Learning Trust")
    return engines


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.glob("*.csv")}


def test_the_sample_trust_goes_in_whole(imported: Engines) -> None:
    with imported.scheduler() as session:
        count = lambda model: session.scalar(select(func.count()).select_from(model))  # noqa: E731
        assert (count(School), count(Pupil), count(Plan)) == (8, 300, 18)
        assert count(Family) >= 300
        assert count(Membership) == 8 * 4 + 8 * 2
        assert session.scalar(select(func.count()).select_from(Person).where(Person.kind == "family", Person.school_ids == [])) == 0
        plan = session.scalars(select(Plan)).first()
        base = plan.last_review_on or plan.issued_on
        assert plan.review_due_on == date(base.year + 1, base.month, base.day) - (date(2026, 1, 2) - date(2026, 1, 1))


def test_the_same_files_again_change_nothing(imported: Engines, folder: Path) -> None:
    with imported.scheduler() as session:
        report = import_folder(session, folder, actor_id=None, today=TODAY)
    assert not report.changed_anything
    assert report.missing == report.unnamed == 0


def test_a_changed_row_updates_that_row_alone(imported: Engines, folder: Path) -> None:
    changed = files(folder)["pupils.csv"].decode("utf-8-sig").splitlines()
    cells = changed[1].split(",")
    cells[4] = "Newname"
    text = "\n".join([changed[0], ",".join(cells), *changed[2:]])
    with imported.scheduler() as session:
        report = import_files(session, {"pupils.csv": text.encode()}, actor_id=None, today=TODAY)
        assert (report.files[0].counts.added, report.files[0].counts.changed) == (0, 1)
        assert session.scalar(select(func.count()).select_from(Pupil).where(Pupil.family_name == "Newname")) == 1


def test_one_bad_row_stops_the_whole_import(imported: Engines, folder: Path) -> None:
    given = files(folder)
    given["families.csv"] += b"990001,9999,X,Ann,Other,Mother,Yes,a@b.example.org,,,No,English,Email\n"
    with imported.scheduler() as session:
        before = (session.scalar(select(func.count()).select_from(Pupil)), session.scalar(select(func.count()).select_from(Import)))
    with pytest.raises(ImportRefused) as refused, imported.scheduler() as session:
        import_files(session, given, actor_id=None, today=TODAY)
    assert any("families.csv, line" in str(p) for p in refused.value.problems)
    with imported.scheduler() as session:
        assert before == (session.scalar(select(func.count()).select_from(Pupil)), session.scalar(select(func.count()).select_from(Import)))


def test_a_pupil_missing_from_the_file_stays_until_a_person_says(imported: Engines, folder: Path) -> None:
    lines = files(folder)["pupils.csv"].decode("utf-8-sig").splitlines()
    gone = lines.pop(5)
    with imported.scheduler() as session:
        assert import_files(session, {"pupils.csv": "\n".join(lines).encode()}, actor_id=None, today=TODAY).missing == 1
        (missing,) = missing_pupils(session)
        assert missing.name.split()[0] in gone
        assert session.get(Pupil, missing.pupil_id).left_on is None
        senco = session.scalar(select(Person.id).where(Person.kind == "staff").limit(1))
        answer_leaver(session, missing.pupil_id, left_on=TODAY, actor_id=senco, now=datetime(2026, 11, 24, tzinfo=UTC))
        assert missing_pupils(session) == []
        session.expire_all()
        assert session.get(Pupil, missing.pupil_id).left_on == TODAY


def test_a_last_day_to_come_stands_and_who_is_named_after_it_is_on_roll_again(imported: Engines, folder: Path) -> None:
    lines = files(folder)["pupils.csv"].decode("utf-8-sig").splitlines()
    without = "\n".join([*lines[:7], *lines[8:]]).encode()
    last, now = date(2027, 7, 20), datetime(2026, 11, 24, tzinfo=UTC)

    def taken(content: bytes, today: date) -> FileReport:
        return import_files(session, {"pupils.csv": content}, actor_id=None, today=today).files[0]

    with imported.scheduler() as session:
        taken(without, TODAY)
        (missing,) = missing_pupils(session)
        senco = session.scalar(select(Person.id).where(Person.kind == "staff").limit(1))
        answer_leaver(session, missing.pupil_id, left_on=last, actor_id=senco, now=now)
        assert taken(files(folder)["pupils.csv"], TODAY).counts.notes == () and session.get_one(Pupil, missing.pupil_id).left_on == last
        taken(without, TODAY)
        assert missing_pupils(session) == [], "who has said so is not asked again"
        assert [(one.pupil_id, one.left_on) for one in leaving_pupils(session, last)] == [(missing.pupil_id, last)]
        assert leaving_pupils(session, last + timedelta(days=1)) == []
    with imported.scheduler() as session:
        (note,) = (one for one in taken(files(folder)["pupils.csv"], last + timedelta(days=1)).counts.notes if one.line == 8)
        assert f"the last day of {missing.name} on roll was 2027-07-20; they are named again" in str(note)
        assert session.get_one(Pupil, missing.pupil_id).left_on is None
        with pytest.raises(LookupError, match="nobody has said that they left"):
            answer_leaver(session, missing.pupil_id, left_on=None, actor_id=senco, now=now)


def test_a_wrong_answer_is_put_right(imported: Engines, folder: Path) -> None:
    lines = files(folder)["pupils.csv"].decode("utf-8-sig").splitlines()
    with imported.scheduler() as session:
        import_files(session, {"pupils.csv": "\n".join([*lines[:9], *lines[10:]]).encode()}, actor_id=None, today=TODAY)
        (missing,) = missing_pupils(session)
        senco = session.scalar(select(Person.id).where(Person.kind == "staff").limit(1))
        for left_on in (TODAY, date(2027, 3, 3), None):
            answer_leaver(session, missing.pupil_id, left_on=left_on, actor_id=senco, now=datetime(2026, 11, 24, tzinfo=UTC))
            assert session.get_one(Pupil, missing.pupil_id).left_on == left_on


def test_a_upn_of_another_school_is_refused(imported: Engines, folder: Path) -> None:
    lines = files(folder)["pupils.csv"].decode("utf-8-sig").splitlines()
    cells = lines[1].split(",")
    other = "990002" if cells[0] != "990002" else "990003"
    stolen = ",".join([other, "7777", *cells[2:]])
    with pytest.raises(ImportRefused) as refused, imported.scheduler() as session:
        import_files(session, {"pupils.csv": f"{lines[0]}\n{stolen}\n".encode()}, actor_id=None, today=TODAY)
    assert "belongs to another pupil" in str(refused.value.problems[0])


def test_a_term_whose_first_day_is_corrected_replaces_the_old_one(imported: Engines) -> None:
    with imported.scheduler() as session:
        first = session.scalars(select(SchoolTerm).join(School).where(School.urn == "990001").order_by(SchoolTerm.first_on)).first()
        row = f"990001,term,{first.name},{first.first_on + timedelta(days=1)},{first.last_on}"
        before = session.scalar(select(func.count()).select_from(SchoolTerm))
        import_files(session, {"term_dates.csv": f"URN,Kind,Name,First day,Last day\n{row}\n".encode()}, actor_id=None, today=TODAY)
        assert session.scalar(select(func.count()).select_from(SchoolTerm)) == before


def test_a_child_entered_by_hand_is_missed_in_no_file_and_met_by_the_one_that_brings_them(imported: Engines, folder: Path) -> None:
    lines = files(folder)["pupils.csv"].decode("utf-8-sig").splitlines()
    with imported.scheduler() as session:
        school = session.scalars(select(School).where(School.urn == lines[1].split(",")[0])).one()
        child = add_child(session, NewChild(school.id, school.authority_id, "Quentin", "Quince", date(2016, 5, 4)), TODAY)
    with imported.scheduler() as session:
        assert import_files(session, {"pupils.csv": "\n".join(lines).encode()}, actor_id=None, today=TODAY).missing == 0
        before = session.scalar(select(func.count()).select_from(Pupil))
    brings = f"{school.urn},7777,,QUENTIN,Quince,2016-05-04,5,5C,E,ASD,No"
    with imported.scheduler() as session:
        import_files(session, {"pupils.csv": "\n".join([*lines, brings]).encode()}, actor_id=None, today=TODAY)
        assert session.get_one(Pupil, child).mis_id == "7777" and session.scalar(select(func.count()).select_from(Pupil)) == before


def test_an_order_and_a_hidden_address_come_with_the_file_and_stay_where_a_later_file_is_silent(imported: Engines, folder: Path) -> None:
    lines = files(folder)["families.csv"].decode("utf-8-sig").splitlines()[:2]
    head, row = (line.split(",") for line in lines)
    row[head.index("Do not disclose")] = "Yes"
    barred = f"{','.join(head)},No contact\n{','.join(row)},Yes\n"
    at = head.index("Do not disclose")
    silent = "\n".join(",".join(cells[:at] + cells[at + 1 :]) for cells in (head, row))
    lifted = barred.replace(",Yes\n", ",No\n")

    def known(text: str) -> list[tuple[bool, bool]]:
        with imported.scheduler() as session:
            import_files(session, {"families.csv": text.encode()}, actor_id=None, today=TODAY)
        with imported.scheduler() as session:
            person = select(Person.id).where(Person.external_id.contains(row[head.index("Contact ID")]))
            return [(one.address_not_disclosed, one.no_contact) for one in session.scalars(select(Family).where(Family.person_id.in_(person)))]

    assert known(barred) == known(silent) == [(True, True)] and known(lifted) == [(True, False)]
