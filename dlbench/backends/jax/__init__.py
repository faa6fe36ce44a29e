"""JAX: pure functions and Optax, run op by op or through jit, which is XLA."""

DECLARATION = {
    "package": "optax",  # which brings JAX along
    "distributions": ["jax"],
    "install": "pip install -e '.[jax]'",
    "modes": {"eager": "dynamic", "jit": "static"},
    "default": "jit",
    "loops": ["tensors"],
    "callbacks": [],
    "devices": {
        "cpu": ["float32", "float64"],
        "cuda": ["float32", "float64", "tf32"],
    },
    "environment": {
        # The size of the thread pool of XLA's CPU client.
        "PJRT_NPROC": "{threads}",
        "OMP_NUM_THREADS": "{threads}",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "CUDA_CACHE_PATH": "{scratch}/cuda",
        # Set by a user, it would turn jit into eager without a word.
        "JAX_DISABLE_JIT": "0",
    },
}
