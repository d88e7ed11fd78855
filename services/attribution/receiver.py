"""What a receiver of inbound webhooks is: how it verifies a delivery and which facts it reads from it."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.rules.money import from_text
from shared.schemas.base import MAX_COUNT, rfc3339
from shared.schemas.conversions import ConversionKind
from shared.schemas.currencies import CURRENCIES
from shared.schemas.receivers import ReceiverSettings

TOLERANCE_SECONDS = 300


class Refused(Exception):  # noqa: N818  # reads as what happened
    """The delivery does not prove that it comes from the sender, or is too old."""


class Unreadable(Exception):  # noqa: N818  # reads as what happened
    """The delivery is the sender's, and what it says cannot be read; trying again without a change will not help."""


@dataclass(frozen=True)
class Inbound:
    """A delivery as it came: header names in lower case, the raw body, the time of arrival in UTC."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    at: datetime


@dataclass(frozen=True)
class OrderFact:
    """A purchase, lead or the like. `revised_at` orders versions of the same order; the newest is kept."""

    external_id: str
    occurred_at: datetime
    revised_at: datetime
    kind: ConversionKind = ConversionKind.PURCHASE
    amount_minor: int | None = None
    currency: str | None = None
    discount_minor: int | None = None
    code: str | None = None
    click_id: str | None = None
    customer: str | None = None
    new_customer: bool | None = None
    livemode: bool = True
    voided: bool = False


@dataclass(frozen=True)
class OrderRefund:
    """A refund by its order's id. Amounts as in conversions/refunds: single, cumulative, or parts of `whole_minor`."""

    order_external_id: str
    external_id: str
    occurred_at: datetime
    revised_at: datetime
    amount_minor: int | None = None
    cumulative_minor: int | None = None
    whole_minor: int | None = None
    currency: str | None = None
    reason: str | None = None
    livemode: bool = True


@dataclass(frozen=True)
class ClickFact:
    """A click that another link service counted; `links` are all names by which that service calls the link."""

    external_id: str
    at: datetime
    links: tuple[str, ...]
    referrer: str | None = None


Fact = OrderFact | OrderRefund | ClickFact


def _never(_: Inbound) -> bool:
    return False


def body_key(inbound: Inbound) -> str:
    """What makes two deliveries the same: the body, since headers outside the signature can be made up."""
    return hashlib.sha256(inbound.body).hexdigest()


def no_topic(_: Inbound) -> str | None:
    return None


@dataclass(frozen=True)
class Receiver:
    """One sender. `verify` raises Refused; `read` raises Unreadable and gives no facts for what does not concern us.

    `verify` gets the secrets that are good now, one or during a rotation two. `read` sees the raw body only, because
    only that is signed. `is_ping` recognises a greeting that carries no signature and gets 200 and nothing else.
    """

    title: str
    verify: Callable[[Inbound, Sequence[str], ReceiverSettings], None]
    read: Callable[[bytes, ReceiverSettings], tuple[Fact, ...]]
    key: Callable[[Inbound], str] = body_key
    topic: Callable[[Inbound], str | None] = no_topic
    is_ping: Callable[[Inbound], bool] = _never
    secret_hint: str = field(default="the secret that the sender shows")


def check_hmac(body: bytes, secrets: Sequence[str], given: str, *, encoding: str) -> None:
    """Refused unless `given` is the HMAC-SHA256 of `body` under one of `secrets`, compared in constant time."""
    try:
        signature = bytes.fromhex(given) if encoding == "hex" else base64.b64decode(given, validate=True)
    except (ValueError, binascii.Error):
        raise Refused("the signature is not readable") from None
    # no shortcut at the first match, so that the time tells nothing about which secret it was
    good = [hmac.compare_digest(hmac.digest(secret.encode(), body, "sha256"), signature) for secret in secrets]
    if not any(good):
        raise Refused("the signature does not fit")


def check_age(timestamp: int, now: datetime) -> None:
    """Refused unless the signed time lies within five minutes of now."""
    if abs(int(now.timestamp()) - timestamp) > TOLERANCE_SECONDS:
        raise Refused("the signed time is more than five minutes away")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def json_object(body: bytes) -> dict[str, Any]:
    """The body as a JSON object; Unreadable otherwise. Fractions become Decimal, never float."""
    try:
        value = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the body is no JSON: {type(error).__name__}") from None
    if not isinstance(value, dict):
        raise Unreadable("a JSON object is expected")
    return value


def text(value: object, what: str, *, limit: int = 255) -> str:
    """A short text from a JSON text or number; Unreadable without one."""
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not str(value).strip():
        raise Unreadable(f"{what} is missing")
    found = str(value).strip()
    if len(found) > limit or not _storable(found):
        raise Unreadable(f"{what} is too long or holds characters that no text does")
    return found


def _storable(value: str) -> bool:
    """JSON may escape U+0000 and halves of surrogate pairs, which PostgreSQL's text does not hold."""
    return "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def optional_text(value: object, *, limit: int = 200) -> str | None:
    """As `text`, or None for what is missing or unusable."""
    try:
        return text(value, "", limit=limit)
    except Unreadable:
        return None


def currency(value: object) -> str:
    found = text(value, "the currency").upper()
    if found not in CURRENCIES:
        raise Unreadable(f"{found!r} is no currency of ISO 4217")
    return found


def minor(value: object, money: str, what: str = "the amount") -> int:
    """Minor units of a decimal in major units; Unreadable for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise Unreadable(f"{what} is missing")
    try:
        return bounded(from_text(str(value), money), what)
    except ValueError as error:
        raise Unreadable(f"{what}: {error}") from None


def bounded(value: object, what: str) -> int:
    """An integer of minor units that fits; Unreadable otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_COUNT:
        raise Unreadable(f"{what} is no amount in minor units")
    return value


def moment(value: object, what: str) -> datetime:
    """A time from ISO 8601 text (UTC where no offset is given) or from Unix seconds; Unreadable otherwise."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        parsed = datetime.fromisoformat(text(value, what))
        found = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        rfc3339(found)
    except (ValueError, OverflowError, OSError):
        raise Unreadable(f"{what} is no time") from None
    return found


def click_in(url: object, parameter: str) -> str | None:
    """The click id in a landing URL's query, if there is one."""
    if not isinstance(url, str):
        return None
    try:
        found = parse_qs(urlsplit(url).query).get(parameter, [None])[0]
    except ValueError:
        return None
    return optional_text(found)


def hashed_customer(value: object) -> str | None:
    """SHA-256 of a customer's address in lower case, the form in which shops share it; the address is not kept."""
    found = optional_text(value, limit=320)
    return hashlib.sha256(found.lower().encode()).hexdigest() if found else None
