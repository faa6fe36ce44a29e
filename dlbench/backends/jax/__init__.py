"""JAX: pure functions and Optax, run op by op or through jit, which is XLA."""

DECLARATION = {
    "package": "optax",  # which brings JAX along
    "distributions": ["jax"],
    "install": "pip install -e '.[jax]'",
    "modes": {"eager": "dynamic", "jit": "static", "jit-async": "static"},
    "default": "jit",
    # On a GPU every dispatch is asynchronous.
    "only_on": {"jit-async": ["cpu"]},
    "on_request": ["jit-async"],
    "loops": ["tensors"],
    "calls": {
        "predict": {"array": "from a NumPy array and back to one"},
        "train_step": {"array": "from NumPy arrays, with the loss fetched as a number"},
    },
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
