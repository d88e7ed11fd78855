"""What every type on the wire is made of: base classes, bounded texts and numbers, counts, money, times, pages."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Generic, Self, TypeVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from shared.schemas.currencies import CURRENCIES

# The largest integer that JSON readers in every language keep exactly (2^53 - 1); it fits PostgreSQL's bigint.
MAX_COUNT = 9_007_199_254_740_991
# The largest PostgreSQL integer.
MAX_INT = 2_147_483_647
# The longest text of one post or comment, in characters.
MAX_TEXT = 100_000


class Schema(BaseModel):
    """An answer: frozen; a field that this version does not know is ignored, so that a newer service may add one."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Body(BaseModel):
    """A request, or a value inside one: frozen; an unknown field is an error, so that a typing mistake is heard."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# Texts. PostgreSQL refuses U+0000 in text, so every text excludes it; lone surrogates are no Unicode and are refused
# by pydantic itself. `Named` texts have at least one character that is not white space.
_NO_NUL = r"^[^\u0000]*$"
_NAMED = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"

ShortText = Annotated[str, StringConstraints(max_length=200, pattern=_NO_NUL)]
LineText = Annotated[str, StringConstraints(max_length=1_000, pattern=_NO_NUL)]
LongText = Annotated[str, StringConstraints(max_length=10_000, pattern=_NO_NUL)]
PostText = Annotated[str, StringConstraints(max_length=MAX_TEXT, pattern=_NO_NUL)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NAMED)]
Term = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NAMED)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]

# A platform or a source by its key: the file name of its connector, or any name that an import uses.
Platform = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[a-z][a-z0-9_]*$", examples=["bluesky"])]
# The platform's own identifier of an account, post or comment, as text: never a number.
PlatformId = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=_NAMED)]
Handle = Annotated[str, StringConstraints(min_length=1, max_length=320, pattern=_NAMED)]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=r"^[A-Za-z0-9_=.~-]+$")]
Sha256 = Annotated[str, StringConstraints(min_length=64, max_length=64, pattern=r"^[0-9a-f]{64}$")]
Country = Annotated[str, Field(min_length=2, max_length=2, pattern=r"^[A-Z]{2}$", examples=["GB"])]
Language = Annotated[
    str, Field(min_length=2, max_length=35, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["en"])
]


def _without_hash(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    return text[1:].lstrip() if text.startswith(("#", "＃")) else text


# A hashtag, written with or without its sign; kept without. Its key and its spelling per platform: shared/rules.
Hashtag = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[#＃]?[^#＃\u0000]*[^#＃\s\u0000][^#＃\u0000]*$"),
    BeforeValidator(_without_hash),
]


_CONTROL = re.compile(r"[\x00-\x20\x7f]")


def _web_url(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("a URL holds no spaces and no control characters")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"not a URL: {error}") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise ValueError("an http or https URL with a host is expected")
    return value


# An http(s) address. Whether it may be called or linked to is decided by the service that does so.
WebUrl = Annotated[
    str,
    StringConstraints(min_length=8, max_length=2_048, pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://[^\u0000]+$"),
    AfterValidator(_web_url),
]
# A creator given by hand: a profile's URL, a handle, or `platform:handle`.
AccountRef = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_048, pattern=_NAMED),
    Field(examples=["https://bsky.app/profile/runner.example.com"]),
]

# Numbers. Strict: `true` and `"5"` are no integers. All bounded, since PostgreSQL's columns are.
Natural = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]
Positive = Annotated[int, Field(strict=True, ge=1, le=MAX_COUNT)]
SmallNatural = Annotated[int, Field(strict=True, ge=0, le=MAX_INT)]
SmallPositive = Annotated[int, Field(strict=True, ge=1, le=MAX_INT)]
Days = Annotated[int, Field(strict=True, ge=0, le=3_660)]
MinorUnits = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]
SignedMinorUnits = Annotated[int, Field(strict=True, ge=-MAX_COUNT, le=MAX_COUNT)]
BasisPoints = Annotated[int, Field(strict=True, ge=0, le=10_000)]
Flag = Annotated[bool, Field(strict=True)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Real = Annotated[float, Field(strict=True, ge=-1e15, le=1e15, allow_inf_nan=False)]
Score100 = Annotated[float, Field(strict=True, ge=0, le=100, allow_inf_nan=False)]


def _text_or(kind: type) -> BeforeValidator:
    def check(value: object) -> object:
        # bare numbers would be read as seconds or days since 1970, by nobody's intention; behind a year stands a hyphen
        if isinstance(value, kind):
            return value
        if isinstance(value, str) and (
            value[4:5] == "-" or not value.strip().lstrip("+-").replace(".", "", 1).isdigit()
        ):
            return value
        raise ValueError("a text in the form of RFC 3339 is expected")

    return BeforeValidator(check)


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time needs its offset, for example 2026-11-22T09:30:00Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time lies outside the years 1 to 9999") from None


def rfc3339(value: datetime) -> str:
    """An aware time as RFC 3339 text in UTC that ends in Z; microseconds only where there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


UtcTime = Annotated[
    datetime,
    _text_or(datetime),
    AfterValidator(_utc),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "maxLength": 64, "examples": ["2026-11-22T09:30:00Z"]}),
]
# A calendar day; which time zone it is in, is said beside it.
Day = Annotated[
    date,
    _text_or(date),
    WithJsonSchema({"type": "string", "format": "date", "maxLength": 10, "examples": ["2026-11-22"]}),
]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime"}) | {"UTC"}


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("not the name of an IANA time zone, for example Europe/London")
    return value


TimeZone = Annotated[
    str,
    Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$", examples=["Europe/London"]),
    AfterValidator(_zone),
]


def _currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError("not a currency code of ISO 4217")
    return value


Currency = Annotated[
    str, Field(min_length=3, max_length=3, pattern=r"^[A-Z]{3}$", examples=["EUR"]), AfterValidator(_currency)
]


class Money(Body):
    """An amount in a currency's minor units (cents; yen have none). Negative amounts reverse."""

    amount_minor: SignedMinorUnits
    currency: Currency


class CountState(StrEnum):
    """What a platform's number is worth; the last three carry no number."""

    EXACT = "exact"
    ROUNDED = "rounded"
    LOWER_BOUND = "lower_bound"
    FUZZED = "fuzzed"
    HIDDEN = "hidden"
    NOT_PROVIDED = "not_provided"
    NOT_PERMITTED = "not_permitted"


UNKNOWN_STATES = frozenset({CountState.HIDDEN, CountState.NOT_PROVIDED, CountState.NOT_PERMITTED})


class Count(Schema):
    """A platform's number with what it is worth. Unknown is null with its reason, and never zero."""

    value: Natural | None = None
    state: CountState = CountState.NOT_PROVIDED
    observed_at: UtcTime | None = None

    @model_validator(mode="after")
    def _state_agrees(self) -> Self:
        if (self.value is None) != (self.state in UNKNOWN_STATES):
            raise ValueError(
                f"a count of state '{self.state}' {'has no' if self.value is not None else 'needs a'} value"
            )
        return self

    @classmethod
    def of(cls, value: int | None, *, observed_at: datetime | None = None) -> Self:
        """An exact count, or for None one that was not provided."""
        state = CountState.NOT_PROVIDED if value is None else CountState.EXACT
        return cls(value=value, state=state, observed_at=observed_at)

    @property
    def known(self) -> bool:
        return self.value is not None


NOT_PROVIDED = Count()


def _lenient_count(value: object) -> object:
    if value is None:
        return Count()
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_COUNT:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return {"value": value, "state": CountState.EXACT}
    return value


# A count on input: a whole number, null (not provided), or the full form. A number without a state is exact.
CountInput = Annotated[
    Count,
    BeforeValidator(
        _lenient_count,
        json_schema_input_type=Annotated[int, Field(ge=0, le=MAX_COUNT)] | Count | None,
    ),
]


class Trust(StrEnum):
    """Where a reported figure comes from."""

    MEASURED = "measured"
    CREATOR_REPORTED = "creator_reported"
    ESTIMATED = "estimated"
    UNAVAILABLE = "unavailable"


class JobStatus(StrEnum):
    """The state of long work."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Unknown(StrEnum):
    """What happens to what is not known: listed and marked, or hidden."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


class Interval(Schema):
    """An interval, both ends included; `level` is its intended coverage, 0 to 1."""

    low: Real
    high: Real
    level: Share = 0.9


Item = TypeVar("Item")


class Page(Schema, Generic[Item]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: tuple[Item, ...]
    next_cursor: Cursor | None = None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`Page[Creator]` is called `CreatorPage` in the OpenAPI document."""
        return f"{params[0].__name__}Page"


class Fault(Schema):
    """One fault of a request: where (RFC 6901 pointer into the body, or the parameter's name) and what."""

    pointer: LineText
    detail: LongText


class Problem(Schema):
    """An error answer, RFC 9457. `code` is the stable name of the error for programs."""

    type: LineText = "about:blank"
    title: LineText
    status: Annotated[int, Field(ge=400, le=599)]
    code: Key
    detail: LongText | None = None
    instance: LineText | None = None
    request_id: ShortText | None = Field(default=None, description="quote this when asking for help")
    errors: tuple[Fault, ...] = Field(default=(), description="every fault of an invalid request")
