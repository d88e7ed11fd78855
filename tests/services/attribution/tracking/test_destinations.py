"""Claims about where links lead."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.tracking.destinations import around_click_id, checked, filled, with_fields


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://example.com/",
        "data:text/html,hello",
        "https://name:password@example.com/",
        "https://exa mple.com/",
        "https://go.example.com/r/abc",
        "https://example.com/" + "a" * 4_000,
    ],
)
def test_what_a_browser_should_not_open_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|link"):
        checked(url, own_hosts=frozenset({"go.example.com"}))


def test_an_address_is_kept_in_the_form_that_browsers_give_it() -> None:
    assert checked("HTTPS://EXAMPLE.com:443/a b?x=ü") == "https://example.com/a%20b?x=%C3%BC"
    assert checked("http://0x7f.1") == "http://127.0.0.1/"


def test_a_field_that_the_address_has_is_replaced_and_the_rest_stays_as_spelt() -> None:
    url = "https://example.com/p?b=%20x+y&utm_source=old&c#part"
    assert with_fields(url, {"utm_source": "new one"}) == "https://example.com/p?b=%20x+y&c&utm_source=new%20one#part"


def test_the_click_id_goes_before_the_fragment() -> None:
    around = around_click_id("https://example.com/p?gs_click=forged&a=1#part", "gs_click")
    assert around == ("https://example.com/p?a=1&gs_click=", "#part")


def test_templates_are_filled() -> None:
    fields = filled({"source": "{partner}", "medium": "creator", "term": None}, {"partner": "Ana"})
    assert fields == {"source": "Ana", "medium": "creator"}


def test_an_unknown_word_in_a_template_is_refused() -> None:
    with pytest.raises(ValueError, match="not known"):
        filled({"source": "{nobody}"}, {"partner": "Ana"})


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
FIELDS = st.dictionaries(TEXTS.filter(bool), TEXTS)


@given(query=FIELDS, fields=FIELDS)
def test_all_fields_come_back_from_the_address(query: dict[str, str], fields: dict[str, str]) -> None:
    url = with_fields(with_fields("https://example.com/p#part", query), fields)
    assert dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)) == {**query, **fields}
