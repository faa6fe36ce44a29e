"""The command line from outside: what it imports, what it says, and how it ends."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest

from dlbench import __version__
from dlbench.api import run as api_run
from dlbench.commands.list import LISTS
from dlbench.datasets import _mnist
from dlbench.machine import environment
from dlbench.plan import targets
from dlbench.records.measurement import Measurement, Progress
from dlbench.records.run import SCHEMA_VERSION
from dlbench.report.watching.lines import BUSY_WARNING
from dlbench.results.find import folders
from dlbench.results.folder import RUN, new_folder, read_run
from dlbench.stats.location import LEAST_VALUES
from fakes.runs import case, matmul, measured, run_of
from fakes.terminal import Answer, dlbench, page

REFERENCE = Path(__file__).parents[2] / "results" / "reference"

QUICKLY = """
about = "as little as can be measured"
[sampling]
generations = 2
blocks = 2
block_s = 0.0001
warmup_s = 0.0001
[[workload]]
kind = "matmul"
size = [8, 16]
"""

ALL_METRICS = (
    "gflops, time, samples, utilisation, roof, overhead, compile, break-even, after-pause, turns, "
    "memory, device, all"
)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_mnist, "obtain", lambda: "there is no network")
    monkeypatch.setattr(environment, "gpus", tuple)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to work in, with a suite in a file."""
    (tmp_path / "mine.toml").write_text(QUICKLY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def only_numpy(package: str) -> object:
    """Where the package is, on a machine without any framework."""
    return find_spec(package) if package == "numpy" else None


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, here: Path) -> Path:
    """The same on a machine without any framework."""
    monkeypatch.setattr(targets, "find_spec", only_numpy)
    return here


# --- what is imported ---------------------------------------------------------------------

SLOW = ("torch", "tensorflow", "keras", "jax", "numpy", "pandas", "matplotlib", "scipy", "rich")


def process(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    """A command line in a process of its own."""
    code = (
        "import sys, atexit\n"
        "from dlbench.cli import main\n"
        "@atexit.register\n"
        "def tell(): print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)\n"
        "main()\n"
    )
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, text=True, check=False, timeout=60, **options)


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["run", "--help"],
        ["list", "suites"],
        ["list", "workloads"],
        ["list", "networks"],
        ["list", "backends"],
        ["list", "datasets"],
        ["list", "runs"],
        ["run", "--no-such-option"],
    ],
    ids=" ".join,
)
def test_what_needs_no_numbers_imports_nothing_slow(words: list[str], here: Path) -> None:
    done = process(*words, capture_output=True)
    imported = set(done.stderr.splitlines()[-1].split())
    assert "typer" in imported
    assert imported & set(SLOW) == set()


# --- how it ends --------------------------------------------------------------------------


def test_the_version() -> None:
    assert dlbench("--version") == Answer(0, f"dlbench {__version__}\n", "")


@pytest.mark.parametrize("words", [["--help"], ["-h"]])
def test_help_says_what_it_is_for_and_where_to_start(words: list[str]) -> None:
    answer = dlbench(*words)
    assert (answer.code, answer.err) == (0, "")
    assert "Which framework, mode and device is fastest" in answer.out
    assert "Start with: dlbench run" in answer.out


def test_nothing_typed_is_a_cry_for_help() -> None:
    answer = dlbench()
    assert answer.code == 2
    assert "Start with: dlbench run" in answer.out + answer.err


def test_as_a_module_it_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dlbench", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == f"dlbench {__version__}\n"


RANGE = "such as 512, 1-4, 2-10+2 (steps of 2) or 256-4096*2 (doubling)"
SUITES = "epochs, full, gpu-quick, graphs, lecture, matmul, next, precision, quick, retrace"
BACKENDS = "numpy, tensorflow, torch"


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("run nosuch", ["unknown suite or workload: 'nosuch'", SUITES]),
        ("run nosuch.toml", ["cannot read the suite", "No such file", "'nosuch.toml'"]),
        ("run mine", ["unknown suite or workload: 'mine'", SUITES]),
        ("run .", ["unknown suite or workload: '.'", SUITES]),
        ("run mine.toml quick", ["unexpected extra argument", "quick"]),
        ("run mine.toml --backend tourch", ["unknown backend: 'tourch'", BACKENDS]),
        (
            "run mine.toml --backend numpy,pytorch",
            ["unknown backend: 'pytorch'", BACKENDS, "Did you mean 'torch'?"],
        ),
        ("run mine.toml --backend tf", ["Did you mean 'tensorflow'?"]),
        ("run mine.toml --backend keras", ["Did you mean 'tensorflow'?"]),
        (
            "run mine.toml --loop fit",
            ["--loop needs a workload such as epoch,", "Try: dlbench run epoch --loop fit"],
        ),
        ("run mine.toml --backend", ["'--backend' requires an argument"]),
        ("run mine.toml --mode fast", ["unknown mode: 'fast'", "eager", "dynamic, static"]),
        ("run mine.toml --device cudda", ["unknown device: 'cudda'", "Did you mean 'cuda'?"]),
        ("run mine.toml --device cuda", ["no CUDA GPU found", "nothing to measure"]),
        (
            "run mine.toml --dtype fp32",
            ["unknown dtype: 'fp32'", "float32, float64, bfloat16, float16, tf32"],
        ),
        ("run mine.toml --threads 0", ["--threads 0: ", RANGE]),
        ("run mine.toml --threads two", ["--threads two: ", RANGE]),
        ("run mine.toml --threads -1", ["--threads -1: ", RANGE]),
        ("run mine.toml --size 1e3", ["--size 1e3: ", RANGE]),
        ("run mine.toml --size 512x512", ["--size 512x512: ", RANGE]),
        (
            "run mine.toml --size 4096-256*2",
            ["--size 4096-256*2: the second number must be"],
        ),
        ("run mine.toml --size 99999999", ["--size 99999999: at most 7 digits"]),
        ("run mine.toml --batch 32", ["--batch needs a workload such as", "suite mine has none"]),
        ("run mine.toml --network iris", ["--network needs a workload such as"]),
        ("run lecture --network mnist", ["unknown network: 'mnist'", "mnist-128, mnist-512"]),
        ("run lecture --batch 0", ["--batch 0: ", RANGE]),
        ("run mine.toml -k nothing", ["nothing is left to measure", "dlbench run --dry-run"]),
        ("run mine.toml -k (numpy", ["-k cannot be read", "not closed", "'(numpy'"]),
        ("run mine.toml --budget 0", ["--budget 0: seconds, more than 0"]),
        ("run mine.toml --budget -5", ["--budget -5: seconds, more than 0"]),
        ("run mine.toml --budget nan", ["--budget nan: seconds, more than 0"]),
        ("run mine.toml --budget inf", ["--budget inf: seconds, more than 0"]),
        ("run mine.toml --budget 1m", ["'--budget'"]),
        ("run mine.toml --seed -1", ["'--seed'", "0"]),
        ("run mine.toml --seed 4294967296", ["'--seed'", "4294967295"]),
        ("run mine.toml --seed x", ["'--seed'"]),
        ("run mine.toml --bakend torch", ["No such option: --bakend", "--backend"]),
        ("run mine.toml --results mine.toml/x", ["cannot write results", "--results DIR"]),
        ("show", ["no run in results/: 'latest'", "Measure one with: dlbench run"]),
        ("show 2026", ["no run in results/: '2026'", "Measure one with: dlbench run"]),
        ("show --results nowhere", ["no run in nowhere/", "Measure one with: dlbench run"]),
        ("show --format xml", ["unknown format: 'xml'", "csv, html, json, md, table"]),
        ("show --format md,csv", ["unknown format: 'md,csv'", "csv, html, json, md, table"]),
        ("show --format=", ["unknown format: ''", "csv, html, json, md, table"]),
        (
            "show --metric speed",
            ["unknown metric: 'speed'", ALL_METRICS],
        ),
        ("show --metric=", ["unknown metric: ''", ALL_METRICS]),
        (
            "show --margin 2x",
            ["'2x' is neither a fraction such as 0.02 nor a percentage such as 2%"],
        ),
        ("run --precision 300%", ["--precision 3: a fraction such as 0.005 (0.5 %)"]),
        ("train iris --target 90%%", ["'90%%' is neither a fraction"]),
        ("show --margin 2", ["--margin 2: a fraction such as 0.02 (2 %)"]),
        ("report", ["no run in results/: 'latest'", "Measure one with: dlbench run"]),
        ("list suite", ["unknown list: 'suite'", "suites, workloads, networks"]),
        ("benchmark", ["No such command 'benchmark'"]),
        ("--verbose", ["No such option: --verbose"]),
    ],
)
def test_a_mistake_ends_with_2_one_message_and_no_traceback(here, line: str, parts) -> None:
    answer = dlbench(*line.split())
    assert answer.code == 2
    assert answer.out == ""
    assert [part for part in parts if part not in answer.err] == [], answer.err
    assert "Traceback" not in answer.err
    assert not (here / "results").exists()


def test_a_mistake_in_a_suite_ends_with_2_and_names_the_file(here: Path) -> None:
    (here / "mine.toml").write_text(QUICKLY.replace("size", "sise"))
    answer = dlbench("run", "mine.toml")
    assert answer == Answer(
        2,
        "",
        "dlbench: mine.toml, [[workload]] 1: unknown field 'sise'. "
        "Allowed: kind, size, m, n, k. Did you mean 'size'?\n",
    )


def test_an_unexpected_error_is_not_hidden(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(api_run, "dry_run", broken)
    with pytest.raises(ZeroDivisionError):
        dlbench("run", "mine.toml", "--dry-run")


@pytest.mark.parametrize(
    ("words", "function"),
    [
        (["run", "mine.toml", "--dry-run"], "dlbench.api.run.dry_run"),
        (["run", "mine.toml"], "dlbench.api.run.run"),
        (["train", "iris"], "dlbench.api.train.train"),
        (["verify"], "dlbench.api.verify.verify"),
        (["show", "latest"], "dlbench.api.load.load"),
        (["list"], "dlbench.cli.build"),  # before the command is known
    ],
)
def test_ctrl_c_ends_with_a_sentence_and_130(here: Path, monkeypatch, words, function) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(function, interrupted)
    assert dlbench(*words) == Answer(130, "", "dlbench: Interrupted.\n")


def test_ctrl_c_while_typer_is_imported_ends_with_a_sentence_and_130(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    code = "import sys; sys.path.insert(0, '.'); from dlbench.__main__ import main; main()"
    command = [sys.executable, "-c", code, "list"]
    end = subprocess.run(
        command, cwd=tmp_path, text=True, check=False, timeout=60, capture_output=True
    )
    assert (end.returncode, end.stdout, end.stderr) == (130, "", "dlbench: Interrupted.\n")


@pytest.fixture
def closed_pipe() -> Iterator[int]:
    """The writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@pytest.mark.parametrize(
    "line",
    [
        "--help",
        "list networks",
        "run mine.toml --dry-run",
        "show",
        "show --format md",
        "show --format json",
    ],
)
def test_a_reader_who_has_gone_is_no_error_of_ours(here: Path, closed_pipe: int, line) -> None:
    store_run(here / "results")
    command = [sys.executable, "-m", "dlbench", *line.split()]
    done = subprocess.run(
        command, stdout=closed_pipe, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (141, "")


# --- results on disk ----------------------------------------------------------------------


def store_run(results: Path, suite: str = "told") -> Path:
    """A run of one case."""
    product = case(matmul(256))
    folder = new_folder(results, suite)
    with RUN.writing(folder, run_of([product], id=folder.name)) as written:
        written.append(measured(product, *[1e-3] * 12))
    return folder


@pytest.mark.parametrize("command", ["show", "report"])
@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("run.json", b"rubbish", "cannot be read"),
        ("run.json", b"{}", "cannot be read"),
        ("run.json", b'{"schema_version": 99}', rf"newer dlbench.*99.*up to {SCHEMA_VERSION}.*Upd"),
        ("measurements.jsonl", b"rubbish\n", r"measurements\.jsonl, line 1 cannot be read"),
    ],
)
def test_results_that_cannot_be_read_end_with_5(here, command, name, content, complaint) -> None:
    (store_run(here / "results") / name).write_bytes(content)
    answer = dlbench(*command.split())
    assert (answer.code, answer.out) == (5, "")
    assert re.search(complaint, answer.err)


def test_a_run_that_cannot_be_read_does_not_hide_the_others(here: Path) -> None:
    broken = store_run(here / "results", "broken")
    (broken / "run.json").write_bytes(b"rubbish")
    good = store_run(here / "results", "good")
    answer = dlbench("list", "runs")
    lines = answer.out.splitlines()
    assert answer.code == 0
    assert re.match(rf"{broken.name} +cannot be read; dlbench show says why", lines[0])
    assert lines[1].startswith(good.name)
    assert "Traceback" not in answer.err


def test_a_run_is_found_by_path_id_beginning_and_as_the_latest(here: Path) -> None:
    first, second = (store_run(here / "results", suite) for suite in ("a", "b"))
    for name in (str(first), first.name):
        assert first.name in dlbench("show", name).out
    assert second.name in dlbench("show").out
    assert second.name in dlbench("show", "latest").out
    ambiguous = dlbench("show", first.name[:8])
    assert ambiguous.code == 2
    assert first.name in ambiguous.err
    assert second.name in ambiguous.err


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ("", "GFLOP/s"),
        ("--metric time", " 1.00 ms"),
        ("--wide", "Time per step ("),
        ("--wide --metric gflops", "GFLOP/s ("),
        ("--wide --metric all --format md", "**Time per step ("),
        ("--wide --metric time,gflops --format md", "**Time per step ("),
        ("--sort gflops --top 1", " 1.00 ms"),
        ("--filter numpy", " 1.00 ms"),
        ("--format csv", "case,workload,m,n,k,backend,"),
        ("--format json", '"gflops": 33.5'),
    ],
)
def test_a_run_is_shown_in_every_metric_and_format(here: Path, options: str, part: str) -> None:
    store_run(here / "results")
    answer = dlbench("show", *options.split())
    assert (answer.code, answer.err) == (0, "")
    assert part in answer.out


def test_a_share_may_be_written_in_percent(here: Path) -> None:
    store_run(here / "results")
    shares = ("0.05", "5%", "5 %")
    answers = [dlbench("show", "--baseline", "numpy", "--margin", share) for share in shares]
    assert answers[0].code == 0
    assert answers.count(answers[0]) == len(shares)


def test_a_run_without_measurements_says_so_and_ends_with_1(here: Path) -> None:
    folder = store_run(here / "results")
    (folder / "measurements.jsonl").write_bytes(b"")
    answer = dlbench("show", str(folder))
    assert answer.code == 1
    assert answer.err == "Nothing was measured: the run ended before its turn\n"


def test_a_metric_that_a_run_lacks_is_answered_with_what_to_measure(here: Path) -> None:
    store_run(here / "results")
    answer = dlbench("show", "--metric", "overhead")
    assert (answer.code, answer.out) == (2, "")
    assert "overhead needs workload floor" in answer.err
    assert "dlbench run graphs" in answer.err


@pytest.mark.parametrize("baseline", ["jax", "eager/numpy", ""])
def test_a_baseline_that_the_run_lacks_is_answered_with_its_targets(here: Path, baseline) -> None:
    store_run(here / "results")
    answer = dlbench("show", "--baseline", baseline)
    assert (answer.code, answer.out) == (2, "")
    assert f"no target of the run matches: '{baseline}'. Allowed: numpy/cpu/eager/" in answer.err


def test_runs_are_listed_with_what_came_of_them(here: Path) -> None:
    assert dlbench("list", "runs") == Answer(0, "There are no runs yet.\n", "")
    names = [store_run(here / "results", suite).name for suite in ("a", "b")]
    listed = dlbench("list", "runs").out.splitlines()
    assert listed == [
        f"{name}  2026-01-01 12:00  told  1 ok, quiet; A Processor, 2 cores" for name in names
    ]


# --- measuring ----------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["", *LISTS])
def test_every_list_fits_a_terminal_and_says_the_same_there(what: str, monkeypatch) -> None:
    command = ["list", *filter(None, [what]), "--results", str(REFERENCE)]
    monkeypatch.delenv("COLUMNS", raising=False)
    whole = dlbench(*command)
    monkeypatch.setenv("COLUMNS", "80")
    folded = dlbench(*command)
    assert (whole.code, folded.code) == (0, 0)
    assert max(map(len, folded.out.splitlines())) <= 80
    assert sorted(folded.out.split()) == sorted(whole.out.split())
    assert first_words(folded.out) == first_words(whole.out)


def first_words(text: str) -> list[str]:
    """The names in the first column."""
    return [line.split()[0] for line in text.splitlines() if line[:1].strip()]


def test_a_dry_run_prints_the_plan_and_writes_nothing(bare: Path) -> None:
    answer = dlbench("run", "mine.toml", "--dry-run", "--threads", "1", "-k", "numpy or xla")
    why = "tensorflow is not installed; to add it: pip install -e '.[tensorflow]'"
    plan = page(
        "matmul/8x8x8",
        "  numpy/cpu/eager/float32/t1",
        f"  tensorflow/cpu/xla/float32/t1  skipped: {why}",
        "  numpy/cpu/eager/float32/t1 a second time (self-check)",
        "matmul/16x16x16",
        "  numpy/cpu/eager/float32/t1",
        f"  tensorflow/cpu/xla/float32/t1  skipped: {why}",
        "  numpy/cpu/eager/float32/t1 a second time (self-check)",
        "2 cases to measure, 2 skipped. Rigor standard: 2 repetitions in fresh processes, each "
        "with up to 2 samples of about 100 µs per case and up to 3 restarts of workers; seed 0",
        "The run takes about 11 s: starting 5 s, compiling and checking 2 s, measuring 4 s",
    )
    assert answer == Answer(0, plan, "")
    assert not (bare / "results").exists()


@pytest.mark.parametrize(
    ("options", "seed"),
    [("--budget 0.5", 0), ("--budget 1e6 --seed 4294967295", 4294967295), ("--backend=,", 0)],
)
def test_values_at_the_edge_are_taken(bare: Path, options: str, seed: int) -> None:
    answer = dlbench("run", "mine.toml", "--dry-run", *options.split())
    assert answer.code == 0
    assert answer.out.splitlines()[-2].endswith(f"seed {seed}")


@pytest.mark.parametrize(
    "options",
    [
        "--backend numpy,torch --size 8,16",
        "--backend numpy --backend torch --size 8 --size 16",
        "--size 8-16*2 --backend torch,numpy,torch",
        "--size 8-16+8 -k torch or numpy",
    ],
)
def test_lists_may_be_written_in_many_ways(bare: Path, options: str) -> None:
    words, _, expression = options.partition("-k ")
    extra = ["-k", expression] if expression else []
    answer = dlbench("run", "mine.toml", "--dry-run", *words.split(), *extra)
    assert answer.code == 0
    cases = [line for line in answer.out.splitlines() if not line.endswith("(self-check)")]
    assert sum("numpy/cpu/eager" in line for line in cases) == 2
    assert sum("torch/cpu/eager" in line for line in cases) == 2
    assert "tensorflow" not in answer.out


@pytest.fixture(scope="module")
def numpy_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    """A whole run, workers and all, on a machine without any framework."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "mine.toml").write_text(QUICKLY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(targets, "find_spec", only_numpy)
        patch.setattr(environment, "gpus", tuple)
        patch.chdir(folder)
        return folder, dlbench("run", "mine.toml", "--threads", "1", "--seed", "5")


def test_without_frameworks_there_is_a_table_for_numpy_and_how_to_add_the_others(numpy_run) -> None:
    _, answer = numpy_run
    assert answer.code == 0
    # a time that other programs made too long has no rate
    rate = "" if "Warning: other programs" in answer.out else ".*GFLOP/s"
    assert re.search(rf"matmul 8 +time{rate}", answer.out)
    assert re.search(rf"matmul 16 +time{rate}", answer.out)
    assert len(re.findall(r"\nnumpy +~?[\d.]+ [µnm]s", answer.out)) == len(["8", "16"])
    for name in ("tensorflow", "torch"):
        note = f"Not measured: {name} is not installed; to add it: pip install -e '.[{name}]'"
        assert answer.out.count(note) == 1


def test_a_run_says_where_its_results_are_and_what_to_do_next(numpy_run) -> None:
    folder, answer = numpy_run
    (run,) = (folder / "results").iterdir()
    assert f"Results: results/{run.name}\n" in answer.out
    assert f"dlbench report results/{run.name}" in answer.out


def test_progress_off_the_terminal_is_a_line_for_every_row_on_standard_error(numpy_run) -> None:
    _, answer = numpy_run
    lines = [line for line in answer.err.splitlines() if line != BUSY_WARNING]
    assert all(re.match(r"\[\d/\d\] ", line) for line in lines)
    finished = [line for line in lines if re.search(r": \d targets? in \d+ s", line)]
    count = len(finished)
    assert [line[:5] for line in finished] == [f"[{n}/{count}]" for n in range(1, count + 1)]
    assert count >= 2


@pytest.mark.parametrize("flag", ["--quiet", "-q"])
def test_quiet_leaves_the_result_alone(told, flag: str) -> None:
    answer = dlbench("run", "mine.toml", flag)
    assert (answer.code, answer.err) == (0, "")
    assert "GFLOP/s" in answer.out


def test_quiet_leaves_errors(told) -> None:
    told.status = "skipped"
    answer = dlbench("run", "mine.toml", "--quiet")
    assert (answer.code, answer.err) == (1, "Nothing was measured: for a reason\n")
    assert "there-is-none.toml" in dlbench("run", "there-is-none.toml", "-q").err


def test_what_was_measured_can_be_shown_again(numpy_run, monkeypatch) -> None:
    folder, _ = numpy_run
    monkeypatch.chdir(folder)
    data = json.loads(dlbench("show", "--format", "json").out)
    assert data["run"]["command"] == "dlbench run mine.toml --threads 1 --seed 5"
    assert data["run"]["plan"]["seed"] == 5
    rows = {row["case"]: row for row in data["rows"]}
    assert {row["status"] for row in rows.values()} == {"ok", "skipped"}
    product = rows["matmul/16x16x16/numpy/cpu/eager/float32/t1"]
    assert product["generations"] == 2
    assert 4 <= product["blocks"] <= 8, "disturbed ones are replaced"
    assert product["stop_reason"] == "blocks"
    assert product["gflops"] == pytest.approx(2 * 16**3 / product["time_s"] / 1e9)
    assert (product["ci_low_s"] is None) == (product["blocks"] < LEAST_VALUES)
    assert product["parity_error"] < 1e-6


class Told:
    """A supervisor that has workers of whom everything is known beforehand."""

    ends: BaseException | None = None
    status = "ok"

    def __init__(self, plan, launch, **_: object) -> None:
        self.plan = plan

    def measure(self) -> Iterator[Progress | Measurement]:
        for done, one in enumerate(self.plan.cases):
            yield Progress("measuring", done, len(self.plan.cases))
            if done == 1 and self.ends:
                raise self.ends
            well = measured(one, 1e-3)
            reason = None if self.status == "ok" else "for a reason"
            yield msgspec.structs.replace(well, status=self.status, reason=reason)


@pytest.fixture
def told(bare: Path, monkeypatch: pytest.MonkeyPatch) -> type[Told]:
    """The supervisor of the next run."""

    class Next(Told):
        pass

    monkeypatch.setattr(api_run, "Supervisor", Next)
    return Next


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("ok", 0),
        ("skipped", 1),  # nothing was measured
        ("failed", 1),
        ("parity_failed", 1),
        ("timed_out", 1),
        ("out_of_memory", 1),
    ],
)
def test_a_failed_case_or_none_at_all_ends_with_1(told, status: str, code: int) -> None:
    told.status = status
    answer = dlbench("run", "mine.toml")
    assert answer.code == code
    assert ("for a reason" in answer.out) is (status != "ok")
    assert ("Nothing was measured: for a reason" in answer.err) is (status != "ok")


def test_an_interrupted_run_keeps_and_shows_what_it_has(told, bare: Path) -> None:
    told.ends = KeyboardInterrupt()
    answer = dlbench("run", "mine.toml")
    assert answer.code == 130
    assert "Interrupted; what was measured so far is kept." in answer.err
    assert "GFLOP/s" in answer.out
    (folder,) = folders(bare / "results")
    assert len(read_run(folder).measurements) == 1


def test_results_go_where_they_are_asked_to(told, bare: Path) -> None:
    answer = dlbench("run", "mine.toml", "--results", "some/where")
    (folder,) = (bare / "some" / "where").iterdir()
    assert f"Results: some/where/{folder.name}" in answer.out


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        ("train_step", "train_step/iris/b32"),
        ("predict", "predict/iris/b32"),
        ("epoch", "epoch/iris/b32"),
        ("floor", "floor/train_step"),
    ],
)
def test_a_workload_is_run_without_a_suite(bare: Path, kind: str, case: str) -> None:
    answer = dlbench("run", kind, "--dry-run", "--backend", "numpy", "--threads", "1")
    assert answer.code == 0
    assert case in answer.out.splitlines()


# --- lists --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "beginnings"),
    [
        (
            "suites",
            [
                "calls ",
                "epochs ",
                "full ",
                "gpu-quick ",
                "graphs ",
                "lecture ",
                "matmul ",
                "next ",
                "precision ",
                "quick ",
                "retrace ",
            ],
        ),
        (
            "workloads",
            [
                f"{name} "
                for name in (
                    "backward",
                    "epoch",
                    "floor",
                    "forward",
                    "matmul",
                    "predict",
                    "retrace",
                    "train_step",
                )
            ],
        ),
        ("datasets", ["abalone ", "fruit ", "ionosphere ", "iris ", "marker ", "mnist "]),
        ("backends", ["jax ", "numpy ", "tensorflow ", "torch "]),
    ],
)
def test_lists_name_every_member_and_say_something_of_it(what: str, beginnings) -> None:
    lines = dlbench("list", what).out.partition("\n\n")[0].splitlines()
    assert [line[: len(name)] for line, name in zip(lines, beginnings, strict=True)] == beginnings
    assert all(len(line.split()) > 2 for line in lines)


def test_without_a_word_every_list_is_named_briefly(here: Path) -> None:
    names = [store_run(here / "results", suite).name for suite in ("a", "b")]
    answer = dlbench("list")
    assert (answer.code, answer.err) == (0, "")
    *lines, hint = answer.out.splitlines()
    assert [line.split()[0] for line in lines] == [*LISTS]
    assert re.match(r"datasets +6 +abalone, fruit, ionosphere, iris, marker, mnist$", lines[4])
    assert re.match(rf"runs +2 +latest: {names[-1]}$", lines[5])
    assert "dlbench list networks" in hint


def test_networks_are_listed_with_their_size() -> None:
    lines = dlbench("list", "networks").out.splitlines()
    assert len(lines) == 13
    assert any(re.match(r"mnist-512 +407050 parameters  \w", line) for line in lines)


def test_backends_are_listed_with_how_to_add_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", only_numpy)
    jax, numpy, tensorflow, torch = (
        dlbench("list", "backends").out.partition("\n\n")[0].splitlines()
    )
    assert numpy.endswith(" installed")
    assert jax.endswith("not installed; pip install -e '.[jax]'")
    assert tensorflow.endswith("not installed; pip install -e '.[tensorflow]'")
    assert torch.endswith("not installed; pip install -e '.[torch]'")
    assert "eager (dynamic), compile (static)" in torch


def test_with_the_backends_go_their_calls_and_changed_settings() -> None:
    _, dtypes, calls, settings = dlbench("list", "backends").out.split("\n\n")
    title, _, *lines = dtypes.splitlines()
    assert title == "Number types"
    assert any(line.split()[:3] == ["torch", "cpu", "float32,"] for line in lines)
    assert any("bfloat16: NumPy has no such type" in line for line in lines)
    title, _, *lines = calls.splitlines()
    assert title == "Calls beside the bare one"
    assert ["tensorflow", "predict", "predict_on_batch"] in [line.split()[:3] for line in lines]
    title, *lines = settings.splitlines()
    assert title == "Settings that differ from the framework's defaults"
    (dispatch,) = [line for line in lines if "jax_cpu_enable_async_dispatch" in line]
    assert "on cpu: False (default: True); " in dispatch
    assert dispatch.endswith("; --mode jit-async measures with the default")
