"""Names taken out of texts and of JSON documents."""

import json

import pytest

from shared.rules.erasing import ERASED, Names


def test_a_handle_goes_where_it_stands_as_one() -> None:
    names = Names(["ana.b"], "did:plc:x")
    assert names.without("thanks @ana.b, see https://x.example/@ana.b/1") == (
        f"thanks @{ERASED}, see https://x.example/@{ERASED}/1"
    )
    assert names.without("banana.bread") == "banana.bread"


@pytest.mark.parametrize("before", ["\n", "\t", "\r", "\x0b", "\\", '"', ": "])
def test_a_name_behind_an_escape_of_json_goes(before: str) -> None:
    names = Names(["ana.b"], "")
    for said, left in ((f"Report{before}@ana.b won", f"Report{before}@{ERASED} won"),
                       (f"Report{before}ana.b won", f"Report{before}{ERASED} won")):  # fmt: skip
        assert names.are_in_json(json.dumps({"text": said}))
        assert json.loads(names.without_in_json(json.dumps({"text": said}))) == {"text": left}
        assert names.without(said) == left


@pytest.mark.parametrize("handle", ["eee1", "e1", "e.e", "e-2", "1st"])
def test_a_short_name_that_is_no_number_goes_everywhere(handle: str) -> None:
    names = Names([handle], "")
    assert names.without(f"hello {handle} there") == f"hello {ERASED} there"
    assert names.without_in_json(json.dumps([f"hello {handle}", 1])) == json.dumps([f"hello {ERASED}", 1])


@pytest.mark.parametrize("handle", ["0", "5", "-1", "2026", "1e5"])
def test_a_short_number_is_a_name_only_where_it_stands_as_a_handle(handle: str) -> None:
    names = Names([handle], "")
    plain = f"in 2026, 0 of 5 or 1e5 by -1, with @{handle} at /{handle}"
    assert names.without(plain) == f"in 2026, 0 of 5 or 1e5 by -1, with @{ERASED} at /{ERASED}"


@pytest.mark.parametrize("number", [123456, 17841400000000001, -123456, 1234.5])
def test_a_name_of_digits_leaves_the_numbers_of_a_document_alone(number: float) -> None:
    names = Names([str(number)], str(number))
    document = {"likes": number, "list": [1, number, 0.5], 'a "quoted': rf"by {number}, \ she said", "id": str(number)}
    for separators in ((",", ":"), (", ", ": ")):
        without = names.without_in_json(json.dumps(document, separators=separators))
        assert json.loads(without) == {
            "likes": number, "list": [1, number, 0.5], 'a "quoted': rf"by {ERASED}, \ she said", "id": ERASED,
        }  # fmt: skip
