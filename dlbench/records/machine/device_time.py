"""What a device does of a case's time, as a worker measures it."""

from typing import Literal

from dlbench.records.base import Record, Seconds, Whole

# How steps were queued: behind a spin, between two events; or two numbers of steps behind other
# work, by the host's clock.
How = Literal["spin and events", "two lengths"]


class Queued(Record, frozen=True):
    """The time of a step on the device, while steps lie in its queue: it never waits for the host.

    steps: how many lay in the queue; seconds: of one step, None if unknown; how: the method, None
    if the device has none; reason: why the time is unknown.
    """

    steps: Whole = 0
    seconds: Seconds | None = None
    how: How | None = None
    reason: str | None = None


class DeviceTime(Record, frozen=True):
    """What is known of the device in one generation of a case.

    sync_s: seconds of a block without work, which every block contains; queued: the device time of
    a step, None on the CPU.
    """

    sync_s: Seconds | None = None
    queued: Queued | None = None
