"""The brief: what storing needs, what searching needs, and its hash."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.schemas.brief import Brand, Brief, BriefKind, FollowerBand, brief_hash, missing_for_search

FULL = Brief.model_config["json_schema_extra"]["examples"][0]  # type: ignore[index]  # a literal of ours


def brief(**fields: Any) -> Brief:
    return Brief.model_validate({"brand": {"name": "Fellside"}, **fields})


def test_only_the_brands_name_is_needed_to_store() -> None:
    stored = brief()
    assert (stored.name, stored.kind, stored.follower_band) == ("Fellside", BriefKind.PRODUCT, FollowerBand())
    assert brief(name="Spring").name == "Spring"
    faulty: list[dict[str, Any]] = [{}, {"brand": {}}, {"brand": {"name": ""}}, {"brand": {"name": " "}}]
    for wrong in faulty:
        with pytest.raises(ValidationError):
            Brief.model_validate(wrong)


def test_a_search_needs_topics_hashtags_or_seeds() -> None:
    assert missing_for_search(brief()) == ["one of topics, hashtags, seeds"]
    assert missing_for_search(brief(topics=["running"])) == []
    assert missing_for_search(brief(hashtags=["#run"])) == []
    assert missing_for_search(brief(seeds=["@ana.example.com"])) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"folower_band": {}},
        {"follower_band": {"min": 5, "max": 4}},
        {"follower_band": {"min": -1}},
        {"budget": {"amount_minor": 100}},
        {"starts_on": "2026-05-02", "ends_on": "2026-05-01"},
        {"timezone": "Mars/Olympus"},
        {"hashtags": ["#"]},
        {"goals": [{"stage": "growth", "metric": "followers", "target": 1e300}]},
    ],
)
def test_faults_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        brief(**wrong)


def test_the_hash_sees_the_content_and_nothing_else() -> None:
    left = Brief.model_validate(FULL)
    assert brief_hash(left) == brief_hash(Brief.model_validate_json(left.model_dump_json()))
    assert brief_hash(brief(hashtags=["#run"])) == brief_hash(brief(hashtags=["run"], audience={}, topics=[]))
    assert brief_hash(brief(follower_band={})) == brief_hash(brief(follower_band={"min": 1000, "max": 100000}))
    assert brief_hash(brief(follower_band={"min": 0})) != brief_hash(brief())
    assert brief_hash(brief(topics=["a", "b"])) != brief_hash(brief(topics=["b", "a"]))


def test_the_hash_of_a_stored_brief_stays_what_it_was() -> None:
    assert (
        brief_hash(Brief(brand=Brand(name="x"))) == "aaa2359bf63d161c29fdf3022437d1ecaefd8529abfa160df76bdbc9403638b1"
    )


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_band_includes_both_ends_and_does_not_guess(low: int, high: int, followers: int) -> None:
    if low > high:
        low, high = high, low
    band = FollowerBand(min=low, max=high)
    assert band.holds(followers) is (low <= followers <= high)
    assert band.holds(low)
    assert band.holds(high)
    assert band.holds(None) is None
