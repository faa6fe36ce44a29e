"""Accelerators as the frameworks name them, on frameworks that are told what they see."""

from types import SimpleNamespace

import pytest

from dlbench.errors import Unavailable
from fakes.backends import DEVICE, SELECTED, WARNINGS

pytestmark = WARNINGS

only = {
    name: pytest.mark.skipif(name not in SELECTED, reason=f"{name} is not selected")
    for name in ("torch", "jax")
}


@pytest.fixture
def torch_sees(monkeypatch):
    """Let PyTorch see so many devices of a build for CUDA or ROCm, of Intel and of Apple."""
    import torch

    def tell(*, cuda=None, hip=None, count=0, xpu=0, mps=False):
        monkeypatch.setattr(torch.version, "cuda", cuda)
        monkeypatch.setattr(torch.version, "hip", hip)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.xpu, "device_count", lambda: xpu)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return tell


@only["torch"]
@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, {}),
        ({"cuda": "13.0", "count": 2}, {"cuda": 2}),
        ({"cuda": "13.0"}, {}),
        ({"hip": "7.0", "count": 1}, {"rocm": 1}),
        ({"count": 1}, {}),
        ({"xpu": 2}, {"xpu": 2}),
        ({"mps": True}, {"mps": 1}),
    ],
)
def test_torch_counts_its_accelerators_by_kind(torch_sees, told, expected):
    from dlbench.backends.torch.device import WORDS, seen

    torch_sees(**told)
    assert {kind: count for kind in WORDS if (count := seen(kind))} == expected


@only["torch"]
@pytest.mark.parametrize(
    ("told", "device", "is_there"),
    [
        ({"hip": "7.0", "count": 1}, "rocm", True),
        ({"hip": "7.0", "count": 1}, "rocm:1", False),
        ({"hip": "7.0", "count": 1}, "cuda", False),
        ({"cuda": "13.0", "count": 1}, "rocm", False),
        ({"xpu": 1}, "xpu", True),
        ({}, "xpu", False),
        ({"mps": True}, "mps", True),
        ({}, "mps", False),
        ({}, "cpu", True),
    ],
)
def test_torch_refuses_a_device_that_it_does_not_see(torch_sees, told, device, is_there):
    from dlbench.backends.torch.device import TorchDevice

    torch_sees(**told)
    if is_there:
        TorchDevice(device).require()
        return
    with pytest.raises(Unavailable) as caught:
        TorchDevice(device).require()
    assert "not the device" in str(caught.value)
    assert "Or choose --device cpu" in str(caught.value)


@only["torch"]
@pytest.mark.parametrize(
    ("device", "native", "place"),
    [
        ("cuda", "cuda:0", "cuda:0"),
        ("cuda:1", "cuda:1", "cuda:1"),
        ("rocm", "cuda:0", "rocm:0"),
        ("xpu:1", "xpu:1", "xpu:1"),
        ("mps", "mps:0", "mps:0"),
        ("cpu", "cpu", "cpu"),
    ],
)
def test_a_tensor_of_torch_lies_on_a_device_by_its_name_in_dlbench(device, native, place):
    import torch

    from dlbench.backends.torch.device import TorchDevice

    found = TorchDevice(device)
    assert str(found.native) == native
    tensor = SimpleNamespace(device=torch.device(native), dtype=torch.float32)
    assert found.place(tensor) == (place, "float32")
    if native != "cpu":  # one that fell back to the CPU would not be taken for the device
        assert found.place(SimpleNamespace(device=torch.device("cpu"), dtype=torch.float32)) == (
            "cpu",
            "float32",
        )


@only["torch"]
@pytest.mark.parametrize(
    ("device", "library"), [("cuda", "cuda"), ("rocm", "cuda"), ("xpu", "xpu"), ("mps", "mps")]
)
def test_torch_waits_for_the_device_itself(monkeypatch, device, library):
    import torch

    from dlbench.backends.torch.device import TorchDevice

    waited = []
    for name in ("cuda", "xpu", "mps"):
        monkeypatch.setattr(
            getattr(torch, name), "synchronize", lambda *words, name=name: waited.append(name)
        )
    TorchDevice(device).wait()
    assert waited == [library]


@only["torch"]
def test_torch_says_which_card_it_uses(monkeypatch):
    import torch

    from dlbench.backends.torch.device import card_uuid

    device = torch.device("cuda", 0)
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda one: SimpleNamespace(uuid=f"uuid of {one}")
    )
    assert card_uuid(device) == "uuid of cuda:0"
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda one: SimpleNamespace())
    assert card_uuid(device) is None, "releases before 2.5 do not tell it"


@only["torch"]
@pytest.mark.skipif(DEVICE != "cpu", reason="it is on a card")
def test_torch_on_the_cpu_uses_no_card():
    from dlbench.backends.torch.device import TorchDevice

    assert TorchDevice("cpu").facts()["card_uuid"] is None


@only["jax"]
@pytest.mark.parametrize("kind", ["cuda", "rocm"])
def test_an_array_of_jax_lies_on_a_device_by_its_name_in_dlbench(monkeypatch, kind):
    import jax

    from dlbench.backends.jax.device import JaxDevice

    card = SimpleNamespace(platform="gpu", id=1)
    monkeypatch.setattr(jax, "devices", lambda asked: [None, card] if asked == kind else [])
    found = JaxDevice(f"{kind}:1", kind, 1)
    array = SimpleNamespace(devices=lambda: [card], dtype="float32")
    assert found.place(array) == (f"{kind}:1", "float32")
