"""Commands on people: `contact` puts somebody into a role of a case; `child` enters a child who is not on roll."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments import Ref, Who, day_of, page_of
from cli.show import fail, refusals, table
from cli.working import acting, working


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.command()(contact)
    app.command()(child)


def contact(
    ref: Ref,
    role: Annotated[str, typer.Argument(help="A role of the case, as plan_reader_1; left out: show who is in which")] = "",
    name: Annotated[str, typer.Argument(help="First name and surname")] = "",
    email: Annotated[str, typer.Argument(help="The address that letters and links go to")] = "",
    who: Who = None,
) -> None:
    """Put a person into a role of a case's pupil, so that letters and links reach them."""
    with refusals():
        from db.contacts import CannotBeContact, Named, contacts_of, put_contact, roles_to_fill

        w = working()
        me = acting(w, who)
        found = page_of(w, me, ref)
        roles = {one.name: one for one in roles_to_fill(found.definition, found.position.facts, me.roles.get(found.head.school_id, ()))}
        if role:
            if found.head.school_id not in me.schools_where("name_contact"):
                fail("contacts are named by the SENCO, the headteacher or the trust SEND lead of the school, a panel by the trust")
            given, _, family = name.strip().rpartition(" ")
            if role not in roles or not given or "@" not in email:
                fail(f"give one of the roles {', '.join(roles)}, first name and surname in quotes, and an address")
            try:
                with w.engines.scheduler() as session:
                    put_contact(session, ref, roles[role], Named(given, family, email), w.today)
            except CannotBeContact as refusal:
                fail(str(refusal))
        with w.engines.app(me.roles) as session:
            table(("role", "name", "address"), ((c.role, c.name, c.email) for c in contacts_of(session, ref)), empty="Nobody is in a role yet.")


def child(
    name: Annotated[str, typer.Argument(help="First name and surname")],
    born: Annotated[str, typer.Option("--born", help="Date of birth, as 2016-03-27")],
    authority: Annotated[str, typer.Option("--authority", help="The LA's name")],
    school: Annotated[str, typer.Option("--school", help="The school's name; may be left out by somebody of one school")] = "",
    year: Annotated[int | None, typer.Option("--year", help="The year group")] = None,
    parent: Annotated[str, typer.Option("--parent", help="A parent's first name and surname")] = "",
    parent_email: Annotated[str, typer.Option("--parent-email")] = "",
    no_plan: Annotated[bool, typer.Option("--no-plan", help="The family applies for a place, and there is no EHC plan")] = False,
    who: Who = None,
) -> None:
    """Enter a child who is not on roll: an LA consults the school, or the family applies for a place (--no-plan). `sendflow open` comes next."""
    with refusals():
        from db.models import School
        from db.new_child import NewChild, add_child, authorities

        w = working()
        me = acting(w, who)
        given, _, family = name.strip().rpartition(" ")
        parent_given, _, parent_family = parent.strip().rpartition(" ")
        with w.engines.scheduler() as session:
            mine = {s.id: s.name for s in (session.get_one(School, one) for one in me.schools_where("open_case"))}
            schools = [id_ for id_, title in mine.items() if school.casefold() in ("", title.casefold())]
            las = [id_ for id_, title in authorities(session) if title.casefold() == authority.casefold()]
            if len(schools) != 1 or len(las) != 1 or not given:
                known = ", ".join(title for _, title in authorities(session))
                fail(f"give first name and surname, one of your schools ({', '.join(mine.values())}) and one local authority ({known})")
            found = add_child(
                session,
                NewChild(schools[0], las[0], given, family, day_of(born, w.today), year, parent_given, parent_family, parent_email, not no_plan),
                w.today,
            )
        process = "admission_application" if no_plan else "plan_consultation"
        print(f"{name} is entered, number {found}. Open the case: sendflow open {process} {given!r} --fact ...")
