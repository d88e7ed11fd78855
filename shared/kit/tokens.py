"""Service tokens: what one service says to another for one call, signed and short-lived."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from shared.kit.secrets import SecretBox

TOKEN_PREFIX = "gst_"  # noqa: S105  # a prefix, not a secret
LIFETIME_SECONDS = 60
# Clocks of two hosts may differ by this much before a token is refused.
LEEWAY_SECONDS = 5
_PURPOSE = "service-token"


class InvalidToken(Exception):  # noqa: N818  # reads as what happened
    """The token is forged, expired, malformed or meant for somebody else."""


@dataclass(frozen=True)
class ServiceToken:
    """Who calls (`issuer`), whom (`audience`), as which workspace, with which scopes, for which key."""

    workspace_id: UUID
    scopes: frozenset[str]
    issuer: str
    audience: str
    expires_at: int
    key_id: UUID | None = None


def mint(
    secrets: SecretBox, *, workspace_id: UUID, scopes: Iterable[str], issuer: str, audience: str,
    key_id: UUID | None = None, now: float | None = None,
) -> str:  # fmt: skip
    """A token for one call, valid for 60 seconds: `gst_<claims>.<HMAC-SHA256 of the claims>`, both base64url."""
    claims = {
        "workspace": str(workspace_id),
        "scopes": sorted(scopes),
        "issuer": issuer,
        "audience": audience,
        "exp": int(now if now is not None else time.time()) + LIFETIME_SECONDS,
        "key": str(key_id) if key_id else None,
    }
    body = _encode(json.dumps(claims, separators=(",", ":"), sort_keys=True).encode())
    return f"{TOKEN_PREFIX}{body}.{_encode(_sign(secrets.key(_PURPOSE), body))}"


def verify(secrets: SecretBox, token: str, *, audience: str, now: float | None = None) -> ServiceToken:
    """The claims of `token`; InvalidToken unless a known secret signed it for `audience` and it has not expired."""
    body, _, signature = token.removeprefix(TOKEN_PREFIX).partition(".")
    try:
        given = _decode(signature)
        good = any(hmac.compare_digest(_sign(key, body), given) for key in secrets.keys(_PURPOSE))
        if not good:
            raise InvalidToken("the signature is not ours")
        claims = json.loads(_decode(body))
        found = ServiceToken(
            workspace_id=UUID(claims["workspace"]),
            scopes=frozenset(claims["scopes"]),
            issuer=str(claims["issuer"]),
            audience=str(claims["audience"]),
            expires_at=int(claims["exp"]),
            key_id=UUID(claims["key"]) if claims.get("key") else None,
        )
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise InvalidToken("not a service token") from error
    if found.audience != audience:
        raise InvalidToken(f"meant for {found.audience}")
    current = now if now is not None else time.time()
    if found.expires_at + LEEWAY_SECONDS < current:
        raise InvalidToken("expired")
    if found.expires_at > current + LIFETIME_SECONDS + LEEWAY_SECONDS:
        raise InvalidToken("valid for longer than service tokens are")
    return found


def _sign(key: bytes, body: str) -> bytes:
    return hmac.new(key, body.encode(), hashlib.sha256).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
