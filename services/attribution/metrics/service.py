"""Daily metrics of a campaign: one value per series and day; what is not told stays a gap."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.metrics import repository
from shared.kit.errors import Invalid
from shared.kit.identity.caller import Caller
from shared.schemas.base import Fault, Trust
from shared.schemas.metrics import MetricPointInput, MetricsReceived

_COLUMNS = ("metric", "day", "value", "platform", "account")
_NEEDED = frozenset({"metric", "day", "value"})
_MAX_FAULTS = 100
_BATCH = 2_000


async def receive(
    session: AsyncSession, *, campaign_id: UUID, source: str, points: Sequence[MetricPointInput], caller: Caller
) -> MetricsReceived:
    """Keep values; of the same series and day in one call, the last. Raises NotFound."""
    await campaigns.get_campaign(session, campaign_id=campaign_id)
    rows = _rows(
        campaign_id=campaign_id, workspace_id=caller.workspace_id, source=source, points=points, trust=Trust.MEASURED,
        by=caller.key_id,
    )  # fmt: skip
    added = replaced = 0
    for start in range(0, len(rows), _BATCH):
        some = await repository.put(session, rows=rows[start : start + _BATCH])
        added, replaced = added + some[0], replaced + some[1]
    return MetricsReceived(added=added, replaced=replaced)


async def observe(
    session: AsyncSession, *, campaign_id: UUID, source: str, points: Sequence[MetricPointInput], trust: Trust
) -> None:
    """Keep values that `source` saw itself. One that somebody told stays: they know their own numbers."""
    campaign = await campaigns.get_campaign(session, campaign_id=campaign_id)
    rows = _rows(
        campaign_id=campaign_id, workspace_id=campaign.workspace_id, source=source, points=points, trust=trust, by=None
    )
    await repository.put(session, rows=rows, only_over=source)


def _rows(
    *, campaign_id: UUID, workspace_id: UUID, source: str, points: Sequence[MetricPointInput], trust: Trust,
    by: UUID | None,
) -> list[dict[str, Any]]:  # fmt: skip
    now = datetime.now(UTC)
    rows = {
        (point.metric, point.platform or "", point.account or "", point.day): {
            "workspace_id": workspace_id,
            "campaign_id": campaign_id,
            "metric": point.metric,
            "platform": point.platform or "",
            "account": point.account or "",
            "day": point.day,
            "value": point.value,
            "source": source,
            "trust": trust,
            "observed_at": now,
            "created_by": by,
        }
        for point in points
    }
    # in one order, so that two calls at once wait for each other instead of standing in each other's way
    return [rows[key] for key in sorted(rows)]


def read_csv(body: bytes) -> list[MetricPointInput]:
    """Points from CSV with a header of metric, day, value and perhaps platform and account.

    A line with an empty value is a gap and is left out. Raises Invalid with every fault, by line.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(errors=[Fault(pointer="body", detail="the file is not UTF-8")]) from None
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Invalid(errors=[Fault(pointer="body", detail=f"the file is no CSV: {error}")]) from None
    header = [name.strip().lower() for name in lines[0]] if lines else []
    if not set(header) >= _NEEDED or len(set(header)) != len(header) or not set(header) <= set(_COLUMNS):
        wanted = "metric, day, value and perhaps platform, account"
        raise Invalid(errors=[Fault(pointer="line 1", detail=f"the columns are {wanted}")])
    points, faults = [], []
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        try:
            point = _point(header, line)
        except ValueError as error:
            faults.append(Fault(pointer=f"line {number}", detail=_why(error)))
            continue
        if point is not None:
            points.append(point)
    if faults:
        raise Invalid(errors=faults[:_MAX_FAULTS])
    return points


def _point(header: Sequence[str], line: Sequence[str]) -> MetricPointInput | None:
    if len(line) != len(header):
        raise ValueError(f"{len(header)} cells are expected, not {len(line)}")
    cells = {name: cell.strip() for name, cell in zip(header, line, strict=True) if cell.strip()}
    if "value" not in cells:
        return None
    try:
        value = float(cells["value"])
    except ValueError:
        raise ValueError("the value is no number") from None
    return MetricPointInput.model_validate({**cells, "value": value})


def _why(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(_parts(error))[:1_000]
    return str(error)


def _parts(error: ValidationError) -> Iterable[str]:
    for one in error.errors():
        yield f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
