"""Bitly: clicks, scans and Link-in-bio events.

Bitly's webhooks carry no signature; they authenticate as documented, by `?key=` in the address or by HTTP basic
(the secret is then `user:password`). Its body is not documented, so the workspace maps it.
"""

import base64
import hmac
from collections.abc import Sequence

from services.attribution.mapping import mapping_of, read_mapped
from services.attribution.receiver import Fact, Inbound, Receiver, Refused
from shared.schemas.receivers import ReceiverSettings


def verify(inbound: Inbound, secrets: Sequence[str], settings: ReceiverSettings) -> None:
    del settings  # nothing to choose
    scheme, _, credentials = inbound.headers.get("authorization", "").partition(" ")
    given = credentials.strip() if scheme.lower() == "basic" else ""
    wanted = [base64.b64encode(secret.encode()).decode() for secret in secrets]
    if not given:
        given, wanted = inbound.query.get("key", ""), list(secrets)
    good = [hmac.compare_digest(one.encode(), given.encode()) for one in wanted]
    if not any(good):
        raise Refused("the key does not fit")


def read(body: bytes, settings: ReceiverSettings) -> tuple[Fact, ...]:
    return read_mapped(body, mapping_of(settings))


RECEIVER = Receiver(
    title="Bitly", verify=verify, read=read,
    secret_hint="the key in the webhook's address, or user:password",  # noqa: S106  # a hint
)  # fmt: skip
