"""Own ladders are read as the shipped ones are, and may not leave out that something is late."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.loader import load_library
from rules.overriding import read_override
from rules.problems import DefinitionErrors

LIBRARY = load_library()
TEMPLATES = {file.stem for file in (Path(__file__).parents[2] / "notifications" / "templates" / "ladders").glob("*.j2")}
LATE = "  - {when: 1 day after, tells: senco, severity: late, template: la_overdue_for_us}\n"


def faults(rungs: str, name: str = "la_duty") -> str:
    with pytest.raises(DefinitionErrors) as refused:
        read_override(rungs, name, LIBRARY, TEMPLATES)
    return str(refused.value)


@pytest.mark.parametrize("name", sorted(LIBRARY.registers.ladders))
def test_every_shipped_ladder_may_stand_as_it_is(name: str) -> None:
    shipped = LIBRARY.registers.ladders[name]
    rungs = "".join(f"  - {{when: {r.when}, tells: {r.tells}, severity: {r.severity}, template: {r.template}}}\n" for r in shipped.rungs)
    assert read_override(f"title: ours\nrungs:\n{rungs}", name, LIBRARY, TEMPLATES) == shipped


def test_rungs_may_be_others_as_long_as_our_side_hears_of_lateness() -> None:
    own = read_override(
        "rungs:\n  - {when: 3 weeks before, tells: owner, severity: reminder, template: la_reminder}\n"
        "  - {when: 8 days after, tells: headteacher, severity: breach, template: la_overdue_for_us}\n",
        "la_duty", LIBRARY, TEMPLATES,
    )  # fmt: skip
    assert [rung.tells for rung in own.rungs] == ["owner", "headteacher"]


@pytest.mark.parametrize(
    ("rungs", "said"),
    [
        ("  - {when: on, tells: owner, severity: due, template: la_due_today}\n", "nobody of ours hears that it is late (step `la_decision`"),
        ("  - {when: 1 day after, tells: parent, severity: late, template: la_overdue_for_family}\n", "Keep a rung with `severity: late` at most 8"),
        ("  - {when: 1 day after, tells: senco, severity: reminder, template: la_overdue_for_us}\n", "nobody of ours hears"),
        ("  - {when: on, tells: senco, severity: late, template: la_overdue_for_us}\n", "nobody of ours hears"),
        ("  - {when: 5 weeks after, tells: senco, severity: late, template: la_overdue_for_us}\n", "our side hears only 35 days after"),
        (LATE + "  - {when: on, tells: owner, severity: due, template: la_due_today}\n", "ladder:3: `when: on` comes before the rung above it"),
        (LATE + LATE, "ladder:3: this rung stands here twice. Leave one of them out"),
        (LATE.replace("senco", "sencoo"), "ladder:2: `tells: sencoo` is no role. Write 'senco'."),
        (LATE.replace("la_overdue_for_us", "la_overdue_for_uss"), "`template: la_overdue_for_uss` does not exist. Write 'la_overdue_for_us'."),
        (LATE.replace("1 day after", "1 moon after"), "ladder:2: '1 moon after' is no rule"),
        (LATE.replace("1 day after", "2000 days after"), "more than 400 days away. Write a nearer day."),
        ("  - {when: on}\n", "ladder:2: a rung has no `tells`. Write `tells:` and a role, or `owner`."),
        ("  - {when: on, tells: senco, severity: loud, template: reminder}\n", "`severity: loud` is not known"),
        ("".join(LATE.replace("1 day", f"{n} days") for n in range(1, 43)), "the ladder has 42 rungs. At most 40"),
        ("\nnotes: none\n", "no rungs"),
    ],
)
def test_what_may_not_stand_is_refused_with_its_line_and_a_cure(rungs: str, said: str) -> None:
    assert said in faults(f"rungs:\n{rungs}")


def test_no_such_ladder_and_no_text_at_all() -> None:
    assert "there is no ladder `la_dutty`. Write 'la_duty'." in faults(LATE, "la_dutty")
    assert "the file is empty" in faults("") and "not YAML" in faults("rungs: [") and "no rungs" in faults("rungs: []")


def test_what_each_party_owes_is_no_owner_of_ours() -> None:
    """The advice for a meeting is owed by each party: `owner` may be the council, and then nobody here would hear."""
    late = "rungs:\n  - {when: 1 day after, tells: WHO, severity: late, template: advice_missing}\n"
    assert "nobody of ours hears" in faults(late.replace("WHO", "owner"), "advice_for_meeting")
    assert read_override(late.replace("WHO", "headteacher"), "advice_for_meeting", LIBRARY, TEMPLATES).rungs
