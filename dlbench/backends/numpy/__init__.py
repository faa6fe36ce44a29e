"""NumPy: the networks written by hand, the baseline without a framework."""

DECLARATION = {
    "package": "numpy",
    "distributions": ["numpy"],
    "install": "pip install -e .",
    "aliases": ["np"],
    "fork_safe": True,
    "modes": {"eager": "dynamic"},
    "loops": ["tensors"],
    "callbacks": [],
    "devices": {"cpu": ["float32", "float64"]},
    "environment": {
        "OMP_NUM_THREADS": "{threads}",
        "OPENBLAS_NUM_THREADS": "{threads}",
        "MKL_NUM_THREADS": "{threads}",
        "VECLIB_MAXIMUM_THREADS": "{threads}",
    },
}
