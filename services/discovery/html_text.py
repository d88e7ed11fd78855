"""Plain text and links out of HTML that a platform or a feed sends."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

LONGEST_HTML = 400_000
"""Characters that are read of one piece; what is behind is left out."""
_SKIPPED = frozenset({"script", "style", "template", "noscript", "head", "title"})
_PARAGRAPHS = frozenset({"p", "blockquote", "ul", "ol", "pre", "table", "h1", "h2", "h3", "h4", "h5", "h6"})
_LINES = frozenset({"br", "div", "li", "tr", "section", "article", "figure", "figcaption", "hr"})
_SPACE = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without markup, the addresses that it links to (http and https, each once) and the images in it."""

    text: str
    links: tuple[str, ...]
    images: tuple[str, ...]


def plain_text(html: str, *, base: str | None = None) -> Plain:
    """The text as a browser would show it, with line breaks; links of class `mention` or `hashtag` are left out.

    Relative addresses are completed by `base`, and left out without one.
    """
    reader = _Reader(base)
    reader.feed(html[:LONGEST_HTML])
    reader.close()
    lines = (line.strip(" ") for line in "".join(reader.parts).split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return Plain(text, tuple(dict.fromkeys(reader.links)), tuple(dict.fromkeys(reader.images)))


class _Reader(HTMLParser):
    def __init__(self, base: str | None) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.links: list[str] = []
        self.images: list[str] = []
        self._base = base
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipping += 1
            return
        self._break(tag)
        given = dict(attrs)
        if tag == "a" and not {"mention", "hashtag"} & set((given.get("class") or "").split()):
            self._add(self.links, given.get("href"))
        elif tag == "img":
            self._add(self.images, given.get("src"))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif tag != "br":
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.parts.append(_SPACE.sub(" ", data))

    def _break(self, tag: str) -> None:
        if not self._skipping:
            self.parts.append("\n\n" if tag in _PARAGRAPHS else "\n" if tag in _LINES else "")

    def _add(self, found: list[str], address: str | None) -> None:
        complete = web_address(address, base=self._base)
        if complete is not None:
            found.append(complete)


def web_address(text: str | None, *, base: str | None = None, longest: int = 1_000) -> str | None:
    """An http(s) address, completed by `base`; None for anything else and for one that is too long to keep."""
    if not text or len(text) > longest:
        return None
    try:
        complete = urljoin(base or "", text.strip())
        parts = urlsplit(complete)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return complete if usable and len(complete) <= longest and complete.isprintable() else None
