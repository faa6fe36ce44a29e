"""docs/notebook.ipynb runs as it stands, and is stored without outputs."""

import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


@pytest.fixture(scope="module")
def stored() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture
def client(stored: nbformat.NotebookNode, tmp_path: Path) -> NotebookClient:
    """A client whose kernel is this Python, whatever kernels the machine has."""
    client = NotebookClient(
        nbformat.from_dict(stored), timeout=120, resources={"metadata": {"path": NOTEBOOK.parent}}
    )
    client.create_kernel_manager()
    client.km.kernel_spec.argv[0] = sys.executable
    return client


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [one for cell in notebook.cells for one in cell.get("outputs", [])]


def test_it_is_stored_without_outputs(stored: nbformat.NotebookNode) -> None:
    assert outputs(stored) == []


def test_it_runs_and_shows_tables_and_plots(client: NotebookClient) -> None:
    shown = outputs(client.execute())
    assert [one for one in shown if one.output_type == "error" or one.get("name") == "stderr"] == []
    kinds = [kind for one in shown for kind in one.get("data", {})]
    assert kinds.count("text/html") >= 4
    assert kinds.count("image/png") == 2
