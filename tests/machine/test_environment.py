"""What is read of the machine: here, and on machines that are told."""

import os
import platform
import subprocess
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from dlbench.machine import environment
from dlbench.machine.grants import Grant
from dlbench.records.machine.device import Device
from dlbench.records.run import Environment
from fakes.machine import ALPHA, DECLARATIONS


@pytest.fixture(scope="module")
def here() -> Environment:
    return environment.capture(
        DECLARATIONS
        | {"numpy": msgspec.structs.replace(ALPHA, distributions=("no-such-thing", "numpy"))}
    )


def test_this_machine_has_plausible_facts(here: Environment) -> None:
    assert 1 <= here.usable_cores <= here.cores
    assert here.memory_bytes > 2**26
    assert here.python == platform.python_version()
    assert here.system == platform.platform()
    assert here.cpu is None or here.cpu.strip()
    assert all(isinstance(name, str) for name in here.gpus)


def test_the_facts_are_of_the_declared_types_and_can_be_stored(here: Environment) -> None:
    assert msgspec.json.decode(msgspec.json.encode(here), type=Environment) == here


def test_versions_are_those_of_what_is_installed_under_any_of_its_names(here) -> None:
    from importlib.metadata import version

    assert here.versions == {"numpy": version("numpy")}


def test_free_memory_is_at_most_all_memory(here: Environment) -> None:
    assert 0 < environment.available_memory() <= here.memory_bytes


def test_only_variables_that_change_the_speed_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(environment.PREFIXES)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("SECRET", "word")
    monkeypatch.setenv("TF_TOKEN_app_terraform_io", "of Terraform, which begins like TensorFlow")
    found = environment.capture({})
    assert found.variables == {"OMP_NUM_THREADS": "3"}
    assert found.versions == {}


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """cpu_name() on Linux with this text in /proc/cpuinfo; None: the file is missing."""

    def name(text: str | None) -> str | None:
        path = tmp_path / "cpuinfo"
        if text is not None:
            path.write_text(text)
        monkeypatch.setattr(environment, "CPU_INFO", path)
        monkeypatch.setattr(platform, "system", lambda: "Linux")
        return environment.cpu_name()

    return name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "processor\t: 0\nmodel\t\t: 1\nmodel name\t: A CPU: fast\n\nmodel name\t: B\n",
            "A CPU: fast",
        ),
        ("processor\t: 0\nFeatures\t: fp asimd\n", None),
        ("", None),
        (None, None),
    ],
)
def test_on_linux_the_cpu_is_named_by_the_first_model_name(linux, text, expected) -> None:
    assert linux(text) == expected


def test_on_linux_no_process_is_started_to_name_the_cpu(linux, monkeypatch) -> None:
    def start(*_args, **_options):
        raise AssertionError

    monkeypatch.setattr(subprocess, "Popen", start)
    assert linux("model name : A CPU") == "A CPU"
    assert linux("") is None


@pytest.mark.parametrize(
    ("system", "expected"), [("Darwin", "Apple M1 Pro"), ("Windows", "Intel64 Family 6")]
)
def test_elsewhere_the_system_is_asked_for_the_cpu(monkeypatch, system, expected) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(environment, "brand_string", lambda: "Apple M1 Pro")
    monkeypatch.setattr(platform, "processor", lambda: "Intel64 Family 6")
    assert environment.cpu_name() == expected


def test_a_cpu_without_a_name_is_unknown(monkeypatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    monkeypatch.setattr(platform, "processor", str)
    assert environment.cpu_name() is None


def test_vector_features_are_those_that_the_cpu_has(monkeypatch) -> None:
    features = {"fpu", "sse4_1", "avx2", "fma", "avx512f", "amx_tile", "sme", "vaes", "asimd"}
    monkeypatch.setattr(environment, "detected_info", lambda: SimpleNamespace(features=features))
    expected = ("amx_tile", "asimd", "avx2", "avx512f", "fma", "sse4_1")
    assert environment.vector_features() == expected


def test_the_microarchitecture_is_stored(here: Environment) -> None:
    assert here.microarchitecture == environment.host().name
    assert here.vector_features == environment.vector_features()


def test_what_limits_the_cores_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    grant = Grant(machine=8, allowed=frozenset(range(4)), quota=1.5)
    monkeypatch.setattr(environment, "granted", lambda: grant)
    found = environment.capture({})
    assert (found.cores, found.usable_cores) == (8, 2)
    assert (found.core_limit, found.quota_cores) == ("quota", 1.5)
    assert environment.usable_cores() == 2


CARDS = (Device("cuda", "GPU-a", "Tesla"), Device("", "GPU-b", "Quadro"))


def test_gpus_are_the_cards_that_programs_see(monkeypatch) -> None:
    monkeypatch.setattr(environment, "devices", lambda: CARDS)
    assert environment.gpus() == ("Tesla",)
    found = environment.capture({})
    assert (found.gpus, found.devices) == (("Tesla",), CARDS)
