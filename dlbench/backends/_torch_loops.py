"""Epochs as users of PyTorch write them: resident tensors, a DataLoader, a fused optimizer."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import isfinite

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from dlbench.arrays import Array
from dlbench.backends._torch_callbacks import Callback, callbacks
from dlbench.backends._torch_natives import fused_or_foreach
from dlbench.backends._torch_program import Learner, Program, canonical
from dlbench.backends.base import LEAD_IN_STEPS, Lesson

Batches = Iterable[tuple[Tensor, Tensor]]


class Trainer:
    """A network trained by a hand-written loop over batches."""

    set_up: tuple[str, ...] = ()

    def __init__(self, program: Program, lesson: Lesson, tensor: Callable[[Array], Tensor]) -> None:
        torch.manual_seed(lesson.seed)  # of dropout
        self.lesson, self.tensor, self.program = lesson, tensor, program
        self.learner = Learner(program)
        settings = lesson.network.optimizer
        self.x, self.y = tensor(lesson.x), tensor(lesson.y)
        is_fused, device = lesson.loop == "fused", self.x.device.type
        how = fused_or_foreach(settings, device) if is_fused else {}
        self.optimizer = self.learner.optimizer(settings, **how)
        self.order = torch.Generator().manual_seed(lesson.seed)
        self.batches: Callable[[], Batches] = self.resident
        if lesson.loop == "dataloader":
            self.batches = partial(self._on_device, self._loader())
            copied = ("pin batches and copy them to the device",) if self.x.is_cuda else ()
            self.set_up = ("collect rows one by one", *copied)
        self.callbacks: list[Callback] = callbacks(lesson)
        self.epochs = 0

    def resident(self) -> Batches:
        """Slices of the data, which lies on the device; shuffled as a whole."""
        x, y = self.x, self.y
        if self.lesson.shuffle:
            order = torch.randperm(len(x), generator=self.order).to(x.device)
            x, y = x[order], y[order]
        size = self.lesson.network.batch
        return zip(torch.split(x, size), torch.split(y, size), strict=True)

    def _loader(self) -> Batches:
        """The data on the host, row by row as a DataLoader collects it."""
        return DataLoader(
            TensorDataset(self.x.cpu(), self.y.cpu()),
            batch_size=self.lesson.network.batch,
            shuffle=self.lesson.shuffle,
            generator=self.order,
            pin_memory=self.x.device.type == "cuda",
        )

    def _on_device(self, batches: Batches) -> Batches:
        device = self.x.device
        move = partial(Tensor.to, device=device, non_blocking=True)
        return ((move(x), move(y)) for x, y in batches)

    def epoch(self) -> float:
        """One pass; the losses are added up where they are, and fetched once.

        No callback sees an epoch whose loss is no finite number: its weights are worth nothing.
        """
        total = torch.zeros((), dtype=self.x.dtype, device=self.x.device)
        for x, y in self.batches():
            total += self.learner.step(self.optimizer, x, y).detach() * len(x)
        loss = float(total) / len(self.x)
        for callback in self.callbacks if isfinite(loss) else ():
            callback.at_end_of(self.epochs, loss, self.learner, self.optimizer)
        self.epochs += 1
        return loss

    def lead_in(self) -> None:
        """Steps on the first batch."""
        size = self.lesson.network.batch
        for _ in range(LEAD_IN_STEPS):
            self.learner.step(self.optimizer, self.x[:size], self.y[:size])

    def reset(self) -> None:
        """Weights, statistics and optimizer as at the start."""
        self.learner.reset()

    def weights(self) -> Mapping[str, Tensor]:
        """Native, kernels as dlbench has them."""
        return {name: canonical(name, p) for name, p in self.learner.named.items()}

    def inputs(self) -> Mapping[str, Tensor]:
        """The data and the parameters."""
        return {"x": self.x, "y": self.y, **self.learner.named}

    def predict(self, x: Array) -> Array:
        """All rows at once, in eval mode."""
        model = self.learner.model.eval()
        with torch.inference_mode():
            outputs: Tensor = self.program.activation(model(self.tensor(x)))
        model.train()
        return outputs.cpu().numpy()

    def load(self, checkpoint: str) -> None:
        """Only tensors are read: a checkpoint cannot run code."""
        device = self.x.device
        saved = torch.load(checkpoint, weights_only=True, map_location=device)
        self.learner.model.load_state_dict(saved["model"])
