"""Portfolios: asked for over a finished ranking, chosen by a job."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.portfolios import repository
from services.scoring.portfolios.audience import Audience, sketches
from services.scoring.portfolios.repository import PortfolioRow
from services.scoring.portfolios.select import Chosen, Constraints, Infeasible, Option, select
from services.scoring.rankings import service as rankings
from shared.kit.errors import Invalid, NotFound
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.jobs import enqueue
from shared.schemas.base import Fault, JobStatus
from shared.schemas.creators import CreatorRef
from shared.schemas.portfolios import PortfolioChoice, PortfolioCreate, PortfolioResult


async def create_portfolio(session: AsyncSession, *, body: PortfolioCreate, caller: Caller) -> PortfolioRow:
    """Store what is asked and have it chosen in the background. Invalid names creators who are not in the ranking."""
    ranking = await rankings.finished_ranking(session, ranking_id=body.ranking_id)
    named = [*body.must_have, *body.exclude, *(fee.creator_id for fee in body.fees)]
    known = await rankings.members_among(session, ranking_id=ranking.id, creators=named)
    faults = [
        Fault(pointer=f"/{field}/{index}", detail="this creator is not in the ranking")
        for field, ids in (
            ("must_have", body.must_have), ("exclude", body.exclude), ("fees", [fee.creator_id for fee in body.fees]),
        )
        for index, creator_id in enumerate(ids)
        if creator_id not in known
    ]  # fmt: skip
    if faults:
        raise Invalid(errors=faults[:100])
    row = await repository.add(
        session,
        row={
            "workspace_id": caller.workspace_id, "id": new_id(), "ranking_id": body.ranking_id,
            "name": body.name or ranking.name, "status": JobStatus.QUEUED, "request": body.model_dump(mode="json"),
            "created_by": caller.key_id,
        },
    )  # fmt: skip
    payload = {"workspace_id": str(caller.workspace_id), "portfolio_id": str(row.id)}
    await enqueue(session, "choose_portfolio", payload, schema="scoring", dedupe_key=f"choose_portfolio:{row.id}")
    return row


async def get_portfolio(session: AsyncSession, *, portfolio_id: UUID) -> PortfolioRow:
    row = await repository.portfolio(session, portfolio_id=portfolio_id)
    if row is None:
        raise NotFound("no such portfolio")
    return row


def without_names(result: PortfolioResult) -> PortfolioResult:
    """The result with identifiers only: names are read from the ranking, which forgets whom discovery erased."""
    return result.model_copy(
        update={
            "choices": tuple(
                choice.model_copy(
                    update={
                        "creator": CreatorRef(id=choice.creator.id, platform=choice.creator.platform, platform_id="-")
                    }
                )
                for choice in result.choices
            )
        }
    )


async def results_of(session: AsyncSession, *, rows: Sequence[PortfolioRow]) -> dict[UUID, PortfolioResult]:
    """Results by portfolio, with the creators' names as the rankings have them now."""
    found = {row.id: PortfolioResult.model_validate(row.result) for row in rows if row.result is not None}
    wanted = [
        (row.ranking_id, choice.creator.id) for row in rows if row.id in found for choice in found[row.id].choices
    ]
    names = await rankings.creators_of(session, pairs=wanted)
    return {
        row.id: found[row.id].model_copy(
            update={
                "choices": tuple(
                    choice.model_copy(
                        update={"creator": names.get((row.ranking_id, choice.creator.id), choice.creator)}
                    )
                    for choice in found[row.id].choices
                )
            }
        )
        for row in rows
        if row.id in found
    }


def costs(body: PortfolioCreate, creator_id: UUID, followers: int | None) -> tuple[int, int] | None:
    """Cost in minor units, products included, and product units; None when the fee hangs on unknown followers."""
    own = {fee.creator_id: fee for fee in body.fees}.get(creator_id)
    if own is not None:
        return own.amount_minor + own.product_units * body.unit_cost_minor, own.product_units
    fee = body.default_fee_minor
    if body.default_fee_per_thousand_minor:
        if followers is None:
            return None
        fee += body.default_fee_per_thousand_minor * followers // 1_000
    return fee + body.default_product_units * body.unit_cost_minor, body.default_product_units


def choose(
    body: PortfolioCreate, candidates: Sequence[tuple[CreatorRef, int | None, Audience | None]]
) -> PortfolioResult:
    """Choose among (creator, rank, audience) of the eligible; pure. Infeasible when the must-haves do not fit."""
    excluded, must = set(body.exclude), set(body.must_have)
    usable: list[tuple[CreatorRef, int | None, Audience]] = []
    priced: list[tuple[Audience, int, int]] = []
    for creator, rank, audience in candidates:
        cost = None if audience is None else costs(body, creator.id, audience.followers)
        if audience is None or cost is None or creator.id in excluded:
            continue
        usable.append((creator, rank, audience))
        priced.append((audience, *cost))
    missing = must - {creator.id for creator, _, _ in usable}
    if missing:
        raise Infeasible(f"{len(missing)} must-haves are not eligible, or their reach or fee is not known")
    sketched = sketches(priced)
    constraints = Constraints(
        budget=body.budget_minor,
        units=body.product_units,
        count=body.creators_max,
        limits=tuple((str(limit.by), limit.key, limit.max) for limit in body.limits),
        must_have=frozenset(index for index, (creator, _, _) in enumerate(usable) if creator.id in must),
    )
    chosen = select(sketched.options, constraints)
    notes = _notes(chosen, usable)
    return PortfolioResult(
        choices=tuple(
            _choice(option, gain, usable, must) for option, gain in zip(chosen.order, chosen.gains, strict=True)
        ),
        reach=round(chosen.reach, 3),
        upper_bound=round(max(chosen.upper_bound, chosen.reach), 3),
        at_least_share=round(chosen.reach / chosen.upper_bound, 6) if chosen.upper_bound > 0 else 1.0,
        cost_minor=sum(option.cost for option in chosen.order),
        product_units=sum(option.units for option in chosen.order),
        considered=len(usable),
        left_out=len(candidates) - len(usable),
        sample_rate=round(sketched.rate, 6),
        relative_error=round(sketched.relative_error, 6),
        notes=notes,
    )


def _choice(
    option: Option, gain: float, usable: Sequence[tuple[CreatorRef, int | None, Audience]], must: set[UUID]
) -> PortfolioChoice:
    creator, rank, audience = usable[option.index]
    overlap = None
    if option.people and option.reach > 0:
        overlap = round(min(1.0, max(0.0, 1.0 - gain / option.reach)), 6)
    return PortfolioChoice(
        creator=creator, rank=rank, cost_minor=option.cost, product_units=option.units, reach=round(audience.reach, 3),
        gain=round(max(0.0, gain), 3), overlap_share=overlap, must_have=creator.id in must,
    )  # fmt: skip


def _notes(chosen: Chosen, usable: Sequence[tuple[CreatorRef, int | None, Audience]]) -> tuple[str, ...]:
    """What was assumed for how many of the chosen, and what the numbers are."""
    counts: dict[str, int] = {}
    for option in chosen.order:
        for note in usable[option.index][2].notes:
            counts[note] = counts.get(note, 0) + 1
    assumed = [f"for {count} of {len(chosen.order)}: {note}" for note, count in sorted(counts.items())]
    return ("reach is an estimate, overlaps are read from sampled commenters", *assumed)
