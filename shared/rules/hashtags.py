"""Hashtags: one form to show, one key to compare by, and each platform's rules for writing and searching them.

Sources: the platforms' documented tag rules; Unicode Standard Annex 15 (normalisation) and 29 (grapheme clusters).
"""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

SIGNS = frozenset("#＃")
MAX_CHARACTERS = 200  # of a tag; longer runs after a sign are no tags anywhere
# Characters that change how a tag looks and not what it says. ZWNJ and ZWJ are not among them: they spell words.
_INVISIBLE = frozenset("\ufe0e\ufe0f\u00ad\u200b\u2060\ufeff")
# NFKC would turn these four, legal in tags on X, into other marks and even into a space.
_KEPT = frozenset("\uff5e\u301c\u309b\u309c")
_KEYCAP = frozenset("\ufe0f\u20e3")  # after the sign they make the emoji "keycap #"
_JOINERS = "\u200c\u200d"
# Latin letters whose stroke or hook is no combining mark, as Mastodon's search folds them.
_STROKES = str.maketrans("ðđħıĸłŋøŧ", "ddhiklnot")


@dataclass(frozen=True, slots=True)
class Tag:
    """A hashtag without its sign.

    `display` is as written (NFC, its capitals kept: they let screen readers split words), `key` is equal for spellings
    that mean the same everywhere, `fold` also loses Latin diacritics: equal on platforms that do so too.
    """

    display: str
    key: str
    fold: str


@lru_cache(maxsize=65_536)
def normalise(text: str) -> Tag:
    """The tag behind `text`, which comes with or without its sign; ValueError when it is none."""
    display = " ".join(unicodedata.normalize("NFC", text).split())
    if display and display[0] in SIGNS:
        display = display[1:].lstrip()
    if not display:
        raise ValueError("a hashtag needs a text")
    if display[0] in _KEYCAP:
        raise ValueError("the keycap emoji is no hashtag")
    if len(display) > MAX_CHARACTERS:
        raise ValueError(f"a hashtag has at most {MAX_CHARACTERS} characters")
    if display.startswith("$"):
        raise ValueError("a cashtag is no hashtag")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in display):
        raise ValueError("a hashtag holds no control characters")
    if not any(_says_something(character) for character in display):
        raise ValueError("a hashtag needs more than digits and punctuation")
    key = _key(display)
    if not key or len(key) > MAX_CHARACTERS:
        raise ValueError("not a hashtag")
    return Tag(display=display, key=key, fold=_fold(key))


def normalise_all(texts: Iterable[str]) -> tuple[Tag, ...]:
    """The tags among `texts`, each key once and in first order; what is no hashtag is left out."""
    found: dict[str, Tag] = {}
    for text in texts:
        try:
            tag = normalise(text)
        except ValueError:
            continue
        found.setdefault(tag.key, tag)
    return tuple(found.values())


def _key(display: str) -> str:
    text = display
    # Casefolding can make text that NFKC changes again; two rounds settle it, a fixed number bounds it.
    for _ in range(4):
        visible = "".join(character for character in text if character not in _INVISIBLE)
        composed = unicodedata.normalize("NFC", visible)
        compatible = "".join(
            character if character in _KEPT else unicodedata.normalize("NFKC", character) for character in composed
        )
        folded = " ".join(unicodedata.normalize("NFC", compatible.casefold()).split())
        if folded == text:
            break
        text = folded
    return text


@lru_cache(maxsize=4_096)
def _is_latin(character: str) -> bool:
    return unicodedata.name(character, "").startswith("LATIN ")


def _fold(key: str) -> str:
    letters: list[str] = []
    latin = False
    for character in unicodedata.normalize("NFD", key):
        if unicodedata.category(character) == "Mn":
            if latin:
                continue
        else:
            latin = _is_latin(character)
        letters.append(character)
    return unicodedata.normalize("NFC", "".join(letters)).translate(_STROKES)


def _is_letter(character: str) -> bool:
    return unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nl")


def _is_word(character: str) -> bool:
    """Letters, marks, decimal digits and the underscore."""
    return character == "_" or unicodedata.category(character) in (
        "Lu", "Ll", "Lt", "Lm", "Lo", "Nl", "Mn", "Mc", "Me", "Nd",
    )  # fmt: skip


def _is_symbol(character: str) -> bool:
    """Emoji and what they are built with."""
    return character in "\u200d\ufe0f\u20e3" or unicodedata.category(character) in ("So", "Sk")


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] == "P"


def _says_something(character: str) -> bool:
    category = unicodedata.category(character)
    return not (category[0] in "PZC" or category in ("Nd", "Mn", "Me", "Mc"))


def graphemes(text: str) -> int:
    """How many characters a reader counts: an approximation of extended grapheme clusters by general category."""
    count = regional = 0
    joined = previous_jamo = False
    for character in text:
        code = ord(character)
        extends = (
            unicodedata.category(character) in ("Mn", "Mc", "Me")
            or character in _JOINERS
            or 0x1F3FB <= code <= 0x1F3FF
            or 0xE0020 <= code <= 0xE007F
        )
        is_regional = 0x1F1E6 <= code <= 0x1F1FF
        jamo_tail = 0x1160 <= code <= 0x11FF and previous_jamo
        regional = regional + 1 if is_regional else 0
        if not (extends and count) and not joined and not jamo_tail and not (is_regional and regional % 2 == 0):
            count += 1
        joined = character == "\u200d" and count > 0
        previous_jamo = 0x1100 <= code <= 0x11FF
    return count


@dataclass(frozen=True, slots=True)
class _Rule:
    """How one platform reads tags in a text."""

    body: Callable[[str], bool]
    after: Callable[[str], bool]  # whether a sign after this character begins a tag
    stripped: Callable[[str], bool]  # what does not belong to a tag's end
    begins: Callable[[str], bool] = _is_word
    needs_letter: bool = True
    max_graphemes: int = MAX_CHARACTERS
    max_tags: int | None = None


def _never(_: str) -> bool:
    return False


_BLUESKY_STOPS = frozenset("\u00ad\u2060\u200a\u200b\u200c\u200d\u20e2")
_MASTODON_SEPARATORS = frozenset("\u00b7\u30fb\u200c")
_X_EXTRA = frozenset("\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7")

_RULES = {
    "bluesky": _Rule(
        body=lambda character: not character.isspace() and character not in _BLUESKY_STOPS,
        after=str.isspace,
        stripped=_is_punctuation,
        begins=lambda character: character not in _KEYCAP,
        needs_letter=False,
        max_graphemes=64,
    ),
    "mastodon": _Rule(
        body=lambda character: _is_word(character) or character in _MASTODON_SEPARATORS,
        after=lambda character: not (_is_word(character) or character in "/)=&"),
        stripped=_MASTODON_SEPARATORS.__contains__,
    ),
    "x": _Rule(
        body=lambda character: _is_word(character) or character in _X_EXTRA,
        after=lambda character: not (_is_letter(character) or character.isdigit() or character == "&"),
        stripped=_never,
        begins=lambda character: _is_word(character) or character in _X_EXTRA,
    ),
    "threads": _Rule(
        body=_is_word,
        after=lambda character: not (_is_word(character) or character in "/&"),
        stripped=_never,
        max_graphemes=50,
        max_tags=1,
    ),
}
_FEDIVERSE = ("pixelfed", "gotosocial")
_GENERIC = _Rule(
    body=lambda character: _is_word(character) or character in "\u200c\u00b7\u30fb" or _is_symbol(character),
    after=lambda character: not (_is_word(character) or character in "/&"),
    stripped=frozenset("\u200c\u200d\u00b7\u30fb").__contains__,
    begins=lambda character: _is_word(character) or _is_symbol(character),
    needs_letter=False,
)
WITHOUT_HASHTAGS = frozenset({"reddit"})


def _rule(platform: str) -> _Rule:
    return _RULES["mastodon"] if platform in _FEDIVERSE else _RULES.get(platform, _GENERIC)


def _body_fault(rule: _Rule, body: str) -> str | None:
    if not body or not rule.begins(body[0]) or not any(_says_something(character) for character in body):
        return "it needs more than digits and punctuation"
    if rule.needs_letter and not any(_is_letter(character) for character in body):
        return "it needs a letter"
    if len(body) > MAX_CHARACTERS or graphemes(body) > rule.max_graphemes:
        return f"it is longer than {rule.max_graphemes} characters"
    return None


def fault(platform: str, display: str) -> str | None:
    """Why `display` (without sign) is no hashtag on this platform; None when it is one."""
    if platform in WITHOUT_HASHTAGS:
        return "the platform has no hashtags"
    if platform == "threads":  # topic tags: spaces may be inside
        if any(character in ".&" for character in display):
            return "it holds '.' or '&'"
        return None if 1 <= len(display) <= 50 and display.strip() == display else "it needs 1 to 50 characters"
    rule = _rule(platform)
    wrong = next((character for character in display if not rule.body(character)), None)
    if wrong is not None:
        return f"U+{ord(wrong):04X} cannot be in it"
    if display and rule.stripped(display[-1]):
        return f"U+{ord(display[-1]):04X} cannot end it"
    return _body_fault(rule, display)


def extract(text: str, *, platform: str) -> tuple[Tag, ...]:
    """The hashtags in a text, as this platform would read them; each key once, in order.

    Only where the platform gives no entities of its own: these are always right, and a text is read by rules.
    """
    if platform in WITHOUT_HASHTAGS:
        return ()
    rule = _rule(platform)
    found: dict[str, Tag] = {}
    position, end = 0, len(text)
    while position < end and (rule.max_tags is None or len(found) < rule.max_tags):
        sign, position = position, position + 1
        if text[sign] not in SIGNS or (sign > 0 and not rule.after(text[sign - 1])):
            continue
        if position < end and text[position] in _KEYCAP:
            continue
        while position < end and rule.body(text[position]):
            position += 1
        body = text[sign + 1 : position]
        while body and rule.stripped(body[-1]):
            body = body[:-1]
        if len(body) > MAX_CHARACTERS or _body_fault(rule, body) is not None:
            continue
        for tag in normalise_all([body]):
            found.setdefault(tag.key, tag)
    return tuple(found.values())


_NO_TAG_SEARCH = frozenset({"reddit", "blogs", "rss"})


def search_term(platform: str, display: str) -> str:
    """How a platform wants to be asked for a tag, before percent-encoding; ValueError when it cannot be asked."""
    tag = normalise(display).display
    if platform in _NO_TAG_SEARCH:
        raise ValueError(f"{platform} cannot be searched by hashtag")
    reason = fault(platform, tag)
    if reason is not None:
        raise ValueError(f"no hashtag on {platform}: {reason}")
    if platform == "instagram" and any(_is_symbol(character) for character in tag):
        raise ValueError("instagram does not search hashtags with emoji")
    return f"#{tag}" if platform in ("x", "youtube") else tag


def url_term(platform: str, display: str) -> str:
    """`search_term`, percent-encoded so that it can stand in a path or a query."""
    return quote(search_term(platform, display), safe="")
