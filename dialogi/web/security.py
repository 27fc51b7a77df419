"""What every answer carries and every form must prove: headers, cookie settings, CSRF tokens."""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from flask_wtf.csrf import CSRFProtect, validate_csrf
from wtforms.validators import ValidationError

from ..config import Settings

View = TypeVar("View", bound=Callable[..., Any])

csrf = CSRFProtect()

#: People come back to the results weeks later, and their seat should still be theirs.
COOKIE_LASTS = timedelta(days=90)
LARGEST_FORM = 64 * 1024

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'{sockets}",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
    )
)
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Secret links must not travel on in a Referer, not even to our own logs.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def configure(app: Flask, settings: Settings) -> None:
    """Set cookies, limits, CSRF protection and response headers up."""
    app.config.update(
        # Only a demonstration runs without a key of its own; its seats end with the server.
        SECRET_KEY=settings.secret_key or secrets.token_urlsafe(32),
        SESSION_COOKIE_NAME="__Host-dialogi" if settings.secure else "dialogi",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=COOKIE_LASTS,
        SEND_FILE_MAX_AGE_DEFAULT=60,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        MAX_FORM_PARTS=50,
        # A form is valid as long as its cookie: people read the invitation on the evening before.
        WTF_CSRF_TIME_LIMIT=None,
        # We send no Referer, so there is none to compare; the token and SameSite do the work.
        WTF_CSRF_SSL_STRICT=False,
    )
    csrf.init_app(app)
    app.after_request(_add_headers)


def without_token_check(view: View) -> View:
    """A decorator for views that check the form's token themselves or need none."""
    csrf.exempt(view)
    return view


def may_connect(settings: Settings) -> Callable[[str, dict[str, Any]], bool]:
    """Whether a socket's Origin is this server: its public address, or the host it was asked at.

    A script sends none and is accepted before this is asked.
    """

    def check(origin: str | None, environ: dict[str, Any]) -> bool:
        host = urlsplit(origin or "").netloc
        return origin == settings.public_url or host == environ.get("HTTP_HOST")

    return check


def token_is_valid(token: str | None) -> bool:
    """Whether a form's `csrf_token` belongs to this cookie; for views that answer kindly."""
    try:
        validate_csrf(token)
    except ValidationError:
        return False
    return True


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", _POLICY.format(sockets=_sockets()))
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if _is_secure():
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _is_secure() -> bool:
    """Whether people come over https, which a proxy in front may have ended before us."""
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def _sockets() -> str:
    # Safari before 15.4 does not count its own host's WebSockets as 'self'.
    host = request.host
    if not _HOST.fullmatch(host):
        return ""
    return f" {'wss' if _is_secure() else 'ws'}://{host}"
