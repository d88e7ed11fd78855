"""Default weights by goal, in points; each column adds up to 100."""

from collections.abc import Mapping

from shared.schemas.brief import Brief, BriefKind
from shared.schemas.rankings import WeightPreset

_ORDER = (
    WeightPreset.AWARENESS, WeightPreset.ENGAGEMENT, WeightPreset.GROWTH, WeightPreset.CONVERSION, WeightPreset.CAUSE,
)  # fmt: skip
_TABLE: dict[str, tuple[int, int, int, int, int]] = {
    "engagement": (10, 25, 15, 15, 10),
    "authenticity": (15, 15, 15, 15, 15),
    "audience_fit": (20, 15, 20, 20, 25),
    "reach_stability": (15, 0, 10, 5, 5),
    "niche_focus": (10, 10, 10, 10, 5),
    "message_fit": (5, 5, 5, 5, 20),
    "brand_affinity": (10, 10, 10, 15, 5),
    "aesthetic_fit": (10, 5, 5, 5, 0),
    "responsiveness": (0, 10, 5, 5, 10),
    "sponsorship_headroom": (5, 5, 5, 5, 0),
    "connection": (0, 0, 0, 0, 5),
}
PRESETS: Mapping[WeightPreset, Mapping[str, int]] = {
    preset: {name: points[column] for name, points in _TABLE.items()} for column, preset in enumerate(_ORDER)
}


def preset_for(brief: Brief) -> WeightPreset:
    """The preset of a brief that names none: `cause` for causes and political campaigns, else its first goal's stage,
    else engagement."""
    if brief.kind in (BriefKind.CAUSE, BriefKind.POLITICAL):
        return WeightPreset.CAUSE
    return WeightPreset(brief.goals[0].stage.value) if brief.goals else WeightPreset.ENGAGEMENT
