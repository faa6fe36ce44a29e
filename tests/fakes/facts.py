"""What the checks of a machine look at, told: files below a folder, and everything else."""

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from dlbench.checks.base import Facts, Noise, Outcome
from dlbench.machine.cards import Card, Driver
from dlbench.machine.grants import Grant
from dlbench.machine.observation import Observation, Other
from dlbench.records.framework import FrameworkFacts
from fakes.cgroups import Machine
from fakes.machine import ALPHA, BETA

GIB = 2**30
CORES = frozenset({0, 1})
QUIET = Observation(seconds=2.0, cores=0.01, cores_resolution=0.01, stolen=0.0)
CARD = Card("Accel 9", (9, 0), 700.0, 700.0, (), "default", programs=0, utilisation=0.0)
DRIVER = Driver("600.1", (13, 0), (CARD,))
# ALPHA computes on the CPU alone, BETA on a GPU, too.
ALPHA_SAYS = FrameworkFacts("1.0", products="openblas 0.3, Zen")
BETA_SAYS = FrameworkFacts(
    "2.0",
    cuda="13.0",
    gpus=("Accel 9",),
    architectures=("sm_80", "sm_90", "compute_90"),
    products="mkl",
)
LOW_NOISE = Noise(seconds=10.0, visible=0.05, margin=0.02, rounds=64, disturbed=0)
BUSY = Other(812, "python3", ("python3", "train.py"), 0.97)


def facts(root: Path, **fields: Any) -> Facts:
    """The facts of a machine without files, where all else is as it should be."""
    told = {
        "proc": root / "proc",
        "sys": root / "sys",
        "grant": Grant(2, CORES),
        "observed": QUIET,
        "driver": DRIVER,
        "declared": {"alpha": ALPHA, "beta": BETA},
        "frameworks": {"alpha": ALPHA_SAYS, "beta": BETA_SAYS},
        "noise": LOW_NOISE,
    }
    return Facts(**{**told, **fields})


def write(root: Path, path: str, text: object) -> None:
    """Write one small file of a kernel."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{text}\n", encoding="utf-8")


def stat(root: Path, *stolen: int, working: int = 1000) -> None:
    """Write /proc/stat: for each core, its stolen ticks of `working` and these."""
    lines = [f"cpu{core} {working} 0 0 0 0 0 0 {ticks} 0 0" for core, ticks in enumerate(stolen)]
    write(root, "proc/stat", "\n".join(["cpu 1 1 1 1 1 1 1 1 0 0", *lines]))


def sound(root: Path) -> None:
    """Write the files of a machine on which nothing is wrong: bare metal, cool, unlimited."""
    for core in CORES:
        write(root, f"sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor", "performance")
    write(root, "sys/devices/system/cpu/cpufreq/boost", 0)
    write(root, "sys/class/thermal/thermal_zone0/type", "x86_pkg_temp")
    write(root, "sys/class/thermal/thermal_zone0/temp", 45000)
    write(root, "sys/class/thermal/thermal_zone0/trip_point_0_temp", 95000)
    write(root, "sys/class/thermal/thermal_zone0/trip_point_0_type", "passive")
    stat(root, 0, 0)
    write(root, "proc/cpuinfo", "flags : fpu sse2")
    write(root, "proc/meminfo", f"MemTotal: {16 * GIB // 1024} kB\nMemAvailable: 12582912 kB")
    Machine(root).mount("cgroup").within("/")


def unfit(root: Path) -> Facts:
    """The facts of a machine on which whatever can be wrong is."""
    write(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave")
    write(root, "sys/devices/system/cpu/cpufreq/boost", 1)
    write(root, "proc/meminfo", "MemAvailable: 1048576 kB")
    stat(root, 500, 500)
    hot = CARD._replace(slowed_by=("heat",), mode="prohibited", limit_w=300.0, programs=2)
    run = BUSY._replace(pid=913, words=("python", "-m", "dlbench.harness.worker"), cores=0.9)
    return facts(
        root,
        grant=Grant(2, CORES, 0.5),
        observed=QUIET._replace(cores=1.9, stolen=0.5, others=(BUSY, run)),
        variables={"KMP_AFFINITY": "compact", "CUDA_VISIBLE_DEVICES": "-1"},
        people=3,
        throttled_times=7,
        driver=DRIVER._replace(cuda=(11, 4), cards=(hot,)),
        frameworks={
            "alpha": replace(ALPHA_SAYS, products="no BLAS", is_optimised=False),
            "beta": replace(BETA_SAYS, gpus=(), architectures=("sm_120",)),
        },
        noise=LOW_NOISE._replace(visible=0.7, disturbed=20),
    )


def state(outcome: object) -> str:
    """The state of an outcome; anything but an Outcome has none."""
    assert isinstance(outcome, Outcome)
    return outcome.state
