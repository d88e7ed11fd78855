"""Exchange rates on the wire: given by people, by day, exact decimals as text."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from shared.schemas.base import Body, Currency, Day, Schema, ShortText, UtcTime
from shared.schemas.ids import ExchangeRateId, KeyId


def _above_zero(value: str) -> str:
    if not Decimal(value):
        raise ValueError("a rate is above 0")
    return value


# A decimal number as text, never a JSON number, so that no digit is lost on the way.
Rate = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$", max_length=25),
    AfterValidator(_above_zero),
    Field(examples=["0.8542"]),
]


class ExchangeRatePut(Body):
    """What one major unit of `base` cost on a day, in major units of `quote`; `source` says who says so.

    Given again for the same currencies and day, it replaces the one before. The other direction is a rate of its own.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"base": "EUR", "quote": "GBP", "day": "2027-03-02", "rate": "0.8542", "source": "our bank's sheet"}
            ]
        }
    )

    base: Currency
    quote: Currency
    day: Day
    rate: Rate
    source: Annotated[ShortText, Field(min_length=1)]

    @model_validator(mode="after")
    def _two_currencies(self) -> "ExchangeRatePut":
        if self.base == self.quote:
            raise ValueError("base and quote are two currencies")
        return self


class ExchangeRate(Schema):
    """A recorded rate: one major unit of `base` cost `rate` major units of `quote` on `day`."""

    id: ExchangeRateId
    base: Currency
    quote: Currency
    day: Day
    rate: Rate
    source: ShortText
    recorded_at: UtcTime
    recorded_by: KeyId | None = None
