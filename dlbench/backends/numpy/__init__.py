"""NumPy: the networks written by hand, the baseline without a framework."""

DECLARATION = {
    "package": "numpy",
    "distributions": ["numpy"],
    "install": "pip install -e .",
    "aliases": ["np"],
    "fork_safe": True,
    "modes": {"eager": "dynamic"},
    "loops": ["tensors"],
    "calls": {
        "predict": {"array": "the bare call again, which takes an array and returns one"},
        "train_step": {"array": "the bare call again, with the loss as a Python number"},
    },
    "callbacks": [],
    "devices": {"cpu": ["float32", "float64"]},
    "lacks": {
        "bfloat16": "NumPy has no such type",
        "float16": "NumPy multiplies it without a BLAS, number by number",
        "autocast-bfloat16": "NumPy has no bfloat16",
        "tf32": "NumPy computes on the CPU alone",
    },
    "usual_dtypes": {"cpu": "float32"},
    "environment": {
        "OMP_NUM_THREADS": "{threads}",
        "OPENBLAS_NUM_THREADS": "{threads}",
        "MKL_NUM_THREADS": "{threads}",
        "VECLIB_MAXIMUM_THREADS": "{threads}",
    },
    "settings": [
        {"name": "OMP_NUM_THREADS", "why": "the number of threads is part of a target"},
        {"name": "OPENBLAS_NUM_THREADS", "why": "the number of threads is part of a target"},
        {"name": "MKL_NUM_THREADS", "why": "the number of threads is part of a target"},
        {"name": "VECLIB_MAXIMUM_THREADS", "why": "the number of threads is part of a target"},
        {
            "name": "threadpoolctl.threadpool_limits",
            "why": "the number of threads is part of a target",
            "default": "{cores}",
            "ours": "{threads}",
        },
    ],
}
