"""Whoever reads another language than English is told in it, above the letter, whom to ring."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from db.engine import Engines
from db.importing.codes import language
from db.models import Person
from db.settings import Settings
from notifications.dispatch import deliver
from notifications.languages import above_the_letter, language_name, languages
from tests.db.ledger_story import village
from tests.faults.messages_at_hand import mailed, owe_invitations
from tests.faults.scripted_mail import scripted_mail

ENTERED = "Polish Urdu Bengali Romanian Punjabi Gujarati Arabic Portuguese Spanish Somali Tamil Turkish Ukrainian Lithuanian Welsh".split()


@pytest.mark.parametrize("name", ENTERED)
def test_every_language_that_a_file_can_name_has_its_sentence(name: str) -> None:
    code = language(name)
    assert language_name(code) == name and f'lang="{code}"' in above_the_letter(code, "01632 960001")


def test_there_is_none_for_english_or_a_language_we_do_not_know_and_a_number_stays_a_number() -> None:
    assert (above_the_letter("en", "1"), above_the_letter("klingon", "1"), language_name("klingon")) == ("", "", "klingon")
    assert "&lt;b&gt;" in above_the_letter("pl", "<b>") and 'dir="rtl"' in above_the_letter("ur", "")
    assert above_the_letter("pl", "").endswith("szkoły.</strong></p>\n")
    assert all(one["says"].rstrip().endswith(":") for one in languages().values())


def test_a_letter_to_a_mother_who_reads_polish_begins_in_polish_and_no_other_does(engines: Engines, tmp_path: Path) -> None:
    ash = village(engines, "900391")
    case = owe_invitations(ash)
    with ash.engines.scheduler() as session:
        session.get_one(Person, next(one.person_id for one in mailed(ash, case) if one.to_role == "parent")).language = "pl"
    with scripted_mail() as post:
        deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url=post.url, sms_url=SecretStr("json://127.0.0.1:9/")), case)
        in_polish = [reader[0] for mail, reader in zip(post.mails, post.readers, strict=True) if b'lang=3D"pl"' in mail or b'lang="pl"' in mail]
    assert len(in_polish) == 1 and in_polish[0].startswith("mother.")
