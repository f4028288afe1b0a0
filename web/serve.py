"""Runs the console: `python -m web.serve`, with the settings of the environment. `sendflow up` starts it so."""

from __future__ import annotations

from urllib.parse import urlsplit

import uvicorn

from db.clock import Clock
from db.embedded import database_url
from db.engine import Engines
from db.ledger import Ledger
from db.settings import get_settings
from rules.loader import load_library
from web.app import create_app


def main() -> None:
    """Serve the console on the port of the configured origin, on 127.0.0.1 (TLS and other addresses are a reverse proxy's)."""
    settings = get_settings()
    engines = Engines(database_url(settings), settings.pool_size)
    clock, library = Clock(settings.clock_file), load_library()
    app = create_app(settings, engines, clock, library, Ledger(engines, clock, library))
    port = urlsplit(settings.origin).port or 8000
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, server_header=False)


if __name__ == "__main__":
    main()
