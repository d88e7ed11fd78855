"""The client of the attribution service: campaigns, partnerships, tracking assets, conversions, posts, metrics."""

from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.clients.base import ServiceClient
from shared.kit.errors import BadGateway
from shared.kit.runtime import Runtime
from shared.schemas.campaigns import Campaign, CampaignCreate
from shared.schemas.conversions import Conversion, ConversionCreate, RefundCreate
from shared.schemas.identity import Scope
from shared.schemas.ids import encode
from shared.schemas.metrics import MetricsCreate, MetricsReceived
from shared.schemas.partners import Partner, PartnerCreate
from shared.schemas.partnerships import ApprovalCreate, Partnership, PartnershipCreate, TransitionCreate
from shared.schemas.signals import FraudSignals
from shared.schemas.tracked_posts import TrackedPost, TrackedPostCreate
from shared.schemas.tracking import Code, CodeCreate, HashtagAsset, HashtagAssetCreate, Link, LinkCreate

Answer = TypeVar("Answer", bound=BaseModel)


class AttributionClient:
    """Attribution as one workspace sees it. Every method raises NotFound, Conflict, NotApproved, Invalid, Unavailable
    or BadGateway."""

    def __init__(self, runtime: Runtime, *, workspace_id: UUID, key_id: UUID | None = None) -> None:
        self._service = ServiceClient(runtime, "attribution", workspace_id, key_id)

    async def create_campaign(self, body: CampaignCreate) -> Campaign:
        """`POST /v1/campaigns`."""
        return await self._post(Campaign, "/v1/campaigns", body)

    async def campaign(self, campaign_id: UUID) -> Campaign:
        """`GET /v1/campaigns/{id}`."""
        return await self._get(Campaign, f"/v1/campaigns/{encode('cmp', campaign_id)}")

    async def create_partner(self, body: PartnerCreate) -> Partner:
        """`POST /v1/partners`."""
        return await self._post(Partner, "/v1/partners", body)

    async def partner(self, partner_id: UUID) -> Partner:
        """`GET /v1/partners/{id}`."""
        return await self._get(Partner, f"/v1/partners/{encode('ptr', partner_id)}")

    async def create_partnership(self, body: PartnershipCreate) -> Partnership:
        """`POST /v1/partnerships`."""
        return await self._post(Partnership, "/v1/partnerships", body)

    async def partnership(self, partnership_id: UUID) -> Partnership:
        """`GET /v1/partnerships/{id}`."""
        return await self._get(Partnership, f"/v1/partnerships/{encode('pts', partnership_id)}")

    async def approve_partnership(self, partnership_id: UUID, body: ApprovalCreate) -> Partnership:
        """`POST /v1/partnerships/{id}/approve`: only ever on a person's behalf."""
        path = f"/v1/partnerships/{encode('pts', partnership_id)}/approve"
        return await self._post(Partnership, path, body, scope=Scope.APPROVE)

    async def move_partnership(self, partnership_id: UUID, body: TransitionCreate) -> Partnership:
        """`POST /v1/partnerships/{id}/transitions`."""
        return await self._post(Partnership, f"/v1/partnerships/{encode('pts', partnership_id)}/transitions", body)

    async def create_link(self, body: LinkCreate) -> Link:
        """`POST /v1/links`."""
        return await self._post(Link, "/v1/links", body)

    async def link(self, link_id: UUID) -> Link:
        """`GET /v1/links/{id}`."""
        return await self._get(Link, f"/v1/links/{encode('lnk', link_id)}")

    async def create_code(self, body: CodeCreate) -> Code:
        """`POST /v1/codes`."""
        return await self._post(Code, "/v1/codes", body)

    async def create_hashtag(self, body: HashtagAssetCreate) -> HashtagAsset:
        """`POST /v1/hashtags`."""
        return await self._post(HashtagAsset, "/v1/hashtags", body)

    async def create_conversion(self, body: ConversionCreate) -> Conversion:
        """`POST /v1/conversions`."""
        return await self._post(Conversion, "/v1/conversions", body)

    async def conversion(self, conversion_id: UUID) -> Conversion:
        """`GET /v1/conversions/{id}`: with who is credited, by which rule, and what was considered."""
        return await self._get(Conversion, f"/v1/conversions/{encode('cnv', conversion_id)}")

    async def refund_conversion(self, conversion_id: UUID, body: RefundCreate) -> Conversion:
        """`POST /v1/conversions/{id}/refunds`."""
        return await self._post(Conversion, f"/v1/conversions/{encode('cnv', conversion_id)}/refunds", body)

    async def create_post(self, body: TrackedPostCreate) -> TrackedPost:
        """`POST /v1/posts`."""
        return await self._post(TrackedPost, "/v1/posts", body)

    async def receive_metrics(self, body: MetricsCreate) -> MetricsReceived:
        """`POST /v1/metrics`."""
        return await self._post(MetricsReceived, "/v1/metrics", body)

    async def fraud_signals(self, campaign_id: UUID) -> FraudSignals:
        """`GET /v1/campaigns/{id}/signals`."""
        return await self._get(FraudSignals, f"/v1/campaigns/{encode('cmp', campaign_id)}/signals")

    async def _get(self, kind: type[Answer], path: str) -> Answer:
        return _read(kind, (await self._service.call("GET", path)).content)

    async def _post(self, kind: type[Answer], path: str, body: BaseModel, *, scope: Scope = Scope.WRITE) -> Answer:
        content = body.model_dump_json(exclude_unset=True).encode()
        answer = await self._service.call(
            "POST", path, content=content, headers={"Content-Type": "application/json"}, scopes=(scope,)
        )
        return _read(kind, answer.content)


def _read(kind: type[Answer], content: bytes) -> Answer:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise BadGateway(f"the attribution service answered something else than a {kind.__name__}") from error
