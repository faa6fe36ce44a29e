"""Everything a developer, and a user who has only Python and pip, does with dlbench.

`nox --list` shows the sessions. Every version that is installed here is pinned in
constraints.txt.
"""

from pathlib import Path

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.reuse_existing_virtualenvs = True

PYTHONS = ("3.11", "3.12", "3.13")
BACKENDS = ("numpy", "torch", "tensorflow", "jax")
MNIST = Path(__file__).parent.parent / "shared" / "data" / "mnist"

# Frameworks that share a process share its threads and memory: each has a test run of its own.
OF_BACKENDS = (
    "tests/backends/test_copies.py",
    "tests/backends/test_devices.py",
    "tests/backends/test_every_backend.py",
    "tests/backends/test_every_call.py",
    "tests/backends/test_every_dtype.py",
    "tests/backends/test_every_own.py",
    "tests/backends/test_every_trainer.py",
    "tests/backends/test_probe.py",
    "tests/backends/test_settings.py",
    "tests/workloads/test_epoch.py",
)
# Two at a time: most of the time goes into compiling and importing, on one core each.
PARALLEL = ("pytest", "--numprocesses=2")
# Without what has a session of its own.
SHORT = "not simulation and not thorough"
# The floor holds for all runs together: `coverage report` looks at it at the end.
COVERED = (*PARALLEL, "--cov", "--cov-append", "--cov-report=", "--cov-fail-under=0")


def install(session: nox.Session, *extras: str) -> None:
    """Install dlbench with extras, at the pinned versions."""
    # The README starts nox from a folder on PYTHONPATH, which is not for the session's programs.
    session.env["PYTHONPATH"] = None
    wanted = f"[{','.join(extras)}]" if extras else ""
    session.install("--quiet", "--constraint", "constraints.txt", "--editable", f".{wanted}")


def environment() -> dict[str, str]:
    """Where MNIST lies, if a copy is at hand."""
    return {"DLBENCH_DATA": str(MNIST)} if MNIST.is_dir() else {}


@nox.session
def run(session: nox.Session) -> None:
    """Measure: `dlbench run` with every framework; arguments after -- go to it."""
    install(session, "all")
    session.run("dlbench", "run", *session.posargs, env=environment())


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests, each framework in a process of its own, and hold the coverage floor."""
    install(session, "all", "dev")
    session.run("coverage", "erase")
    session.run(*COVERED, "-m", SHORT, *session.posargs, env=environment())
    if not session.posargs:  # traced, simulations take twice as long
        session.run(*PARALLEL, "-m", "simulation", env=environment())
    for backend in BACKENDS:
        _test_backend(session, backend, COVERED)
    session.run("coverage", "report")


@nox.session
@nox.parametrize("name", BACKENDS, ids=BACKENDS)
def backend(session: nox.Session, name: str) -> None:
    """Run the tests with one backend installed alone."""
    install(session, "dev", *({name} - {"numpy"}))
    session.run(*PARALLEL, "-m", "not thorough", *session.posargs, env=environment())
    _test_backend(session, name, PARALLEL)


@nox.session
def thorough(session: nox.Session) -> None:
    """Test every network in every number type, and every script: about ten minutes."""
    install(session, "all", "dev")
    for backend in BACKENDS:
        _test_backend(session, backend, PARALLEL, "thorough")


def _test_backend(
    session: nox.Session, name: str, command: tuple[str, ...], which: str = SHORT
) -> None:
    env = {**environment(), "DLBENCH_TEST_BACKEND": name}
    session.run(*command, "-m", which, *OF_BACKENDS, env=env)


def _of_a_python(version: str) -> None:
    """Add the session `tests-VERSION`: all tests that need no framework, with that Python.

    Without such a Python it is skipped; `nox --download-python auto` gets one if uv is there.
    """

    @nox.session(name=f"tests-{version}", python=version)
    def tests_without_frameworks(session: nox.Session) -> None:
        install(session, "dev")
        session.run(*PARALLEL, "-m", "not simulation", *session.posargs, env=environment())
        _test_backend(session, "numpy", PARALLEL)


for python in PYTHONS:
    _of_a_python(python)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and the direction of imports."""
    install(session, "torch", "dev")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports", "--no-cache")


@nox.session
def architecture(session: nox.Session) -> None:
    """Check which module imports which, and how large and how well documented the parts are."""
    install(session, "dev")
    session.run("lint-imports", "--no-cache")
    files = ("tests/test_architecture.py", "tests/test_imports.py", "tests/test_budget.py")
    session.run("pytest", *files, *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Look for known vulnerabilities of the installed packages, and for risky source."""
    install(session, "all", "dev")
    session.install("--quiet", "pip-audit")
    session.run("ruff", "check", "--select", "S", "dlbench")
    session.run("pip-audit", "--local", "--skip-editable", *session.posargs)


@nox.session
def simulate(session: nox.Session) -> None:
    """Check what intervals and verdicts promise, on five times as many runs as in `tests`."""
    install(session, "dev")
    env = {**environment(), "DLBENCH_SIMULATE": "5"}
    session.run(*PARALLEL, "-m", "simulation", *session.posargs, env=env)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Try ten times as many odd inputs as `tests` does, others each time: about ten minutes."""
    install(session, "dev")
    env = {**environment(), "DLBENCH_FUZZ": "10"}
    session.run(*PARALLEL, "tests/fuzz", *session.posargs, env=env)


@nox.session
def soak(session: nox.Session) -> None:
    """Measure time and memory of large plans and runs: `nox -s soak -- supervisor show`."""
    install(session, "dev")
    session.run("python", "bench/reach/scaling.py", *session.posargs, env=environment())


@nox.session
def kills(session: nox.Session) -> None:
    """Kill 60 supervisors, and resume their runs; let workers go wrong at every order."""
    install(session, "dev")
    env = {**environment(), "DLBENCH_KILLS": "60"}
    session.run("pytest", "tests/kills", *session.posargs, env=env)


@nox.session
def snapshots(session: nox.Session) -> None:
    """Write the stored copies of what a user sees anew; look at them with `git diff`."""
    install(session, "dev")
    env = {**environment(), "DLBENCH_WRITE_SNAPSHOTS": "1"}
    session.run("pytest", "tests/test_snapshots.py", *session.posargs, env=env)


@nox.session
def bench(session: nox.Session) -> None:
    """Compare with pytest-benchmark: `nox -s bench -- --backend torch --benchmark-autosave`."""
    install(session, "all", "dev")
    files = ("bench/test_matmul.py", "bench/test_mlp.py")
    session.run("pytest", "-W", "default", *files, *session.posargs, env=environment())


@nox.session
def reach(session: nox.Session) -> None:
    """Measure what dlbench promises of itself, side by side, and print the ratios."""
    install(session, "all", "dev")
    scripts = (
        "command_line",
        "timed_loop",
        "matmul_rate",
        "same_training",
        "accuracy",
        "compile_cost",
        "epoch_loops",
        "who_is_last",
        "taking_turns",
        "triad",
        "clock",
        "crossover",
    )
    for script in scripts:
        session.run("python", f"bench/reach/{script}.py", env=environment())


@nox.session
def ceiling(session: nox.Session) -> None:
    """Compare the ceiling of `dlbench hardware` with suite full: `nox -s ceiling -- -k matmul`."""
    install(session, "all", "dev")
    session.run("python", "bench/reach/ceiling.py", *session.posargs, env=environment())


@nox.session
def device(session: nox.Session) -> None:
    """Exercise every path that needs a GPU, in ten minutes: `nox -s device -- --only 3,4`."""
    install(session, "torch", "jax", "dev")
    if "--fake" not in session.posargs:  # a build for the card, beside the pinned one of the CPU
        session.install("--quiet", "--constraint", "constraints.txt", "jax[cuda13]")
    session.run("python", "bench/device/check.py", *session.posargs, env=environment())


@nox.session
def level(session: nox.Session) -> None:
    """Compare dlbench's times with plain loops, half an hour: `nox -s level -- --threads 2`."""
    install(session, "all", "dev")
    session.run("python", "bench/reach/level.py", *session.posargs)


@nox.session
def peers(session: nox.Session) -> None:
    """Measure dlbench against other harnesses, more than an hour: `nox -s peers -- --quick`."""
    install(session, "all", "dev")
    session.run("python", "bench/peers", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Run every command of README.md and docs/; tests/docs/test_commands.py makes them short."""
    install(session, "all", "dev")
    env = {**environment(), "DLBENCH_TEST_DOCS": "1"}
    session.run("pytest", "tests/docs", *session.posargs, env=env)


@nox.session
def schema(session: nox.Session) -> None:
    """Write the JSON Schemas of docs/schema/ anew."""
    install(session)
    for name in ("plan", "run", "measurement", "seam", "show", "answer", "doctor"):
        with open(f"docs/schema/{name}.json", "w", encoding="utf-8") as stream:
            session.run("dlbench", "schema", name, stdout=stream)


@nox.session
def size(session: nox.Session) -> None:
    """Print lines per module: the package is meant to stay small."""
    counted = [(len(p.read_text().splitlines()), p) for p in Path("dlbench").rglob("*.py")]
    for lines, path in sorted(counted, reverse=True):
        session.log(f"{lines:5} {path}")
    session.log(f"{sum(lines for lines, _ in counted):5} together")
