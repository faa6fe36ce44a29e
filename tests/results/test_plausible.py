"""Results that are valid record by record, and make no sense together, are refused in words."""

import json

import pytest

from dlbench.results.folder import RUN, TRAINING, new_folder
from fakes.runs import COMPILED, case, matmul, measured, run_of
from fakes.terminal import dlbench
from fakes.trainings import found, trained

CASES = [case(matmul(8)), case(matmul(8), COMPILED)]
QUEUED = {"steps": 2, "seconds": 5e-324, "how": "two lengths"}
COMPILING = {"caches": "cold", "start_s": 1.0, "graphs": [0, 1, 1]}
COMMANDS = (["show"], ["show", "--format", "csv"], ["answer"], ["report"])


@pytest.fixture
def run(tmp_path):
    folder = new_folder(tmp_path / "results", "told")
    with RUN.writing(folder, run_of(CASES)) as written:
        for one in CASES:
            written.append(measured(one, *[1e-3] * 12))
    return folder


def edit(path, change):
    """Change every record of a file of JSON, or of lines of JSON."""
    if path.suffix == ".json":
        return path.write_text(json.dumps(change(json.loads(path.read_text()))))
    changed = [json.dumps(change(json.loads(line))) for line in path.read_text().splitlines()]
    return path.write_text("".join(f"{line}\n" for line in changed))


def with_work(**work):
    def change(head):
        for group in head["plan"]["groups"]:
            for one in (group, *group["cases"]):
                one["workload"]["work"].update(work)
        return head

    return change


def with_samples(**fields):
    def change(line):
        return {**line, "samples": [{**one, **fields} for one in line["samples"]]}

    return change


def with_head(**fields):
    return lambda head: {**head, **fields}


LAYER = {"name": "first", "shapes": [[4, 4], [4]], "entered": 1.0, "gradients": [1.0, 2.0]}
TWIN = {"data": "a", "inputs": [8, 4], "shape": [8, 4], "outputs": [0.5], "norm": 1.0, "loss": 0.5}


def with_own(**params):
    """Make the workloads those of a user's own file, with these parameters."""
    own = {"name": "net", "path": "/net.py", "sha256": "0", "functions": {}, "loss": "mse"}

    def change(head):
        for group in head["plan"]["groups"]:
            for one in (group, *group["cases"]):
                one["workload"] |= {"own": own, "params": params or one["workload"]["params"]}
        return head

    return change


def with_twin(**layer):
    """Add a twin with one layer to every line; to the last one with these changes."""

    def change(line):
        layers = [{**LAYER, **(layer if "compile" in line["case"] else {})}]
        return {**line, "twin": {**TWIN, "layers": layers}}

    return change


def compiled(graphs):
    return lambda line: {**line, "compiling": {**COMPILING, "graphs": graphs}}


@pytest.mark.parametrize(
    ("file", "change", "complaint"),
    [
        (RUN.head_file, with_work(flops=10**400), "larger than 1e+30"),
        (RUN.head_file, with_work(elements=-5), ">= 0"),
        (RUN.head_file, with_head(luck={"variance": -1.0, "df": 1.0, "runs": 1}), ">= 0"),
        (RUN.head_file, with_head(luck={"variance": 1e300, "df": 1.0, "runs": 1}), "<= "),
        (RUN.lines_file, with_samples(host_s=5e-324), "shorter than 1e-12 s"),
        (
            RUN.lines_file,
            lambda line: {**line, "device": {"queued": QUEUED}},
            "shorter than 1e-12 s",
        ),
        (RUN.lines_file, with_samples(iterations=10**400), "iterations"),
        (RUN.lines_file, compiled([]), "graphs"),
        (RUN.lines_file, compiled([1]), "graphs"),
        (RUN.head_file, with_own(), "has no network or no batch"),
        (RUN.head_file, with_own(network="net"), "has no network or no batch"),
        (RUN.lines_file, with_twin(gradients=[1.0]), "not one gradient for each weight"),
        (RUN.lines_file, with_twin(gradients=[1.0] * 3), "not one gradient for each weight"),
        (RUN.lines_file, with_twin(shapes=[[2**62] * 600, [4]]), "larger than 1e+30"),
    ],
)
def test_what_nobody_can_compute_with_is_refused_in_words(run, file, change, complaint):
    edit(run / file, change)
    for command, *options in COMMANDS:
        answer = dlbench(command, str(run), *options)
        assert answer.code == 5
        assert complaint in answer.err
    assert dlbench("list", "runs", "--results", str(run.parent)).code == 0
    checked = dlbench("check", str(run))
    assert checked.code == 1
    assert complaint in checked.out


@pytest.mark.parametrize(
    ("file", "change"),
    [
        (RUN.head_file, with_work(flops=0, elements=0)),
        (RUN.lines_file, with_samples(host_s=0.0)),
        (RUN.lines_file, with_samples(host_s=1e9)),
        (RUN.lines_file, with_samples(iterations=2**63 - 1)),
        (RUN.lines_file, with_samples(round=0)),
        (RUN.lines_file, lambda line: {**line, "calls_s": [], "stop_reason": None}),
        (RUN.head_file, lambda head: {**head, "plan": {**head["plan"], "groups": []}}),
        (RUN.head_file, with_head(command="an unclosed ' quote")),
    ],
)
def test_odd_results_are_shown(run, file, change):
    edit(run / file, change)
    for command, *options in COMMANDS:
        assert dlbench(command, str(run), *options).code in {0, 1, 2}


@pytest.mark.parametrize(
    ("file", "change", "complaint"),
    [
        (TRAINING.head_file, with_head(seeds=[]), "seeds"),
        (TRAINING.head_file, with_head(targets=[]), "targets"),
        (TRAINING.lines_file, lambda line: {**line, "epochs": []}, "without an epoch"),
    ],
)
def test_trainings_that_nobody_can_show_are_refused_in_words(tmp_path, file, change, complaint):
    told, folder = found(trained(0.5, 0.75)), new_folder(tmp_path / "results", "train-iris")
    with TRAINING.writing(folder, told.run) as written:
        written.append(told.results[0])
    assert dlbench("show", str(folder)).code == 0
    edit(folder / file, change)
    answer = dlbench("show", str(folder))
    assert answer.code == 5
    assert complaint in answer.err
