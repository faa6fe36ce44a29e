"""What others do, in told time and on told counters."""

import pytest

from dlbench.machine.observation import Observer, Other
from dlbench.machine.programs import Program
from fakes.cgroups import Machine

OWN = 5


class World:
    """A machine of two cores: in the seconds that pass, others and this process work."""

    def __init__(self, root, busy=(100, 100), stolen=(0, 0)):
        self.machine = Machine(root)
        self.now_s = self.own_s = 0.0
        self.busy, self.stolen = list(busy), list(stolen)
        self.work = {OWN: 0.0, 7: 10.0, 9: 3.0}
        self.write()

    def write(self):
        lines = [
            f"cpu{core} {self.busy[core]} 0 0 50 0 0 0 {self.stolen[core]} 0 0" for core in range(2)
        ]
        self.machine.file("proc/stat", "\n".join(["cpu 0", *lines, ""]).encode())

    def programs(self):
        return [Program(pid, f"p{pid}", (), cpu_s) for pid, cpu_s in self.work.items()]

    def sleep(self, seconds):
        """Others use 1.5 cores, this process a tenth; the hypervisor takes 5 % of one core."""
        self.now_s += seconds
        self.own_s += 0.1 * seconds
        self.busy = [self.busy[0] + round(100 * seconds), self.busy[1] + round(60 * seconds)]
        self.stolen[1] += round(5 * seconds)
        self.work = {OWN: 0.1 * seconds, 7: 10.0 + 0.25 * seconds, 9: 3.0 + seconds, 11: seconds}
        self.write()

    def observer(self, **options):
        return Observer(
            self.machine.proc,
            {0, 1},
            OWN,
            lambda: self.now_s,
            self.sleep,
            lambda: self.own_s,
            self.programs,
        )


def test_the_work_of_others_is_all_but_ones_own(tmp_path):
    found = World(tmp_path).observer().observe(2.0)
    assert found.seconds == 2.0
    assert found.cores == pytest.approx(1.5)
    assert found.cores_resolution == pytest.approx(0.01)


def test_stolen_time_is_a_share_of_the_time_of_all_cores(tmp_path):
    assert World(tmp_path).observer().observe(2.0).stolen == pytest.approx(0.025)


def test_others_are_named_the_busiest_first(tmp_path):
    found = World(tmp_path).observer().observe(2.0)
    assert found.others == (Other(9, "p9", (), 1.0), Other(7, "p7", (), 0.25))


def test_what_nobody_counts_is_unknown(tmp_path):
    world = World(tmp_path, busy=(0, 0))
    assert world.observer().observe(2.0).cores is None


def test_others_never_do_less_than_nothing(tmp_path):
    world = World(tmp_path)
    world.sleep = lambda seconds: setattr(world, "now_s", 1.0) or setattr(world, "own_s", 9.0)
    assert world.observer().observe(1.0).cores == 0.0
