"""Cells as MIS and Excel write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.importing import cells
from db.importing.problems import BadCell


@pytest.mark.parametrize("good", ["B801200005001", "P207000016049", "R82010062600A", "F820100626001", "b801200005001", "F 820100626001"])
def test_upns_of_the_official_rule_are_read(good: str) -> None:
    assert cells.upn(good) == good.replace(" ", "").upper()


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("Q207000016049", "it is P"),
        ("1.2E+12", "Excel shortened"),
        ("B80120000500", "not a UPN"),
        ("I801200005001", "not a UPN"),
    ],
)
def test_a_bent_upn_is_refused_with_the_reason(bad: str, says: str) -> None:
    with pytest.raises(BadCell, match=says):
        cells.upn(bad)


@pytest.mark.parametrize(
    "seen", ["2014-09-01", "01/09/2014", "1/9/2014", "01-Sep-14", "1-Sep-2014", "1 September 2014", "41883", "01/09/2014 00:00:00"]
)
def test_dates_as_they_are_seen(seen: str) -> None:
    assert cells.day(seen) == date(2014, 9, 1)


@pytest.mark.parametrize(
    ("bad", "says"), [("3/4/26", "two ways"), ("31/02/2026", "not a date"), ("soon", "not a date"), ("13/13/2026", "not a date")]
)
def test_dates_that_cannot_be_trusted(bad: str, says: str) -> None:
    with pytest.raises(BadCell, match=says):
        cells.day(bad)


@given(st.text(max_size=40))
def test_every_reader_answers_or_refuses(cell: str) -> None:
    for reader in (cells.upn, cells.day, cells.yes_or_no, cells.year_group, cells.urn, cells.dfe_number, cells.la_code, cells.e_mail, cells.name):
        try:
            reader(cell)
        except BadCell as refusal:
            assert str(refusal)
