"""`sendflow book`: all definitions as one printable process book. Needs neither database nor Prefect; a PDF needs Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from cli.show import fail, refusals

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LONGEST_SECONDS = 120


def add_to(app: typer.Typer) -> None:
    """Put this command into `app`."""
    app.command()(book)


def book(
    out: Annotated[Path, typer.Option("--out", help="The file to write: .html, or .pdf where Chromium is installed.")] = Path("process-book.html"),
) -> None:
    """Every process as it runs, in words and drawn, for a lawyer to check and for a diff to show what changed."""
    if out.suffix not in (".html", ".pdf"):
        fail(f"{out.name!r} must end in .html or .pdf")
    with refusals():
        text = book_text()
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".pdf":
        _print(text, out)
    else:
        out.write_text(text, encoding="utf-8")
    print(out)


def book_text() -> str:
    """The book as HTML. The same files give the same text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from notifications.subjects import subject_of
    from rules.book.pages import process_book
    from rules.loader import load_library

    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return pages.get_template("book.html.j2").render(book=process_book(load_library(), subject_of))


def _print(text: str, out: Path) -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        fail("a PDF is printed by Chromium, and none is installed: install it, or write the .html and print that")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses root with its sandbox; the page is our own and has no script
    with TemporaryDirectory() as folder:
        page = Path(folder) / "book.html"
        page.write_text(text, encoding="utf-8")
        command = [browser, "--headless", *as_root, "--disable-gpu", f"--user-data-dir={folder}/profile", "--no-pdf-header-footer"]
        done = subprocess.run(
            [*command, f"--print-to-pdf={out.absolute()}", page.as_uri()], capture_output=True, timeout=LONGEST_SECONDS, check=False
        )
    if done.returncode or not out.exists():
        fail(f"Chromium did not print the book (it ended with {done.returncode}): write the .html and print that")
