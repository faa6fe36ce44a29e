"""TensorFlow: Keras layers, losses and optimizers, run op by op, traced, or through XLA."""

DECLARATION = {
    "package": "tensorflow",
    "distributions": ["tensorflow", "tensorflow-cpu"],
    "install": "pip install -e '.[tensorflow]'",
    "aliases": ["tf", "keras"],
    "modes": {"eager": "dynamic", "function": "static", "xla": "static"},
    "default": "function",
    "loops": ["fit", "dataset", "tensors"],
    "callbacks": ["tensorboard", "checkpoint"],
    "devices": {
        "cpu": ["float32", "float64"],
        "cuda": ["float32", "float64", "tf32"],
    },
    "environment": {
        "KERAS_BACKEND": "tensorflow",
        "OMP_NUM_THREADS": "{threads}",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "CUDA_CACHE_PATH": "{scratch}/cuda",
    },
}
