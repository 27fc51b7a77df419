"""How many commands one person may send: a token bucket, and a cap on those without an ack yet."""

import time
from dataclasses import dataclass, field

#: (commands a second on average, commands in a burst), contract, section 4.
PARTICIPANT = (20.0, 100)
STAFF = (200.0, 1000)
#: How many bursts may wait for their acks at once, while the database is held up.
IN_FLIGHT = 2


@dataclass
class Bucket:
    """One person's allowance, over all their connections."""

    rate: float
    burst: int
    tokens: float = field(init=False)
    filled: float = field(default_factory=time.monotonic)
    in_flight: int = 0

    def __post_init__(self) -> None:
        self.tokens = float(self.burst)

    def take(self) -> bool:
        """Whether one more may go; it is counted if so."""
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.filled) * self.rate)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def begin(self) -> bool:
        """Whether one more command may wait for its ack; it is counted if so."""
        if self.in_flight >= self.burst * IN_FLIGHT:
            return False
        self.in_flight += 1
        return True

    def end(self) -> None:
        """A command has got its ack."""
        self.in_flight -= 1
