"""Kept histories come to the same positions to the byte, whatever has become of the code (`faults.md` D9)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rules.compiled import compiled
from rules.history import Event
from rules.loader import load_library
from rules.position import advance, fold, start
from tests.faults.conftest import Tally
from tests.histories.keep import keep
from tests.histories.kept import HISTORIES, Kept, after, file_of, files, read


def test_d9_kept_histories_come_to_the_same_positions_to_the_byte(tally: Tally) -> None:
    events = 0
    for file in files():
        each = read(file)
        assert len(each.histories) == HISTORIES
        for history, expected in each.histories:
            assert _by_compiled(each, history, expected) == list(expected), f"{file.name}, by the compiled rules"
            assert _by_readable(each, history) == list(expected), f"{file.name}, by the readable rules"
            assert after(fold(each.definition, history, each.calendar)) == expected[-1], f"{file.name}, folded whole"
            events += len(history)
    assert events > 400
    tally("D9", acts=2 * events, note=f"{len(list(files()))} texts, {HISTORIES} histories each, by the fold and by compiled rules")


def test_every_shipped_text_has_its_kept_histories() -> None:
    """A text that is shipped without them could change under running cases unseen: run `python -m tests.histories.keep`."""
    missing = [definition.process for texts in load_library().definitions.values() for definition in texts if not file_of(definition).exists()]
    assert missing == [], "run `python -m tests.histories.keep` and commit the new file"


def test_keeping_again_changes_nothing_and_an_edited_file_is_refused(tmp_path: Path) -> None:
    made = keep(load_library(), tmp_path)
    assert len(made) == sum(len(texts) for texts in load_library().definitions.values()) and keep(load_library(), tmp_path) == []
    raw = json.loads(made[0].read_text(encoding="utf-8"))
    made[0].write_text(json.dumps({**raw, "hash": "0" * 64}), encoding="utf-8")
    with pytest.raises(ValueError, match="is not the one"):
        read(made[0])


def _by_compiled(each: Kept, history: tuple[Event, ...], expected: tuple[str, ...]) -> list[str]:
    """What stood after each event; each is taken from the stored text of the one before, as the ledger does."""
    engine, found = compiled(each.definition), []
    for number, event in enumerate(history):
        if number == 0:
            position = engine.start(event, each.calendar).position
        else:
            position = engine.advance(engine.read(expected[number - 1].rpartition(" ")[0], each.calendar), event, each.calendar).position
        found.append(after(position))
    return found


def _by_readable(each: Kept, history: tuple[Event, ...]) -> list[str]:
    """What stood after each event, by the readable rules: the step that `fold` takes."""
    position = start(each.definition, history[0], each.calendar).position
    found = [after(position)]
    for event in history[1:]:
        position = advance(each.definition, position, event, each.calendar).position
        found.append(after(position))
    return found
