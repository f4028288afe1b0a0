"""From the list of known flows to the flows' own objects."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from prefect import Flow

from flows.known import KnownFlow


def load(known: KnownFlow) -> Flow[Any, Any]:
    """The flow's own object, imported by its module path."""
    module, _, name = known.entrypoint.rpartition(".")
    flow = getattr(import_module(module), name)
    assert isinstance(flow, Flow) and flow.name == known.name
    return flow
