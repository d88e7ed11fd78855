"""Words of a cleaned text; Japanese, which has no spaces, as pairs of characters."""

import re

_ADDRESS = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@[\w.\-]+")
# Letters with their combining marks, so that Vietnamese and Arabic words stay whole; apostrophes inside words.
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_JAPANESE = re.compile(r"[\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
MAX_TOKENS = 1_000


def without_addresses(cleaned: str) -> str:
    """The text without URLs and account names."""
    return _ADDRESS.sub(" ", cleaned) if ("://" in cleaned or "@" in cleaned or "www." in cleaned) else cleaned


def tokens(cleaned: str) -> list[str]:
    """Words in order, at most MAX_TOKENS; URLs and account names are no words."""
    words: list[str] = _WORD.findall(without_addresses(cleaned))
    if cleaned.isascii():
        return words[:MAX_TOKENS]
    found: list[str] = []
    for word in words:
        if word.isascii():
            found.append(word)
        else:
            found.extend(_split(word))
        if len(found) >= MAX_TOKENS:
            return found[:MAX_TOKENS]
    return found


def _split(word: str) -> list[str]:
    if not _JAPANESE.search(word):
        return [word]
    parts: list[str] = []
    position = 0
    for run in _JAPANESE.finditer(word):
        if run.start() > position:
            parts.append(word[position : run.start()])
        parts.extend(_pairs(run.group()))
        position = run.end()
    if position < len(word):
        parts.append(word[position:])
    return parts


def _pairs(run: str) -> list[str]:
    if len(run) == 1:
        return [run]
    return [run[start : start + 2] for start in range(len(run) - 1)]


def has_letters_or_digits(cleaned: str) -> bool:
    """False for a text of emoji, punctuation and spaces only."""
    return any(character.isalnum() for character in without_addresses(cleaned))
