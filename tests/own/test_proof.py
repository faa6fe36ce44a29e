"""Twins compared: the first layer that differs is named, and by how much."""

from msgspec.structs import replace

from dlbench.own import proof
from dlbench.records.case import Case, Target, Work, Workload
from dlbench.records.measurement import Measurement
from dlbench.records.own import Made, OwnNetwork, Twin, TwinLayer

LAYERS = (
    TwinLayer("first", ((4, 4), (4,)), 10.0, (1.0, 2.0)),
    TwinLayer("second", ((4, 2), (2,)), 7.0, (3.0, 4.0)),
)
TWIN = Twin("abc", (8, 4), LAYERS, (8, 2), (0.25, 0.75), 2.0, 0.7)


def layer(number, **changed):
    layers = list(LAYERS)
    layers[number] = replace(layers[number], **changed)
    return replace(TWIN, layers=tuple(layers))


def test_rounding_is_no_difference():
    assert proof.difference(TWIN, replace(layer(1, entered=7.0 + 1e-9), loss=0.7 + 1e-12)) is None


def test_what_enters_a_layer_shows_the_layer_before():
    """A transposed kernel, another activation, another epsilon."""
    found = proof.difference(TWIN, layer(1, entered=7.07, name="dense_1"))
    assert found == "the outputs of layer 1 (first) differ by 0.99 %"


def test_what_enters_the_first_layer_shows_the_inputs():
    assert "the inputs differ by" in str(proof.difference(TWIN, layer(0, entered=11.0)))


def test_a_missing_bias_is_named_with_its_layer():
    found = proof.difference(TWIN, layer(1, shapes=((4, 2),), name="dense_1"))
    assert found == "layer 2 (second, dense_1) has weights 4x2 2 and 4x2"


def test_a_missing_layer_is_named():
    assert proof.difference(TWIN, replace(TWIN, layers=LAYERS[:1])) == (
        "only one has layer 2 (second)"
    )


def test_the_last_layer_shows_in_the_outputs():
    """Softmax applied twice."""
    found = str(proof.difference(TWIN, replace(TWIN, outputs=(0.4, 0.6), norm=1.9)))
    assert "layer 2 (second)" in found
    assert "differ by" in found


def test_loss_and_gradients_are_compared_last():
    assert "losses differ by" in str(proof.difference(TWIN, replace(TWIN, loss=0.8)))
    found = str(proof.difference(TWIN, layer(0, gradients=(1.0, 2.2))))
    assert "a gradient of layer 1 (first) differs by" in found


def test_huge_outputs_are_compared_too():
    huge = replace(TWIN, outputs=(1e300, -1e300))
    assert "differ by" in str(proof.difference(huge, replace(TWIN, outputs=(-1e300, 1e300))))
    assert proof.difference(huge, huge) is None


def test_other_data_are_no_fault_of_the_network():
    assert "their data differ" in str(proof.difference(TWIN, replace(TWIN, data="xyz")))


def test_a_framework_that_tells_no_layers_is_compared_by_the_rest():
    untold = replace(TWIN, layers=tuple(replace(one, entered=None) for one in LAYERS))
    assert proof.difference(TWIN, untold) is None


# --- a run ------------------------------------------------------------------------------------
NETWORK = OwnNetwork("net", "/net.py", "0", {"x_model": Made("x_model", 1)}, "mse")


def measured(backend, call, twin, batch=8, kind="train_step"):
    params = {"network": "net", "batch": batch}
    workload = Workload(kind, params, Work(0, 0, batch), own=NETWORK)
    case = Case(workload, Target(backend, "cpu", "eager", "float32", 1, call=call), "dynamic")
    return case, Measurement(case.id, "ok", twin=twin)


def found_of(*pairs):
    return proof.twins([case for case, _ in pairs], [one for _, one in pairs])


def test_equal_implementations_are_named_together():
    found = found_of(*(measured(one, "keras", TWIN) for one in "abc"))
    assert proof.doubts(found) == []
    proven, size = proof.lines(found)
    assert proven.startswith("net is proven equal in a keras, b keras, c keras:")
    assert size == "net: 30 parameters"


def test_another_implementation_is_doubted_with_the_reason():
    found = found_of(measured("a", "module", TWIN), measured("b", "keras", layer(1, entered=8.0)))
    [doubt] = proof.doubts(found)
    assert doubt.startswith("net is not proven equal in a module and in b keras: ")
    assert doubt.endswith("the outputs of layer 1 (first) differ by 12 %")


def test_a_loss_that_does_not_come_down_is_told():
    found = found_of(measured("a", "module", replace(TWIN, trained=(0.5, 0.7))))
    assert proof.doubts(found) == [
        "the loss of net in a module did not come down in the check: 0.500 to 0.700"
    ]
    learns = found_of(measured("a", "module", replace(TWIN, trained=(0.5, 0.4))))
    assert proof.doubts(learns) == []


def test_counters_that_disagree_are_both_told():
    one, other = (replace(TWIN, flops=n, counted_by=by) for n, by in ((1e6, "A"), (1.2e6, "B")))
    [*_, line] = proof.lines(found_of(measured("a", "x", one), measured("b", "x", other)))
    assert "1 MFLOP a training step by A, 1.2 MFLOP a training step by B" in line
    near = replace(other, flops=1_010_000)
    [*_, line] = proof.lines(found_of(measured("a", "x", one), measured("b", "x", near)))
    assert line.endswith("1 MFLOP a training step by A")


def test_other_batches_are_not_mixed():
    found = found_of(measured("a", "x", TWIN), measured("b", "x", TWIN, batch=16))
    assert list(found["net"]) == ["a x"]
