"""What a notebook shows of results."""

from pathlib import Path

from dlbench.api.result import RunResult, TrainingOutcome
from dlbench.results.folder import Results
from fakes.runs import NUMPY, TORCH, case, matmul, results
from fakes.trainings import found, trained

RUN = results((case(matmul(64), NUMPY), 1e-3), (case(matmul(64), TORCH), 2e-3))


def test_a_run_has_its_machine_its_warnings_and_its_tables() -> None:
    text = RunResult(
        Results(RUN.run, RUN.measurements, ("the last line is <torn>",)), Path()
    )._repr_html_()
    assert "A Processor" in text
    assert '<p class="warn">Warning: the last line is &lt;torn&gt;</p>' in text
    assert "All: cpu, eager, float32, 2 threads" in text
    assert "<caption>matmul 64</caption>" in text


def test_trainings_have_their_machine_and_their_table() -> None:
    text = TrainingOutcome(found(trained(0.5, 0.9)), Path())._repr_html_()
    assert "A Processor" in text
    assert "<caption>iris: " in text
    assert "0.9" in text
    assert "<script" not in text
