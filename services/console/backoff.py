"""How long to wait before a process that ended is started again."""

from dataclasses import dataclass


@dataclass
class Backoff:
    """Doubles from `first` to `longest` seconds; a run of `healthy` seconds starts it over."""

    first: float = 0.2
    longest: float = 10.0
    healthy: float = 30.0
    failures: int = 0

    def next_delay(self, *, ran_for: float) -> float:
        """Seconds to wait after a run that lasted `ran_for` seconds."""
        if ran_for >= self.healthy:
            self.failures = 0
        # the exponent is bounded too, or a night of failures overflows a float
        delay = min(self.first * 2.0 ** min(self.failures, 30), self.longest)
        self.failures += 1
        return delay
