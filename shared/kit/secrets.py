"""Keys derived from GROUNDSWELL_SECRET, and the encryption of third-party secrets at rest."""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class UnreadableSecret(Exception):  # noqa: N818  # reads as what happened
    """The stored bytes were not written with any secret that this process knows, or were changed."""


@dataclass(frozen=True)
class SecretBox:
    """Derives one key per purpose (HKDF-SHA256, RFC 5869) and seals small values with AES-256-GCM.

    `secrets` holds the current secret first, then older ones that may still be read during a rotation.
    """

    secrets: Sequence[str] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.secrets or any(len(secret) < 16 for secret in self.secrets):
            raise ValueError("GROUNDSWELL_SECRET must have at least 16 characters")

    def key(self, purpose: str, secret: str | None = None) -> bytes:
        """32 bytes for `purpose`, from the current secret unless another is given."""
        material = (secret or self.secrets[0]).encode()
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(material)

    def keys(self, purpose: str) -> list[bytes]:
        """The keys for `purpose` of every known secret, the current one first."""
        return [self.key(purpose, secret) for secret in self.secrets]

    def digest(self, purpose: str, value: str) -> str:
        """A keyed pseudonym of `value`: hex HMAC-SHA256. The same value gives the same digest under one secret."""
        return hmac.new(self.key(purpose), value.encode(), hashlib.sha256).hexdigest()

    def key_id(self, secret: str | None = None) -> bytes:
        """Four bytes that name a secret without telling it."""
        return self.key("key-id", secret)[:4]

    def seal(self, plain: str, *, context: str) -> bytes:
        """key id, nonce and ciphertext; `context` (table, column, row) must be the same when it is opened."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self.key_id() + nonce + AESGCM(self.key("at-rest")).encrypt(nonce, plain.encode(), context.encode())

    def open(self, sealed: bytes, *, context: str) -> str:
        """The plain text; UnreadableSecret when it was changed, moved to another row or its secret is unknown."""
        for secret in self.secrets:
            if sealed[:4] != self.key_id(secret):
                continue
            nonce, body = sealed[4 : 4 + NONCE_BYTES], sealed[4 + NONCE_BYTES :]
            try:
                return AESGCM(self.key("at-rest", secret)).decrypt(nonce, body, context.encode()).decode()
            except InvalidTag as error:
                raise UnreadableSecret(f"{context}: the stored secret was changed or belongs elsewhere") from error
        raise UnreadableSecret(f"{context}: sealed with a GROUNDSWELL_SECRET that is not known here")


def load_secret(home: Path, stated: str = "") -> list[str]:
    """The secrets of this installation, the current one first.

    `stated` (GROUNDSWELL_SECRET; older ones may follow behind commas) wins; else `<home>/secret`, a line each, which
    is generated with mode 600 when it is missing.
    """
    if stated:
        return [part.strip() for part in stated.split(",") if part.strip()]
    path = home / "secret"
    try:
        return path.read_text().split()
    except FileNotFoundError:
        pass
    home.mkdir(parents=True, exist_ok=True)
    made = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was first
        return path.read_text().split()
    with os.fdopen(descriptor, "w") as file:
        file.write(made + "\n")
        file.flush()
        os.fsync(file.fileno())
    return [made]


def rotate_secret(home: Path) -> list[str]:
    """Put a fresh secret before the known ones in `<home>/secret`, atomically; returns all, the new one first."""
    known = load_secret(home)
    fresh = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    lines = [fresh, *known]
    temporary = home / "secret.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(home / "secret")
    return lines
