"""The sample trust is what it says, the same each time, and passes the importer's own reading."""

import itertools
from datetime import date
from pathlib import Path

from db.importing.columns import KINDS
from db.importing.mapping import map_columns
from db.importing.read_csv import read_csv
from db.importing.typed_rows import typed_rows
from db.sample.school_years import term_rows
from db.sample.trust import write_sample_trust

TODAY = date(2026, 11, 24)


def test_every_file_reads_without_a_problem_and_the_shares_are_right(tmp_path: Path) -> None:
    write_sample_trust(tmp_path, TODAY)
    rows = {}
    for kind in KINDS.values():
        table = read_csv(f"{kind.name}.csv", (tmp_path / f"{kind.name}.csv").read_bytes())
        rows[kind.name] = typed_rows(table, map_columns(table, kind))
    statuses = [r.values["sen_provision"] for r in rows["pupils"]]
    assert (len(statuses), statuses.count("E"), statuses.count("K"), len(rows["schools"])) == (3000, 180, 440, 8)
    assert len(rows["plans"]) == 180
    assert len({r.values["la_code"] for r in rows["la_contacts"]}) == 4


def test_the_same_seed_and_day_give_the_same_bytes(tmp_path: Path) -> None:
    write_sample_trust(tmp_path / "a", TODAY, pupils=200)
    write_sample_trust(tmp_path / "b", TODAY, pupils=200)
    assert all(f.read_bytes() == (tmp_path / "b" / f.name).read_bytes() for f in (tmp_path / "a").iterdir())


def test_terms_do_not_overlap_and_closures_lie_within_them() -> None:
    for began in range(2020, 2035):
        terms = [(f, last) for kind, _, f, last in term_rows(began) if kind == "term"]
        assert all(a[1] < b[0] for a, b in itertools.pairwise(terms))
        assert all(f < last for f, last in terms)
        for kind, name, first, last in term_rows(began):
            assert kind == "term" or any(f <= first and last <= end for f, end in terms), (began, name)
