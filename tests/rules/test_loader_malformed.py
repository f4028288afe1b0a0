"""Malformed definitions: a clear error each, with file, line and cure, in under a second, and never another exception."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.loader import DefinitionErrors, load_library, parse_definition
from rules.problems import Problem, Problems
from rules.register_duties import read_duties
from rules.register_types import Registers
from rules.registers import read_authorities, read_ladders, read_roles

EXAMPLE = Path(__file__).parent / "example"
SOURCE = (EXAMPLE / "annual_review.yaml").read_text()
LINES = SOURCE.splitlines(keepends=True)


@pytest.fixture(scope="module")
def registers() -> Registers:
    return load_library(EXAMPLE).registers


def faults(text: str, registers: Registers) -> list[Problem]:
    """The problems of a text; fails unless each is clear and all came within a second."""
    began = time.process_time()
    try:
        parse_definition(text, "annual_review.yaml", registers)
    except DefinitionErrors as error:
        assert time.process_time() - began < 1
        assert error.problems
        for problem in error.problems:
            assert problem.file == "annual_review.yaml" and problem.line >= 1
            assert problem.message and problem.cure and len(problem.message) <= 400
        return error.problems
    assert time.process_time() - began < 1
    return []


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b]\n"

# what is written in place of what, words of the message, words of the cure
SAID = [
    (SOURCE, BOMB, "an anchor (&a) is read", "Remove it"),
    (
        "about: pupil",
        "about: !!python/object/apply:os.system [ls]",
        "a tag (tag:yaml.org,2002:python/object/apply:os.system) is read",
        "plain text",
    ),
    ("about: pupil", "about: pupil\nabout: pupil", "the key 'about' is written twice", "the first is on line 5"),
    ("about: pupil", "about: *x", "an alias (*x) is read", "Write the words out"),
    ("about: pupil", "abuot: pupil", "unknown key `abuot`", "Write 'about'."),
    ("prefix: AR\n", "", "the process has no `prefix`", "Write `prefix:`"),
    ("looked_after: yes or no", "looked_after: adult of the family", "says which adult is the parent", "call it `complainant`"),
    ("about: pupil", "about: pupil\nstands_aside: {headteacher: {reason: known}}", "is no word of one fact", "Write `ROLE: {FACT: WORD}`."),
    ("about: pupil", "about: pupil\nstands_aside: {headteacher: {reason: never}}", "`never` is no value of `reason`", ""),
    (
        "by: senco, after: hold_meeting, until: la_decision, target: 1 week",
        "by: senca, after: hold_meeting, until: la_decision, target: 1 week",
        "`senca` is no role",
        "Write 'senco'.",
    ),
    ("after: {approve_report: approved}", "after: {approve_report: aproved}", "`aproved` is no outcome of `approve_report`", "Write 'approved'."),
    ("due: 2 weeks after meeting_on", "due: 2 weeks after meting_on", "`meting_on` is no fact or step to count from", "Write 'meeting_on'."),
    ("due: 2 weeks after meeting_on", "due: two weeks after meeting_on", "is no rule", "Write 2"),
    ("{looked_after: yes}", "{looked_after: maybe}", "`maybe` is no value of `looked_after`", "Write one of: no, yes."),
    ("{year_group: 9 or above}", "{year_group: nine or above}", "is no test", "9 or above"),
    ("ladder: advice", "ladder: advise", "`advise` is no ladder", "Write 'advice'."),
    ("opens_on: 14 weeks before review_due_on", "opens_on: 14 weeks before it opens", "counts from when something opens", "Name a fact"),
    ("by: la, after: opening", "by: la, does: x, after: opening", "says `by` and `does`", "exactly one"),
    (
        "after: hold_meeting, until: la_decision, only_if",
        "after: la_decision, until: la_decision, only_if",
        "stands below",
        "Name only steps above",
    ),
    ("reason: fixed", "reasn: fixed", "`reasn`, which is no fact", "Write 'reason'."),
    ("no_sooner: 6 weeks after agree_meeting_date, ", "", "without both bounds", "no_sooner"),
    ("{declined: {after", "{Declined: {after", "'Declined' is not a name", "Write 'declined'."),
    ("process: annual_review\n", "process: annual_reviews\n", "holds the process `annual_reviews`", "Name it annual_reviews.yaml"),
    ("title: Hold the meeting, ", "", "the step has no `title`", "Write `title:`"),
    ("steps:", "---\nsteps:", "a second document", "one document"),
    ("  la_agrees", "\tla_agrees", "not YAML", "Mend the indentation"),
]


@pytest.mark.parametrize(("old", "new", "message", "cure"), SAID)
def test_each_fault_is_said_with_line_and_cure(old: str, new: str, message: str, cure: str, registers: Registers) -> None:
    assert old in SOURCE
    found = faults(SOURCE.replace(old, new, 1), registers)
    said = [p for p in found if message in p.message]
    assert said, [str(p) for p in found]
    assert cure in said[0].cure
    begins = SOURCE[: SOURCE.index(old)].count("\n") + 1
    assert begins - (not new) <= said[0].line <= begins + new.count("\n"), (begins, said[0])


def test_no_is_a_word_until_its_key_says_otherwise(registers: Registers) -> None:
    text = SOURCE.replace("is: [maintain, amend, cease]", "is: [yes, no, off]")
    assert parse_definition(text, "annual_review.yaml", registers).facts["recommendation"].words == ("yes", "no", "off")


def test_all_faults_are_told_at_once(registers: Registers) -> None:
    text = SOURCE.replace("prefix: AR\n", "").replace("ladder: advice", "ladder: advise").replace("by: headteacher", "by: head")
    assert len(faults(text, registers)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "- a\n- list\n",
        "[" * 5000,
        "{a: " * 5000,
        "- " * 5000,
        "? [a, b]\n: c\n",
        'process: "\\U99999999"\n',
        "process: \x00\n",
        "process: \ud800\n",
        "".join(f"k{n}: v\n" for n in range(50_000)),
        "steps:\n" + "".join(f"  s{n}: {{title: t, by: senco, after: opening}}\n" for n in range(9_000)),
        "x" * 600_000,
        "a: '" + "y" * 400_000 + "'\n",
        "%YAML 9.9\n---\na: b\n",
        "steps: {" + ", ".join(f"a{n}: [b]" for n in range(3000)) + "}\n",
    ],
)
def test_what_is_no_definition_is_refused_in_time(text: str, registers: Registers) -> None:
    assert faults(text, registers)


JUNK = (
    "", ":", "{", "}", "[", "]", "!!python/name:os", "&a", "*a", "no", "\t", "\n", "'", "- ", "\x07", "2026-02-30", "all", "|", "é",
    "any: ", "settled: ",
)  # fmt: skip


@st.composite
def malformed(draw: st.DrawFn) -> str:
    """The example with one to three blows: a line dropped, doubled or moved, text cut, changed or put in anywhere."""
    text = SOURCE
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(text) - 1))
        length = draw(st.integers(0, 40))
        junk = draw(st.sampled_from(JUNK) | st.text(max_size=8))
        text = text[:place] + junk + text[place + length :]
        if draw(st.booleans()):
            lines = text.splitlines(keepends=True)
            at = draw(st.integers(0, len(lines) - 1))
            lines.insert(draw(st.integers(0, len(lines))), lines.pop(at) if draw(st.booleans()) else lines[at])
            text = "".join(lines)
    return text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=malformed())
def test_no_blow_brings_another_exception(text: str, registers: Registers) -> None:
    faults(text, registers)


WORDS = st.sampled_from(["opening", "hold_meeting", "yes", "9 or above", "2 weeks after meeting_on", "meeting_on", "", "party", "nobody", "appeal"])
TREES = st.recursive(
    WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["any", "all", "some", "settled", "hold_meeting", "of", "if", "by", "after", "tells"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    (
        "by does wait case with each after only_if until may_come_early aside may due target again not_before law ladder kind not_by "
        "outcomes answers lapses_as records tells title"
    ).split()
)


def as_yaml(tree: object) -> str:
    """A tree in YAML's flow form, every scalar quoted."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{k}: {as_yaml(v)}" for k, v in tree.items()) + "}"
    return "[" + ", ".join(as_yaml(v) for v in tree) + "]" if isinstance(tree, list) else f'"{tree}"'


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(step=st.dictionaries(KEYS, TREES, max_size=5))
def test_any_tree_under_any_key_of_a_step_is_read_or_refused(step: dict[str, object], registers: Registers) -> None:
    faults(SOURCE.replace("ends: {", f"  strange: {as_yaml(step)}\nends: {{"), registers)


@settings(max_examples=60, deadline=None)
@given(
    tree=st.dictionaries(
        st.sampled_from(["authorities", "duties", "ladders", "roles", "rights"]),
        TREES | st.dictionaries(st.text(max_size=5), TREES, max_size=3),
        max_size=2,
    )
)
def test_any_tree_as_a_register_is_read_or_refused(tree: dict[str, object]) -> None:
    text = as_yaml(tree)
    for read in (read_authorities, read_duties, read_ladders, read_roles):
        problems = Problems("register.yaml")
        read(text, problems)
        assert all(p.line >= 1 and p.cure for p in problems.found)
