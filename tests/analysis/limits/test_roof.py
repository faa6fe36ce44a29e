"""The roof of a case, its share of it, and what is far above."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from dlbench.analysis.limits.roof import (
    DISTURBED,
    FAST_CONVOLUTION,
    FLOOR_TOLERANCE,
    NO_ROOFS,
    TOLERANCE,
)
from dlbench.analysis.parts import Roof
from dlbench.analysis.run import RunAnalysis, rows_of
from dlbench.machine import peaks
from dlbench.networks.base import named
from dlbench.records.case import Work, Workload
from dlbench.records.machine.roofs import Bandwidth, Blocks, Ceiling, Floor, Roofs
from dlbench.results.folder import read_run
from fakes import runs
from fakes.runs import COMPILED, NUMPY, TORCH, case, forward, matmul

QUIET = Blocks(8, 0)
# 100 GFLOP/s, 10 GB/s, a smallest step of 1 µs (10 µs in PyTorch), and caches of 1 MB.
ROOFS = Roofs(
    measured="2026-01-01T00:00:00+00:00",
    ceilings=(Ceiling(NUMPY, 1024, 1024, 1024, 100.0, 99.0, 9, QUIET),),
    bandwidths=(Bandwidth(2, 10.0, 2**28, QUIET),),
    floors=(
        Floor(NUMPY, 1e-6, QUIET),
        Floor(NUMPY, 0.5e-6, QUIET, "matmul"),
        Floor(TORCH, 1e-5, QUIET),
    ),
    cache_bytes=10**6,
)
# 2e9 FLOPs and 12 MB: 20 ms at the ceiling, 1.2 ms at the bandwidth.
LARGE = matmul(1000)
# 2e6 FLOPs and 4 MB: 20 µs at the ceiling, 401 µs at the bandwidth.
FLAT = matmul(1000, 1000, 1)
# 2,000 FLOPs: 20 ns at the ceiling.
TINY = matmul(10)


def results(*outcomes, roofs=ROOFS):
    """A run on a machine of which this was measured before."""
    made = runs.results(*outcomes)
    plan = replace(made.run.plan, networks={name: named(name) for name in ("iris", "mnist-cnn")})
    return replace(made, run=replace(made.run, roofs=roofs, plan=plan))


def row_of(workload, seconds, target=NUMPY, roofs=ROOFS):
    [row] = rows_of(results((case(workload, target), seconds), roofs=roofs))
    return row


@pytest.mark.parametrize(
    ("workload", "least_s", "kind"),
    [
        (LARGE, 20e-3, "compute"),
        (FLAT, 4 * 1_002_000 / 10e9, "memory"),
        (TINY, 0.5e-6, "launch"),
        (forward("iris", 32), 1e-6, "launch"),
    ],
    ids=["compute", "memory", "launch of a product", "launch of a network"],
)
@pytest.mark.parametrize("times", [1.0, 4.0])
def test_the_longest_limit_is_the_roof(workload, least_s, kind, times) -> None:
    roof = row_of(workload, least_s * times).roof
    assert roof.kind == kind
    assert roof.share == pytest.approx(1 / times)
    assert roof.gflops == pytest.approx(1e-9 * workload.work.flops / least_s)
    assert roof.reason is None


def test_the_intensity_is_flops_over_the_least_bytes() -> None:
    assert row_of(LARGE, 1.0).roof.intensity == pytest.approx(2e9 / 12e6)
    moved = 4 * (32 * 4 + 4 * 10 + 10 * 8 + 8 * 3)
    found = row_of(forward("iris", 32), 1.0).roof.intensity
    assert found == pytest.approx(2 * 32 * 144 / moved)


def test_data_that_fit_into_the_caches_are_not_bound_by_the_memory() -> None:
    large = replace(ROOFS, cache_bytes=10**9)
    unknown = replace(ROOFS, cache_bytes=None)
    assert row_of(FLAT, 1.0, roofs=large).roof.kind == "compute"
    assert row_of(FLAT, 1.0, roofs=unknown).roof.kind == "compute"


@pytest.mark.parametrize(
    ("workload", "least_s", "tolerance", "reason"),
    [
        (
            LARGE,
            20e-3,
            TOLERANCE,
            (
                "faster than the measured ceiling allows (200 GFLOP/s, 2.00 times what 100 GFLOP/s "
                "make possible)"
            ),
        ),
        (
            FLAT,
            4 * 1_002_000 / 10e9,
            TOLERANCE,
            (
                "faster than the measured memory bandwidth allows (9.98 GFLOP/s, 2.00 times what "
                "10.0 GB/s make possible)"
            ),
        ),
        (
            TINY,
            0.5e-6,
            FLOOR_TOLERANCE,
            "shorter than the smallest step of its mode (100 ns, where that takes 500 ns)",
        ),
    ],
    ids=["ceiling", "bandwidth", "floor"],
)
def test_a_time_far_above_its_roof_is_implausible(workload, least_s, tolerance, reason) -> None:
    just, above = row_of(workload, 1.01 * least_s / tolerance), None
    assert (just.status, just.failure) == ("ok", None)
    factor = 2.0 if tolerance == TOLERANCE else 5.0
    above = row_of(workload, least_s / factor)
    assert (above.status, above.reason) == ("implausible", reason)
    assert above.time.seconds == pytest.approx(least_s / factor)
    assert above.roof.share == pytest.approx(factor)


def test_a_convolution_may_need_fewer_multiplications_than_its_definition() -> None:
    """So it may be some times as fast as a product, and no more."""
    of = forward("mnist-cnn", 512)
    least_s = 1e-9 * of.work.flops / 100
    allowed = TOLERANCE * FAST_CONVOLUTION
    assert row_of(of, 1.01 * least_s / allowed).status == "ok"
    assert row_of(of, 0.99 * least_s / allowed).status == "implausible"


def test_an_implausible_time_is_not_ranked_and_no_rival_of_others() -> None:
    wrong, good, slow = case(LARGE, TORCH), case(LARGE, NUMPY), case(LARGE, COMPILED)
    analysis = RunAnalysis(results((wrong, 1e-5), (good, 0.021), (slow, 0.042)))
    rows = {row.case: row for row in analysis.against().rows}
    assert (rows[wrong.id].rank, rows[wrong.id].leads) == (None, None)
    assert (rows[good.id].rank, rows[slow.id].rank) == (1, 2)
    assert rows[slow.id].comparison.base_case == good.id
    assert rows[wrong.id].comparison.ratio is None


def test_the_smallest_step_of_the_run_itself_counts_where_it_is_shorter() -> None:
    smallest = Workload("floor", {"pass": "forward"}, Work(2, 3, 1))
    step, floor = case(forward("iris", 32), TORCH), case(smallest, TORCH)

    def floor_s(seconds: float, **fields) -> float:
        told = {"roofs": ROOFS, **fields}
        rows = rows_of(results((floor, seconds), (step, 1e-3), **told))
        return rows[1].roof.floor_s

    assert floor_s(2e-6) == pytest.approx(2e-6)
    assert floor_s(5e-5) == pytest.approx(1e-5)
    assert floor_s(5e-5, roofs=None) == pytest.approx(5e-5)


def test_a_step_below_the_smallest_one_is_found_without_any_ceiling() -> None:
    smallest = Workload("floor", {"pass": "forward"}, Work(2, 3, 1))
    step, floor = case(forward("iris", 32), TORCH), case(smallest, TORCH)
    rows = rows_of(results((floor, 1e-4), (step, 1e-5), roofs=None))
    assert [row.status for row in rows] == ["ok", "implausible"]
    assert rows[1].roof.share is None


def test_the_smallest_step_has_no_roof() -> None:
    smallest = Workload("floor", {"pass": "predict"}, Work(2, 3, 1))
    assert row_of(smallest, 1e-9).roof == Roof()
    assert row_of(smallest, 1e-9).status == "ok"


@pytest.mark.parametrize(
    "target",
    [
        replace(TORCH, mode="compile"),
        replace(TORCH, call="array"),
        replace(TORCH, threads=1),
        replace(TORCH, device="cuda"),
    ],
    ids=["mode", "call", "threads", "device"],
)
def test_another_smallest_step_says_nothing(target) -> None:
    assert row_of(forward("iris", 32), 1e-9, TORCH).status == "implausible"
    row = row_of(forward("iris", 32), 1e-6, target)
    assert (row.status, row.roof.floor_s) == ("ok", None)


def test_the_dtype_does_not_matter_to_a_launch() -> None:
    assert row_of(forward("iris", 32), 1.0, replace(TORCH, dtype="float64")).roof.floor_s == 1e-5


def test_threads_of_the_host_do_not_matter_to_a_gpu() -> None:
    gpu = replace(TORCH, device="cuda", threads=16)
    there = replace(ROOFS, ceilings=(replace(ROOFS.ceilings[0], target=gpu),))
    roof = row_of(LARGE, 1.0, replace(gpu, threads=2), there).roof
    assert (roof.ceiling_gflops, roof.bandwidth_gb_s, roof.kind) == (100.0, None, "compute")


def test_without_a_measured_machine_the_reason_and_the_command_are_told() -> None:
    roof = row_of(LARGE, 1.0, roofs=None).roof
    assert (roof.share, roof.gflops, roof.kind) == (None, None, None)
    assert roof.reason == NO_ROOFS
    assert "dlbench hardware" in NO_ROOFS


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (
            replace(NUMPY, threads=1),
            (
                "no ceiling was known for float32 on cpu with 1 thread; measure it with: dlbench "
                "hardware --device cpu --dtype float32 --threads 1, then run again"
            ),
        ),
        (
            replace(NUMPY, device="cuda", dtype="tf32"),
            (
                "no ceiling was known for tf32 on cuda; measure it with: dlbench hardware --device "
                "cuda --dtype tf32, then run again"
            ),
        ),
    ],
    ids=["threads", "device and dtype"],
)
def test_without_this_ceiling_the_command_that_measures_it_is_told(target, reason) -> None:
    assert row_of(LARGE, 1.0, target).roof.reason == reason


def test_what_other_programs_disturbed_judges_nobody() -> None:
    """It shows less than the machine can do."""
    busy = Blocks(8, 5)
    roofs = Roofs(
        ROOFS.measured,
        tuple(replace(one, blocks=busy) for one in ROOFS.ceilings),
        tuple(replace(one, blocks=busy) for one in ROOFS.bandwidths),
        tuple(replace(one, blocks=busy) for one in ROOFS.floors),
        ROOFS.cache_bytes,
    )
    for workload in (LARGE, FLAT, TINY):
        row = row_of(workload, 1e-9, roofs=roofs)
        assert (row.status, row.roof.share, row.roof.reason) == ("ok", None, DISTURBED)
        assert row.roof.floor_s is None


def test_what_was_not_measured_has_no_roof() -> None:
    row = row_of(LARGE, "no such device")
    assert (row.status, row.roof.share, row.roof.reason) == ("skipped", None, None)


# --- the committed runs -------------------------------------------------------------------------
REFERENCE = Path(__file__).parents[3] / "results" / "reference"
RUNS = sorted(path.parent for path in REFERENCE.glob("*/run.json"))
assert RUNS


@pytest.mark.parametrize("folder", RUNS, ids=lambda path: path.name)
def test_no_committed_row_is_implausible(folder: Path) -> None:
    """Judged by what the run carries, and by what is published of its GPUs."""
    stored = read_run(folder)
    for run in (stored.run, replace(stored.run, roofs=_published(stored.run))):
        rows = rows_of(replace(stored, run=run))
        assert [row.case for row in rows if row.status == "implausible"] == []


@pytest.mark.parametrize("folder", RUNS, ids=lambda path: path.name)
def test_no_committed_network_is_faster_than_the_fastest_product_beside_it(folder: Path) -> None:
    """Where a run has products, its networks are judged by them."""
    stored = read_run(folder)
    fastest = {}
    for row in rows_of(stored):
        if row.workload.kind == "matmul" and row.time.gflops:
            place = row.target.device, row.target.dtype, row.target.threads
            known = fastest.get(place)
            if known is None or row.time.gflops > known.gflops:
                fastest[place] = Ceiling(
                    row.target, 1, 1, 1, row.time.gflops, row.time.gflops, 1, QUIET
                )
    roofs = Roofs(stored.run.started, ceilings=tuple(fastest.values()))
    rows = rows_of(replace(stored, run=replace(stored.run, roofs=roofs)))
    assert [row.case for row in rows if row.status == "implausible"] == []


def _published(run) -> Roofs:
    """The peaks of the GPUs of a run, as ceilings."""
    found = []
    for target in dict.fromkeys(one.target for one in run.plan.cases if one.target.device != "cpu"):
        known = [peaks.gpu(name) for name in run.environment.gpus]
        rates = [gflops for one in known if one and (gflops := one.gflops(target.dtype))]
        found += [Ceiling(target, 1, 1, 1, rate, rate, 1, QUIET) for rate in rates[:1]]
    return Roofs(run.started, ceilings=tuple(found))
