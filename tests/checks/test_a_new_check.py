"""Adding a check is adding one file and editing no list."""

from fakes.package import PackageCopy

CHECK = '''
"""The moon: whether it is full."""

from dlbench.checks.base import Facts, Outcome

SUBJECT = "system"


def check(facts: Facts) -> Outcome:
    """Look at the sky."""
    return Outcome("notice", "full", "wolves howl", "wait for two weeks")
'''

LOOK = '''
"""Carry out the checks on no facts but these."""

from pathlib import Path

from dlbench.checks import base
from dlbench.machine.grants import Grant
from dlbench.machine.observation import Observation

facts = base.Facts(
    Path("nowhere"), Path("nowhere"), Grant(1, frozenset({0})), Observation(1.0, 0.0, 0.1, 0.0)
)
print(*(one.check for one in base.findings(facts) if not isinstance(one, tuple)), sep="\\n")
'''


def test_it_is_carried_out(tmp_path):
    package = PackageCopy(tmp_path)
    package.add("dlbench/checks/moon.py", CHECK)
    package.add("dlbench/commands/look.py", _command(LOOK))
    assert "moon" in package.run("look").splitlines()


def _command(script):
    """A command that runs a script."""
    body = "\n".join(f"    {line}" for line in script.strip().splitlines()[1:])
    return f'''
"""Look."""

HELP = """Look.

Example: dlbench look
"""


def add(app):
    """Add the command."""
    app.command("look", help=HELP)(look)


def look() -> int:
    """Look."""
{body}
    return 0
'''
