"""One form for texts of all scripts, in bounded time: what looks the same compares the same."""

import unicodedata
from functools import lru_cache

# Longer texts are read up to here: the captions of every platform we know fit several times over.
MAX_READ = 5_000

_COMBINING_ARABIC = "".join(chr(code) for code in range(0x064B, 0x0653)) + "\u0670\u0640"
_ARABIC_FORMS = str.maketrans("أإآٱىةؤئ", "اااايهوي", _COMBINING_ARABIC)


def clean(text: str) -> str:
    """Compatibility-composed (NFKC), case-folded, without invisible characters (bidi controls, zero width); at most
    MAX_READ characters. Line breaks and tabs become spaces."""
    head = text[:MAX_READ]
    if head.isascii():
        return head.lower().translate(_ASCII_CONTROL)
    composed = unicodedata.normalize("NFKC", head)[:MAX_READ].casefold()
    return "".join(_visible(character) for character in composed)


_ASCII_CONTROL = dict.fromkeys([*range(32), 127], " ")


@lru_cache(maxsize=8_192)
def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Cs", "Co", "Cn"):
        return ""
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    return character


@lru_cache(maxsize=65_536)
def without_accents(token: str) -> str:
    """Latin letters without their marks (`é` to `e`, `ß` to `ss` by case folding before)."""
    if token.isascii():
        return token
    decomposed = unicodedata.normalize("NFD", token)
    return "".join(character for character in decomposed if unicodedata.category(character) != "Mn")


def arabic_base(token: str) -> str:
    """Arabic without vowel marks and stretching, with one form of alef, ya and ta marbuta."""
    return token.translate(_ARABIC_FORMS)


def word_set(words: str) -> frozenset[str]:
    """The words of a list written as one text."""
    return frozenset(words.split())
