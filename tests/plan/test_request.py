"""What a caller asks for, as words and numbers, and what is refused."""

import pytest

from dlbench.errors import UsageError
from dlbench.plan.request import Request, TrainingRequest, VerifyRequest


def request(suite="quick", **options):
    return Request.of(suite, options)


def training(network="iris", **options):
    return TrainingRequest.of(network, options)


def test_nothing_asked_for_is_the_default_suite_as_it_is():
    assert request() == Request()
    assert (Request().targets, Request().axes, Request().given) == ({}, {}, {})


@pytest.mark.parametrize(
    "value",
    [["torch,numpy", "torch"], "torch,numpy", ("torch", "numpy")],
)
def test_words_may_be_joined_repeated_or_listed(value):
    assert request(backend=value).targets == {"backend": ["torch", "numpy"]}


@pytest.mark.parametrize("value", [32, [32], "32", range(32, 33)])
def test_an_axis_takes_numbers_too(value):
    assert request(batch=value).axes == {"batch": ["32"]}


def test_targets_and_axes_are_told_apart():
    made = request(threads=[1, 2], network="iris", loop="fit")
    assert made.targets == {"threads": ["1", "2"]}
    assert made.axes == {"network": ["iris"], "loop": ["fit"]}


def test_the_suite_may_be_an_option_but_not_twice():
    assert request(suite="quick") == Request()
    assert Request.of("quick", {"suite": "lecture"}).suite == "lecture"
    with pytest.raises(UsageError, match="the suite is given twice: 'lecture'"):
        Request.of("matmul", {"suite": "lecture"})
    with pytest.raises(UsageError, match="--suite has the wrong type"):
        Request.of(["quick"], {})


def test_none_means_not_given():
    assert request(backend=None, rigor=None, budget_s=None) == Request()


def test_a_request_can_be_changed_by_options():
    first = request("lecture", backend="torch", rigor="quick")
    assert request(first, rigor="standard", seed=3) == Request(
        suite="lecture", backend=("torch",), rigor="standard", seed=3
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget_s": 0.0}, "--budget 0: seconds, more than 0"),
        ({"budget_s": float("inf")}, "--budget inf: seconds, more than 0"),
        ({"budget_s": float("nan")}, "--budget nan: seconds, more than 0"),
        ({"compile_limit_s": -1}, "--compile-limit -1: seconds, more than 0"),
        ({"precision": 2.0}, "--precision 2: a fraction such as 0.005"),
        ({"precision": 0.0}, "--precision 0: a fraction such as 0.005"),
        ({"generations": 0}, "--generations 0: a whole number from 1 to 1000"),
        ({"generations": 1001}, "--generations 1001: a whole number from 1 to 1000"),
        ({"renewals": -1}, "--renewals -1: a whole number from 0 to 1000"),
        ({"seed": -1}, "--seed -1: a whole number from 0 to 4294967295"),
        ({"rigor": "most"}, "unknown rigor: 'most'. Allowed: quick, standard, rigorous"),
        ({"rigour": "quick"}, "unknown option: 'rigour'"),
        ({"backend": 1.5}, "--backend has the wrong type: 1.5. Allowed: a word, a number, or a"),
        ({"backend": [None]}, "--backend has the wrong type. Allowed: a text"),
        ({"generations": "3"}, "--generations has the wrong type: '3'. Allowed: a whole number"),
        ({"generations": 2.0}, "--generations has the wrong type: 2.0. Allowed: a whole number"),
        ({"generations": True}, "--generations has the wrong type: True. Allowed: a whole number"),
        ({"precision": "1 %"}, "--precision has the wrong type: '1 %'. Allowed: a number"),
        ({"keep": 3}, "-k has the wrong type: 3. Allowed: a text"),
    ],
)
def test_a_mistake_names_the_option_the_value_and_what_is_allowed(options, message):
    with pytest.raises(UsageError) as caught:
        request(**options)
    assert str(caught.value).startswith(message)


def test_a_misspelt_option_is_corrected():
    with pytest.raises(UsageError, match="Did you mean 'rigor'"):
        request(rigour="quick")


def test_a_request_says_the_command_that_asks_for_the_same():
    made = request("lecture", backend="torch,numpy", budget_s=60.0, keep="not xla")
    assert made.command == "dlbench run lecture --backend torch,numpy -k 'not xla' --budget 60.0"
    assert training(seeds=3, goal=0.9).command == "dlbench train iris --seeds 3 --target 0.9"


@pytest.mark.parametrize("goal", [0.0, -0.5, 1.01, float("nan"), float("inf")])
def test_a_goal_is_an_accuracy(goal):
    with pytest.raises(UsageError, match=r"--target .*: accuracies are fractions, such as 0.9"):
        training(goal=goal)


def test_a_training_has_numbers_where_a_run_has_words():
    made = training(batch=5, epochs=7, threads=2)
    assert (made.batch, made.epochs, made.targets) == (5, 7, {"threads": ["2"]})
    with pytest.raises(UsageError, match="--batch has the wrong type"):
        training(batch="5-10")


def test_a_verification_is_quick_or_not():
    assert VerifyRequest.of({"quick": True, "network": "iris"}).network == ("iris",)
    with pytest.raises(UsageError, match="--quick has the wrong type: 1"):
        VerifyRequest.of({"quick": 1})
