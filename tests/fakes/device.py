"""A device that works on its own, behind a queue, in told time."""

from collections import deque
from collections.abc import Callable

from fakes.clock import ToldClock


def steady(value: float) -> float:
    """No noise."""
    return value


class Device:
    """Every step takes the host `launch_s` to ask for, and the device `work_s` to do.

    Work begins when it has been asked for and all that came before is done. At most `in_flight`
    steps wait or are worked on: to ask for one more takes the host until the oldest is done. noise:
    what becomes of a time. speed: how many times as fast the device is once it has worked for so
    many seconds. It can spin: `cycle_s` a cycle; a mark is when the device has got so far; its own
    time is off the host's by hours.
    """

    OFF_S = 7200.0

    def __init__(  # noqa: PLR0913 - a device in a few words
        self,
        launch_s: float,
        work_s: float,
        *,
        in_flight: float = float("inf"),
        noise: Callable[[float], float] = steady,
        speed: Callable[[float], float] = lambda worked_s: 1.0,
        cycle_s: float = 1e-9,
    ) -> None:
        self.clock = ToldClock(now_s=100.0)
        self.launch_s, self.work_s, self.in_flight = launch_s, work_s, in_flight
        self.noise, self.speed, self.cycle_s = noise, speed, cycle_s
        self.done_ns, self.worked_s = 0, 0.0
        self.ends_ns: deque[int] = deque()
        self.waits = 0

    def step(self) -> None:
        """Ask for work and return."""
        self.ask(self.work_s)

    def ask(self, work_s: float, launch_s: float | None = None) -> None:
        """Ask for so much work and return; wait for room in the queue."""
        self.clock.advance(self.noise(self.launch_s if launch_s is None else launch_s))
        while self.ends_ns and self.ends_ns[0] <= self.clock.now_ns:
            self.ends_ns.popleft()
        if len(self.ends_ns) >= self.in_flight:
            self.clock.now_ns = max(self.clock.now_ns, self.ends_ns.popleft())
        self._enqueue(self.noise(work_s) / self.speed(self.worked_s))
        self.worked_s += work_s
        self.ends_ns.append(self.done_ns)

    def wait(self) -> None:
        """Let time pass until the queue is empty."""
        self.waits += 1
        self.clock.now_ns = max(self.clock.now_ns, self.done_ns)
        self.ends_ns.clear()

    def spin(self, cycles: int) -> None:
        self._enqueue(cycles * self.cycle_s / self.speed(self.worked_s))
        self.worked_s += cycles * self.cycle_s

    def mark(self) -> float:
        """What the device's own clock will say."""
        self._enqueue(0.0)
        return self.done_ns / 1e9 + self.OFF_S

    def has_passed(self, mark: float) -> bool:
        return self.clock.now_ns / 1e9 + self.OFF_S >= mark

    def seconds(self, start: float, end: float) -> float:
        assert self.clock.now_ns >= self.done_ns, "a mark was read before the device got there"
        return end - start

    def _enqueue(self, seconds: float) -> None:
        begins_ns = max(self.clock.now_ns, self.done_ns)
        self.done_ns = begins_ns + round(seconds * 1e9)
