"""Files as they come: encodings, separators, and every way of being broken."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.importing.problems import ImportRefused
from db.importing.read_csv import read_csv

TABLE = "UPN,Surname\nB801200005001,O\u2019Brien-Peña\n"


@pytest.mark.parametrize(
    "content", [TABLE.encode(), TABLE.encode("utf-8-sig"), TABLE.encode("utf-16"), TABLE.encode("cp1252"), TABLE.replace(",", ";").encode()]
)
def test_the_same_table_in_every_encoding(content: bytes) -> None:
    table = read_csv("pupils.csv", content)
    assert table.headings == ("UPN", "Surname")
    assert table.rows == ((2, ("B801200005001", "O\u2019Brien-Peña")),)


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 0, "empty"),
        (b"UPN,Surname\nB80,a,b\n", 2, "3 cells and the heading row 2"),
        (b"UPN,upn\n1,2\n", 1, "twice"),
        (b"UPN,Surname\nB80,\x00\n", 2, "NUL"),
        (b'UPN,Surname\nB80,"open\n', 2, "quotation marks"),
        (b"UPN\n" + b"a" * 3000 + b"\n", 2, "longer than"),
    ],
)
def test_broken_files_name_line_and_reason(content: bytes, line: int, says: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read_csv("pupils.csv", content)
    assert refused.value.problems[0].line == line
    assert says in refused.value.problems[0].reason


def test_line_numbers_are_the_editors_also_after_a_cell_of_two_lines() -> None:
    with pytest.raises(ImportRefused) as refused:
        read_csv("pupils.csv", b'UPN,Note\nB80,"two\nlines"\nB81,x,y\n')
    assert refused.value.problems[0].line == 4


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_give_a_table_or_a_refusal(content: bytes) -> None:
    try:
        read_csv("pupils.csv", content)
    except ImportRefused as refused:
        assert all(p.reason for p in refused.problems)
