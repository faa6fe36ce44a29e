"""What is read of a user's own file without running it, and how its mistakes are told."""

import pytest

from dlbench.errors import UsageError
from dlbench.own.contract import read
from dlbench.records.layers import SGD, Adam

MAKERS = ["torch_model", "keras_model"]
LEAST = 'loss = "mse"\n\n\ndef torch_model():\n    return None\n'


def written(folder, text):
    path = folder / "net.py"
    path.write_text(text, encoding="utf-8")
    return path


def told(folder, text):
    with pytest.raises(UsageError) as caught:
        read(written(folder, text), MAKERS)
    return str(caught.value)


def test_the_least_file_is_a_network_named_after_it(tmp_path):
    [network] = read(written(tmp_path, LEAST), MAKERS)
    assert (network.name, network.loss, network.batch) == ("net", "mse", 32)
    assert network.optimizer == Adam()
    assert network.functions["torch_model"].line == 4
    assert not network.has_data


def test_the_file_is_not_run(tmp_path):
    mark = tmp_path / "mark"
    [network] = read(written(tmp_path, f"open({str(mark)!r}, 'w')\n{LEAST}"), MAKERS)
    assert network.name == "net"
    assert not mark.exists()


def test_settings_are_read_as_values(tmp_path):
    more = 'optimizer = {"type": "sgd", "lr": 0.5}\ninputs = (28, 28)\nbatch_size: int = 8\n'
    [network] = read(written(tmp_path, LEAST + more + "def batch(n):\n    pass\n"), MAKERS)
    assert network.optimizer == SGD(lr=0.5)
    assert (network.inputs, network.batch, network.has_data) == ((28, 28), 8, True)


def test_a_prefix_names_a_network_with_its_own_settings(tmp_path):
    text = LEAST + (
        'wide_loss = "mae"\n\n\ndef wide_torch_model():\n    pass\n\n\n'
        "def wide_keras_model():\n    pass\n"
    )
    found = {one.name: one for one in read(written(tmp_path, text), MAKERS)}
    assert {name: one.loss for name, one in found.items()} == {"net": "mse", "wide": "mae"}
    assert list(found["wide"].functions) == ["torch_model", "keras_model"]


def test_another_content_has_another_hash(tmp_path):
    [first] = read(written(tmp_path, LEAST), MAKERS)
    [second] = read(written(tmp_path, LEAST + "\n"), MAKERS)
    assert first.sha256 != second.sha256


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def torch_model(:\n", ["net.py, line 1", "no Python"]),
        ("x = 1\0\n", ["no Python"]),
        ("x = 1\n", ["has no network", "torch_model, keras_model"]),
        ("def torch_model():\n    pass\n", ["line 1", "no loss", "loss ="]),
        (LEAST.replace('"mse"', '"msee"'), ["line 1", "loss is 'msee'", "mse, mae"]),
        (LEAST.replace('"mse"', "f(x)"), ["line 1", "loss is f(x)"]),
        (LEAST + "inputs = 28\n", ["line 6", "inputs is 28", "(28, 28)"]),
        (LEAST + 'optimizer = "lion"\n', ["line 6", "optimizer is 'lion'", "sgd, adagrad"]),
        (LEAST + "batch_size = 0\n", ["line 6", "batch_size is 0"]),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_is_allowed(tmp_path, text, words):
    message = told(tmp_path, text)
    assert [word for word in words if word not in message] == []


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot read the file"):
        read(tmp_path / "absent.py", MAKERS)
