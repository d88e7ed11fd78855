"""Plain text out of HTML that others wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.discovery.html_text import plain_text, web_address


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>lines</p>", "One\n\nTwo\nlines"),
        ("plain &amp; simple", "plain & simple"),
        ("a  \n b", "a b"),
        ("<ul><li>one</li><li>two</li></ul>", "one\n\ntwo"),
        ("<style>p{}</style>x<script>alert('<p>')</script>y", "xy"),
        ("<p>never closed", "never closed"),
        ("", ""),
    ],
)
def test_text_is_as_a_browser_shows_it(html: str, text: str) -> None:
    assert plain_text(html).text == text


def test_links_and_images_are_completed_and_each_told_once() -> None:
    html = '<a href="/a">x</a><a href="/a">y</a><a href="mailto:z@example.com">m</a><img src="i.png"><img src="">'
    plain = plain_text(html, base="https://blog.example/posts/1")
    assert plain.links == ("https://blog.example/a",)
    assert plain.images == ("https://blog.example/posts/i.png",)


@pytest.mark.parametrize(
    "text",
    [None, "", "javascript:alert(1)", "https://", "https://[", "/relative", "https://a.example/\x07", "x" * 2_000],
)
def test_what_is_no_web_address_is_none(text: str | None) -> None:
    assert web_address(text) is None


@given(st.text(max_size=300))
def test_any_text_can_be_read(html: str) -> None:
    assert plain_text(html).text == plain_text(html).text.strip()
