"""`relatives`: parents whom a file of families does not name any more; a person says of each whether their responsibility is over."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.show import AS_JSON, as_json, fail, refusals, table
from cli.working import AS_PERSON, acting, working


def add_to(app: typer.Typer) -> None:
    """Put this command into `app`."""
    app.command()(relatives)


def relatives(
    gone: Annotated[int | None, typer.Option("--gone", help="This one's (number) parental responsibility for the child is over")] = None,
    stays: Annotated[int | None, typer.Option("--stays", help="This one (number) keeps it, and the file is wrong; also takes --gone back")] = None,
    who: Annotated[str | None, AS_PERSON] = None,
    json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Parents whom their child's school has taken out of its file of families: say of each whether their responsibility is over.

    Whoever was said to be gone is listed for 90 days: --stays takes it back.
    """
    with refusals():
        from db.importing.missing_relatives import answer_relative, lately_gone, missing_relatives

        w = working()
        number = gone if gone is not None else stays
        if gone is not None and stays is not None:
            fail("say --gone or --stays, one at a time")
        with w.engines.scheduler() as session:
            asked = missing_relatives(session) + lately_gone(session, w.clock.now())
            if number is not None:
                me = acting(w, who)
                school = next((one.school_id for one in asked if one.number == number), None)
                if school is None:
                    fail(f"nobody is asked about under the number {number}; `sendflow relatives` lists everybody")
                if school not in me.schools_where("import_files"):
                    fail("this is said by the SENCO, the headteacher or the trust SEND lead of the school")
                answer_relative(session, number, gone=gone is not None, actor_id=me.person_id, now=w.clock.now())
                asked = [one for one in asked if one.number != number]
    if json:
        as_json(asked)
        return
    table(
        ("number", "name", "is", "of", "school", "missing since", "said"),
        ((m.number, m.name, m.relationship, m.pupil_name, m.school, m.noticed_at.date(), "gone" if m.gone else "") for m in asked),
        empty="Nobody is missing.",
    )
