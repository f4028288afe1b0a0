"""Runs the console: `python -m web.serve`, with the settings of the environment. `sendflow up` starts it so."""

from __future__ import annotations

from urllib.parse import urlsplit

import uvicorn

from db.settings import get_settings
from tasks.parts import make_parts
from web.app import create_app


def main() -> None:
    """Serve the console on the port of the configured origin, on 127.0.0.1 (TLS and other addresses are a reverse proxy's)."""
    settings = get_settings()
    made = make_parts(settings)
    app = create_app(settings, made.engines, made.clock, made.library, made.ledger)
    port = urlsplit(settings.origin).port or 8000
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, server_header=False)


if __name__ == "__main__":
    main()
