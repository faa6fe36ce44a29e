"""A clock that stands still until it is told to go on."""


class ToldClock:
    """Counts in whole nanoseconds, so that what is added up is exact."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_ns = 0
        self.advance(now_s)

    def advance(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)

    def ns(self) -> int:
        """In place of time.perf_counter_ns."""
        return self.now_ns

    def seconds(self) -> float:
        """In place of time.monotonic."""
        return self.now_ns / 1e9
