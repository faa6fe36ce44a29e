"""PyTorch: torch.nn and torch.optim, run op by op or through torch.compile."""

DECLARATION = {
    "package": "torch",
    "distributions": ["torch"],
    "install": "pip install -e '.[torch]'",
    "aliases": ["pytorch"],
    "fork_safe": True,
    "modes": {
        "eager": "dynamic",
        "compile": "static",
        "compile-max-autotune": "static",
        "cudagraph": "static",
    },
    "only_on": {"cudagraph": ["cuda"]},
    "on_request": ["compile-max-autotune", "cudagraph"],
    "loops": ["tensors", "dataloader", "fused"],
    "calls": {
        "predict": {
            "array": "from a NumPy array and back to one, in inference_mode",
            "no-grad": "under torch.no_grad() in place of inference_mode",
            "with-grad": "without either, so that autograd records the operations",
        },
        "train_step": {
            "array": "from NumPy arrays, with the loss fetched as a number: loss.item()",
        },
    },
    "callbacks": ["tensorboard", "checkpoint"],
    "devices": {
        "cpu": ["float32", "float64"],
        "cuda": ["float32", "float64", "tf32"],
    },
    "environment": {
        "OMP_NUM_THREADS": "{threads}",
        "MKL_NUM_THREADS": "{threads}",
        "TORCHINDUCTOR_CACHE_DIR": "{scratch}/inductor",
        "TRITON_CACHE_DIR": "{scratch}/triton",
        "CUDA_CACHE_PATH": "{scratch}/cuda",
        # Helpers that end after a minute without work, and start again, do so inside timed blocks.
        "TORCHINDUCTOR_QUIESCE_ASYNC_COMPILE_POOL": "0",
        # Where Inductor keeps its compiled C++ headers, whatever its cache folder.
        "TMPDIR": "{scratch}",
        # Set by a user, they would turn the mode into eager without a word.
        "TORCHDYNAMO_DISABLE": "0",
        "TORCH_COMPILE_DISABLE": "0",
    },
}
