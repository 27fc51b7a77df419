"""Dialogi: live dialogue events in the browser. `create_app` wires the parts together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from .config import Settings
    from .events import Events
    from .live import Live
    from .writer import Writer

__version__ = "0.1.0"


@dataclass(frozen=True)
class Services:
    """What those who answer requests need: `app.extensions["dialogi"]`."""

    settings: Settings
    writer: Writer
    events: Events
    live: Live


def create_app(settings: Settings) -> Flask:
    """The whole server as a WSGI application, with its tasks started.

    Import what `settings.async_mode` patches before calling (`run.py` does).
    """
    import secrets
    from dataclasses import replace

    from flask import Flask
    from flask_socketio import SocketIO

    from . import clock, concurrency, web
    from .config import ROOT
    from .events import Events, Reader
    from .live import Live
    from .live.transport import Json
    from .store import open_database, reading
    from .writer import Writer

    db = open_database(settings.database)
    if settings.secret_key is None:
        # A demonstration keeps a key of its own, so that its seats outlive a restart.
        key = reading.kept_secret(db, "secret_key", lambda: secrets.token_urlsafe(32))
        settings = replace(settings, secret_key=key)
    db.close()

    app = Flask(
        "dialogi",
        root_path=str(ROOT),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    web.security.configure(app, settings)
    mailbox = concurrency.Mailbox()
    writer = Writer(settings.database, mailbox)
    events = Events(Reader(settings.database, mailbox))
    options: dict[str, Any] = {
        "async_mode": settings.async_mode,
        "json": Json,
        "manage_session": False,
        "cors_allowed_origins": web.security.may_connect(settings),
        # The longest list that a lead may set, in a script of three bytes a character, fits.
        "max_http_buffer_size": 500_000,
        "http_compression": True,
        "async_handlers": False,
        "ping_interval": 25,
        "ping_timeout": 20,
    }
    live = Live(
        SocketIO(app, **options),
        writer,
        events,
        interval=settings.delta_interval,
        fast=settings.fast_fanout,
    )
    app.extensions["dialogi"] = Services(settings, writer, events, live)
    web.register(app)

    concurrency.spawn(mailbox.serve)
    concurrency.spawn(live.publisher.run)
    concurrency.spawn(live.publisher.watch)
    concurrency.spawn(clock.run, writer, events)
    return app
