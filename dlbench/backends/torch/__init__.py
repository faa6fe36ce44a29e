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
        "cpu": ["float32", "float64", "bfloat16", "float16", "autocast-bfloat16"],
        "cuda": ["float32", "float64", "tf32", "bfloat16", "float16", "autocast-bfloat16"],
        "rocm": ["float32", "float64"],
        "mps": ["float32"],
        "xpu": ["float32"],
    },
    "usual_dtypes": {"cpu": "float32", "cuda": "float32"},
    "own": {
        "torch_model": {
            "call": "module",
            "use": {
                "eager": "model(x)",
                "compile": "model = torch.compile(model)",
                "compile-max-autotune": 'model = torch.compile(model, mode="max-autotune")',
                "cudagraph": 'model = torch.compile(model, mode="reduce-overhead")',
            },
        },
        "keras_model": {
            "call": "keras",
            "modes": ["eager"],
            "use": {"eager": "export KERAS_BACKEND=torch"},
            "lacks": {"autocast-bfloat16": "Keras does not run its models in PyTorch's autocast"},
        },
    },
    "environment": {
        "KERAS_BACKEND": "torch",
        "OMP_NUM_THREADS": "{threads}",
        "MKL_NUM_THREADS": "{threads}",
        "TORCHINDUCTOR_CACHE_DIR": "{scratch}/inductor",
        "TRITON_CACHE_DIR": "{scratch}/triton",
        "TORCHINDUCTOR_QUIESCE_ASYNC_COMPILE_POOL": "0",
        "TMPDIR": "{scratch}",
        "TORCHDYNAMO_DISABLE": "0",
        "TORCH_COMPILE_DISABLE": "0",
    },
    "settings": [
        {"name": "KERAS_BACKEND", "why": "the backend is the engine of a Keras model"},
        {"name": "OMP_NUM_THREADS", "why": "the number of threads is part of a target"},
        {"name": "MKL_NUM_THREADS", "why": "the number of threads is part of a target"},
        {
            "name": "torch.set_num_threads",
            "why": "the number of threads is part of a target",
            "default": "{cores}",
            "ours": "{threads}",
        },
        {
            "name": "TORCHINDUCTOR_CACHE_DIR",
            "why": "compiled code goes to a folder of the run, so that cold is cold",
        },
        {
            "name": "TRITON_CACHE_DIR",
            "why": "compiled code goes to a folder of the run, so that cold is cold",
        },
        {
            "name": "TMPDIR",
            "why": "Inductor keeps its compiled C++ headers there, whatever its cache folder",
        },
        {
            "name": "TORCHINDUCTOR_QUIESCE_ASYNC_COMPILE_POOL",
            "why": "helpers that end after a minute without work start again inside timed blocks",
        },
        {
            "name": "TORCHDYNAMO_DISABLE",
            "why": "set by a user, it would turn the mode into eager without a word",
        },
        {
            "name": "TORCH_COMPILE_DISABLE",
            "why": "set by a user, it would turn the mode into eager without a word",
        },
        {
            "name": "torch.compile(dynamic)",
            "why": "workload retrace compiles for each size or for all; the others do not set it",
            "default": None,
            "ours": "False or True in workload retrace",
        },
        {
            "name": "DataLoader(pin_memory)",
            "why": "copies to a GPU need pinned memory not to wait",
            "default": False,
            "ours": True,
            "devices": ["cuda", "rocm"],
        },
        {
            "name": "torch.optim.Adagrad(eps)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 1e-10,
            "ours": "{network}",
        },
        {
            "name": "torch.optim.RMSprop(alpha)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 0.99,
            "ours": "{network}",
        },
        {
            "name": "torch.optim.RMSprop(eps)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 1e-08,
            "ours": "{network}",
        },
        {
            "name": "torch.optim.Adam(eps)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 1e-08,
            "ours": "{network}",
        },
        {
            "name": "torch.optim.AdamW(eps)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 1e-08,
            "ours": "{network}",
        },
        {
            "name": "torch.optim.AdamW(weight_decay)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 0.01,
            "ours": "{network}",
        },
        {
            "name": "torch.nn.BatchNorm1d(eps)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 1e-05,
            "ours": "{network}",
        },
        {
            "name": "torch.nn.BatchNorm1d(momentum)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 0.1,
            "ours": "{network}",
        },
        {
            "name": "torch.nn.LayerNorm(eps)",
            "why": "all frameworks get the hyper-parameters of the network",
            "default": 1e-05,
            "ours": "{network}",
        },
        {
            "name": "torch.nn.LSTM.bias_hh_l0.requires_grad",
            "why": "PyTorch adds two biases, which learn twice as fast as the single one of the "
            "others",
            "default": True,
            "ours": False,
        },
        {
            "name": "torch._dynamo.config.allow_rnn",
            "why": "of networks with recurrent layers: PyTorch would run these op by op",
            "default": False,
            "ours": True,
        },
    ],
}
