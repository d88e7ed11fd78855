"""Standard Webhooks 1.0: secrets, signing with one or two of them, verifying a raw body."""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105  # the public prefix, not a secret
SECRET_BYTES = 32
TOLERANCE = timedelta(minutes=5)
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


class SignatureRefused(Exception):  # noqa: N818  # reads as what happened
    """The message was not signed with a secret that is good now, or its time is too far away."""


def generate_secret() -> str:
    """A new secret: `whsec_` and 32 random bytes in base64. The standard asks for 24 to 64 bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(signing: Sequence[str], *, message_id: str, at: datetime, body: str) -> dict[str, str]:
    """The three headers of a message sent at `at` (aware). Each of `signing` signs: two while a secret is rotated."""
    moment = at.astimezone(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, moment, body) for secret in signing),
    }


def verify(body: bytes, headers: Mapping[str, str], *, good: Sequence[str], now: datetime) -> str:
    """Check a raw body against its headers (names in any case) and answer the message's id.

    `good` are the secrets that count now. Comparison takes the same time wherever it fails, and no secret is skipped.
    Raises SignatureRefused; ValueError when a secret of ours cannot be read.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, stamp, signatures = (
        given.get(f"webhook-{part}", "").strip() for part in ("id", "timestamp", "signature")
    )
    if not message_id or not signatures or not _SECONDS.fullmatch(stamp):
        raise SignatureRefused("webhook-id, webhook-timestamp or webhook-signature is missing or unreadable")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        raise SignatureRefused("the message is more than five minutes away from now")
    signed = f"{message_id}.{stamp}.".encode() + body
    expected = [hmac.digest(_key(secret), signed, "sha256") for secret in good]
    matches = [hmac.compare_digest(known, found) for known in expected for found in _signatures(signatures)]
    if not any(matches):
        raise SignatureRefused("no signature fits")
    return message_id


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX) + "==")
    except binascii.Error as error:
        raise ValueError("a webhook secret is whsec_ and base64") from error


def _signatures(header: str) -> list[bytes]:
    """The readable `v1` signatures of a header; at most ten, other versions are another scheme's."""
    found = []
    for part in header.split(" ")[:10]:
        version, _, text = part.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found
