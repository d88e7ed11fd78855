"""Promo codes as texts, pure: readable, speakable, with a check character, not guessable from each other."""

import re
import unicodedata

from shared.rules.slugs import ALPHABET

# The letters of slugs: none is taken for another, in print or on the phone. 23 of them, a prime.
LETTERS = ALPHABET.upper()
RANDOM_LENGTH = 6  # 23^6 is 148 million for each name
NAME_LENGTH = 16
ENTROPY_BYTES = 16


def code_key(code: str) -> str:
    """What two spellings of one code share: upper case, without dashes, underscores and spaces around."""
    return re.sub(r"[-_]", "", code.strip().upper())


def name_part(name: str) -> str:
    """The Latin letters and digits of a name in upper case, at most 16; empty when there are none."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    words = re.findall(r"[A-Z0-9]+", plain)
    return words[0][:NAME_LENGTH] if words else ""


def from_random(name: str, entropy: bytes) -> str:
    """`ANA-K7XW3MT`: the name, six random letters and their check character. ValueError on fewer than 16 bytes."""
    if len(entropy) < ENTROPY_BYTES:
        raise ValueError(f"at least {ENTROPY_BYTES} random bytes are needed")
    number = int.from_bytes(entropy, "big")
    letters = []
    for _ in range(RANDOM_LENGTH):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    text = "".join(letters)
    head = name_part(name)
    return f"{head}-{text}{check_character(text)}" if head else f"{text}{check_character(text)}"


def check_character(text: str) -> str:
    """The letter that makes the weighted sum of all letters 0 modulo 23.

    Weights 2, 3, 4, … from the right and the check letter's 1, all different and modulo a prime: every single wrong
    letter and every swap of two letters is noticed. The scheme of ISBN-10, with 23 for 11. ValueError for letters
    that codes do not use.
    """
    total = sum(weight * _place(letter) for weight, letter in enumerate(reversed(text), start=2))
    return LETTERS[-total % len(LETTERS)]


def is_well_formed(code: str) -> bool:
    """Whether the check character of a generated code fits; codes that somebody chose have none."""
    tail = code.strip().upper().rpartition("-")[2]
    if len(tail) != RANDOM_LENGTH + 1 or any(letter not in LETTERS for letter in tail):
        return False
    return check_character(tail[:-1]) == tail[-1]


def _place(letter: str) -> int:
    place = LETTERS.find(letter)
    if place < 0:
        raise ValueError(f"{letter!r} is no letter of codes")
    return place
