"""Every module of dlbench/charts/: it says what it is, and draws or declines what it is given."""

import re
from functools import cache
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from msgspec.structs import replace

from dlbench import registry
from dlbench.analysis.parts import Roof
from dlbench.analysis.rows import Row
from dlbench.charts import base
from fakes import runs
from fakes.runs import changed

NAMES = registry.names("charts")
STEPS_S = [0.001, 0.0011, 0.0009, 0.001, 0.0012, 0.0008]
PRODUCT, NETWORK = runs.rows(
    *(
        (case, runs.measured(case, *STEPS_S))
        for case in map(runs.case, (runs.matmul(64), runs.forward("iris")))
    )
)


def row(**changes) -> Row:
    """A matrix product that went well."""
    return changed(PRODUCT, **changes)


def network(name="iris", kind="forward", **changes) -> Row:
    """A pass through a network that went well."""
    return changed(NETWORK, workload=kind, params={"network": name, "batch": 32}, **changes)


def products(*sizes) -> list[Row]:
    return [row(params={"m": m, "n": n, "k": k}) for m, n, k in sizes]


def slower(times, **changes) -> list[Row]:
    """A product and a pass that take so many times as long."""
    return [
        changed(
            one,
            time_s=one.time.seconds * times,
            ci_low_s=one.time.low_s * times,
            ci_high_s=one.time.high_s * times,
            gflops=one.time.gflops / times,
            samples_per_s=one.time.samples_per_s and one.time.samples_per_s / times,
            **changes,
        )
        for one in (PRODUCT, NETWORK)
    ]


def graphs(state="pays", kind="train_step", name="iris", **changes) -> list[Row]:
    """A dynamic row, and a static one in half of the time."""
    dynamic = network(name, kind, **changes)
    crossing = 2 * 3.0 / dynamic.time.seconds
    ends = {"break_even_low": 0.8 * crossing, "break_even_high": 1.3 * crossing}
    known = {"break_even_steps": crossing, **ends} if state == "pays" else {}
    told = {"mode": "compile", "mode_kind": "static", "compile_s": 3.0, **known, **changes}
    static = {"time_s": dynamic.time.seconds / 2, "break_even_state": state, **told}
    return [dynamic, changed(dynamic, **static)]


def under_roofs(**changes) -> list[Row]:
    """A product and a pass below the roofs of a machine."""
    roof = Roof(
        intensity=10.0,
        ceiling_gflops=100.0,
        bandwidth_gb_s=5.0,
        floor_s=1e-5,
        kind="compute",
        gflops=50.0,
        share=0.1,
    )
    return [changed(replace(one, roof=roof), **changes) for one in (PRODUCT, NETWORK)]


def threads(**times) -> list[Row]:
    """A product that takes so many times as long with so many threads, such as t2=0.5."""
    return [changed(slower(factor)[0], threads=int(name[1:])) for name, factor in times.items()]


NASTY = "$\\frac{1}{0}$ </svg><script>alert(1)</script> &amp; \x00\x1b[31m _"
UNMEASURED = ["skipped", "parity_failed", "failed", "timed_out", "out_of_memory"]

DRAWN = {
    "one network": [network()],
    "square products": products((64, 64, 64), (128, 128, 128), (4096, 4096, 4096)),
    "products of other shapes": products((64, 32, 16), (64, 64, 64), (512, 1, 512)),
    "networks and kinds": [
        network(f"n{i}", kind) for i in range(5) for kind in ("forward", "epoch")
    ],
    "targets": [one for i in range(1, 16) for one in slower(i, backend=f"b{i}", threads=i)],
    "no intervals": [row(ci_low_s=None, ci_high_s=None), network(ci_low_s=None, ci_high_s=None)],
    "close times": [*slower(1), *slower(1.00001, backend="b")],
    "far times": [*slower(1e-7), *slower(1e9, backend="b")],
    "nasty names": [row(backend=NASTY, mode="_a"), network(NASTY, NASTY, backend=NASTY)],
    "odd parameters": [
        network(),
        network(3, device="cuda"),
        changed(NETWORK, params={"network": 1}),
    ],
    "endless names": [row(backend="x" * 5000), network("y" * 5000, backend="x" * 5000)],
    "graphs that pay": graphs(),
    "graphs that never pay": graphs("never"),
    "graphs of which nobody knows": graphs("unsure", kind="forward"),
    "graphs that pay after a step": graphs(break_even_steps=0.001, break_even_low=None),
    "graphs that pay at once": graphs("at once", break_even_steps=0.0),
    "graphs that may pay at once": graphs(break_even_steps=0.0, break_even_low=0.0),
    "some failed": [network(), row(status="failed", time_s=None), network(status="skipped")],
    "roofs": [
        *under_roofs(),
        *under_roofs(backend="b", gflops=1e-3),
        *under_roofs(dtype="float64"),
    ],
    "a roof without a slope": [
        replace(one, roof=replace(one.roof, bandwidth_gb_s=None, floor_s=None))
        for one in under_roofs()
    ],
    "far above the roof": under_roofs(gflops=1e9),
    "threads": [*threads(t1=1.0, t2=0.5, t4=2.0), *threads(t1=3.0)],
}
DECLINED = {
    "nothing": [],
    "one product": [row()],
    "no time": [row(time_s=None), network(time_s=None)],
    "no case that counts": [
        make(status=status) for status in UNMEASURED for make in (row, network)
    ],
    "an unknown kind": [row(workload="transfer", params={"bytes": 1024})],
    "implausible": [changed(one, status="implausible") for one in under_roofs()],
    "rates that are none": [row(gflops=-1.0), network(samples_per_s=-1.0)],
    "sizes that are none": [row(params={"m": "a", "n": 0}), row(params={"m": -1, "n": 1, "k": 1})],
}


@pytest.mark.parametrize("name", NAMES)
def test_describes_itself(name):
    assert registry.about("charts", name).endswith(".")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sample", DRAWN)
def test_draws_or_declines(name, sample):
    figure = registry.load("charts", name).draw(DRAWN[sample])
    assert figure is None or isinstance(figure, Figure)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sample", DECLINED)
def test_declines_what_holds_nothing(name, sample):
    assert registry.load("charts", name).draw(DECLINED[sample]) is None


@cache
def drawn(sample) -> list[base.Picture]:
    return base.pictures(DRAWN[sample])


@pytest.mark.parametrize("name", NAMES)
def test_draws_something(name):
    assert any(name in [picture.name for picture in drawn(sample)] for sample in DRAWN)


@pytest.mark.parametrize("sample", DRAWN)
def test_becomes_files(sample):
    assert drawn(sample)
    assert all(picture.png.startswith(b"\x89PNG") for picture in drawn(sample))


@pytest.mark.parametrize("sample", DRAWN)
def test_ids_are_of_one_chart_and_all_references_lead_to_them(sample):
    for picture in drawn(sample):
        ids = [e.get("id") for e in ET.fromstring(picture.svg).iter() if e.get("id")]
        references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', picture.svg)
        assert len(ids) == len(set(ids))
        assert all(name.startswith(f"{picture.name}-") for name in ids)
        assert {link or url for link, url in references} <= set(ids)


@pytest.mark.parametrize("sample", DRAWN)
def test_svg_brings_nothing_of_its_own(sample):
    for picture in drawn(sample):
        colours = base.INK, base.MUTED, base.LINE, "#000000", "#ffffff"
        assert not any(f": {colour}" in picture.svg for colour in colours)
        assert not any(text in picture.svg for text in ("<script", "<style", "http", "\x00"))
        assert "var(--ink)" in picture.svg


def test_pictures_are_the_same_every_time():
    assert base.pictures(DRAWN["targets"]) == drawn("targets")


def test_settings_of_matplotlib_are_put_back(monkeypatch):
    monkeypatch.setitem(mpl.rcParams, "font.size", 33.0)
    assert "33px" not in base.pictures([network()])[0].svg
    assert mpl.rcParams["font.size"] == 33.0


def test_a_target_looks_the_same_in_all_charts():
    rows = [row(backend="a"), row(backend="b"), network(backend="b"), network(backend="c")]
    in_products, in_networks = base.looks(rows, rows[:2]), base.looks(rows, rows[2:])
    (shared,) = in_products.keys() & in_networks.keys()
    assert in_products[shared].label == "b"
    assert in_products[shared] == in_networks[shared]


def test_a_framework_has_its_colour_in_every_run():
    alone = base.looks([row(backend="b"), row(backend="torch")], [row(backend="torch")])
    beside = [row(backend=name) for name in ("torch", "numpy", "jax")]
    (torch,) = alone.values()
    assert torch.colour == base.looks(beside, beside[:1])[beside[0].target].colour
    modes = [row(backend="torch"), row(backend="torch", mode="static"), row(backend="numpy")]
    first, second, _ = base.looks(modes, modes).values()
    assert (first.colour, first.marker) == (second.colour, base.MARKERS[0])
    assert second.marker == base.MARKERS[1]


def test_the_targets_of_a_single_framework_have_colours_of_their_own():
    rows = [row(mode="eager"), row(mode="static")]
    assert len({look.colour for look in base.looks(rows, rows).values()}) == 2


def test_a_single_size_is_no_chart():
    assert base.picture("gflops_by_size", [row()]) is None


def test_no_two_targets_look_alike():
    rows = [row(backend=f"b{i}") for i in range(len(base.COLOURS) * len(base.MARKERS))]
    looks = base.looks(rows, rows).values()
    assert len({(look.colour, look.marker) for look in looks}) == len(rows)


def test_labels_name_what_varies():
    rows = [row(threads=1), row(threads=2), row(mode="static", status="failed")]
    assert [look.label for look in base.looks(rows, rows).values()] == ["1 thread", "2 threads"]
    assert base.shared(rows) == "numpy, cpu, eager, float32"
    assert [look.label for look in base.looks(rows[:1], rows).values()] == ["numpy"]


def test_totals_of_two_modes_are_equal_where_they_cross():
    """The compiling, and then so many steps."""
    dynamic, static = graphs()
    figure = registry.load("charts", "break_even").draw([dynamic, static])
    [axes] = figure.axes
    steps = static.break_even.steps
    for line in axes.get_lines()[:2]:
        at = dict(zip(*line.get_data(), strict=True))
        assert min(at) == 1
    mark = axes.containers[0].lines[0].get_data()
    assert mark[0] == pytest.approx([steps])
    assert mark[1] == pytest.approx([steps * dynamic.time.seconds])


def test_what_pays_at_once_lies_below_its_twin_from_the_first_step_on():
    dynamic, static = graphs("at once", break_even_steps=0.0)
    dynamic = changed(dynamic, first_calls_s=4.0)
    [axes] = registry.load("charts", "break_even").draw([dynamic, static]).axes
    eager, compiled = (line.get_ydata() for line in axes.get_lines()[:2])
    assert all(ours < theirs for ours, theirs in zip(compiled, eager, strict=True))
    assert not axes.containers


def test_first_calls_of_the_dynamic_mode_are_in_its_line():
    """So the lines cross where the difference of both costs is paid."""
    dynamic, static = graphs()
    dynamic = changed(dynamic, first_calls_s=1.0)
    static = changed(static, break_even_steps=2 * 2.0 / dynamic.time.seconds)
    [axes] = registry.load("charts", "break_even").draw([dynamic, static]).axes
    (steps,), (total,) = axes.containers[0].lines[0].get_data()
    assert total == pytest.approx(1.0 + steps * dynamic.time.seconds)


def test_where_it_has_paid_has_the_ends_of_its_interval():
    dynamic, static = graphs()
    [axes] = registry.load("charts", "break_even").draw([dynamic, static]).axes
    [whiskers] = axes.containers[0].lines[2]
    [ends] = whiskers.get_segments()
    assert list(ends[:, 0]) == pytest.approx([static.break_even.low, static.break_even.high])


def test_the_crossing_with_the_fastest_dynamic_mode_is_in_the_picture():
    """Of another backend, only a little slower than the static mode: it is overtaken late."""
    dynamic, static = graphs()
    rival = changed(dynamic, backend="numpy", time_s=1.01 * static.time.seconds)
    [axes] = registry.load("charts", "break_even").draw([dynamic, static, rival]).axes
    assert static.compile.seconds / (rival.time.seconds - static.time.seconds) < axes.get_xlim()[1]


def note_of(networks):
    """Under a chart of so many networks."""
    rows = [one for number in range(networks) for one in graphs(name=f"n{number}")]
    figure = registry.load("charts", "break_even").draw(rows)
    [legend] = figure.legends
    return len(figure.axes), legend.get_title().get_text()


def test_networks_that_find_no_room_are_told_of():
    panels, note = note_of(6)
    assert panels == 6
    assert "not drawn" not in note
    panels, note = note_of(7)
    assert panels == 6
    assert "not drawn: 1 more workload, which the tables have" in note
    assert "not drawn: 4 more workloads, which the tables have" in note_of(10)[1]


def test_the_training_step_is_shown_where_there_are_several_passes():
    rows = [*graphs(kind="forward"), *graphs(kind="train_step")]
    figure = registry.load("charts", "break_even").draw(rows)
    [axes] = figure.axes
    assert axes.get_title(loc="left") == "train_step iris batch 32"


def compiled(**changes) -> list[Row]:
    """A matrix product in an eager and in a compiled mode."""
    told = {"mode": "compile", "mode_kind": "static", "compile_s": 3.0}
    return [row(**changes), row(**told, break_even_state="never", **changes)]


def test_a_panel_has_the_name_of_its_workload_of_any_kind():
    rows = [one for n in (64, 128) for one in compiled(params={"m": n, "n": n, "k": n})]
    panels = registry.load("charts", "break_even").draw(rows).axes
    assert [axes.get_title(loc="left") for axes in panels] == ["matmul 64", "matmul 128"]


def test_workloads_that_differ_in_any_parameter_have_lines_of_their_own():
    shapes = ({"network": "iris", "batch": 32, "shapes": one} for one in ("fixed", "dynamic"))
    rows = [changed(NETWORK, workload="retrace", params=params) for params in shapes]
    [axes] = registry.load("charts", "samples_by_network").draw(rows).axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["iris batch 32 fixed", "iris batch 32 dynamic"]


def test_a_long_note_is_wrapped_and_nothing_of_it_lost():
    rows = [row(), row(backend="b")]
    note = "word " * 100
    figure, _ = base.figure("title", [1.0], base.looks(rows, rows), note)
    head = figure.legends[0].get_title().get_text()
    assert head.split() == note.split()
    assert max(map(len, head.split("\n"))) <= base.HEAD_CHARACTERS


def test_every_case_lies_below_the_ceiling_by_its_flops_per_byte():
    product, step = under_roofs()
    far = replace(product, roof=replace(product.roof, intensity=1000.0))
    [axes] = registry.load("charts", "roofline").draw([far, step]).axes
    ceiling, slope, *_ = axes.get_lines()
    assert list(ceiling.get_ydata()) == [100.0, 100.0]
    assert ceiling.get_xdata()[0] == pytest.approx(100.0 / 5.0)
    (x_0, x_1), (y_0, y_1) = slope.get_data()
    assert (y_0 / x_0, y_1 / x_1) == (pytest.approx(5.0), pytest.approx(5.0))
    points = [axes.containers[place].lines[0].get_data() for place in range(1)]
    assert sorted(points[0][0]) == [10.0, 1000.0]


def test_the_launch_floor_is_a_bar_at_the_rate_of_the_smallest_step():
    product, _ = under_roofs()
    [axes] = registry.load("charts", "roofline").draw([product]).axes
    [bar] = [line for line in axes.get_lines() if line.get_marker() == "_"]
    assert list(bar.get_ydata()) == pytest.approx([1e-9 * product.workload.work.flops / 1e-5])


def test_settings_with_other_roofs_have_panels_of_their_own():
    rows = [*under_roofs(), *under_roofs(dtype="float64"), *under_roofs(device="cuda")]
    panels = registry.load("charts", "roofline").draw(rows).axes
    titles = [axes.get_title(loc="left") for axes in panels]
    assert titles == ["cpu float32 2 threads", "cpu float64 2 threads", "cuda float32"]


def test_threads_are_told_by_how_many_times_as_fast_they_are():
    figure = registry.load("charts", "speed_by_threads").draw(threads(t1=1.0, t2=0.5, t4=2.0))
    [axes] = figure.axes
    ideal, line = axes.get_lines()[0], axes.containers[0].lines[0]
    assert list(line.get_xdata()) == [1, 2, 4]
    assert list(line.get_ydata()) == pytest.approx([1.0, 2.0, 0.5])
    assert [list(part) for part in ideal.get_data()] == [[1, 4], [1.0, 4.0]]


def test_a_single_number_of_threads_is_no_chart():
    assert base.picture("speed_by_threads", threads(t2=1.0)) is None
    gpu = [changed(one, device="cuda") for one in threads(t1=1.0, t2=0.5)]
    assert base.picture("speed_by_threads", gpu) is None
