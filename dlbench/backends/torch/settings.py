"""Read the settings of PyTorch by which dlbench departs from its defaults.

It imports nothing of dlbench: the tests run it in a process without it, too.
"""

import inspect
from collections.abc import Callable
from functools import partial
from importlib import import_module

import torch
from torch.utils.data import DataLoader


def _default(function: Callable[..., object], parameter: str) -> object:
    return inspect.signature(function).parameters[parameter].default


# By the name of the setting, its value in this process.
STATE: dict[str, Callable[[], object]] = {"torch.set_num_threads": torch.get_num_threads}

# By the name of an argument, its default.
ARGUMENTS: dict[str, Callable[[], object]] = {
    "torch.compile(dynamic)": partial(_default, torch.compile, "dynamic"),
    "DataLoader(pin_memory)": partial(_default, DataLoader, "pin_memory"),
    "torch.optim.Adagrad(eps)": partial(_default, torch.optim.Adagrad, "eps"),
    "torch.optim.RMSprop(alpha)": partial(_default, torch.optim.RMSprop, "alpha"),
    "torch.optim.RMSprop(eps)": partial(_default, torch.optim.RMSprop, "eps"),
    "torch.optim.Adam(eps)": partial(_default, torch.optim.Adam, "eps"),
    "torch.optim.AdamW(eps)": partial(_default, torch.optim.AdamW, "eps"),
    "torch.optim.AdamW(weight_decay)": partial(_default, torch.optim.AdamW, "weight_decay"),
    "torch.nn.BatchNorm1d(eps)": partial(_default, torch.nn.BatchNorm1d, "eps"),
    "torch.nn.BatchNorm1d(momentum)": partial(_default, torch.nn.BatchNorm1d, "momentum"),
    "torch.nn.LayerNorm(eps)": partial(_default, torch.nn.LayerNorm, "eps"),
    "torch.nn.LSTM.bias_hh_l0.requires_grad": lambda: torch.nn.LSTM(1, 1).bias_hh_l0.requires_grad,
    "torch._dynamo.config.allow_rnn": lambda: import_module("torch._dynamo.config").allow_rnn,
}
