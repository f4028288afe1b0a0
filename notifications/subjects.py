"""The subject line of a message's template, as the process book prints it."""

from __future__ import annotations

import re

from notifications.render import TEMPLATES

_SUBJECT = re.compile(r"\{% block subject %\}(.*?)\{% endblock %\}", re.DOTALL)


def subject_of(template: str) -> str:
    """The subject of `annual_review/la_decision.maintain`; of one with a text for each reader, each that differs. Empty: there is none."""
    folder, _, name = template.partition("/")
    files = sorted((TEMPLATES / folder).glob(f"{name}*.j2"))
    wanted = [file for file in files if file.name == f"{name}.j2" or file.name.removesuffix(".j2").rpartition(".")[0] == name]
    found = [match[1] for file in wanted if (match := _SUBJECT.search(file.read_text(encoding="utf-8")))]
    return " / ".join(dict.fromkeys(" ".join(words.split()) for words in found))
