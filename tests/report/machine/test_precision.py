"""What is said of number types: the frameworks' defaults, and the instructions of the CPU."""

import pytest
from msgspec.structs import replace

from dlbench.records.case import Target
from dlbench.report.machine import precision
from fakes.runs import ENVIRONMENT, NUMPY, TORCH, case, matmul, rows, run_of

USUAL = {
    "numpy": {"cpu": "float32"},
    "torch": {"cpu": "float32", "cuda": "float32"},
    "jax": {"cpu": "float32", "cuda": "tf32"},
}
JAX = replace(NUMPY, backend="jax")


def lines(*targets: Target, usual=USUAL, features=()) -> list[str]:
    cases = [case(matmul(64), target) for target in targets]
    environment = replace(ENVIRONMENT, vector_features=features)
    run = run_of(cases, usual_dtypes=usual, environment=environment)
    return precision.lines(run, rows(*((one, 1e-3) for one in cases)))


def on_gpu(target: Target, dtype: str = "float32") -> Target:
    return replace(target, device="cuda", dtype=dtype)


def test_where_all_is_float32_and_so_by_default_nothing_is_said() -> None:
    assert lines(NUMPY, TORCH, JAX) == []
    assert lines(on_gpu(TORCH), NUMPY) == []


def test_a_framework_that_multiplies_otherwise_by_default_is_named_beside_the_others() -> None:
    assert lines(on_gpu(JAX), on_gpu(TORCH)) == [
        (
            "A product of float32 is computed by default on cuda in tf32 (where the GPU "
            "has it): jax; on cuda in float32: torch"
        )
    ]


def test_a_run_in_tf32_alone_says_the_same() -> None:
    (line,) = lines(on_gpu(JAX, "tf32"))
    assert "on cuda in tf32 (where the GPU has it): jax" in line


def test_with_another_dtype_the_default_is_told_on_the_cpu_too() -> None:
    (line,) = lines(NUMPY, replace(TORCH, dtype="float64"))
    assert line == "A product of float32 is computed by default on cpu in float32: numpy, torch"


def test_older_runs_do_not_tell() -> None:
    assert lines(on_gpu(JAX), usual={}) == []


@pytest.mark.parametrize("dtype", ["bfloat16", "autocast-bfloat16"])
@pytest.mark.parametrize(
    ("features", "said"),
    [
        (
            ("amx_bf16", "avx2", "avx512_bf16"),
            "This CPU has instructions for bfloat16: amx_bf16, avx512_bf16",
        ),
        (
            ("avx2", "fma"),
            (
                "This CPU has no instructions for bfloat16: it converts to float32 and back, or "
                "computes number by number"
            ),
        ),
        ((), "Whether this CPU has instructions for bfloat16 is not known"),
    ],
    ids=["has", "lacks", "unknown"],
)
def test_of_sixteen_bits_the_instructions_are_told(dtype, features, said) -> None:
    assert said in lines(replace(TORCH, dtype=dtype), features=features)


def test_the_cpu_is_not_asked_for_what_a_gpu_computed() -> None:
    assert not any("CPU" in line for line in lines(on_gpu(TORCH, "bfloat16"), features=("avx2",)))


def test_types_without_instructions_share_a_line() -> None:
    targets = [replace(TORCH, dtype=dtype) for dtype in ("bfloat16", "float16")]
    (_, line) = lines(*targets, features=("avx2",))
    assert "no instructions for bfloat16 and float16: " in line


def test_float16_has_instructions_of_its_own() -> None:
    features = ("avx512_bf16", "avx512_fp16")
    targets = [replace(TORCH, dtype=dtype) for dtype in ("bfloat16", "float16")]
    assert lines(*targets, features=features)[1:] == [
        "This CPU has instructions for bfloat16: avx512_bf16",
        "This CPU has instructions for float16: avx512_fp16",
    ]
