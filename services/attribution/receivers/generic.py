"""Any sender: signed by Standard Webhooks or by an HMAC in a header, read by a mapping or in our own form."""

import base64
import binascii
import hmac
from collections.abc import Sequence

from services.attribution.mapping import OWN_FORM, read_mapped
from services.attribution.receiver import Fact, Inbound, Receiver, Refused, check_age, check_hmac
from shared.schemas.receivers import ReceiverSettings, SignatureEncoding, SignatureScheme


def verify(inbound: Inbound, secrets: Sequence[str], settings: ReceiverSettings) -> None:
    rule = settings.signature
    if rule.scheme is SignatureScheme.STANDARD_WEBHOOKS:
        _standard(inbound, secrets)
        return
    given = inbound.headers.get(rule.header.lower())
    if not given or not given.startswith(rule.prefix):
        raise Refused("no signature")
    encoding = "hex" if rule.encoding is SignatureEncoding.HEX else "base64"
    check_hmac(inbound.body, secrets, given[len(rule.prefix) :], encoding=encoding)


def _standard(inbound: Inbound, secrets: Sequence[str]) -> None:
    """Standard Webhooks 1.0.0: `v1,<base64>` of HMAC-SHA256 over `<id>.<timestamp>.<raw body>`, within five minutes."""
    message, stamp = inbound.headers.get("webhook-id", ""), inbound.headers.get("webhook-timestamp", "")
    if not message or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        raise Refused("no Standard Webhooks headers")
    signed = f"{message}.{stamp}.".encode() + inbound.body
    expected = [hmac.digest(_key(secret), signed, "sha256") for secret in secrets]
    good = False
    for part in inbound.headers.get("webhook-signature", "").split()[:10]:
        version, _, given = part.partition(",")
        if version != "v1":
            continue
        try:
            signature = base64.b64decode(given, validate=True)
        except (ValueError, binascii.Error):
            continue
        good = any([hmac.compare_digest(one, signature) for one in expected]) or good  # noqa: C419  # no shortcut
    if not good:
        raise Refused("the signature does not fit")
    check_age(int(stamp), inbound.at)


def _key(secret: str) -> bytes:
    """The bytes behind `whsec_<base64>`; any other text is taken as it stands."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (ValueError, binascii.Error):
        return secret.encode()


def read(body: bytes, settings: ReceiverSettings) -> tuple[Fact, ...]:
    return read_mapped(body, settings.mapping or OWN_FORM)


RECEIVER = Receiver(
    title="Generic", verify=verify, read=read, secret_hint="whsec_… or a shared secret"  # noqa: S106  # a hint
)  # fmt: skip
