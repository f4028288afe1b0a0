"""Runs the console: `python -m web.serve`, with the settings of the environment. `sendflow up` starts it so."""

from __future__ import annotations

from urllib.parse import urlsplit

import uvicorn

from db.migrate import require_current
from db.settings import get_settings
from tasks.parts import make_parts
from web.app import create_app
from web.places import POOL_SECONDS


def main() -> None:
    """Serve the console where the settings say, else on 127.0.0.1 and the port of its origin (TLS is a reverse proxy's)."""
    settings = get_settings()
    made = make_parts(settings, pool_seconds=POOL_SECONDS)
    require_current(made.engines.url)
    app = create_app(settings, made.engines, made.clock, made.library, made.ledger)
    port = settings.console_port or urlsplit(settings.origin).port or 8000
    uvicorn.run(app, host=settings.console_host, port=port, log_level="warning", access_log=False, server_header=False)


if __name__ == "__main__":
    main()
