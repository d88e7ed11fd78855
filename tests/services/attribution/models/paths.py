"""Short ways to write the path to a conversion."""

from uuid import UUID

from services.attribution.model import AttributionModel, PathTouch, credits_of
from shared.schemas.campaigns import Signal

ANA, BEN, CLEO = UUID(int=1), UUID(int=2), UUID(int=3)
WEEK = 7 * 24 * 3600


def click(partnership: UUID, age: int = 0) -> PathTouch:
    return PathTouch(partnership, Signal.CLICK, age)


def code(partnership: UUID) -> PathTouch:
    return PathTouch(partnership, Signal.CODE, 0)


def given_by(model: AttributionModel, path: list[PathTouch], amount: int) -> dict[UUID, int | None]:
    return {credit.partnership_id: credit.amount_minor for credit in credits_of(model, path, amount)}
