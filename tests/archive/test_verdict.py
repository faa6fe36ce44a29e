"""The word for a change, and the mean of several."""

from math import log, log1p

import pytest

from dlbench.archive.apart import Apart
from dlbench.archive.verdict import Change, by_backend, mean_of, with_verdicts
from dlbench.stats.location import Location

MARGIN = 0.02


def change(name="a", workload="w", ratio=1.0, **fields):
    return Change(name, workload, workload, "t", "numpy", 1.0, ratio, ratio, ratio, **fields)


def apart(ratio, error, df=20.0):
    return Apart(Location(log(ratio), error, df, 2))


def judged(*pairs, workloads=None):
    changes = [
        change(str(n), (workloads or ["w"] * len(pairs))[n], ratio)
        for n, (ratio, _) in enumerate(pairs)
    ]
    return with_verdicts(changes, [apart(*pair) for pair in pairs], [""] * len(pairs), MARGIN)


@pytest.mark.parametrize(
    ("ratio", "error", "verdict", "reason"),
    [
        (1.5, 0.01, "slower", "slower by more than 2 % (1.47–1.53x)"),
        (1 / 1.5, 0.01, "faster", "faster by more than 2 % (1.47–1.53x)"),
        (1.0, 0.005, "same", "at most 2 % apart (0.99–1.01x)"),
        (1.03, 0.03, "unsure", "the true difference may be below 2 % (0.97–1.10x)"),
    ],
)
def test_the_word(ratio, error, verdict, reason):
    [found] = judged((ratio, error))
    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.low < ratio < found.high


def test_without_an_interval_the_problem_is_the_reason():
    nothing = Apart(Location(0.1, None, None, 0))
    [found] = with_verdicts([change()], [nothing], ["it was busy"], MARGIN)
    assert (found.verdict, found.reason, found.p, found.low) == (
        "unsure",
        "it was busy",
        None,
        None,
    )


def test_among_many_of_a_workload_a_chance_is_no_change():
    error = (log(1.1) - log1p(MARGIN)) / 2.5  # alone, this is beyond the 95 % interval
    [alone] = judged((1.1, error))
    assert alone.verdict == "slower"
    crowd = judged((1.1, error), *[(1.0, 0.01)] * 20)
    assert crowd[0].verdict == "unsure"
    assert "may be chance among so many" in crowd[0].reason
    apart_ = judged((1.1, error), *[(1.0, 0.01)] * 20, workloads=[str(n) for n in range(21)])
    assert apart_[0].verdict == "slower"
    assert apart_[0].p_gate > apart_[0].p_display


def test_the_mean_is_geometric_and_its_ends_are_the_means_of_the_ends():
    found = mean_of(
        "all", [change(ratio=2.0, low=1.0, high=4.0), change(ratio=0.5, low=0.25, high=1.0)]
    )
    assert (found.cases, found.ratio, found.low, found.high) == (
        2,
        pytest.approx(1.0),
        pytest.approx(0.5),
        pytest.approx(2.0),
    )


def test_a_case_without_an_interval_leaves_the_mean_without_one():
    found = mean_of("all", [change(ratio=2.0, low=1.0, high=4.0), change(ratio=0.5)])
    assert (found.low, found.high) == (None, None)


def test_no_case_has_no_mean():
    assert mean_of("all", []) is None


def test_backends():
    assert [*by_backend([change(), change()])] == ["numpy"]
