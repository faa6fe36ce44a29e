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
        "cpu": ["float32", "float64", "bfloat16", "float16"],
        "cuda": ["float32", "float64", "tf32", "bfloat16", "float16"],
    },
    "lacks": {"autocast-bfloat16": "TensorFlow has no autocast"},
    "usual_dtypes": {"cpu": "float32", "cuda": "tf32"},
    "own": {
        "keras_model": {
            "call": "keras",
            "use": {
                "eager": "export KERAS_BACKEND=tensorflow; compile(run_eagerly=True)",
                "function": "export KERAS_BACKEND=tensorflow; compile(jit_compile=False)",
                "xla": "export KERAS_BACKEND=tensorflow; compile(jit_compile=True)",
            },
        },
    },
    "environment": {
        "KERAS_BACKEND": "tensorflow",
        "OMP_NUM_THREADS": "{threads}",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    },
    "settings": [
        {"name": "KERAS_BACKEND", "why": "set by a user, Keras might run on another framework"},
        {"name": "OMP_NUM_THREADS", "why": "the number of threads is part of a target"},
        {"name": "TF_CPP_MIN_LOG_LEVEL", "why": "messages of the start are not shown"},
        {"name": "TF_FORCE_GPU_ALLOW_GROWTH", "why": "the workers of a row share the GPU's memory"},
        {
            "name": "tf.config.threading.set_intra_op_parallelism_threads",
            "why": "the number of threads is part of a target; 0 is one per core",
            "default": 0,
            "ours": "{threads}",
        },
        {
            "name": "tf.config.threading.set_inter_op_parallelism_threads",
            "why": "the number of threads is part of a target; 0 is one per core",
            "default": 0,
            "ours": "{threads}",
        },
        {
            "name": "tf.config.experimental.enable_tensor_float_32_execution",
            "why": "float32 is IEEE float32 everywhere",
            "default": True,
            "ours": False,
            "devices": ["cuda"],
            "measured_by": {"dtype": "tf32"},
        },
        {
            "name": "tf.data.Options().threading.private_threadpool_size",
            "why": "of loop dataset: the number of threads is part of a target",
            "default": None,
            "ours": "{threads}",
        },
        {
            "name": "keras.Model.compile(jit_compile)",
            "why": "of loop fit and of the calls of Keras: the mode says whether XLA compiles; "
            "auto is XLA on a GPU alone",
            "default": "auto",
            "ours": "True in mode xla, else False",
        },
        {
            "name": "keras.Model.fit(verbose)",
            "why": "no progress bar is drawn while time is taken",
            "default": "auto",
            "ours": 0,
        },
        {
            "name": "keras.Model.predict(verbose)",
            "why": "no progress bar is drawn while time is taken",
            "default": "auto",
            "ours": 0,
        },
        {
            "name": "keras.optimizers.Adagrad(initial_accumulator_value)",
            "why": "the accumulator starts at 0, as in the reference",
            "default": 0.1,
            "ours": 0.0,
        },
        {
            "name": "keras.optimizers.Adagrad(epsilon)",
            "why": "Keras adds it inside the root: its square has the same effect on a vanishing "
            "gradient",
            "default": 1e-07,
            "ours": "the square of the network's",
        },
        {
            "name": "keras.optimizers.RMSprop(epsilon)",
            "why": "Keras adds it inside the root: its square has the same effect on a vanishing "
            "gradient",
            "default": 1e-07,
            "ours": "the square of the network's",
        },
        {
            "name": "keras.optimizers.AdamW(weight_decay)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 0.004,
            "ours": "{network}",
        },
    ],
    "differences": [
        {
            "quantity": "weight/",
            "optimizers": ["adagrad", "rmsprop"],
            "note": "Keras adds the square of epsilon inside the root, the reference epsilon "
            "outside: "
            "the first step differs where a gradient is about as small as epsilon",
        },
        {
            "quantity": "weight/",
            "optimizers": ["adam", "adamw"],
            "note": "Keras adds epsilon before it corrects the bias, the reference after it: "
            "the first step differs where a gradient is little larger than epsilon",
        },
    ],
}
