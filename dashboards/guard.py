"""Guard: who may read the pages. On loopback, browsers that were led here by a foreign name are turned away (DNS rebinding); beyond it, a
password is asked for. Every answer forbids the browser to load anything from elsewhere.
"""

import base64
import binascii
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

PASSWORD = "LOSOTUNE_DASHBOARD_PASSWORD"
LEAST = 12
"""Characters of a password."""
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "connect-src 'self'; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),  # eval: Plotly compiles the shaders of parallel coordinates
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(host: str, password: str | None) -> None:
    """Refuse to be open to others without a password."""
    if not is_loopback(host) and len(password or "") < LEAST:
        came = "none" if not password else f"one of {len(password)} characters"
        raise ValueError(
            f"--host beyond loopback needs a password of at least {LEAST} characters in {PASSWORD}, but got {came} for '{host}'. "
            "Set it, or stay on 127.0.0.1 and reach it by: ssh -L 8000:127.0.0.1:8000 THIS-MACHINE"
        )


class Guard:
    """ASGI middleware."""

    def __init__(self, app: Application, *, password: str | None) -> None:
        self.app, self.password = app, password

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", ()), *extra]}
            await send(message)

        refusal = self._refusal(headers)
        if refusal is None:
            await self.app(scope, receive, sealed)
            return
        status, text, more = refusal
        start = [(b"content-type", b"text/plain; charset=utf-8"), *more]
        await sealed({"type": "http.response.start", "status": status, "headers": start})
        await sealed({"type": "http.response.body", "body": text.encode()})

    def _refusal(self, headers: MutableMapping[str, str]) -> tuple[int, str, list[tuple[bytes, bytes]]] | None:
        if self.password is not None:
            if _allowed(headers.get("authorization", ""), self.password):
                return None
            return 401, "A password is needed: any name, and what LOSOTUNE_DASHBOARD_PASSWORD says.", [(b"www-authenticate", CHALLENGE)]
        host = headers.get("host", "").rsplit(":", 1)[0] if not headers.get("host", "").endswith("]") else headers["host"]
        if is_loopback(host.strip("[]")):
            return None
        return 421, "These pages are served on loopback only: open them as 127.0.0.1 or localhost.", []


CHALLENGE = b'Basic realm="losotune", charset="UTF-8"'


def _allowed(authorization: str, password: str) -> bool:
    """Compared in constant time."""
    scheme, _, given = authorization.partition(" ")
    try:
        _, _, said = base64.b64decode(given, validate=True).partition(b":")
    except binascii.Error:
        return False
    return scheme.lower() == "basic" and secrets.compare_digest(said, password.encode())
