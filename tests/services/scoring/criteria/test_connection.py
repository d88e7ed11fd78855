"""Connection: the place among the niche's creators."""

from uuid import UUID

from services.scoring.context import context_of
from services.scoring.criteria.connection import CONNECTION
from services.scoring.evidence import Evidence
from tests.services.scoring.made import brief, bundle, commenter


def value(here: int, back: int = 0, others: int = 5) -> int:
    people = [
        commenter(f"c{n}", creator_id=UUID(int=500 + n), creator_commented_back=3 if n < back else 0)
        for n in range(here)
    ]
    people += [commenter(f"x{n}") for n in range(others)]
    outcome = CONNECTION.assess(Evidence(bundle(commenters=people)), context_of(brief()))
    assert outcome.value is not None
    return outcome.value


def test_more_creators_in_conversation_raise_it() -> None:
    assert value(0) == 0
    assert value(1) < value(4) < value(4, back=2)


def test_readers_who_are_no_creators_do_not() -> None:
    assert value(3, others=5) == value(3, others=90)


def test_nobody_known_is_unknown() -> None:
    assert CONNECTION.assess(Evidence(bundle()), context_of(brief())).value is None
