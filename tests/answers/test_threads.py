"""How many threads to use, in sentences that say no more than the verdicts."""

from msgspec.structs import replace

from dlbench.answers.scaling import Cliff, Scaling
from dlbench.answers.threads import MOST_CLIFFS, texts
from fakes import runs
from fakes.runs import COMPILED, NUMPY, TORCH, case, matmul

ROWS = runs.rows(
    *((case(matmul(64), target), 1e-3) for target in (NUMPY, TORCH, COMPILED)),
    *((case(matmul(128), target), 1e-3) for target in (NUMPY, TORCH, COMPILED)),
)


def scaling(row=0, **fields) -> Scaling:
    given = {
        "workload": ROWS[row].workload.id,
        "case": ROWS[row].case,
        "usual": 2,
        "counts": (1, 2),
        "best": 1,
        "ratio": 1.9,
        "low": 1.8,
        "high": 2.0,
        "verdict": "slower",
    }
    return Scaling(**{**given, **fields})


def told(*scalings, cores=2) -> list[str]:
    return texts(ROWS, scalings, cores)


FASTER = {"verdict": "faster", "ratio": 0.5, "low": 0.4, "high": 0.625}


def test_one_target_has_a_sentence_of_its_own() -> None:
    assert told(scaling()) == [
        "numpy, matmul 64: 1 thread is best; the default 2 take 1.90 [1.80–2.00] times as long"
    ]
    assert told(scaling(**FASTER)) == [
        (
            "numpy, matmul 64: the default 2 threads are best; 1 thread takes 2.00 [1.60–2.50] "
            "times as long"
        )
    ]
    assert told(scaling(verdict="same")) == [
        "numpy, matmul 64: the default 2 threads and 1 are equal"
    ]
    assert told(scaling(verdict="unsure")) == [
        "numpy, matmul 64: no difference can be told between the default 2 threads and others"
    ]


def test_where_the_default_was_not_measured_it_is_not_named() -> None:
    [text] = told(scaling(best=2, usual=4), cores=8)
    assert text.startswith("numpy, matmul 64: 2 threads are best; 4 take 1.90 ")


def test_many_targets_are_counted_and_the_largest_difference_is_named() -> None:
    others = [scaling(1, ratio=3.0, low=2.9, high=3.1), scaling(2, **FASTER)]
    others += [scaling(3, verdict="same"), scaling(4, verdict="unsure")]
    assert told(scaling(), *others) == [
        (
            "threads: the default 2 threads are best in 1 of 5 cases, others in 2, equal in 1, 1 "
            "cannot be told; most in torch eager, matmul 64: 1 thread is best; the default 2 take "
            "3.0 [2.9–3.1] times as long"
        )
    ]


def test_cliffs_are_named_the_largest_first() -> None:
    cliffs = (Cliff(1, 2, 1.9, 1.8, 2.0), Cliff(2, 4, 3.0, 2.9, 3.1))
    _, first, second = told(scaling(cliffs=cliffs))
    assert first == "numpy, matmul 64: from 2 to 4 threads a step takes 3.0 [2.9–3.1] times as long"
    assert second.startswith("numpy, matmul 64: from 1 to 2 threads a step takes 1.90 ")
    many = [scaling(place, cliffs=cliffs) for place in range(5)]
    assert len(told(*many)) == 1 + MOST_CLIFFS


def test_without_scaling_there_is_nothing_to_say() -> None:
    assert told() == []


def test_targets_that_differ_in_the_threads_alone_have_one_name() -> None:
    rows = [replace(row, target=replace(row.target, threads=n)) for row in ROWS[:1] for n in (1, 2)]
    assert texts(rows, [scaling()], 2)[0].startswith("numpy, matmul 64: ")
