"""Which exceptions are answers to the person at the keyboard, and in which words."""

from __future__ import annotations

import sys

_SAY_IT_THEMSELVES = (
    ("rules.periods", "RuleError"),
    ("rules.fact_values", "FactError"),
    ("rules.timeline", "UnknownFact"),
    ("rules.library", "NoDefinition"),
    ("db.queries.versions", "NoSuchVersion"),
    ("db.migrate", "DatabaseRefused"),
    ("db.start_checks", "UnsafeServer"),
    ("db.installation", "NotADemo"),
    ("db.installation", "OtherInstallation"),
    ("db.backup_file", "BackupBroken"),
    ("db.backup_restore", "RestoreRefused"),
    ("db.embedded", "EmbeddedPostgresError"),
    ("db.clock", "ClockFileError"),
    ("flows.server", "PrefectServerError"),
    ("flows.connection", "PrefectUnreachable"),
    ("flows.server_settings", "PrefectSettingsError"),
    ("cli.working", "NobodyKnown"),
    ("db.absences", "CannotBeAway"),
    ("db.importing.leavers", "CannotAnswer"),
    ("db.importing.turn", "AnotherAtWork"),
    ("db.told_by_a_person", "CannotTell"),
    ("notifications.render", "TemplateMissing"),
    ("db.signing_key", "SigningKeyError"),
    ("cli.up", "UpRefused"),
    ("notifications.channels", "AlarmUrlError"),
)


def refusal_lines(fault: Exception) -> list[str] | None:
    """The lines to print for `fault`, or None when it is no refusal but a fault of ours. Only modules already imported are asked,
    so that a command pays for no part that it did not use."""
    if _is(fault, "rules.problems", "DefinitionErrors"):
        return ["the definitions cannot be used:", *(str(p) for p in fault.problems)]  # type: ignore[attr-defined]
    if _is(fault, "db.importing.problems", "ImportRefused"):
        return [str(fault), *(str(p) for p in fault.problems)]  # type: ignore[attr-defined]
    if _is(fault, "rules.history", "Refused") or _is(fault, "db.acts.errors", "LedgerError"):
        return [fault.message]  # type: ignore[attr-defined]
    if _is(fault, "sqlalchemy.exc", "OperationalError") or _is(fault, "psycopg", "OperationalError"):
        return ["the database does not answer, or broke off. Is it running, and does DATABASE_URL name it? What you sent may be sent again."]
    if _is(fault, "sqlalchemy.exc", "TimeoutError"):
        return [
            "every connection to the database is taken, and none came free in time. Try again in a minute: what you sent may be sent again. "
            "If it happens often, raise SENDFLOW_POOL_SIZE."
        ]
    return [str(fault)] if any(_is(fault, module, name) for module, name in _SAY_IT_THEMSELVES) else None


def _is(fault: Exception, module: str, name: str) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(fault, getattr(loaded, name, ()))
