"""What a form cannot have, told beside the field that is wrong."""

from __future__ import annotations


class FieldFault(ValueError):
    """What was asked for cannot be. `message` says why and what to do, `field` names the input, or is empty. Nothing was saved."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
