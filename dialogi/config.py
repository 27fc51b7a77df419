"""Environment → frozen settings. Nothing else in Dialogi reads the environment."""

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
ASYNC_MODES = ("eventlet", "gevent", "threading")


class BadSettings(ValueError):
    """The environment asks for something that cannot be; the message says what to set."""


@dataclass(frozen=True)
class Settings:
    """What the environment decides. Times in seconds."""

    database: Path
    secret_key: str | None
    host: str
    port: int
    public_url: str
    demo: bool
    async_mode: str
    delta_interval: float
    fast_fanout: bool

    @property
    def secure(self) -> bool:
        """Whether people reach the server over https, so that cookies can insist on it."""
        return self.public_url.startswith("https://")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from `environ` (the README's table); raises BadSettings."""
    host = environ.get("DIALOGI_HOST", "127.0.0.1")
    port = _whole_number(environ, "DIALOGI_PORT", 5000, 0, 65535)
    demo = _switch(environ, "DIALOGI_DEMO", "")
    secret_key = environ.get("DIALOGI_SECRET_KEY") or None
    async_mode = environ.get("DIALOGI_ASYNC_MODE", "eventlet")
    if async_mode not in ASYNC_MODES:
        raise BadSettings(f"DIALOGI_ASYNC_MODE must be one of {', '.join(ASYNC_MODES)}.")
    public_url = environ.get("DIALOGI_PUBLIC_URL", f"http://{_in_url(host)}:{port}").rstrip("/")
    if urlsplit(public_url).scheme not in {"http", "https"}:
        raise BadSettings("DIALOGI_PUBLIC_URL must start with http:// or https://.")
    return Settings(
        database=Path(environ.get("DIALOGI_DATABASE", str(ROOT / "var" / "dialogi.sqlite"))),
        secret_key=secret_key,
        host=host,
        port=port,
        public_url=public_url,
        demo=demo,
        async_mode=async_mode,
        delta_interval=_whole_number(environ, "DIALOGI_DELTA_MS", 100, 10, 250) / 1000,
        fast_fanout=async_mode == "eventlet" and _switch(environ, "DIALOGI_FAST_FANOUT", "1"),
    )


def may_serve(settings: Settings) -> None:
    """Raises BadSettings where serving would be unsafe: no secret key outside a local demo."""
    if settings.secret_key:
        return
    if not settings.demo:
        raise BadSettings(
            "Set DIALOGI_SECRET_KEY to a long random text, or DIALOGI_DEMO=1 for a demonstration. "
            f"For example: DIALOGI_SECRET_KEY={secrets.token_urlsafe(32)}"
        )
    if not _is_loopback(settings.host):
        raise BadSettings(
            f"A demonstration without DIALOGI_SECRET_KEY serves this machine only, and "
            f"{settings.host} is open to others: set DIALOGI_SECRET_KEY or DIALOGI_HOST=127.0.0.1."
        )


def _switch(environ: Mapping[str, str], name: str, usual: str) -> bool:
    return environ.get(name, usual).lower() in {"1", "true", "yes", "on"}


def _whole_number(environ: Mapping[str, str], name: str, usual: int, low: int, high: int) -> int:
    text = environ.get(name, str(usual))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise BadSettings(f"{name} must be a whole number from {low} to {high}, not {text!r}.")
    return int(text)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
