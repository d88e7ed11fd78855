"""Every criterion and gate there is, by key: the files of `criteria/` and `gates/`."""

from collections.abc import Mapping
from functools import cache

from services.scoring.criterion import Criterion
from services.scoring.gate import Gate
from shared.kit import plugins


@cache
def criteria() -> Mapping[str, Criterion]:
    """Criteria in the order of their keys."""
    return plugins.load("services.scoring.criteria", Criterion)  # type: ignore[type-abstract]  # instances are loaded


@cache
def gates() -> Mapping[str, Gate]:
    """Gates in the order of their keys."""
    return plugins.load("services.scoring.gates", Gate)  # type: ignore[type-abstract]  # instances are loaded
