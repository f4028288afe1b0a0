"""Every goal bounds a figure that is measured, and the tables say which are reached."""

from __future__ import annotations

from benchmarks.__main__ import MEASURES
from benchmarks.figures import kept_rows
from benchmarks.goals import GOALS, goal_of, met
from benchmarks.page import PAGE


def test_every_goal_bounds_a_figure_that_is_written_down() -> None:
    rows = kept_rows()
    idle = [goal for goal in GOALS if not any(goal.is_for(row["of"], row["measure"], row["peer"]) for row in rows)]
    assert idle == []


def test_every_figure_stands_beside_its_goal() -> None:
    asked = {"measure", "ours", "peer", "peer_value", "ratio", "unit", "machine", "date", "goal", "met"}
    for row in kept_rows():
        assert asked <= set(row) and row["of"] in MEASURES
        assert row["goal"] == goal_of(row["of"], row["measure"], row["peer"])
        assert row["met"] is met(row["of"], row["measure"], row["peer"], row["ours"], row["ratio"])


def test_the_page_names_what_is_not_reached() -> None:
    before_the_tables = PAGE.read_text(encoding="utf-8").split("### record")[0]
    assert [row["measure"] for row in kept_rows() if row["met"] is False and row["measure"] not in before_the_tables] == []


def test_a_ratio_without_its_peer_is_not_reached_and_a_bound_is_reached_at_its_edge() -> None:
    wake, kept = "a wake by the resident worker: CPU of client, server and PostgreSQL", "decision, position kept, 1 process"
    assert met("acts", kept, "raw psycopg", 900, None) is False
    assert met("acts", kept, "raw psycopg", 900, 1.5) is True
    assert met("acts", kept, "", 900, None) is None
    assert met("wakes", wake, "stock process worker", 0.12, 1 / 30) is True
    assert met("wakes", wake, "stock process worker", 0.121, 0.01) is False
    assert met("wakes", wake, "stock process worker", 0.1, 0.05) is False
