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
        "cpu": ["float32", "float64", "bfloat16", "float16"],
        "cuda": ["float32", "float64", "tf32", "bfloat16", "float16"],
        "rocm": ["float32", "float64"],
    },
    "lacks": {"autocast-bfloat16": "JAX has no autocast"},
    "usual_dtypes": {"cpu": "float32", "cuda": "tf32"},
    "own": {
        "jax_model": {
            "call": "function",
            "modes": ["eager", "jit"],
            "use": {"eager": "apply(parameters, x)", "jit": "apply = jax.jit(apply)"},
        },
        "keras_model": {
            "call": "keras",
            "modes": ["eager", "jit"],
            "use": {
                "eager": "export KERAS_BACKEND=jax; compile(run_eagerly=True)",
                "jit": "export KERAS_BACKEND=jax",
            },
        },
    },
    "environment": {
        "KERAS_BACKEND": "jax",
        # The size of the thread pool of XLA's CPU client.
        "PJRT_NPROC": "{threads}",
        "OMP_NUM_THREADS": "{threads}",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "JAX_DISABLE_JIT": "0",
    },
    "settings": [
        {"name": "KERAS_BACKEND", "why": "the backend is the engine of a Keras model"},
        {"name": "PJRT_NPROC", "why": "the number of threads is part of a target"},
        {"name": "OMP_NUM_THREADS", "why": "the number of threads is part of a target"},
        {
            "name": "XLA_PYTHON_CLIENT_PREALLOCATE",
            "why": "the workers of a row share the GPU's memory",
        },
        {
            "name": "JAX_DISABLE_JIT",
            "why": "set by a user, it would turn jit into eager without a word",
        },
        {
            "name": "jax_cpu_enable_async_dispatch",
            "why": "a call returns when it is done, as in the other frameworks; waiting for each "
            "result of a small step costs more than the step",
            "default": True,
            "ours": False,
            "devices": ["cpu"],
            "measured_by": {"mode": "jit-async"},
        },
        {
            "name": "jax_default_matmul_precision",
            "why": "float32 is IEEE float32 everywhere",
            "default": None,
            "ours": "highest",
            "devices": ["cuda", "rocm"],
            "measured_by": {"dtype": "tf32"},
        },
        {
            "name": "jax_platforms",
            "why": "the device is part of a target",
            "default": None,
            "ours": "{device}",
        },
        {
            "name": "jax_default_device",
            "why": "the device is part of a target",
            "default": None,
            "ours": "{device}",
        },
        {
            "name": "jax_compilation_cache_dir",
            "why": "of a static mode: a second run finds compiled code, as with PyTorch; a folder "
            "of the run, so that cold is cold",
            "default": None,
            "ours": "{scratch}",
        },
        {
            "name": "jax_persistent_cache_min_compile_time_secs",
            "why": "of a static mode: programs of any size are kept",
            "default": 1.0,
            "ours": 0,
        },
        {
            "name": "jax_persistent_cache_min_entry_size_bytes",
            "why": "of a static mode: programs of any size are kept",
            "default": 0,
            "ours": -1,
        },
        {
            "name": "optax.adagrad(initial_accumulator_value)",
            "why": "the accumulator starts at 0, as in the reference",
            "default": 0.1,
            "ours": 0.0,
        },
        {
            "name": "optax.adagrad(eps)",
            "why": "Optax adds it inside the root: its square has the same effect on a vanishing "
            "gradient",
            "default": 1e-07,
            "ours": "the square of the network's",
        },
        {
            "name": "optax.rmsprop(eps_in_sqrt)",
            "why": "the reference adds epsilon outside the root",
            "default": True,
            "ours": False,
        },
        {
            "name": "optax.rmsprop(eps)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 1e-08,
            "ours": "{network}",
        },
        {
            "name": "optax.adam(eps)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 1e-08,
            "ours": "{network}",
        },
        {
            "name": "optax.adamw(eps)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 1e-08,
            "ours": "{network}",
        },
        {
            "name": "optax.adamw(weight_decay)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 0.0001,
            "ours": "{network}",
        },
    ],
    "differences": [
        {
            "quantity": "weight/",
            "optimizers": ["adagrad"],
            "note": "Optax adds the square of epsilon inside the root, the reference epsilon "
            "outside: "
            "the first step differs where a gradient is about as small as epsilon",
        },
    ],
}
