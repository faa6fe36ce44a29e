"""Write a script of plain framework code, without dlbench, that times ways of an own network.

The code comes from a TOML file in the folder of each backend, or from a private one of the family.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from string import Template
from textwrap import indent
from typing import Any, Final

from msgspec.structs import asdict

from dlbench.errors import UsageError
from dlbench.records.case import Case, Declaration
from dlbench.records.own import OwnNetwork, Twin
from dlbench.registry import PACKAGE

SCRIPT: Final = Template('''"""Times $what of the network in FILE, batch $rows, without dlbench.

Each way runs in a process of its own, in turns: run this script without arguments.
"""

import importlib.util
import os
import statistics
import subprocess
import sys
import time

import numpy

FILE, ROWS, TURNS, SECONDS = $file, $rows, 3, 2.0


def loaded():
    """Return the file as a module."""
    spec = importlib.util.spec_from_file_location("net", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def data(net):
    """Return inputs and labels."""
    draws = numpy.random.default_rng(0)
$data
    floats = lambda one: one.astype("$dtype") if one.dtype.kind == "f" else one.astype("int64")
    return floats(x), floats(y)

$ways

WAYS = {
$table}


def main():
    if len(sys.argv) > 1:
        step, taken = WAYS[sys.argv[1]][0](), []
        for _ in range(10):
            step()
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            start = time.perf_counter()
            step()
            taken.append(time.perf_counter() - start)
        print(statistics.median(taken))
        return
    for _ in range(TURNS):
        for name, (_, variables) in WAYS.items():
            done = subprocess.run(
                [sys.executable, __file__, name],
                env={**os.environ, **variables},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            print(f"{name}: {1e3 * float(done.stdout.split()[-1]):.4g} ms", flush=True)


if __name__ == "__main__":
    main()
''')

# The type in which all frameworks make networks: others need more than plain code.
PLAIN: Final = "float32"

# Random labels that fit a loss. $shape: of the outputs; $rows_shape: without the classes.
LABELS: Final = {
    "sparse_categorical_crossentropy": "draws.integers(0, $classes, $rows_shape)",
    "categorical_crossentropy": "numpy.eye($classes)[draws.integers(0, $classes, $rows_shape)]",
    "binary_crossentropy": "draws.integers(0, 2, $shape).astype(float)",
    "hinge": "draws.choice([-1.0, 1.0], $shape)",
}
OTHER_LABELS: Final = "draws.normal(size=$shape)"


def script(
    cases: Sequence[Case],
    twin: Twin,
    declarations: Mapping[str, Declaration],
    variables_of: Callable[[str], Mapping[str, str]],
) -> str:
    """Return the script that times these cases of one workload.

    twin: of one of them; variables_of: returns the environment variables by which a process sees a
    device, such as `cuda:1`, alone.
    """
    workload = cases[0].workload
    own = workload.own
    if own is None:
        raise UsageError("a script is written for networks of an own file", value=workload.id)
    cases = [case for case in cases if case.target.dtype == PLAIN]
    if not cases:
        raise UsageError(f"a script is written for {PLAIN} alone", hint=f"Add: --dtype {PLAIN}")
    ways, table = [], []
    for case in cases:
        function, seen = re.sub(r"\W", "_", case.target.id), variables_of(case.target.device)
        variables = {**_variables(case, declarations), **seen}
        ways.append(_way(function, case, own, declarations, is_alone=any(seen.values())))
        table.append(f"    {case.target.id!r}: ({function}, {variables!r}),\n")
    return SCRIPT.substitute(
        what=workload.kind,
        file=repr(own.path),
        rows=workload.params["batch"],
        dtype=PLAIN,
        data=indent(_data(own, twin), "    "),
        ways="\n".join(ways),
        table="".join(table),
    )


def _data(own: OwnNetwork, twin: Twin) -> str:
    """Return the lines that make x and y."""
    shape, is_sparse = twin.shape, own.loss.startswith("sparse")
    values = {"shape": shape, "rows_shape": shape[:-1], "classes": shape[-1]}
    if own.makes_batch is None:
        labels = Template(LABELS.get(own.loss, OTHER_LABELS)).substitute(values)
        return f"x = draws.normal(size={twin.inputs})\ny = {labels}"
    kind = f".reshape({shape[:-1]})" if is_sparse else f".astype(float).reshape({shape})"
    given = f"x, y = (numpy.asarray(one) for one in net.{own.makes_batch.name}(ROWS))"
    return f"{given}\ny = y{kind}"


def _way(
    function: str,
    case: Case,
    own: OwnNetwork,
    declarations: Mapping[str, Declaration],
    *,
    is_alone: bool,
) -> str:
    """Return the function that makes the step of a case. is_alone: it sees its device alone."""
    target = case.target
    name = next(
        name
        for name, way in declarations[target.backend].own.items()
        if way.call == target.call and name in own.functions
    )
    texts = _texts(target.backend, name)
    settings = {key: value for key, value in asdict(own.optimizer).items() if key != "type"}
    kind = str(type(own.optimizer).__struct_config__.tag)
    body = Template(texts[name][case.workload.kind]).substitute(
        device=target.device.partition(":")[0] if is_alone else target.device,
        threads=target.threads,
        function=own.functions[name].name,
        loss=texts["losses"][own.loss],
        optimizer=Template(texts["optimizers"][kind]).substitute(settings),
        compiled=texts[name]["modes"].get(target.mode, ""),
    )
    return f"\ndef {function}():\n{indent(body.strip(), '    ')}\n"


@cache
def _texts(backend: str, function: str) -> dict[str, Any]:
    """Return the table of texts that has a function."""
    folder = PACKAGE / "backends"
    for path in (folder / backend / "repro.toml", *sorted(folder.glob("_*.toml"))):
        if path.is_file():
            texts = tomllib.loads(path.read_text(encoding="utf-8"))
            if function in texts:
                return texts
    raise LookupError(f"no text of {backend} has {function}")


def _variables(case: Case, declarations: Mapping[str, Declaration]) -> dict[str, str]:
    """Return the environment variables of a case, without those that name a folder of the run."""
    declared = declarations[case.target.backend]
    plain = {name for name, value in declared.environment.items() if "{scratch}" not in value}
    found = declared.variables(case.target.threads, "")
    return {name: value for name, value in found.items() if name in plain}
