"""From terms to single pieces, pure: what is promised becomes one row each, less what was delivered already."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from shared.kit.ids import new_id
from shared.schemas.partnerships import DeliverableState, DeliverableTerm

# What a piece is: kind, account, platform.
Likeness = tuple[str, UUID | None, str | None]


def pieces(lines: Sequence[DeliverableTerm], *, done: Iterable[Likeness]) -> list[dict[str, Any]]:
    """One open piece for each count of each line; pieces like it in `done`, made under older terms, are taken off."""
    left = Counter(done)
    found: list[dict[str, Any]] = []
    for place, line in enumerate(lines):
        likeness = (str(line.kind), line.account_id, line.platform)
        delivered = min(left[likeness], line.count)
        left[likeness] -= delivered
        found.extend(
            {
                "id": new_id(),
                "line": place,
                "number": number,
                "kind": str(line.kind),
                "account_id": line.account_id,
                "platform": line.platform,
                "due_from": line.due_from,
                "due_to": line.due_to,
                "keep_live_days": line.keep_live_days,
                "state": DeliverableState.OPEN,
            }
            for number in range(delivered, line.count)
        )
    return found
