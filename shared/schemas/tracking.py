"""Tracking assets on the wire: links, promo codes, landing pages and hashtags, each of exactly one partnership."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import (
    BasisPoints,
    Body,
    Currency,
    Flag,
    Hashtag,
    Key,
    LineText,
    LongText,
    MinorUnits,
    Name,
    Schema,
    ShortText,
    SmallPositive,
    UtcTime,
    WebUrl,
)
from shared.schemas.campaigns import ClickParameter
from shared.schemas.ids import CampaignId, CodeId, HashtagAssetId, KeyId, LinkId, PageId, PartnershipId

# What comes after /r/ or /p/; which are reserved or look alike: shared/rules/slugs.
Slug = Annotated[
    str, Field(min_length=3, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*[A-Za-z0-9]$", examples=["ana-spring"])
]
# A promo code as a customer types it; compared without regard to case.
CodeText = Annotated[
    str, Field(min_length=3, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*[A-Za-z0-9]$", examples=["ANA-7KQ4"])
]
Host = Annotated[
    str, Field(min_length=1, max_length=255, pattern=r"^[a-z0-9.-]+(:[0-9]{1,5})?$", examples=["go.example.com"])
]


def _check_span(start: object, end: object) -> None:
    if start is not None and end is not None and end <= start:  # type: ignore[operator]  # two times
        raise ValueError("ends_at lies before starts_at")


class AssetState(StrEnum):
    """Whether an asset counts now."""

    ACTIVE = "active"
    SCHEDULED = "scheduled"
    EXPIRED = "expired"
    CAPPED = "capped"
    DISABLED = "disabled"


class Utm(Body):
    """UTM fields that are added to the destination."""

    source: ShortText | None = None
    medium: ShortText | None = None
    campaign: ShortText | None = None
    content: ShortText | None = None
    term: ShortText | None = None


class LinkCreate(Body):
    """A tracking link. Without a slug a random one is made; a cap may overshoot by one second's clicks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partnership_id": "pts_01kz7kpps0fg8skbh5vs8fs3n4",
                    "destination_url": "https://shop.example.com/spring",
                    "utm": {"source": "bluesky", "medium": "creator"},
                }
            ]
        }
    )

    partnership_id: PartnershipId
    destination_url: WebUrl
    slug: Slug | None = None
    host: Host | None = None
    label: ShortText | None = None
    utm: Utm = Utm()
    click_parameter: ClickParameter | None = None
    starts_at: UtcTime | None = None
    ends_at: UtcTime | None = None
    expired_url: WebUrl | None = None
    click_cap: SmallPositive | None = None
    capped_url: WebUrl | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_span(self.starts_at, self.ends_at)
        return self


class LinkChange(Body):
    """What changes about a link; a field left out stays. The slug never changes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"destination_url": "https://shop.example.com/summer", "disabled": False}]}
    )

    destination_url: WebUrl | None = None
    label: ShortText | None = None
    utm: Utm | None = None
    starts_at: UtcTime | None = None
    ends_at: UtcTime | None = None
    expired_url: WebUrl | None = None
    click_cap: SmallPositive | None = None
    capped_url: WebUrl | None = None
    disabled: Flag | None = None


class Link(Schema):
    """A tracking link."""

    id: LinkId
    partnership_id: PartnershipId
    campaign_id: CampaignId
    slug: ShortText
    host: ShortText | None = None
    short_url: LineText
    destination_url: WebUrl
    label: ShortText | None = None
    utm: Utm = Utm()
    click_parameter: ClickParameter
    starts_at: UtcTime | None = None
    ends_at: UtcTime | None = None
    expired_url: WebUrl | None = None
    click_cap: SmallPositive | None = None
    capped_url: WebUrl | None = None
    state: AssetState
    disclosure_text: LineText
    created_at: UtcTime
    updated_at: UtcTime
    created_by: KeyId | None = None


class LinkBatch(Schema):
    """Links that one file made, in the order of its lines."""

    items: tuple[Link, ...]


class LinkRevision(Schema):
    """One change of a link: the changed fields as they were before it."""

    version: SmallPositive
    before: dict[Key, LineText | SmallPositive | bool | dict[Key, LineText] | None]
    at: UtcTime
    by: KeyId | None = None


class CodeCreate(Body):
    """A promo code. Without a text a readable one is made. Limits are recorded; only the shop can enforce them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"partnership_id": "pts_01kz7kpps0fg8skbh5vs8fs3n4", "code": "ANA10", "percent_bp": 1000}]
        }
    )

    partnership_id: PartnershipId
    code: CodeText | None = None
    prefix: Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[A-Za-z0-9]+$")] | None = None
    percent_bp: BasisPoints | None = None
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    starts_at: UtcTime | None = None
    ends_at: UtcTime | None = None
    max_uses: SmallPositive | None = None
    one_per_customer: Flag = False
    stock_cap: SmallPositive | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_span(self.starts_at, self.ends_at)
        if self.amount_minor is not None and self.currency is None:
            raise ValueError("an amount needs its currency")
        if self.amount_minor is not None and self.percent_bp is not None:
            raise ValueError("either amount_minor or percent_bp, not both")
        return self


class CodeChange(Body):
    """What changes about a promo code; a field left out stays, null empties it. The text never changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_at": "2027-03-31T22:00:00Z", "max_uses": 500}]})

    percent_bp: BasisPoints | None = None
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    starts_at: UtcTime | None = None
    ends_at: UtcTime | None = None
    max_uses: SmallPositive | None = None
    one_per_customer: Flag | None = None
    stock_cap: SmallPositive | None = None
    disabled: Flag | None = None


class Code(Schema):
    """A promo code."""

    id: CodeId
    partnership_id: PartnershipId
    campaign_id: CampaignId
    code: CodeText
    percent_bp: BasisPoints | None = None
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    starts_at: UtcTime | None = None
    ends_at: UtcTime | None = None
    max_uses: SmallPositive | None = None
    one_per_customer: bool = False
    stock_cap: SmallPositive | None = None
    state: AssetState
    disclosure_text: LineText
    created_at: UtcTime
    created_by: KeyId | None = None


class CodeBatch(Schema):
    """Codes that one file made, in the order of its lines."""

    items: tuple[Code, ...]


class PageCreate(Body):
    """A landing page for one creator: offer, code, disclosure line and a button that goes to the link."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partnership_id": "pts_01kz7kpps0fg8skbh5vs8fs3n4",
                    "link_id": "lnk_01kz7kpps0fg8skbh5vs8fs3n4",
                    "title": "Ana's spring picks",
                    "offer": "10 % off with the code",
                    "button": "To the shop",
                }
            ]
        }
    )

    partnership_id: PartnershipId
    link_id: LinkId
    code_id: CodeId | None = None
    slug: Slug | None = None
    title: Name
    offer: LongText | None = None
    button: ShortText = "Continue"


class PageChange(Body):
    """What changes about a landing page; a field left out stays. The slug never changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"offer": "15 % off until Sunday", "disabled": False}]})

    code_id: CodeId | None = None
    title: Name | None = None
    offer: LongText | None = None
    button: Name | None = None
    disabled: Flag | None = None


class LandingPage(Schema):
    """A landing page served at `url`."""

    id: PageId
    partnership_id: PartnershipId
    campaign_id: CampaignId
    link_id: LinkId
    code_id: CodeId | None = None
    slug: ShortText
    url: LineText
    title: Name
    offer: LongText | None = None
    button: ShortText
    state: AssetState
    disclosure_text: LineText
    created_at: UtcTime
    created_by: KeyId | None = None


class HashtagAssetCreate(Body):
    """A hashtag of one partnership; refused where a known tag has the same key."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"partnership_id": "pts_01kz7kpps0fg8skbh5vs8fs3n4", "hashtag": "#FellsideWithAna"}]
        }
    )

    partnership_id: PartnershipId
    hashtag: Hashtag


class HashtagAssetChange(Body):
    """What changes about a hashtag: whether it is in use. The hashtag itself never changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"disabled": True}]})

    disabled: Flag


class HashtagAsset(Schema):
    """A hashtag of one partnership: as written, and the key by which posts are matched."""

    id: HashtagAssetId
    partnership_id: PartnershipId
    campaign_id: CampaignId
    hashtag: ShortText
    key: ShortText
    state: AssetState
    disclosure_text: LineText
    created_at: UtcTime
    created_by: KeyId | None = None
