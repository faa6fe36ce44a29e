"""A device that works on its own, behind a queue, in told time."""

from fakes.clock import ToldClock


class Device:
    """Every step takes the host `launch_s` to ask for, and the device `work_s` to do.

    Work begins when it has been asked for and all that came before is done. It is a DeviceClock:
    a mark is when the device has got so far; its own time is off the host's by hours.
    """

    OFF_S = 7200.0

    def __init__(self, launch_s: float, work_s: float, marking_s: float = 0.0) -> None:
        self.clock = ToldClock(now_s=100.0)
        self.launch_s, self.work_s, self.marking_s = launch_s, work_s, marking_s
        self.done_ns = 0
        self.waits = 0

    def step(self) -> None:
        """Ask for work and return."""
        self.clock.advance(self.launch_s)
        self._enqueue(self.work_s)

    def wait(self) -> None:
        """Let time pass until the queue is empty."""
        self.waits += 1
        self.clock.now_ns = max(self.clock.now_ns, self.done_ns)

    def mark(self) -> float:
        """What the device's own clock will say."""
        self.clock.advance(self.marking_s)
        self._enqueue(0.0)
        return self.done_ns / 1e9 + self.OFF_S

    def seconds(self, start: float, end: float) -> float:
        assert self.clock.now_ns >= self.done_ns, "a mark was read before the device got there"
        return end - start

    def _enqueue(self, seconds: float) -> None:
        begins_ns = max(self.clock.now_ns, self.done_ns)
        self.done_ns = begins_ns + round(seconds * 1e9)
