"""Identifiers on the wire."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.schemas import ids
from shared.schemas.base import Schema
from shared.schemas.ids import ALPHABET, CampaignId, CreatorId, decode, encode


class Named(Schema):
    id: CreatorId
    parent: CampaignId | None = None


SOME = UUID("019a8f3c-5b20-7c11-9a3e-2f4b6c8d0e1f")


@given(st.uuids())
def test_every_uuid_comes_back(value: UUID) -> None:
    text = encode("crt", value)
    assert decode("crt", text) == value
    assert len(text) == 30


@given(st.uuids(), st.uuids())
def test_text_order_is_uuid_order(left: UUID, right: UUID) -> None:
    assert (encode("crt", left) < encode("crt", right)) == (left.int < right.int)


@given(st.text(alphabet=ALPHABET, min_size=26, max_size=26))
def test_one_uuid_has_one_spelling(tail: str) -> None:
    text = f"crt_{tail}"
    if tail[0] > "7":
        with pytest.raises(ValueError, match="0 to 7"):
            decode("crt", text)
    else:
        assert encode("crt", decode("crt", text)) == text


def test_known_values() -> None:
    assert encode("wsp", UUID(int=0)) == "wsp_" + "0" * 26
    assert encode("wsp", UUID(int=2**128 - 1)) == "wsp_7" + "z" * 25
    assert decode("wsp", "wsp_00000000000000000000000010") == UUID(int=32)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "crt",
        "crt_",
        str(SOME),
        encode("cmp", SOME),
        encode("crt", SOME).upper(),
        encode("crt", SOME)[:-1] + "I".lower(),
        encode("crt", SOME) + "0",
        "crt_8" + "0" * 25,
        "crt_" + "0" * 25 + "\n",
        "crt_" + "0" * 25 + "é",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="crt"):
        decode("crt", text)
    with pytest.raises(ValidationError):
        Named.model_validate({"id": text})


def test_a_model_takes_text_and_uuid_and_prints_text() -> None:
    text = encode("crt", SOME)
    assert Named.model_validate_json(f'{{"id": "{text}"}}') == Named(id=SOME)
    assert Named(id=SOME).model_dump() == {"id": SOME, "parent": None}
    assert Named(id=SOME).model_dump(mode="json") == {"id": text, "parent": None}


@pytest.mark.parametrize("value", [1, None, True, ["crt"], {}])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Named.model_validate({"id": value})


def test_the_schema_has_pattern_and_example() -> None:
    schema = TypeAdapter(CreatorId).json_schema()
    assert schema["type"] == "string"
    assert schema["pattern"] == "^crt_[0-7][0-9a-hjkmnp-tv-z]{25}$"
    assert schema["examples"] == [encode("crt", SOME)]
    assert TypeAdapter(CreatorId).json_schema(mode="serialization") == schema


def test_no_two_nouns_share_a_prefix() -> None:
    prefixes = [
        mark.prefix
        for name in vars(ids)
        if name.endswith("Id")
        for mark in getattr(vars(ids)[name], "__metadata__", ())
        if isinstance(mark, ids.Prefixed)
    ]
    assert len(prefixes) >= 25
    assert len(prefixes) == len(set(prefixes))
