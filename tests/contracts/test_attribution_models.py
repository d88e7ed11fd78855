"""What holds for every attribution model."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.model import AttributionModel, PathTouch, credits_of
from shared.kit.plugins import load
from shared.schemas.campaigns import Signal

MODELS = load("services.attribution.models", AttributionModel)

touches = st.builds(
    PathTouch,
    partnership_id=st.sampled_from([UUID(int=1), UUID(int=2), UUID(int=3)]),
    signal=st.sampled_from([Signal.CODE, Signal.CLICK, Signal.PAGE, Signal.VISITOR]),
    age_seconds=st.integers(0, 365 * 24 * 3600),
)
paths = st.lists(touches, min_size=1, max_size=12)
amounts = st.integers(0, 10**12)
every_model = pytest.mark.parametrize("key", sorted(MODELS))


def test_there_are_six_models() -> None:
    assert sorted(MODELS) == ["code_first", "first_touch", "last_touch", "linear", "position_based", "time_decay"]


@every_model
@given(path=paths, amount=amounts)
def test_credits_add_up_to_the_amount_to_the_cent(key: str, path: list[PathTouch], amount: int) -> None:
    found = credits_of(MODELS[key], path, amount)
    assert sum(credit.amount_minor or 0 for credit in found) == amount
    assert sum(credit.weight for credit in found) == found[0].total_weight


@every_model
@given(path=paths, amount=amounts)
def test_a_model_gives_the_same_twice_and_whole_numbers_only(key: str, path: list[PathTouch], amount: int) -> None:
    once = credits_of(MODELS[key], path, amount)
    assert once == credits_of(MODELS[key], list(path), amount)
    assert all(type(value) is int for credit in once for value in (credit.weight, credit.amount_minor))


@every_model
@given(path=paths)
def test_nobody_outside_the_path_is_credited_and_each_at_most_once(key: str, path: list[PathTouch]) -> None:
    credited = [credit.partnership_id for credit in credits_of(MODELS[key], path, 1000)]
    assert len(credited) == len(set(credited))
    assert set(credited) <= {touch.partnership_id for touch in path}


@every_model
@given(path=paths)
def test_a_conversion_without_an_amount_has_shares_and_no_amounts(key: str, path: list[PathTouch]) -> None:
    found = credits_of(MODELS[key], path, None)
    assert found
    assert all(credit.amount_minor is None for credit in found)


@every_model
def test_an_empty_path_credits_nobody(key: str) -> None:
    assert credits_of(MODELS[key], [], 1000) == []
