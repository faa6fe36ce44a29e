"""The user's cache folder of dlbench: what outlives a run and may be deleted at any time."""

import os
from pathlib import Path

import pooch

# Names another folder.
VARIABLE = "DLBENCH_CACHE"


def folder() -> Path:
    """Return the folder; it need not exist."""
    return Path(os.environ.get(VARIABLE) or pooch.os_cache("dlbench"))
