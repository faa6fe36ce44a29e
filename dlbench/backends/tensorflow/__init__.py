"""TensorFlow: Keras layers, losses and optimizers, run op by op, traced, or through XLA."""

DECLARATION = {
    "package": "tensorflow",
    "distributions": ["tensorflow", "tensorflow-cpu"],
    "install": "pip install -e '.[tensorflow]'",
    "aliases": ["tf", "keras"],
    "modes": {"eager": "dynamic", "function": "static", "xla": "static"},
    "default": "function",
    "loops": ["fit", "dataset", "tensors"],
    "calls": {
        "predict": {
            "array": "the model or traced function on a NumPy array, and .numpy() of its result",
            "predict": "Keras's model.predict(array), which makes batches of 32 rows by itself",
            "predict_on_batch": "Keras's model.predict_on_batch(array)",
        },
        "train_step": {
            "array": "the step or traced function on NumPy arrays, and .numpy() of the loss",
            "train_on_batch": "Keras's model.train_on_batch(x, y) on NumPy arrays",
        },
    },
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
