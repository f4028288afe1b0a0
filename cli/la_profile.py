"""`sendflow la profile`: what a trust knows of an LA's SEND team, as one file. Shown, checked, loaded, and handed to another trust."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Json, Who
from cli.show import as_json, fail, refusals, table, write_file
from cli.working import acting, working

if TYPE_CHECKING:
    from db.la_profile.profile import Contact, LaProfile
    from db.queries.la_profiles import LaOfCase, ProfileShown
    from rules.library import Library

File = Annotated[Path, typer.Argument(help="The profile, YAML or JSON (docs/la-profiles.md)")]
Code = Annotated[str, typer.Argument(help="The LA's three-digit code.")]

profile = typer.Typer(help="Profiles of local authorities: officers, escalation, lead times, what goes where.", no_args_is_help=True)


@profile.command()
def show(
    code: Annotated[str, typer.Argument(help="One LA, by its three-digit code. Without it: which LAs have a profile.")] = "",
    case: Annotated[str, typer.Option("--case", help="Who is asked at the LA of this case, and why.")] = "",
    who: Who = None, json: Json = False,
) -> None:  # fmt: skip
    """The profiles in force; one with all it says; or who is asked about one case."""
    with refusals():
        from db.queries.la_profiles import la_of_case, la_profiles

        w = working()
        me = acting(w, who)
        with w.engines.app(me.roles) as session:
            found = la_profiles(session, code or None)
            of_case = la_of_case(session, case, w.today) if case else None
        if case and of_case is None:
            fail(f"there is no case {case} in your schools, or its LA has no profile")
        if code and not found:
            fail(f"the LA {code} has no profile; `sendflow la profile load FILE` loads one")
    if of_case is not None:
        _show_asked(of_case, json)
    elif json:
        as_json(found)
    elif code:
        _show_one(found[0])
    else:
        rows = ((one.code, one.name, len(one.profile.officers) + one.for_pupils, one.profile.checked_on, one.loaded_by) for one in found)
        table(("LA", "name", "officers", "checked on", "loaded by"), rows, "Profiles of local authorities", "No LA has a profile.")


@profile.command()
def check(file: File) -> None:
    """Read a profile and say what is wrong with it. Nothing is written."""
    with refusals():
        from rules.loader import load_library

        found = _read(file, load_library())
    print(f"{file}: nothing is wrong. {found.name} ({found.code}), {len(found.officers)} officers, {len(found.lead_times)} lead times.")


@profile.command()
def load(file: File, who: Who = None) -> None:
    """Put a profile in force, in place of the one before: messages and lists go to whom it names from now on."""
    with refusals():
        from db.la_profile.load import load_profile
        from rules.problems import DefinitionErrors

        w = working()
        me = acting(w, who)
        if not me.schools_where("set_la_profile"):
            fail(f"profiles of LAs are loaded by a trust's SEND lead; {me.name} is none")
        found = _read(file, w.library)
        try:
            with w.engines.scheduler() as session:
                loaded = load_profile(session, found, file.name, by=me.person_id)
        except DefinitionErrors as faults:
            fail("this profile cannot be loaded, and nothing was changed:", (str(one) for one in faults.problems))
        w.ledger.write_lead_times()
    print(
        f"The profile of {found.name} ({found.code}) is in force: {loaded.officers} officers. {len(loaded.cases)} cases are reminded on other days."
    )
    if loaded.strange_schools:
        print(f"No school of yours has the URN {', '.join(loaded.strange_schools)}: an officer who is there for such schools alone is never asked.")


@profile.command()
def export(
    code: Code, out: Annotated[Path | None, typer.Option("--out", help="Write the file here; without it, it is printed.")] = None, who: Who = None,
) -> None:  # fmt: skip
    """The profile as a file for another trust. It holds no pupil: officers of named pupils are left out, and the file says so."""
    with refusals():
        from db.la_profile.profile_text import profile_text
        from db.queries.la_profiles import la_profiles

        w = working()
        me = acting(w, who)
        mine = me.schools_where("read_trust")
        if not mine:
            fail("the LAs' profiles are handed on by the trust SEND lead or the chief executive")
        with w.engines.app(mine) as session:
            found = la_profiles(session, code)
        if not found:
            fail(f"the LA {code} has no profile")
        text = profile_text(found[0].profile, left_out=found[0].for_pupils)
    _hand_over(text, found[0], out)


def _read(file: Path, library: Library) -> LaProfile:
    from db.la_profile.read_profile import read_profile
    from rules.problems import DefinitionErrors

    if not file.is_file():
        fail(f"there is no file {file}")
    try:
        return read_profile(file.read_text(encoding="utf-8-sig"), file.name, library)
    except UnicodeDecodeError:
        fail(f"{file} is not UTF-8 text; save it as UTF-8")
    except DefinitionErrors as faults:
        fail(f"{file.name} is no profile that can be used:", (str(one) for one in faults.problems))


def _hand_over(text: str, shown: ProfileShown, out: Path | None) -> None:
    if out is None:
        print(text, end="")
        return
    write_file(out, text)
    left = f" {shown.for_pupils} entries for single pupils are left out." if shown.for_pupils else ""
    print(f"{out}: the profile of {shown.name} ({shown.code}). It names officers, with their work addresses, and no pupil.{left}")


def _show_one(shown: ProfileShown) -> None:
    one = shown.profile
    print(f"{shown.name} ({shown.code}), loaded {shown.loaded_at:%Y-%m-%d}{f' by {shown.loaded_by}' if shown.loaded_by else ''}")
    print(f"Mailbox: {one.mailbox}{f', {one.phone}' if one.phone else ''}{f'. Checked on {one.checked_on}' if one.checked_on else ''}")
    print("Notices go to the officer." if one.notices == "officer" else "Notices go to the mailbox; an officer has one list a day.")
    rows = [(o.area.listed.removeprefix("officer for "), *_cells(o.contact)) for o in one.in_order]
    headings = ("for", "name", "address", "from", "until")
    table(headings, rows, "\nOfficers, the first that fits is asked", "No officer: the mailbox is written to.")
    if shown.for_pupils:
        print(f"  and {shown.for_pupils} for single pupils of your schools, who come first; `--case` says who is asked about one case")
    titled = [(_title(level), *_cells(contact)) for level, contact in one.escalation]
    table(("as", *headings[1:]), titled, "\nA breach goes to", "Nobody else: the officer alone hears of a breach.")
    table(
        ("step", "asked for", "note"), ((f"{o.process}/{o.step}", one.in_words(o), o.note) for o in one.lead_times), "\nAsked for early", "Nothing."
    )
    days = (((p.name, ", ".join(map(str, p.on)), f"{p.papers} before" if p.papers else "", p.note)) for p in one.panels)
    table(("panel", "on", "papers", "note"), days, "\nPanels", "None is known.")
    table(
        ("step", "goes to", "note"),
        ((f"{o.process}/{o.step}", o.to, o.note) for o in one.send),
        "\nWhere things go",
        "Nothing goes to a place of its own.",
    )


def _show_asked(of_case: LaOfCase, json: bool) -> None:
    if json:
        as_json(of_case.asked)
    else:
        table(
            ("asked", "as"), ((one.name, one.why or "named for this pupil") for one in of_case.asked), "Asked at the LA", "Nobody: it has no mailbox."
        )
        print(f"Notices go to {of_case.notices_to}.")


def _title(level: str) -> str:
    from db.la_profile.profile import LEVEL_TITLES

    return LEVEL_TITLES[level]


def _cells(contact: Contact) -> tuple[object, ...]:
    return contact.name, contact.email, contact.from_on, contact.until_on
