"""The day's salt, held in memory: fetched before it is needed, forgotten when its day is over."""

from datetime import UTC, date, datetime


class Salts:
    """Salts by UTC day. Without one for today no visitor is recorded, rather than one that others could not match."""

    def __init__(self) -> None:
        self._salts: dict[date, bytes] = {}
        self._until = 0
        self._now: bytes | None = None

    def learn(self, salts: dict[date, bytes]) -> None:
        self._salts = dict(salts)
        self._until = 0

    def at(self, milliseconds: int) -> bytes | None:
        """The salt of this moment's day; None when it is not known."""
        if milliseconds >= self._until:
            day = datetime.fromtimestamp(milliseconds / 1000, UTC).date()
            self._salts = {known: salt for known, salt in self._salts.items() if known >= day}
            self._now = self._salts.get(day)
            self._until = (milliseconds // 86_400_000 + 1) * 86_400_000
        return self._now
