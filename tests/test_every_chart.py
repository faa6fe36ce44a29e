"""Every module of dlbench/charts/: it says what it is, and draws or declines whatever it is given."""

import re
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from dlbench import catalog
from dlbench.charts import _pictures, _targets
from dlbench.rows import Row

NAMES = catalog.names("charts")


def row(workload="matmul", params=None, time_s=0.001, **changes) -> Row:
    """A measured case, of torch on two threads unless said otherwise."""
    fields = {
        "case": "case",
        "backend": "torch",
        "device": "cpu",
        "mode": "eager",
        "mode_kind": "dynamic",
        "dtype": "float32",
        "threads": 2,
        "status": "ok",
        "reason": None,
        "ci_low_s": time_s and time_s * 0.9,
        "ci_high_s": time_s and time_s * 1.1,
        "gflops": time_s and 0.1 / time_s,
        "samples_per_s": time_s and 32 / time_s if workload != "matmul" else None,
        "first_call_s": 0.1,
        "iterations": 10,
        "blocks": 12,
        "stop_reason": "blocks",
        "parity_error": 0.0,
        "synthetic": False,
    }
    params = params or {"m": 64, "n": 64, "k": 64}
    return Row(workload=workload, params=params, time_s=time_s, **(fields | changes))


def network(name="iris", kind="train_step", **changes) -> Row:
    return row(kind, {"network": name, "batch": 32}, **changes)


def products(sizes, **changes) -> list[Row]:
    return [row(params={"m": m, "n": n, "k": k}, **changes) for m, n, k in sizes]


NASTY = "$\\frac{1}{0}$ </svg><script>alert(1)</script> &amp; \x00\x1b[31m _"
UNMEASURED = ["skipped", "parity_failed", "failed", "timed_out", "out_of_memory"]

DRAWN = {
    "one product": [row()],
    "one network": [network()],
    "square products": products([(n, n, n) for n in (64, 128, 256)]),
    "products of other shapes": products([(64, 32, 16), (64, 64, 64), (512, 1, 512)]),
    "many networks": [network(f"n{i}", kind) for i in range(10) for kind in ("forward", "predict")],
    "many targets": [
        make(backend=f"backend-{i}", threads=i % 3 + 1, time_s=0.001 * (i + 1))
        for i in range(50)
        for make in (row, network)
    ],
    "no intervals": [row(ci_low_s=None, ci_high_s=None), network(ci_low_s=None, ci_high_s=None)],
    "close times": [row(time_s=0.001), row(backend="b", time_s=0.0010001)],
    "far times": [row(time_s=1e-9), row(backend="b", time_s=1e6)],
    "nasty names": [row(backend=NASTY, mode="_a"), network(NASTY, NASTY, backend=NASTY)],
    "an odd parameter": [network(), row("train_step", {"network": 3}, device="cuda")],
    "an endless name": [row(backend="x" * 5000), network("y" * 5000, backend="x" * 5000)],
    "some failed": [row(), row(status="failed", time_s=None), network(status="skipped")],
}
DECLINED = {
    "nothing": [],
    "no time": [row(time_s=None), network(time_s=None)],
    "no case that counts": [
        make(status=status) for status in UNMEASURED for make in (row, network)
    ],
    "an unknown kind": [row("transfer", {"bytes": 1024})],
    "sizes that are none": [row(params={"m": "a", "n": 0}), row(params={"m": -1, "n": 1, "k": 1})],
}


@pytest.mark.parametrize("name", NAMES)
def test_describes_itself(name):
    assert catalog.about("charts", name).endswith(".")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sample", DRAWN)
def test_draws_or_declines(name, sample):
    figure = catalog.load("charts", name).draw(DRAWN[sample])
    assert figure is None or isinstance(figure, Figure)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sample", DECLINED)
def test_declines_what_holds_nothing(name, sample):
    assert catalog.load("charts", name).draw(DECLINED[sample]) is None


@pytest.mark.parametrize("sample", DRAWN)
def test_becomes_files(sample):
    shown = _pictures.pictures(DRAWN[sample])
    assert shown
    for picture in shown:
        assert picture.png.startswith(b"\x89PNG")
        ids = [e.get("id") for e in ET.fromstring(picture.svg).iter() if e.get("id")]
        assert len(ids) == len(set(ids))
        assert all(name.startswith(f"{picture.name}-") for name in ids)


@pytest.mark.parametrize("name", NAMES)
def test_draws_something(name):
    assert _pictures.picture(name, [row(), network()])


@pytest.mark.parametrize("name", NAMES)
def test_svg_is_the_same_every_time(name):
    rows = DRAWN["many targets"]
    assert _pictures.picture(name, rows) == _pictures.picture(name, rows)


@pytest.mark.parametrize("name", NAMES)
def test_svg_refers_to_its_own_ids_only(name):
    svg = _pictures.picture(name, DRAWN["many targets"]).svg
    ids = {element.get("id") for element in ET.fromstring(svg).iter()}
    references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)
    assert references
    assert {link or url for link, url in references} <= ids


@pytest.mark.parametrize("name", NAMES)
def test_svg_brings_nothing_of_its_own(name):
    svg = _pictures.picture(name, DRAWN["nasty names"]).svg
    assert "<script" not in svg
    assert "<style" not in svg
    assert "http" not in svg
    assert "\x00" not in svg


@pytest.mark.parametrize("name", NAMES)
def test_svg_takes_its_ink_from_the_page(name):
    svg = _pictures.picture(name, [row(), network()]).svg
    assert "var(--ink)" in svg
    assert not any(colour in svg for colour in (_pictures.INK, "#000000", "#ffffff"))


def test_settings_of_matplotlib_are_put_back(monkeypatch):
    monkeypatch.setitem(mpl.rcParams, "font.size", 33.0)
    assert "33px" not in _pictures.pictures([row()])[0].svg
    assert mpl.rcParams["font.size"] == 33.0


def test_a_target_looks_the_same_in_all_charts():
    rows = [row(backend="a"), row(backend="b"), network(backend="b"), network(backend="c")]
    products_only = _targets.looks(rows, rows[:2])
    networks_only = _targets.looks(rows, rows[2:])
    shared = products_only.keys() & networks_only.keys()
    assert {products_only[key].label for key in shared} == {"b"}
    assert all(products_only[key] == networks_only[key] for key in shared)


def test_no_two_targets_look_alike():
    rows = [row(backend=f"b{i}") for i in range(len(_targets.COLOURS) * len(_targets.MARKERS))]
    looks = _targets.looks(rows, rows).values()
    assert len({(look.colour, look.marker) for look in looks}) == len(rows)


def test_labels_name_what_varies():
    rows = [row(threads=1), row(threads=2), row(mode="static", status="failed")]
    assert [look.label for look in _targets.looks(rows, rows).values()] == ["1 thread", "2 threads"]
    assert _targets.shared(rows) == "torch, cpu, eager, float32"
    assert [look.label for look in _targets.looks(rows[:1], rows).values()] == ["torch"]
