"""API keys: how they are made and how they are stored."""

import hashlib
import secrets

KEY_PREFIX = "gsk_"


def generate_key() -> str:
    """A new API key: `gsk_` and 43 URL-safe characters that carry 256 random bits. Shown once, never stored."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> bytes:
    """What is stored. A fast hash is right for 256 random bits; slow ones are for passwords."""
    return hashlib.sha256(key.encode()).digest()
