"""Platform rule."""

from dataclasses import replace

import pytest

from services.scoring.context import context_of
from services.scoring.evidence import Evidence
from services.scoring.gates.platform_rule import PLATFORM_RULE
from shared.schemas.evidence import EvidenceSource
from shared.schemas.platforms import PermittedUse
from tests.services.scoring.made import NOW, brief, bundle


@pytest.mark.parametrize(
    ("uses", "state"), [({PermittedUse.SCORING}, "passed"), ({PermittedUse.DISCOVERY}, "failed"), (None, "unknown")]
)
def test_the_platforms_terms_decide(uses: set[PermittedUse] | None, state: str) -> None:
    permitted = {} if uses is None else {"bluesky": frozenset(uses)}
    context = replace(context_of(brief()), permitted_uses=permitted)
    assert PLATFORM_RULE.decide(Evidence(bundle()), context).state == state


def test_what_the_workspace_imported_itself_is_its_own() -> None:
    context = replace(context_of(brief()), permitted_uses={"bluesky": frozenset()})
    source = EvidenceSource(platform="bluesky", source="archive", fetched_at=NOW)
    assert PLATFORM_RULE.decide(Evidence(bundle(sources=(source,))), context).state == "passed"
