"""One morning of the trust: no case that cannot be worked keeps the others waiting."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from rules.values import Facts
from tasks.chase import chase
from tasks.failure import TaskFailed
from tasks.parts import make_parts
from tests.databases import TestServer
from tests.db.ledger_story import day
from tests.tasks.morning_post import MorningPost, post_of_its_own

WINDOW: Facts = {"decision": "no_plan", "decision_on": day("2026-09-01"), "rights_held_by": "parent"}


def test_a_case_that_cannot_be_counted_anew_keeps_no_other_window_open(postgres: TestServer, tmp_path: Path) -> None:
    with post_of_its_own(postgres, tmp_path) as post:
        broken, other = post.review("2026-11-20"), _window(post)
        with post.parts.engines.act_connection("sendflow_writer") as connection:  # what no act writes: a position that no program reads
            connection.execute("UPDATE cases SET position = '{', calendar_version = 'another' WHERE ref = %s", (broken,))
        post.is_now("2026-11-24")
        with pytest.raises(TaskFailed):
            chase(post.parts, post.clock.today())
        window = post.village.ledger.position(other)[1].instance("family_appeals")
        assert (window.status, window.outcome) == ("done", "no_word"), "the window of another child lapsed that morning all the same"


def test_a_morning_needs_no_second_connection_for_its_turn(postgres: TestServer, tmp_path: Path) -> None:
    with post_of_its_own(postgres, tmp_path) as post:
        window = _window(post)
        post.review("2026-11-20")
        narrow = make_parts(post.parts.settings.model_copy(update={"pool_size": 1}), post.parts.engines.url, pool_seconds=1)
        post.is_now("2026-11-24")
        chase(replace(narrow, clock=post.clock), post.clock.today())
        narrow.engines.dispose()
        assert post.village.ledger.position(window)[1].instance("family_appeals").status == "done"


def _window(post: MorningPost) -> str:
    place = post.village
    opened = place.ledger.open_case(place.senco, key=uuid4(), process="tribunal_appeal", pupil_id=place.pupil(), facts=WINDOW, on=day("2026-09-03"))
    return opened.case
