"""From suite, options and machine to a plan: which cases there are, and why some are skipped."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from dlbench import units
from dlbench.errors import UsageError
from dlbench.networks.base import every
from dlbench.plan import build
from dlbench.plan.fitting.memory import MEMORY_SHARE
from dlbench.plan.presets import RIGORS
from dlbench.plan.request import Request
from dlbench.plan.suite import Entry, Suite
from dlbench.plan.targets import read_declarations, targets_for
from dlbench.records.layers import Dense
from dlbench.records.network import Network
from dlbench.records.own import Made, OwnNetwork, Way
from dlbench.records.plan import Plan, Sampling
from dlbench.workloads import _work
from fakes.machine import DECLARATIONS, machine

MATMUL = Entry(("matmul",), {"size": [8]})
IRIS = Entry(("forward",), {"network": ["iris"]})
OWN = Network(
    name="mine", inputs=(4,), layers=(Dense(3),), loss="nll", dataset="iris", about="", batch=7
)


def suite_of(*entries: Entry, **fields: Any) -> Suite:
    return Suite(
        **{
            "name": "told",
            "about": "",
            "targets": {},
            "sampling": Sampling(),
            "entries": entries or (MATMUL,),
            **fields,
        }
    )


def make(
    *entries: Entry, asked: Request | None = None, suite: dict[str, Any] | None = None, **on: Any
) -> Plan:
    return build.make(suite_of(*entries, **(suite or {})), asked or Request(), machine(**on))


def wanting(**targets: str) -> Request:
    return Request(**{axis: (text,) for axis, text in targets.items()})


def with_axes(**axes: str) -> Request:
    return Request(**{axis: (text,) for axis, text in axes.items()})


def targets(made: Plan) -> list[str]:
    return list(dict.fromkeys(case.target.id for case in made.cases))


def workloads(made: Plan) -> list[str]:
    return [group.workload.id for group in made.groups]


def skips(made: Plan) -> dict[str, str]:
    return {case.target.id: case.skip for case in made.cases if case.skip}


def test_without_a_wish_every_target_of_the_machine_is_planned() -> None:
    assert [case.id for case in make().cases] == [
        "matmul/8x8x8/alpha/cpu/eager/float32/t4",
        "matmul/8x8x8/beta/cpu/eager/float32/t4",
        "matmul/8x8x8/beta/cpu/graph/float32/t4",
        "matmul/8x8x8/beta/cpu/jit/float32/t4",
    ]


def test_a_gpu_is_used_where_there_is_one_and_the_backend_can() -> None:
    made = make(gpus=1)
    assert skips(made) == {}
    assert targets(made) == [
        "alpha/cpu/eager/float32/t4",
        *(
            f"beta/{device}/{mode}/float32/t4"
            for device in ("cpu", "cuda")
            for mode in ("eager", "graph", "jit")
        ),
    ]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"backend": "alpha"}, ["alpha/cpu/eager/float32/t4"]),
        (
            {"backend": "beta,alpha", "mode": "eager"},
            ["beta/cpu/eager/float32/t4", "alpha/cpu/eager/float32/t4"],
        ),
        (
            {"mode": "dynamic"},
            ["alpha/cpu/eager/float32/t4", "beta/cpu/eager/float32/t4"],
        ),
        ({"mode": "static"}, ["beta/cpu/graph/float32/t4", "beta/cpu/jit/float32/t4"]),
        ({"mode": "jit"}, ["beta/cpu/jit/float32/t4"]),
        ({"mode": "static,jit"}, ["beta/cpu/graph/float32/t4", "beta/cpu/jit/float32/t4"]),
        (
            {"mode": "dynamic,graph", "backend": "beta"},
            ["beta/cpu/eager/float32/t4", "beta/cpu/graph/float32/t4"],
        ),
        ({"dtype": "float64"}, ["alpha/cpu/eager/float64/t4"]),
        (
            {"dtype": "float64,float32", "mode": "eager"},
            [
                "alpha/cpu/eager/float64/t4",
                "alpha/cpu/eager/float32/t4",
                "beta/cpu/eager/float32/t4",
            ],
        ),
        ({"dtype": "tf32", "device": "cpu,cuda", "mode": "jit"}, ["beta/cuda/jit/tf32/t4"]),
        ({"device": "cuda", "mode": "jit"}, ["beta/cuda/jit/float32/t4"]),
        ({"device": "cuda:0", "mode": "jit"}, ["beta/cuda/jit/float32/t4"]),
        ({"device": "cuda:1", "mode": "jit"}, ["beta/cuda:1/jit/float32/t4"]),
        (
            {"threads": "1-4*2", "backend": "alpha"},
            [f"alpha/cpu/eager/float32/t{count}" for count in (1, 2, 4)],
        ),
    ],
)
def test_wishes_choose_targets(wish: dict[str, str], expected: list[str]) -> None:
    made = make(asked=wanting(**wish), gpus=2 if "device" in wish else 0)
    assert targets(made) == expected
    assert len(made.cases) == len(expected)


@pytest.mark.parametrize(
    ("threads", "count"), [("1,2,4", 4), ("1", 1), ("1,2,99", 2), ("98,99", 99)]
)
def test_threads_do_not_multiply_the_targets_of_a_gpu(threads: str, count: int) -> None:
    """The host only tells it its work: as many as there are cores for."""
    wish = wanting(device="cuda", mode="jit", threads=f"{threads}")
    found = [target for target, _ in targets_for(wish.targets, machine(gpus=1))]
    assert [target.id for target in found] == [f"beta/cuda/jit/float32/t{count}"]


def test_a_device_written_in_two_ways_is_one() -> None:
    made = make(asked=wanting(device="cuda,cuda:0,cuda:1,cuda:01", mode="jit"), gpus=2)
    assert [case.target.id for case in made.cases] == [
        "beta/cuda/jit/float32/t4",
        "beta/cuda:1/jit/float32/t4",
    ]


def test_the_suite_chooses_targets_and_the_user_overrules_it() -> None:
    own = {"targets": {"backend": ["beta"], "mode": ["jit"], "threads": ["2"]}}
    assert targets(make(suite=own)) == ["beta/cpu/jit/float32/t2"]
    assert targets(make(suite=own, asked=wanting(threads="1"))) == ["beta/cpu/jit/float32/t1"]
    assert targets(make(suite=own, asked=wanting(backend="beta", mode="eager"))) == [
        "beta/cpu/eager/float32/t2"
    ]


@pytest.mark.parametrize(
    ("wish", "what", "allowed"),
    [
        ({"backend": "gamma"}, "unknown backend: 'gamma'", "alpha, beta"),
        ({"backend": "bt"}, "unknown backend: 'bt'", "alpha, beta. Did you mean 'beta'?"),
        ({"backend": "alpha,Beta"}, "unknown backend: 'Beta'", "alpha, beta"),
        ({"mode": "fast"}, "unknown mode: 'fast'", "eager, graph, jit, dynamic, static"),
        ({"dtype": "float16"}, "unknown dtype: 'float16'", "float32, float64, tf32"),
        ({"device": "cudda"}, "unknown device: 'cudda'", "cuda:<index>. Did you mean 'cuda'?"),
        ({"device": "CPU"}, "unknown device: 'CPU'", "cpu, cuda, cuda:<index>"),
        ({"device": "cpu:0"}, "unknown device: 'cpu:0'", "cpu, cuda, cuda:<index>"),
        ({"device": "cuda:"}, "unknown device: 'cuda:'", "cpu, cuda, cuda:<index>"),
        ({"device": "cuda:x"}, "unknown device: 'cuda:x'", "cpu, cuda, cuda:<index>"),
        ({"device": "cuda:-1"}, "unknown device: 'cuda:-1'", "cpu, cuda, cuda:<index>"),
        ({"device": "cuda0"}, "unknown device: 'cuda0'", "cpu, cuda, cuda:<index>"),
        ({"threads": "0"}, "--threads 0: a positive whole number or a range", "1-4"),
        ({"threads": "all"}, "--threads all: a positive whole number or a range", "1-4"),
    ],
)
def test_a_wrong_target_is_told_with_the_right_ones(wish, what: str, allowed: str) -> None:
    with pytest.raises(UsageError) as caught:
        make(asked=wanting(**wish))
    assert str(caught.value).startswith(what)
    assert allowed in str(caught.value)


def test_what_is_not_installed_is_skipped_with_how_to_add_it() -> None:
    made = make(installed=frozenset({"alpha"}))
    why = "beta is not installed; to add it: pip install beta"
    assert skips(made) == {
        f"beta/cpu/{mode}/float32/t4": why for mode in DECLARATIONS["beta"].modes
    }


@pytest.mark.parametrize(
    ("device", "gpus", "why"),
    [
        ("cuda", 0, "no CUDA GPU found (the driver lists none)"),
        ("cuda:1", 1, "there is no device cuda:1: the driver lists 1 GPU"),
        ("cuda:9", 2, "there is no device cuda:9: the driver lists 2 GPUs"),
    ],
)
def test_a_device_that_is_not_there_is_skipped_with_what_is(device, gpus, why) -> None:
    made = make(asked=wanting(device=f"cpu,{device}", mode="jit"), gpus=gpus)
    assert skips(made) == {f"beta/{device}/jit/float32/t4": why}


def test_more_threads_than_cores_are_skipped() -> None:
    made = make(asked=wanting(threads="1,4,8", backend="alpha"))
    why = "--threads 8: this machine has 4 usable cores"
    assert skips(made) == {"alpha/cpu/eager/float32/t8": why}
    limited = make(asked=wanting(threads="1,4,8", backend="alpha"), core_limit="quota")
    assert skips(limited) == {"alpha/cpu/eager/float32/t8": f"{why} (quota)"}


def test_only_more_threads_than_cores_are_refused_before_anything_is_started() -> None:
    with pytest.raises(UsageError) as caught:
        make(asked=wanting(threads="99"), cores=1, installed=frozenset({"alpha"}))
    why = "nothing can be measured: --threads 99: this machine has 1 usable core."
    assert str(caught.value) == why


def test_where_everything_is_skipped_there_is_nothing_to_do_and_every_reason_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        make(asked=wanting(device="cuda"))
    assert str(caught.value) == (
        "no CUDA GPU found (the driver lists none), so there is nothing to measure."
    )
    with pytest.raises(UsageError) as caught:
        make(installed=frozenset())
    for name in DECLARATIONS:
        assert f"{name} is not installed; to add it: pip install {name}" in str(caught.value)


@pytest.mark.parametrize(
    "asked",
    [
        Request(keep="nonsense"),
        Request(keep="alpha and jit"),
    ],
)
def test_where_nothing_is_left_the_user_is_told_where_to_look(asked: Request) -> None:
    with pytest.raises(UsageError, match="nothing is left to measure") as caught:
        make(asked=asked, gpus=1)
    assert "dlbench run --dry-run" in str(caught.value)
    assert "dlbench list backends" in str(caught.value)


@pytest.mark.parametrize(
    "asked",
    [
        wanting(backend="alpha", mode="static"),
        wanting(backend="beta", dtype="float64"),
        wanting(backend="alpha", device="cuda"),
    ],
)
def test_what_no_backend_has_together_is_told_with_what_each_has(asked: Request) -> None:
    (name,) = asked.targets["backend"]
    with pytest.raises(UsageError, match=rf" only in .*, not in {name}\. Allowed: ") as caught:
        make(asked=asked, gpus=1)
    assert f"Allowed: {name}: " in str(caught.value)
    assert all(word in str(caught.value) for words in asked.targets.values() for word in words)


def test_an_expression_keeps_cases_by_their_ids_and_drops_empty_groups() -> None:
    keep = "matmul/8x and not jit or iris and alpha"
    made = make(
        Entry(("matmul",), {"size": [8, 16]}), IRIS, asked=Request(keep=keep), suite={"name": "k"}
    )
    assert [case.id for case in made.cases] == [
        "matmul/8x8x8/alpha/cpu/eager/float32/t4",
        "matmul/8x8x8/beta/cpu/eager/float32/t4",
        "matmul/8x8x8/beta/cpu/graph/float32/t4",
        "forward/iris/b32/alpha/cpu/eager/float32/t4",
    ]
    assert workloads(made) == ["matmul/8x8x8", "forward/iris/b32"]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (
            [Entry(("matmul",), {"size": [8, 16]})],
            ["matmul/8x8x8", "matmul/16x16x16"],
        ),
        (
            [Entry(("matmul",), {"m": [1, 2], "n": [3], "k": [4, 5]})],
            ["matmul/1x3x4", "matmul/1x3x5", "matmul/2x3x4", "matmul/2x3x5"],
        ),
        (
            [Entry(("matmul",), {"size": [8], "m": [1], "n": [2], "k": [3]})],
            ["matmul/8x8x8", "matmul/1x2x3"],
        ),
        (
            [Entry(("forward", "predict"), {"network": ["iris", "mnist-512"], "batch": [1, 64]})],
            [
                f"{kind}/{network}/b{batch}"
                for kind in ("forward", "predict")
                for network in ("iris", "mnist-512")
                for batch in (1, 64)
            ],
        ),
        (
            [Entry(("backward",), {})],
            [f"backward/{n.name}/b{n.batch}" for n in every().values()],
        ),
        (
            [MATMUL, IRIS, MATMUL, Entry(("matmul",), {"size": [8], "m": [8], "n": [8], "k": [8]})],
            ["matmul/8x8x8", "forward/iris/b32"],
        ),
        (
            [Entry(("matmul", "forward"), {"size": [8], "network": ["iris"], "batch": [1]})],
            ["matmul/8x8x8", "forward/iris/b1"],
        ),
    ],
)
def test_entries_stand_for_workloads_each_once_and_in_order(
    entries: Iterable[Entry], expected: list[str]
) -> None:
    assert workloads(make(*entries)) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (with_axes(size="16-64*2"), ["matmul/16x16x16", "matmul/32x32x32", "matmul/64x64x64"]),
        (with_axes(batch="1,64"), ["matmul/8x8x8", "forward/iris/b1", "forward/iris/b64"]),
        (
            with_axes(network="iris", batch="5", size="4"),
            ["matmul/4x4x4", "forward/iris/b5"],
        ),
        (Request(), ["matmul/8x8x8"]),
    ],
)
def test_the_user_overrules_the_axes_of_the_suite(asked: Request, expected: list[str]) -> None:
    entries = [MATMUL, IRIS] if "batch" in asked.axes or "network" in asked.axes else [MATMUL]
    assert workloads(make(*entries, asked=asked)) == expected


@pytest.mark.parametrize(
    ("axes", "what", "allowed"),
    [
        ({"network": "mnist"}, "unknown network: 'mnist'", "iris, mnist-128, mnist-512"),
        ({"network": "iris,Iris"}, "unknown network: 'Iris'", "iris, mnist-128, mnist-512"),
        ({"batch": "0"}, "--batch 0: a positive whole number or a range", "1-4"),
        ({"batch": "32-1"}, "--batch 32-1: the second number", "larger than the first"),
        ({"size": "big"}, "--size big: a positive whole number or a range", "256-4096*2"),
    ],
)
def test_a_wrong_axis_is_told_with_what_is_allowed(axes, what: str, allowed: str) -> None:
    with pytest.raises(UsageError) as caught:
        make(MATMUL, IRIS, asked=with_axes(**axes))
    assert str(caught.value).startswith(what)
    assert allowed in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "axes", "allowed"),
    [
        (MATMUL, {"network": "iris"}, "size, m, n, k"),
        (MATMUL, {"batch": "1"}, "size, m, n, k"),
        (IRIS, {"size": "8"}, "network, batch"),
    ],
)
def test_an_axis_that_no_workload_has_is_refused_and_not_passed_over(entry, axes, allowed) -> None:
    with pytest.raises(UsageError) as caught:
        make(entry, asked=with_axes(**axes))
    (axis,) = axes
    assert str(caught.value).startswith(f"--{axis} needs a workload such as ")
    assert ", and suite told has none. Try: dlbench run " in str(caught.value)
    assert (caught.value.value, caught.value.allowed) == (axis, allowed)


def test_an_unknown_network_in_the_suite_is_told() -> None:
    with pytest.raises(UsageError, match="unknown network: 'irsi'"):
        make(Entry(("forward",), {"network": ["irsi"]}))


@pytest.mark.parametrize("axes", [{}, {"m": [8]}, {"m": [8], "k": [8]}])
def test_a_product_without_all_its_sizes_is_refused(axes: dict[str, list[int]]) -> None:
    with pytest.raises(UsageError, match="m, n and k together, or size"):
        make(Entry(("matmul",), axes))


def test_the_work_of_a_workload_is_counted() -> None:
    (product, forward) = make(MATMUL, IRIS).groups
    assert product.workload.work == _work.matmul(8, 8, 8)
    assert forward.workload.work == _work.forward(every()["iris"], 32)


def test_a_network_of_ones_own_is_known_by_name_and_measured_where_all_are() -> None:
    own = {"networks": (OWN,)}
    assert workloads(make(Entry(("forward",), {"network": ["mine"]}), suite=own)) == [
        "forward/mine/b7"
    ]
    assert "forward/mine/b7" in workloads(make(Entry(("forward",), {}), suite=own))
    both = Entry(("forward",), {"network": ["iris", "mine"]})
    assert workloads(make(both, suite=own, asked=with_axes(network="mine"))) == ["forward/mine/b7"]


def test_the_plan_holds_the_networks_that_it_uses_and_no_others() -> None:
    assert make().networks == {}
    made = make(
        MATMUL, Entry(("forward",), {"network": ["iris", "mine"]}), suite={"networks": (OWN,)}
    )
    assert made.networks == {"iris": every()["iris"], "mine": OWN}
    kept = make(MATMUL, IRIS, asked=Request(keep="matmul"))
    assert kept.networks == {}


def test_data_that_cannot_be_had_is_synthetic_and_only_then() -> None:
    entry = Entry(("forward",), {"network": ["iris", "mnist-512"], "batch": [1]})
    made = make(MATMUL, entry, unavailable_reason={"mnist": "no network"}.get)
    assert {g.workload.id: g.workload.synthetic for g in made.groups} == {
        "matmul/8x8x8": False,
        "forward/iris/b1": False,
        "forward/mnist-512/b1": True,
    }


def test_a_network_without_data_is_synthetic_and_none_is_asked_for() -> None:
    def refuse(dataset: str) -> None:
        raise AssertionError(dataset)

    bare = msgspec.structs.replace(OWN, dataset="random")
    entry = Entry(("forward",), {"network": ["mine"]})
    made = make(MATMUL, entry, suite={"networks": (bare,)}, unavailable_reason=refuse)
    (group,) = made.groups[1:]
    assert group.workload.synthetic


def test_only_data_that_is_used_is_asked_for() -> None:
    asked_for = []
    make(MATMUL, IRIS, unavailable_reason=asked_for.append)
    assert set(asked_for) == {"iris"}


def test_what_does_not_fit_into_memory_is_skipped_with_both_sizes() -> None:
    entry = Entry(("matmul",), {"size": [8, 1024]})
    need = (4 + 1) * MEMORY_SHARE * 3 * 1024**2 * 4  # one is the null
    made = make(entry, memory_bytes=need - 1)
    small, large = made.groups
    assert [case.skip for case in small.cases] == [None] * 4
    (why,) = {case.skip for case in large.cases}
    assert why == (
        f"matmul/1024x1024x1024 needs about {units.size(need)} of memory for its 4 targets and "
        f"{units.size(need - 1)} are free; choose smaller sizes or fewer targets"
    )
    assert not skips(make(entry, memory_bytes=need))


def test_only_cases_that_run_need_memory() -> None:
    entry = Entry(("matmul",), {"size": [1024]})
    need = (1 + 1) * MEMORY_SHARE * 3 * 1024**2 * 4
    made = make(entry, memory_bytes=need, installed=frozenset({"alpha"}))
    assert [case.skip is None for case in made.cases] == [True, False, False, False]
    assert "beta is not installed" in str(made.cases[1].skip)
    asked = wanting(dtype="float64", backend="alpha")
    with pytest.raises(UsageError, match="its 1 target and"):
        make(entry, memory_bytes=need, asked=asked)


def test_the_seed_and_the_sampling_are_those_asked_for() -> None:
    own = {"sampling": Sampling(blocks=3, timeout_s=60.0)}
    made = make(suite=own, asked=Request(seed=7))
    assert (made.suite, made.seed, made.sampling) == ("told", 7, own["sampling"])
    assert make().seed == 0


@pytest.mark.parametrize(
    ("of_suite", "of_user", "expected"),
    [(None, None, None), (60.0, None, 60.0), (None, 5.0, 5.0), (60.0, 5.0, 5.0), (5.0, 60.0, 60.0)],
)
def test_the_users_budget_goes_before_the_suites(of_suite, of_user, expected) -> None:
    own = {"sampling": Sampling(budget_s=of_suite)}
    assert make(suite=own, asked=Request(budget_s=of_user)).sampling.budget_s == expected


def test_the_users_rigor_replaces_the_suites_rules_but_not_its_limits_of_time() -> None:
    own = {"sampling": Sampling(blocks=3, budget_s=60.0, timeout_s=7.0)}
    sampling = make(suite=own, asked=Request(rigor="rigorous")).sampling
    assert sampling == replace(RIGORS["rigorous"], budget_s=60.0, timeout_s=7.0)


def test_what_the_user_asks_for_by_number_goes_before_the_rigor() -> None:
    sampling = make(asked=Request(rigor="quick", generations=4, precision=0.1)).sampling
    assert sampling == replace(RIGORS["quick"], generations=4, precision=0.1)


def matmul(size: int) -> Entry:
    return Entry(("matmul",), {"size": [size]})


def test_a_plan_survives_json() -> None:
    made = make(
        MATMUL,
        Entry(("forward", "train_step"), {"network": ["iris", "mine", "abalone"]}),
        suite={"networks": (OWN,)},
        asked=wanting(device="cpu,cuda", threads="1,2"),
        gpus=1,
        installed=frozenset({"alpha"}),
    )
    assert msgspec.json.decode(msgspec.json.encode(made), type=Plan) == made


def test_the_same_wishes_give_the_same_plan() -> None:
    assert make(MATMUL, IRIS) == make(MATMUL, IRIS)


def test_the_backends_of_the_catalogue_declare_themselves() -> None:
    declared = read_declarations()
    assert {"numpy", "tensorflow", "torch"} <= declared.keys()
    for declaration in declared.values():
        assert set(declaration.modes.values()) <= {"dynamic", "static"}
        assert "float32" in declaration.devices["cpu"]
        assert declaration.install.startswith("pip install ")


def test_a_mode_of_one_kind_of_device_is_offered_on_no_other() -> None:
    beta = replace(DECLARATIONS["beta"], only_on={"graph": ("cuda",)})
    both = {**DECLARATIONS, "beta": beta}
    made = make(asked=wanting(backend="beta"), declarations=both, gpus=1)
    assert targets(made) == [
        "beta/cpu/eager/float32/t4",
        "beta/cpu/jit/float32/t4",
        "beta/cuda/eager/float32/t4",
        "beta/cuda/graph/float32/t4",
        "beta/cuda/jit/float32/t4",
    ]
    with pytest.raises(UsageError, match="graph exists only on a CUDA GPU, and none was found"):
        make(asked=wanting(mode="graph"), declarations=both)


def test_the_limit_of_compiling_is_the_users() -> None:
    assert make().sampling.compile_limit_s == Sampling().compile_limit_s
    assert make(asked=Request(compile_limit_s=5.0)).sampling.compile_limit_s == 5.0
    assert make(asked=Request(compile_limit_s=5.0, rigor="quick")).sampling.compile_limit_s == 5.0


def test_modes_on_request_are_measured_where_somebody_asks_for_them() -> None:
    beta = replace(DECLARATIONS["beta"], on_request=("jit",))
    those = {**DECLARATIONS, "beta": beta}
    jit = "beta/cpu/jit/float32/t4"
    assert jit not in targets(make(declarations=those))
    assert jit in targets(make(asked=wanting(mode="jit"), declarations=those))
    assert jit not in targets(make(asked=wanting(mode="static"), declarations=those))
    assert jit not in targets(make(asked=wanting(mode="default"), declarations=those))
    assert jit in targets(make(asked=wanting(mode="static,jit"), declarations=those))
    assert jit in targets(make(suite={"targets": {"mode": ["jit"]}}, declarations=those))


def test_the_plan_says_how_many_rows_its_networks_have() -> None:
    without = replace(OWN, name="bare", dataset="random", inputs=(4,))
    networks = {"network": ["iris", "mine", "bare"]}
    made = make(Entry(("forward",), networks), suite={"networks": (OWN, without)})
    assert made.rows == {"iris": 100, "mine": 100}
    assert set(made.networks) == {"iris", "mine", "bare"}


# --- calls ----------------------------------------------------------------------------------------

CALLING = {
    "alpha": replace(DECLARATIONS["alpha"], calls={"predict": {"array": "from an array"}}),
    "beta": replace(
        DECLARATIONS["beta"],
        calls={"predict": {"array": "so", "all_at_once": "so"}, "train_step": {"fit_once": "so"}},
    ),
}
PREDICT = Entry(("predict",), {"network": ["iris"]})


def calls(*entries: Entry, **asked: str) -> set[tuple[str, str, str]]:
    words = {axis: tuple(text.split(",")) for axis, text in asked.items()}
    made = make(*entries, asked=Request(mode=("eager",), **words), declarations=CALLING)
    return {(one.workload.kind, one.target.backend, one.target.call) for one in made.cases}


def test_the_bare_call_alone_is_planned_unless_others_are_asked_for() -> None:
    both = {("predict", "alpha", ""), ("predict", "beta", "")}
    assert calls(PREDICT) == both
    assert calls(PREDICT, call="bare") == both
    assert calls(PREDICT, call="array,bare") == both | {
        ("predict", "alpha", "array"),
        ("predict", "beta", "array"),
    }


def test_a_call_is_planned_on_the_backends_and_workloads_that_have_it() -> None:
    assert calls(PREDICT, call="all_at_once") == {("predict", "beta", "all_at_once")}
    steps = Entry(("predict", "train_step", "forward"), {"network": ["iris"]})
    assert calls(steps, call="fit_once", backend="beta") == {
        ("train_step", "beta", "fit_once"),
        ("forward", "beta", ""),
    }


def test_all_calls_are_planned_by_one_word_also_of_a_suite() -> None:
    every_call = {
        ("predict", "alpha", ""),
        ("predict", "alpha", "array"),
        ("predict", "beta", ""),
        ("predict", "beta", "array"),
        ("predict", "beta", "all_at_once"),
    }
    assert calls(PREDICT, call="all") == every_call
    assert calls(Entry(("predict",), {"network": ["iris"], "call": ["all"]})) == every_call


@pytest.mark.parametrize(
    ("call", "backend", "known"),
    [
        ("sideways", "alpha,beta", "all, bare, array, all_at_once"),
        ("fit_once", "alpha,beta", "all, bare, array, all_at_once"),
        ("all_at_once", "alpha", "all, bare, array"),
    ],
)
def test_a_call_that_no_chosen_backend_has_is_refused(call: str, backend: str, known: str) -> None:
    entry = Entry(("predict",), {"network": ["iris"], "call": [call]})
    for entries, asked in (((PREDICT,), {"call": call}), ((entry,), {})):
        with pytest.raises(UsageError) as caught:
            calls(*entries, backend=backend, **asked)
        assert str(caught.value).startswith(f"unknown call: '{call}'. Allowed: {known}.")


def test_a_call_is_a_part_of_the_id_only_if_it_is_not_the_bare_one() -> None:
    made = make(PREDICT, asked=wanting(backend="alpha", call="all"), declarations=CALLING)
    assert targets(made) == ["alpha/cpu/eager/float32/t4", "alpha/cpu/eager/float32/t4/array"]


# --- how many cases there may be ----------------------------------------------------------------

THOUSAND = list(range(1, 1001))


@pytest.mark.parametrize(
    "entries",
    [
        [Entry(("matmul",), {"m": THOUSAND, "n": THOUSAND, "k": THOUSAND})],
        [Entry(("predict", "forward", "backward", "train_step"), {"batch": THOUSAND})] * 20,
        [Entry(("matmul",), {"size": THOUSAND})] * 1000,
    ],
    ids=["products", "networks", "the same again and again"],
)
def test_a_plan_without_end_is_refused_before_it_is_built(monkeypatch, entries) -> None:
    monkeypatch.setattr(build, "MOST_CASES", 2000)
    with pytest.raises(UsageError, match="more than 2,000 cases") as caught:
        make(*entries)
    assert "Give fewer values" in caught.value.hint


def test_a_plan_may_have_the_most_cases(monkeypatch) -> None:
    few = [Entry(("matmul",), {"size": [1, 2, 3]})]
    count = len(make(*few).cases)
    monkeypatch.setattr(build, "MOST_CASES", count)
    assert len(make(*few).cases) == count
    monkeypatch.setattr(build, "MOST_CASES", count - 1)
    with pytest.raises(UsageError, match="cases"):
        make(*few)


def test_the_longest_silence_of_a_worker_can_be_asked_for() -> None:
    assert make(asked=Request(timeout_s=7.5)).sampling.timeout_s == 7.5
    assert make().sampling.timeout_s == Sampling().timeout_s


def test_the_most_memory_of_a_worker_can_be_asked_for() -> None:
    assert make(asked=Request(memory_limit_gib=2.5)).sampling.memory_limit_gib == 2.5
    assert make().sampling.memory_limit_gib is None


# --- a network in a file of Python ------------------------------------------------------------
FILE = OwnNetwork(
    "net", "/net.py", "0", {name: Made(name, 1) for name in ("a_model", "b_model")}, "mse", batch=16
)
RUNS = {
    "alpha": replace(DECLARATIONS["alpha"], own={"a_model": Way("module")}),
    "beta": replace(
        DECLARATIONS["beta"], own={"a_model": Way("module", ("graph",)), "b_model": Way("other")}
    ),
}
OF_FILE = Entry(("train_step", "predict"), {"network": ["net"]})


def made_of_file(asked: Request | None = None, declarations: Any = RUNS) -> Plan:
    return make(OF_FILE, asked=asked, suite={"own": (FILE,)}, declarations=declarations)


def test_a_file_has_a_case_for_each_function_that_a_target_runs() -> None:
    made = made_of_file()
    assert workloads(made) == ["train_step/net/b16", "predict/net/b16"]
    assert targets(made) == [
        "alpha/cpu/eager/float32/t4/module",
        "beta/cpu/eager/float32/t4/other",
        "beta/cpu/graph/float32/t4/module",
        "beta/cpu/graph/float32/t4/other",
        "beta/cpu/jit/float32/t4/other",
    ]
    assert all(group.workload.own == FILE for group in made.groups)
    assert (made.file, made.networks) == ("/net.py", {})


def test_batch_and_call_can_be_asked_for() -> None:
    made = made_of_file(with_axes(batch="8,32", call="module"))
    assert workloads(made)[:2] == ["train_step/net/b8", "train_step/net/b32"]
    assert targets(made) == [
        "alpha/cpu/eager/float32/t4/module",
        "beta/cpu/graph/float32/t4/module",
    ]


def test_a_call_that_no_backend_has_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown call: 'modul'"):
        made_of_file(with_axes(call="modul"))


def test_a_file_that_no_backend_runs_leaves_nothing_to_measure() -> None:
    with pytest.raises(UsageError, match="nothing is left to measure"):
        made_of_file(declarations=DECLARATIONS)


def test_data_of_a_file_are_random_unless_it_returns_some() -> None:
    assert made_of_file().groups[0].workload.synthetic
    suite = {"own": (replace(FILE, makes_batch=Made("batch", 1)),)}
    assert not make(OF_FILE, suite=suite, declarations=RUNS).groups[0].workload.synthetic
