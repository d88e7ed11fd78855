"""Light stems: endings are cut so that forms of one word meet. Deterministic, per claimed language, no dictionary."""

from functools import lru_cache

from services.scoring.text.languages import STOPWORDS
from services.scoring.text.normalise import arabic_base, without_accents

# Longest first. What is left has at least _SHORTEST letters.
_ENDINGS: dict[str, tuple[str, ...]] = {
    "en": ("ations", "ation", "ingly", "ments", "ment", "ness", "ings", "ing", "iers", "ies", "ers", "ed", "er", "ly",
           "es", "s", "y", "e"),
    "es": ("amientos", "amiento", "aciones", "acion", "adores", "ador", "ando", "iendo", "mente", "idades", "idad",
           "eros", "era", "ero", "ados", "adas", "ado", "ada", "ar", "er", "ir", "os", "as", "es", "o", "a", "e", "s"),
    "pt": ("amentos", "amento", "acoes", "acao", "adores", "ador", "ando", "endo", "indo", "mente", "idades", "idade",
           "eiros", "eira", "eiro", "ados", "adas", "ado", "ada", "ar", "er", "ir", "os", "as", "es", "o", "a", "e",
           "s"),
    "fr": ("issements", "issement", "ements", "ement", "ations", "ation", "ateurs", "ateur", "euses", "euse", "eurs",
           "eur", "ment", "ites", "ite", "ees", "ee", "er", "ez", "es", "e", "s", "x"),
    "de": ("ungen", "ung", "heiten", "heit", "keiten", "keit", "erinnen", "erin", "ern", "em", "en", "er", "es", "e",
           "n", "s"),
}  # fmt: skip
_SHORTEST = 3
_PLURAL_S = frozenset({"es", "fr", "pt"})
_ARABIC_HEADS = ("وال", "بال", "كال", "فال", "ال", "لل")
_ARABIC_TAILS = ("ات", "ون", "ين", "ان", "يه", "ها", "هم", "نا", "ه", "ي")


@lru_cache(maxsize=131_072)
def stem(token: str, language: str | None) -> str:
    """The part of a word that its forms share; the word itself (without accents) in languages that are not claimed."""
    if language == "ar":
        return _arabic(token)
    if language in ("vi", "ja"):
        return token
    plain = without_accents(token.replace("’", "'"))
    if language == "en":
        plain = plain.removesuffix("'s")
    elif language in _PLURAL_S and len(plain) > _SHORTEST + 1:
        plain = plain.removesuffix("s")  # first of all, so that carreras and carrera lose the same ending after it
    endings = _ENDINGS.get(language or "")
    if endings is None:
        return plain
    for ending in endings:
        if plain.endswith(ending) and len(plain) - len(ending) >= _SHORTEST:
            plain = plain[: -len(ending)]
            break
    if language == "en" and len(plain) > _SHORTEST and plain[-1] == plain[-2] and plain[-1] not in "aeiouls":
        plain = plain[:-1]  # runn(ing) meets run
    return plain


def _arabic(token: str) -> str:
    plain = arabic_base(token)
    for head in _ARABIC_HEADS:
        if plain.startswith(head) and len(plain) - len(head) >= _SHORTEST:
            plain = plain[len(head) :]
            break
    for tail in _ARABIC_TAILS:
        if plain.endswith(tail) and len(plain) - len(tail) >= _SHORTEST:
            return plain[: -len(tail)]
    return plain


@lru_cache(maxsize=131_072)
def is_function_word(token: str, language: str | None) -> bool:
    """Whether a word carries no topic. A single letter or digit never does."""
    if len(token) < 2 and language != "ja":
        return True
    return token.isdigit() or token in STOPWORDS.get(language or "", frozenset())
