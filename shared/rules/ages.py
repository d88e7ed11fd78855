"""Whether an account says of itself that its owner is under 18. Only plain statements count; nothing is guessed."""

import re
from datetime import date

ADULT = 18
_YEARS = r"(?<![\d.,/:+-])([1-9]|1[0-9])"
_SAYS = re.compile(
    rf"""
    (?: \b(?:i['’]?m|i\ am|aged?|im)\ *:?\ * {_YEARS}
        (?![\d%°/:.,]|\ *(?:k|km|miles?|mi|m|st|nd|rd|th|weeks?|months?|days?|hours?|min|minutes|in|of|x|followers|
        and\ over)\b)
    | {_YEARS} \ *-?\ * (?: y/?o\b | y\.o\. | yrs?\ old\b | years?\ (?:old|young)\b | ans\b | años\b | anos\b
        | jahre\ (?:alt|jung)\b )
    )""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
_MINOR = re.compile(
    r"\b(?:i['’]?m|i am|im) (?:a |still a )?minor\b|^\s*minor\s*$|[|•·,/]\s*minor\s*(?:[|•·,/]|$)"
    r"|\bunder ?18\b(?!s? (?:dni|not|no|please|do|go|are|block))",
    re.IGNORECASE,
)
_BORN = re.compile(r"\bborn (?:in )?(?P<year>20[0-9]{2})\b", re.IGNORECASE)
# Words before a statement that make it about somebody else.
_OTHERS = re.compile(
    r"\b(?:mum|mom|mother|dad|father|parent|mama|papa|son|daughter|kids?|teacher|coach|for|since|over|to|of)\b",
    re.IGNORECASE,
)


def says_under_18(text: str | None, *, today: date) -> bool:
    """Whether a profile text states an age below 18, a birth year that means one, or "minor"."""
    if not text:
        return False
    for part in re.split(r"[\n.;!?|•·]", text):
        for found in _SAYS.finditer(part):
            age = int(found[1] or found[2])
            if 5 <= age < ADULT and not _OTHERS.search(part[: found.start()]):
                return True
        born = _BORN.search(part)
        if born and today.year - int(born["year"]) < ADULT and not _OTHERS.search(part):
            return True
    return bool(_MINOR.search(text))
