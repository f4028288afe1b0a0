"""Four people at one review, each in a browser of their own; time, mail and the software's own steps move beside them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from db.chase import sweep_all
from db.heartbeats import beat
from db.outbox import spread
from notifications.dispatch import deliver
from notifications.sink import MailSink
from tasks.does import ToDo, do, open_steps
from tasks.mailings import send_lists
from tasks.parts import Parts
from tests.web.site import Site

SCREENS = Path(__file__).parents[2] / "docs" / "screens"
TALLEST = 2200
DESKTOP, PHONE = {"width": 1100, "height": 900}, {"width": 390, "height": 800}


@dataclass
class Room:
    """Where the story plays. `scripts`: whether the browsers run JavaScript (axe, which is a script, looks only then)."""

    site: Site
    sink: MailSink
    browser: Browser
    scripts: bool
    seen: list[str] = field(default_factory=list)

    def person(self, role: str = "") -> Page:
        """Somebody at a browser of their own; staff are signed in by choosing themselves on the page."""
        context: BrowserContext = self.browser.new_context(java_script_enabled=self.scripts, viewport={**DESKTOP})
        page = context.new_page()
        if role:
            page.goto(f"{self.site.url}/sign-in")
            self.look(page, "sign-in")
            page.get_by_role("button", name=f"{role.title()} Ash").click()
            page.get_by_role("heading", name="My actions", level=1).wait_for()
        return page

    def comes(self, day: str) -> None:
        """That day comes: reminders due are sent in their lists, the software does its steps, and all mail is delivered."""
        self.site.clock.today_is = date.fromisoformat(day)
        sweep_all(self.site.engines, self.site.clock.today_is)
        self.mail_goes()
        send_lists(self._parts(), self.site.clock.now())

    def _parts(self) -> Parts:
        return Parts(self.site.settings, self.site.engines, self.site.clock, self.site.ledger.parts.library, self.site.ledger)

    def mail_goes(self) -> None:
        """What the worker does: its heartbeat, the software's open steps, and every message owed to the mail server."""
        with self.site.engines.scheduler() as session:
            beat(session, "wakes", self.site.clock.now(), every_seconds=30)
        today = self.site.clock.today_is
        parts = self._parts()
        for case in self._cases():
            definition, position, _ = self.site.ledger.position(case)
            for one in [] if position.ended else open_steps(definition, position):
                do(parts, ToDo(case, definition, position, one, today))
        with self.site.engines.scheduler() as session:
            spread(session, self.site.clock.now())
        while deliver(self.site.engines, self.site.clock, self.site.settings, None).accepted:
            pass

    def _cases(self) -> list[str]:
        with self.site.engines.scheduler() as session:
            return list(session.connection().exec_driver_sql("SELECT ref FROM cases WHERE ended = ''").scalars())

    def link_to(self, address: str) -> str:
        """The link in the newest mail to that address that has one."""
        for mail in self.sink.mails():
            found = re.search(re.escape(self.site.url) + r"/(?:l|list)/[\w.\-]+", mail.html)
            if mail.to == address and found:
                return found[0]
        raise AssertionError(f"no mail with a link reached {address}: {[(m.to, m.subject) for m in self.sink.mails()]}")

    def look(self, page: Page, name: str) -> None:
        """Look at a kind of page once: no violation at either width, nothing wider than the phone; kept as a screenshot if asked for."""
        if name in self.seen:
            return
        self.seen.append(name)
        if not self.scripts:
            return
        for size in (PHONE, DESKTOP):
            page.set_viewport_size({**size})
            found = Axe().run(page).response["violations"]
            assert found == [], [(name, v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found]
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], f"{name} is wider than the screen"
        if os.environ.get("SENDFLOW_SCREENS"):
            SCREENS.mkdir(parents=True, exist_ok=True)
            tall = min(int(page.evaluate("document.documentElement.scrollHeight")), TALLEST)
            page.screenshot(path=SCREENS / f"{name}.png", full_page=True, clip={"x": 0, "y": 0, "width": DESKTOP["width"], "height": tall})


def fill_day(page: Page, name: str, day: str) -> None:
    """Type a date into its three boxes."""
    year, month, date_ = day.split("-")
    for part, text in (("day", date_), ("month", month), ("year", year)):
        page.locator(f'[name="{name}-{part}"]').fill(str(int(text)))


def choose(page: Page, words: str) -> None:
    """Choose the radio with exactly these words."""
    page.get_by_role("radio", name=words, exact=True).check()


def done_on_a_list(page: Page) -> str:
    """Say of the one line of a list that it has been done; what the names of its inputs begin with."""
    choose(page, "It has been done")
    return str(page.locator('[name$=".answer"]').first.get_attribute("name")).removesuffix("answer")
