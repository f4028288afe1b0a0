"""Headings as schools write them."""

import pytest

from db.importing.columns import KINDS, PUPILS
from db.importing.mapping import kind_of_file, map_columns
from db.importing.problems import ImportRefused
from db.importing.read_csv import read_csv
from db.importing.typed_rows import typed_rows

HEADINGS = "School URN,Adno,Unique Pupil Number,Legal forename,Legal surname,Date of birth,NC Year,SEN status,SEN need,LAC,House"
ROW = "123456,0042,B801200005001,Ada,Okoro,01/09/2014,Year 7,K,Autism,No,Red"


def table(*rows: str):
    return read_csv("pupils.csv", "\n".join([HEADINGS, *rows]).encode())


def test_synonyms_find_the_columns_and_what_is_left_over_is_said() -> None:
    mapped = map_columns(table(ROW), PUPILS)
    assert mapped.columns["surname"] == "Legal surname"
    assert mapped.unread == ("House",)


def test_the_mapping_kept_for_the_school_wins() -> None:
    assert map_columns(table(ROW), PUPILS, {"registration_group": "House"}).columns["registration_group"] == "House"


def test_a_missing_column_is_named_with_what_would_do() -> None:
    with pytest.raises(ImportRefused) as refused:
        map_columns(read_csv("pupils.csv", b"URN,Adno\n"), PUPILS)
    assert "Date of birth" in " ".join(p.reason for p in refused.value.problems)


def test_rows_become_typed_and_every_bad_cell_is_named() -> None:
    (row,) = typed_rows(table(ROW), map_columns(table(ROW), PUPILS))
    assert (row.values["sen_need"], row.values["year_group"], row.values["looked_after"]) == ("ASD", 7, False)
    bad = table(ROW, ROW.replace("0042", "0043").replace("B8012", "Q8012").replace("Year 7", "Year 77"))
    with pytest.raises(ImportRefused) as refused:
        typed_rows(bad, map_columns(bad, PUPILS))
    assert [(p.line, p.column) for p in refused.value.problems] == [(3, "Unique Pupil Number"), (3, "NC Year")]


def test_a_row_that_stands_twice_is_taken_once_or_refused() -> None:
    twice = table(ROW, ROW)
    assert len(typed_rows(twice, map_columns(twice, PUPILS))) == 1
    with pytest.raises(ImportRefused, match="nothing was imported"):
        other = table(ROW, ROW.replace("Ada", "Ann"))
        typed_rows(other, map_columns(other, PUPILS))


def test_a_file_says_its_kind_by_name_or_headings() -> None:
    assert kind_of_file("oakfield_pupils.csv", ()).name == "pupils"
    assert kind_of_file("export.csv", tuple(HEADINGS.split(","))).name == "pupils"
    with pytest.raises(ImportRefused, match="nothing was imported"):
        kind_of_file("export.csv", ("a", "b"))
    assert next(iter(KINDS)) == "schools"
