"""Where a link leads, pure: which addresses are accepted, UTM fields from a template, the place of the click id."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote_plus

import ada_url

MAX_LENGTH = 4_000  # of a finished address; some in-app browsers cut longer ones
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Around(NamedTuple):
    """An address cut where the click id goes: `before` + id + `after`."""

    before: str
    after: str


def checked(url: str, *, own_hosts: frozenset[str] = frozenset()) -> str:
    """The address in the one form that browsers give it (WHATWG URL); ValueError says why it cannot be linked to.

    Parsers disagree on addresses such as `http://0x7f.1`, so this form is what is sent, whatever was typed. Private
    addresses are allowed: the visitor's browser goes there, no service of ours does.
    """
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        raise ValueError("this is no address that a browser opens") from None
    if parsed.protocol not in ("http:", "https:") or not parsed.hostname:
        raise ValueError("an http or https address is expected")
    if parsed.username or parsed.password:
        raise ValueError("an address that carries a name or password is not linked to")
    if parsed.host in own_hosts and parsed.pathname.startswith("/r/"):
        raise ValueError("a tracking link does not lead to a tracking link")
    href = str(parsed.href)
    if len(href) > MAX_LENGTH:
        raise ValueError(f"an address has at most {MAX_LENGTH} characters")
    return href


def filled(template: Mapping[str, str | None], values: Mapping[str, str]) -> dict[str, str]:
    """UTM fields with `{campaign}`, `{partner}`, `{slug}`, `{label}` filled in; ValueError for another word."""

    def value_of(match: re.Match[str]) -> str:
        word = match.group(1)
        if word not in values:
            raise ValueError(f"{{{word}}} is not known here; {', '.join('{' + name + '}' for name in values)} are")
        return values[word]

    return {name: _PLACEHOLDER.sub(value_of, text)[:200] for name, text in template.items() if text}


def with_fields(url: str, fields: Mapping[str, str]) -> str:
    """The address with these query fields; a field that it had is replaced, everything else stays as it was spelt."""
    if not fields:
        return url
    head, fragment = _split(url)
    address, _, query = head.partition("?")
    kept = [piece for piece in query.split("&") if piece and _name(piece) not in fields]
    added = [f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in fields.items()]
    return f"{address}?{'&'.join([*kept, *added])}{fragment}"


def around_click_id(url: str, parameter: str) -> Around:
    """The address cut where the click id goes: the last query field, before the fragment."""
    marked = with_fields(url, {parameter: ""})
    head, fragment = _split(marked)
    return Around(before=head, after=fragment)


def _split(url: str) -> tuple[str, str]:
    head, sign, fragment = url.partition("#")
    return head, sign + fragment


def _name(piece: str) -> str:
    return unquote_plus(piece.partition("=")[0])
