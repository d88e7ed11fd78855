"""Endpoints for senders, and deliveries to them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx

from shared.schemas.receivers import ReceiverSettings
from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.making import Json
from tests.services.attribution.receivers.senders import SECRET, SENDERS, Sender, raw

_deliveries = count(1)


@dataclass
class Mailbox:
    """A receiver of a tenant and the sender that posts to it."""

    tenant: Tenant
    sender: Sender
    made: Json

    async def post(self, content: Any, *, secret: str = SECRET, signed_at: datetime | None = None) -> httpx.Response:
        """Deliver; every delivery has header ids of its own."""
        body = content if isinstance(content, bytes) else raw(content)
        headers, query = self.sender.sign(body, secret, signed_at or datetime.now(UTC), f"d{next(_deliveries)}")
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.tenant.house.app("attribution"), raise_app_exceptions=False),
            base_url="http://attribution.test",
        ) as client:
            return await client.post(f"/in/{self.made['id']}", content=body, headers=headers, params=query)

    async def deliver(self, *contents: Any) -> None:
        """Deliver and work off."""
        for content in contents:
            answer = await self.post(content)
            assert answer.status_code == 202, answer.text
        await self.tenant.house.run_jobs(1)

    async def deliveries(self, **params: Any) -> list[Json]:
        answer = await self.tenant.client("attribution").get(
            f"/v1/receivers/{self.made['id']}/deliveries", params={"limit": 500, **params}
        )
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["items"]
        return found


async def mailbox(tenant: Tenant, name: str, *, settings: ReceiverSettings | None = None, **more: Any) -> Mailbox:
    sender = SENDERS[name]
    body = {
        "kind": sender.kind, "secret": SECRET,
        "settings": (settings or sender.settings).model_dump(mode="json"), **more,
    }  # fmt: skip
    return Mailbox(tenant, sender, await making.post(tenant, "/v1/receivers", body))
