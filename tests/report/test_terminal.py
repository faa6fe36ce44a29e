"""What the commands print of a run or a plan, in every format."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from dlbench.analysis.columns import COLUMNS
from dlbench.analysis.limits.roof import NO_ROOFS
from dlbench.analysis.run import versus
from dlbench.errors import UsageError
from dlbench.formats.terminal import LEGEND, RATIO_LEGEND
from dlbench.networks.base import every
from dlbench.records.case import Workload
from dlbench.records.machine.roofs import Blocks, Ceiling, Roofs
from dlbench.records.measurement import Compiling, Measurement, Sample, Stretch
from dlbench.records.plan import Estimate, Sampling
from dlbench.report import terminal as output
from dlbench.report.document import ABSENT, ALONE
from dlbench.report.metrics import METRICS, SPARSE
from dlbench.report.ranking import PAIRED
from dlbench.report.view import View
from dlbench.results.folder import Results, read_run
from dlbench.workloads import _work
from fakes.runs import (
    COMPILED,
    ENVIRONMENT,
    NUMPY,
    TORCH,
    case,
    forward,
    matmul,
    measured,
    plan_of,
    results,
    results_of,
    samples,
)
from fakes.samples import flagged, turns
from fakes.terminal import page

PRODUCT = case(matmul(100))
FAILED = case(matmul(200), TORCH)
FOUND = results(
    (PRODUCT, 1e-3),
    (case(matmul(100), TORCH), 2e-3),
    (case(matmul(200)), 1e-3),
    (FAILED, Measurement(FAILED.id, "failed", "RuntimeError: [bold]no[/bold] kernel")),
    (case(forward(synthetic=True)), 2e-3),
)
MACHINE = (
    "20260101-120000-told: A Processor, 2 of 4 cores, 16.0 GiB; "
    "Python 3.11.7, numpy 2.4.6, torch 2.13.0"
)


def printed(found: Results, *args: object, width: int = 120, terminal: bool = False) -> str:
    """What goes to the terminal, without spaces at the ends of lines."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=terminal, color_system=None)
    output.show(found, console, *args)
    return page(*(line.rstrip() for line in stream.getvalue().splitlines()))


def test_the_whole_table() -> None:
    assert printed(FOUND) == page(
        MACHINE,
        "All: cpu, eager, float32, 2 threads, batch 32",
        "",
        "- matmul 100: numpy is fastest; torch takes 2.000 [2.000–2.000] times as long",
        "[ ]: 95 % interval; averages are geometric means over workloads",
        "",
        "                                        vs         95 %",
        "matmul 100     time    ±  GFLOP/s  fastest     interval",
        "────────────────────────────────────────────────────────",
        "1   numpy   1.00 ms  0 %     2.00",
        "2   torch   2.00 ms  0 %     1.00   2.000x  2.000–2.000",
        "",
        "matmul 200        time    ±  GFLOP/s",
        "─────────────────────────────────────",
        "numpy          1.00 ms  0 %     16.0",
        "torch       failed [1]",
        "",
        "                            samples",
        "forward iris     time    ±       /s",
        "────────────────────────────────────",
        "numpy         2.00 ms  0 %   16,000",
        "",
        "[1] RuntimeError: [bold]no[/bold] kernel",
        PAIRED,
        "Measured on random numbers instead of data: iris",
    )


def test_a_page_with_a_table_for_each_metric() -> None:
    assert printed(FOUND, "table", View(wide=True, metrics=("gflops",))) == page(
        MACHINE,
        "",
        "- matmul 100: numpy is fastest; torch takes 2.000 [2.000–2.000] times as long",
        "[ ]: 95 % interval; averages are geometric means over workloads",
        "",
        "GFLOP/s (cpu, eager, float32, 2 threads, batch 32)",
        "workload        numpy       torch",
        "──────────────────────────────────",
        "matmul 100      *2.00        1.00",
        "matmul 200       16.0  failed [1]",
        "forward iris  0.00461",
        "",
        "[1] RuntimeError: [bold]no[/bold] kernel",
        "Measured on random numbers instead of data: iris",
        f"* {LEGEND}",
    )


def test_several_metrics_are_several_tables_with_one_set_of_notes() -> None:
    text = printed(FOUND, "table", View(wide=True, metrics=METRICS))
    titles = [text.index(title) for title in ("GFLOP/s", "Time per step", "samples/s")]
    assert titles == sorted(titles)
    assert text.count("[1] RuntimeError") == 1
    assert text.count(f"* {LEGEND}") == 1


def test_where_nothing_ran_there_is_no_word_of_a_fastest() -> None:
    text = printed(results((PRODUCT, "there is no device cuda")))
    assert "skipped [1]" in text
    assert "[1] there is no device cuda" in text
    assert "fastest" not in text


def test_what_is_wrong_with_the_files_is_said_first() -> None:
    text = printed(Results(FOUND.run, FOUND.measurements, ("the last line is torn",)))
    assert text.startswith("Warning: the last line is torn\n")


def test_a_long_note_is_one_line_for_grep_and_wrapped_for_a_person() -> None:
    found = results((PRODUCT, "because " * 30 + "of that"))
    assert "because of that" in printed(found, width=60).splitlines()[-1]
    wrapped = printed(found, width=60, terminal=True).splitlines()
    assert max(map(len, wrapped)) <= 60
    assert printed(found, width=60).startswith(MACHINE + "\n")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"cpu": None}, "CPU unknown, 2 of 4 cores"),
        ({"memory_bytes": None}, "memory unknown"),
        ({"gpus": ("Tesla", "Tesla")}, "16.0 GiB, Tesla, Tesla; Python"),
        ({"usable_cores": 1, "core_limit": "quota", "quota_cores": 1.0}, "1 of 4 cores (quota), "),
    ],
)
def test_the_machine_is_described_with_what_is_known(changes, text: str) -> None:
    run = replace(FOUND.run, environment=replace(ENVIRONMENT, **changes))
    assert text in printed(Results(run, FOUND.measurements))


def test_json_is_the_run_without_its_cases_and_a_row_for_each() -> None:
    data = json.loads(printed(FOUND, "json"))
    assert data.keys() == {"run", "nulls", "answers", "rows"}
    assert data["nulls"]["pairs"] == 0
    assert data["run"]["id"] == "20260101-120000-told"
    assert data["run"]["environment"]["cpu"] == "A Processor"
    assert data["run"]["plan"]["seed"] == 0
    assert "groups" not in data["run"]["plan"]
    assert [row["case"] for row in data["rows"]] == [one.id for one in FOUND.run.plan.cases]
    assert all(list(row) == list(COLUMNS) for row in data["rows"])
    assert data["rows"][3]["time_s"] is None


def test_csv_has_a_line_for_every_case() -> None:
    lines = list(csv.DictReader(io.StringIO(printed(FOUND, "csv"))))
    assert [line["case"] for line in lines] == [one.id for one in FOUND.run.plan.cases]


def test_csv_and_json_have_the_steps_of_an_epoch_measured_or_not() -> None:
    """100 rows in batches of 32; what is no epoch has none."""
    work = _work.epoch(every()["iris"], 100, 32)
    workload = Workload("epoch", {"network": "iris", "batch": 32}, work)
    resident, loader = (replace(TORCH, loop=loop) for loop in ("tensors", "dataloader"))
    found = results(
        (case(forward()), 1e-3), (case(workload, resident), 1e-3), (case(workload, loader), "gone")
    )
    data = json.loads(printed(found, "json"))
    assert [row["steps"] for row in data["rows"]] == [None, 4, 4]
    lines = list(csv.DictReader(io.StringIO(printed(found, "csv"))))
    assert [line["steps"] for line in lines] == ["", "4", "4"]


def test_markdown_has_a_table_for_every_metric() -> None:
    text = printed(FOUND, "md", View(wide=True, metrics=METRICS))
    assert text.count("| workload | numpy | torch |") == len({*METRICS} - {*SPARSE}) == 4
    assert text.startswith("- **matmul 100: numpy is fastest")
    assert "\n**GFLOP/s (" in text
    assert text.endswith("\n")


STEPS = {NUMPY: 1e-3, TORCH: 1.3e-3, COMPILED: 1.02e-3}


def compared(baseline: str | None = "numpy", margin: float | None = None, **settings) -> str:
    found = turns((matmul(100), STEPS), (matmul(200), STEPS), **settings)
    view = View(("gflops",), versus(baseline, margin), wide=True)
    return printed(found, "table", view, width=80)


def test_a_baseline_adds_a_table_of_ratios_with_what_would_settle_the_rest() -> None:
    text = compared()
    main, ratios = text.split("Compared with numpy eager (cpu, float32, 2 threads)\n")
    assert "GFLOP/s (cpu, float32, 2 threads)" in main
    assert f"* {LEGEND}" in main
    assert ratios.count(" slower") == ratios.count(" unsure [1]") == 2
    assert "\n[1] too close to call: the true difference may be below 2 %\n" in ratios
    assert f"\n{RATIO_LEGEND}\n" in ratios
    keep = "'(matmul/100x100x100/ or matmul/200x200x200/) and (/numpy/ or /torch/cpu/compile/)'"
    command = f"dlbench run told -k {keep} --rigor rigorous"
    assert f"\nTo settle the unsure ones: {command}\n" in ratios


def test_footnotes_of_ratios_go_on_where_those_of_the_table_end() -> None:
    found = turns((matmul(100), STEPS))
    lost = case(matmul(100), TORCH).id
    lines = [replace(one, status="failed", reason="it died") for one in found.measurements]
    broken = tuple(
        line if line.case == lost else one
        for line, one in zip(lines, found.measurements, strict=True)
    )
    args = ("table", View(("gflops",), versus("numpy", None), wide=True))
    text = printed(replace(found, measurements=broken), *args)
    assert "[1] it died" in text
    assert "[2] too close to call" in text


def test_the_marks_of_the_fastest_do_not_depend_on_the_baseline() -> None:
    marks = [compared(baseline).count("*") for baseline in (None, "numpy", "torch/eager")]
    assert marks == [3, 3, 3]


def test_without_a_baseline_there_are_no_ratios() -> None:
    assert "Compared with" not in compared(None)
    assert "unsure" not in compared(None)


def test_a_margin_of_the_user_counts() -> None:
    assert compared(margin=0.1).partition("second line")[0].count(" same") == 2
    with pytest.raises(UsageError, match=r"--margin 2: a fraction such as 0\.02"):
        versus(None, 2.0)


def test_who_is_alone_has_nothing_to_be_compared_with() -> None:
    args = ("table", View(("gflops",), versus("numpy", None), wide=True))
    assert ALONE in printed(turns((matmul(100), {NUMPY: 1.0})), *args)


def test_null_pairs_are_told_in_one_line_below_the_table() -> None:
    line = compared(None, noise=0.001).splitlines()[-1]
    assert re.fullmatch(
        r"Self-check: 2 cases measured twice, none came out different\. "
        r"Such a run detects differences of 2\.?\d* % (to 2.\d* %, depending on the row,)?"
        r" ?in 4 of 5 cases; it often misses smaller ones",
        line,
    )
    assert "Self-check" not in compared(None, has_nulls=False)
    few = compared(None, generations=1, rounds=2).splitlines()[-1]
    unknown = "It is not known how small a difference this run can detect"
    assert re.fullmatch(rf"Self-check: 2 cases measured twice, .* different\. {unknown}", few)
    busy = compared(None, change={NUMPY: flagged(1)})
    assert "Self-check not possible: other programs were running all the time" in busy


def test_a_null_that_fails_is_said_loudly_and_first() -> None:
    line = compared(None, null_factor=1.2, noise=0.001).splitlines()[0]
    assert line == (
        "Warning: the self-check failed. One case, measured twice, differed by more than 2 % in "
        "matmul 100, so the intervals there are wider"
    )


def test_steps_that_are_longer_than_a_lead_in_are_named() -> None:
    long = turns((matmul(100), {NUMPY: 1e-3, TORCH: 2.0}))
    told = "Steps longer than 1.28 s have no lead-in before a turn: matmul 100 on torch"
    assert told in printed(long)
    assert "lead-in" not in printed(turns((matmul(100), {NUMPY: 1e-3, TORCH: 1.2})))
    older = replace(long, run=replace(long.run, schema_version=5))
    assert "lead-in" not in printed(older)


def test_rows_of_a_busy_machine_are_named() -> None:
    text = compared(None, change={TORCH: flagged(1)})
    assert "Warning: other programs used the CPU during 2 of 6 measurements, so " in text
    assert ": matmul 100 on torch eager, matmul 200 on torch eager. Close other programs" in text
    many = [(matmul(size), STEPS) for size in range(1, 10)]
    text = printed(turns(*many, change={TORCH: flagged(1)}, rounds=8))
    assert "during 9 of 27 measurements" in text
    assert "matmul 4 on torch eager and 5 more" in text


def half_stopped(sample: Sample) -> Sample:
    """The quota stops a block for as long as it runs."""
    longer = 2 * sample.host_s
    return replace(sample, host_s=longer, throttled_s=longer / 2, flags=("throttled",))


def stopped(found: Results, **granted: object) -> str:
    """What is told where PyTorch's blocks were stopped by a quota, without line breaks."""
    machine = replace(found.run.environment, core_limit="quota", **granted)
    told = replace(found, run=replace(found.run, environment=machine))
    return " ".join(printed(told, "table", View(against=versus("numpy", None))).split())


@pytest.mark.parametrize(
    ("quota", "limit", "remedy"),
    [
        (1.0, " of 1 core", "use --threads 1, or raise the limit"),
        (1.5, " of 1.5 cores", "use --threads 1, or raise the limit"),
        (1 / 3, " of 0.33 cores", "raise the limit"),
        (None, "", "use --threads 1, or raise the limit"),
    ],
)
def test_rows_that_a_quota_stopped_are_named_with_what_to_do(quota, limit, remedy) -> None:
    found = turns(
        (matmul(100), {NUMPY: 1e-3, TORCH: 1e-3}),
        change={TORCH: half_stopped},
    )
    told = stopped(found, quota_cores=quota)
    assert (
        f"Warning: the container's CPU limit{limit} stopped these cases while they were measured: "
        f"matmul 100 on torch. To measure without stops, {remedy}"
    ) in told
    assert "ther programs" not in told, "the cause that was counted is named, and no other"
    assert f"{remedy[0].upper()}{remedy[1:]}, then run: dlbench run" in told


def test_cases_that_were_stopped_now_and_then_are_not_named() -> None:
    change = {TORCH: flagged(20, flag="throttled", factor=1.0)}
    found = turns((matmul(100), {NUMPY: 1e-3, TORCH: 2e-3}), change=change)
    assert "CPU limit" not in stopped(found, quota_cores=1.0)


def stretched(generation: int, share: float, growth: float) -> Stretch:
    """Without a pause, a step of 2 ms takes `share` less, and at last `growth` times as long."""
    block = Sample(5, 0.01 / (1 + share), 0.0, generation=generation)
    late = replace(block, host_s=growth * block.host_s)
    return Stretch(0.2, 0.0, is_steady=growth == 1, samples=(*[block] * 8, *[late] * 8))


def in_turns(share: float = 0.0, growth: float = 1.0) -> Results:
    """PyTorch takes `share` longer in turns than without a pause."""
    found = turns((matmul(100), {NUMPY: 1e-3, TORCH: 2e-3}), common=0.0)
    slowed = case(matmul(100), TORCH).id
    return replace(
        found,
        measurements=tuple(
            replace(one, stretches=(stretched(one.generation, share, growth),) * 2)
            if one.case == slowed
            else one
            for one in found.measurements
        ),
    )


def test_cases_that_turns_cost_time_are_named() -> None:
    told = printed(in_turns(share=0.3))
    assert re.search("in turns and without a pause differ by up to (29|30|31) %", told)
    assert "matmul 100 on torch" in told
    assert "without a pause" not in printed(in_turns(share=0.005))


def test_cases_whose_time_kept_changing_are_named_and_not_ranked() -> None:
    told = printed(in_turns(growth=1.2))
    told_so = "kept changing, also without a pause, so they are not ranked"
    assert f"{told_so}: matmul 100 on torch" in told
    assert "1=" not in told
    assert "\nnumpy " in told


def test_what_turns_cost_and_a_pause_costs_are_metrics() -> None:
    told = printed(in_turns(share=0.3), "table", View(("turns", "after-pause"), wide=True))
    assert "Measured in turns: the time of a step against a loop without pauses, %" in told
    assert re.search(r"matmul 100 +\+(29|30|31)", told)
    assert "First 20 ms after a pause: how many times as long a step takes" in told
    assert "200 ms" in told


def test_generations_that_a_budget_was_too_short_for_are_told() -> None:
    found = turns((matmul(100), STEPS), generations=2)
    sampling = replace(found.run.plan.sampling, generations=3, budget_s=90.0)
    for budget_s, told in ((90.0, True), (None, False)):
        plan = replace(found.run.plan, sampling=replace(sampling, budget_s=budget_s))
        text = printed(Results(replace(found.run, plan=plan), found.measurements))
        assert ("Time limit of 90.0 s: 2 of 3 repetitions done" in text) is told


def test_markdown_tells_the_same() -> None:
    args = ("md", View(("gflops",), versus("numpy", None), wide=True))
    text = printed(turns((matmul(100), STEPS), null_factor=1.2), *args)
    assert "**Compared with numpy eager (cpu, float32, 2 threads)**" in text
    assert "\n- Self-check: 1 case measured twice, 1 came out different" in text
    assert text.startswith("> **Warning:** the self-check failed")
    assert text.endswith("\n")


def test_json_has_ratios_and_nulls() -> None:
    found = turns((matmul(100), STEPS))
    data = json.loads(printed(found, "json", View(against=versus("torch/eager", None))))
    assert data["nulls"]["pairs"] == 1
    first, base, _ = data["rows"]
    assert (first["verdict"], first["baseline"]) == ("faster", TORCH.id)
    assert first["ratio_low"] < 1 / 1.3 < first["ratio_high"]
    assert (base["verdict"], base["ratio"]) == (None, None)


def test_an_old_run_is_shown_with_ratios_of_medians_and_no_verdict() -> None:
    old = read_run(Path(__file__).parents[1] / "data" / "run-v1")
    assert old.run.schema_version == 1
    text = printed(old)
    assert "matmul 256" in text
    assert "A/A" not in text
    blocks = [replace(block, round=0) for block in samples(*[1e-3] * 9)]
    pair = [case(matmul(100), target) for target in (NUMPY, TORCH)]
    found = results(*((one, measured(one, samples=tuple(blocks))) for one in pair))
    args = ("table", View(("gflops",), versus("numpy", None), wide=True))
    text = printed(found, *args)
    assert "unsure [1]" in text
    assert "[1] not measured side by side" in text
    assert "*" not in text


TIME = Estimate(starting_s=4.4, preparing_s=75.0, measuring_s=600.0)


def planned(*cases, width: int = 80, terminal: bool = False, **fields: object) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=terminal, color_system=None)
    output.plan(plan_of(cases, **fields), TIME, console)
    return stream.getvalue()


def test_the_whole_plan() -> None:
    text = planned(
        PRODUCT,
        case(matmul(100), TORCH, skip="torch is [bold]not[/bold] installed"),
        case(forward(synthetic=True)),
        seed=3,
    )
    assert text == page(
        "matmul/100x100x100",
        "  numpy/cpu/eager/float32/t2",
        "  torch/cpu/eager/float32/t2  skipped: torch is [bold]not[/bold] installed",
        "forward/iris/b32 (synthetic data)",
        "  numpy/cpu/eager/float32/t2",
        "2 cases to measure, 1 skipped. Rigor quick: 1 repetition in fresh processes, each with up "
        "to 12 samples of about 20.0 ms per case; seed 3",
        "The run takes about 11 min: starting 4 s, compiling and checking 75 s, measuring 10 min",
    )


def test_a_plan_says_how_often_workers_are_renewed() -> None:
    assert planned(PRODUCT, sampling=Sampling(renewals=3)).splitlines()[-2] == (
        "1 case to measure, 0 skipped. Rigor quick: 1 repetition in fresh processes, each with up "
        "to 12 samples of about 20.0 ms per case and up to 3 restarts of workers; seed 0"
    )


def test_one_is_singular_in_a_plan() -> None:
    assert planned(PRODUCT, sampling=Sampling(blocks=1)).splitlines()[-2] == (
        "1 case to measure, 0 skipped. Rigor quick: 1 repetition in fresh processes, each with up "
        "to 1 sample of about 20.0 ms per case; seed 0"
    )


def test_a_case_is_one_line_of_a_plan_where_no_person_reads() -> None:
    skipped = case(matmul(100), TORCH, skip="because " * 30)
    assert len(planned(PRODUCT, skipped, width=60).splitlines()) == 5
    assert max(map(len, planned(PRODUCT, skipped, width=60, terminal=True).splitlines())) <= 60


def test_null_pairs_under_competition_are_counted_apart() -> None:
    found = turns((matmul(100), STEPS), (matmul(200), {TORCH: 1.0, NUMPY: 1.0}))
    broken = tuple(
        replace(one, samples=tuple(map(flagged(1), one.samples)))
        if one.case.startswith("matmul/100") and one.case.endswith("/null")
        else one
        for one in found.measurements
    )
    assert (
        "Self-check: 1 case measured twice (1 more disturbed by other programs), none"
        in printed(replace(found, measurements=broken))
    )


def test_where_static_and_dynamic_were_measured_it_is_said_when_compiling_pays() -> None:
    compiling = Compiling("cold", 0.5, (0, 1, 1))
    outcomes = [
        measured(one, generation=g, samples=blocks(g, step_s), calls_s=calls_s, compiling=how)
        for g in range(2)
        for one, step_s, calls_s, how in (
            (case(STEP, TORCH), 1e-3, (1e-3, 1e-3), None),
            (case(STEP, COMPILED), 0.5e-3, (1.5, 0.5e-3), compiling),
        )
    ]
    found = results_of([case(STEP, TORCH), case(STEP, COMPILED)], outcomes)
    text = printed(found)
    assert re.search(r"torch compile|compile +500 µs .* 3000", text)
    assert "compile after about 3000 steps" in text
    assert "steps to" in text
    assert "steps to" not in printed(found, "table", View(("gflops",)))
    assert "steps to" not in printed(FOUND)
    wide = printed(found, "table", View(wide=True))
    assert "Steps until compiling pays off, against the same framework's eager mode" in wide
    assert re.search(r"train_step iris +3000", wide)


STEP = replace(forward(), kind="train_step")


def blocks(generation: int, step_s: float):
    return tuple(replace(one, generation=generation) for one in samples(*[step_s] * 6))


def test_a_value_of_the_workloads_is_no_column_of_a_wide_table() -> None:
    found = turns((matmul(100), STEPS), (matmul(200), STEPS))
    view = View(against=versus("size=100", None), wide=True)
    with pytest.raises(UsageError, match="Leave out --wide"):
        printed(found, "table", view)


def test_a_baseline_that_was_not_measured_is_said_to_be_so() -> None:
    found = results((PRODUCT, "no numpy"), (case(matmul(100), TORCH), 1e-3))
    assert ABSENT in printed(found, "table", View(against=versus("numpy", None)))


def under_roofs(found: Results, **changes) -> Results:
    """A run on a machine whose fastest product has 10 GFLOP/s."""
    ceiling = Ceiling(PRODUCT.target, 64, 64, 64, 10.0, 9.0, 5, Blocks(8, 0))
    roofs = Roofs("2026-01-01T00:00:00+00:00", ceilings=(replace(ceiling, **changes),))
    return replace(found, run=replace(found.run, roofs=roofs))


def test_the_share_of_the_roof_is_a_table_of_the_wide_page() -> None:
    """100³ multiplications and additions in 1 ms are 2 GFLOP/s."""
    text = printed(under_roofs(FOUND), "table", View(wide=True))
    assert "% of the roof (second line: which limit)" in text
    table = text.partition("% of the roof")[2]
    assert re.search(r"matmul 100 .* 20\.0 .* 10\.0", table)
    assert "compute" in table
    assert "% of roof:" not in text


def test_where_the_roof_is_not_known_the_wide_page_says_how_to_know_it() -> None:
    assert f"% of roof: {NO_ROOFS}" in printed(FOUND, "table", View(wide=True), width=200)
    assert "roof" not in printed(FOUND)


def test_the_roof_is_a_metric_that_can_be_asked_for_and_sorted_by() -> None:
    found = under_roofs(FOUND)
    assert "% of" in printed(found, "table", View(metrics=("roof",)))
    assert printed(found, "table", View(sort="roof"))
    with pytest.raises(UsageError, match="roof needs the ceilings of its machine"):
        printed(FOUND, "table", View(metrics=("roof",)))


def test_more_than_the_roof_is_told() -> None:
    text = printed(under_roofs(FOUND, gflops=15.0), "table", View(wide=True), width=200)
    assert "More than 100 % of a roof: the machine does more than when it was measured" in text
    assert "implausible" not in text


def test_an_implausible_time_is_shown_as_such_with_a_warning() -> None:
    text = printed(under_roofs(FOUND, gflops=0.2), width=200)
    assert "these times are shorter than the machine can be, so they are not ranked" in text
    assert "implausible" in text
    assert "faster than the measured ceiling allows (2.00 GFLOP/s" in text
    row = json.loads(printed(under_roofs(FOUND, gflops=0.2), "json"))["rows"][0]
    assert (row["status"], row["rank"]) == ("implausible", None)
    assert row["roof_share"] == pytest.approx(10.0)
