"""Epochs as users of PyTorch write them: resident tensors, a DataLoader, a fused optimizer."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import isfinite

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from dlbench.backends.base import LEAD_IN_STEPS, TrainingJob
from dlbench.backends.torch.callbacks import Callback, callbacks
from dlbench.backends.torch.model import Learner, Model
from dlbench.backends.torch.natives import fused_or_foreach
from dlbench.backends.torch.precision import to_numpy
from dlbench.reference.arrays import Array

Batches = Iterable[tuple[Tensor, Tensor]]


class Trainer:
    """A network trained by a hand-written loop over batches."""

    set_up: tuple[str, ...] = ()

    def __init__(self, model: Model, job: TrainingJob, tensor: Callable[[Array], Tensor]) -> None:
        torch.manual_seed(job.seed)  # of dropout
        self.job, self.tensor, self.model = job, tensor, model
        self.learner = Learner(model)
        settings = job.network.optimizer
        self.x, self.y = tensor(job.x), tensor(job.y)
        is_fused, device = job.loop == "fused", self.x.device.type
        how = fused_or_foreach(settings, device) if is_fused else {}
        self.optimizer = self.learner.optimizer(settings, **how)
        self.order = torch.Generator().manual_seed(job.seed)
        self.batches: Callable[[], Batches] = self.resident
        if job.loop == "dataloader":
            self.batches = partial(self._on_device, self._loader())
            copied = ("pin batches and copy them to the device",) if self.x.is_cuda else ()
            self.set_up = ("collect rows one by one", *copied)
        self.callbacks: list[Callback] = callbacks(job)
        self.epochs = 0

    def resident(self) -> Batches:
        """Return slices of the data on the device, shuffled as a whole."""
        x, y = self.x, self.y
        if self.job.shuffle:
            order = torch.randperm(len(x), generator=self.order).to(x.device)
            x, y = x[order], y[order]
        size = self.job.network.batch
        return zip(torch.split(x, size), torch.split(y, size), strict=True)

    def _loader(self) -> Batches:
        """Return a DataLoader of the data on the host, which collects it row by row."""
        return DataLoader(
            TensorDataset(self.x.cpu(), self.y.cpu()),
            batch_size=self.job.network.batch,
            shuffle=self.job.shuffle,
            generator=self.order,
            pin_memory=self.x.device.type == "cuda",
        )

    def _on_device(self, batches: Batches) -> Batches:
        device = self.x.device
        move = partial(Tensor.to, device=device, non_blocking=True)
        return ((move(x), move(y)) for x, y in batches)

    def epoch(self) -> float:
        """Train on all rows once; add up the losses on the device, and fetch the sum once.

        Callbacks skip an epoch whose loss is not finite: its weights are worthless.
        """
        wide = torch.promote_types(self.x.dtype, torch.float32)  # of 16 bits, sums stand still
        total = torch.zeros((), dtype=wide, device=self.x.device)
        for x, y in self.batches():
            total += self.learner.step(self.optimizer, x, y).detach() * len(x)
        loss = float(total) / len(self.x)
        for callback in self.callbacks if isfinite(loss) else ():
            callback.at_end_of(self.epochs, loss, self.learner, self.optimizer)
        self.epochs += 1
        return loss

    def lead_in(self) -> None:
        """Run steps on the first batch."""
        size = self.job.network.batch
        for _ in range(LEAD_IN_STEPS):
            self.learner.step(self.optimizer, self.x[:size], self.y[:size])

    def reset(self) -> None:
        """Restore weights, statistics and optimizer of the start."""
        self.learner.reset()

    def weights(self) -> Mapping[str, Tensor]:
        """Return the native weights, kernels as (inputs, units)."""
        return self.model.whole(self.learner.named)

    def inputs(self) -> Mapping[str, Tensor]:
        """Return the data and the parameters."""
        return {"x": self.x, "y": self.y, **self.learner.named}

    def predict(self, x: Array) -> Array:
        """Return the outputs of all rows at once, in eval mode."""
        model = self.learner.module.eval()
        with torch.inference_mode():
            outputs: Tensor = self.model.activation(model(self.tensor(x)))
        model.train()
        return to_numpy(outputs)

    def load(self, checkpoint: str) -> None:
        """Load the weights of a checkpoint; it reads tensors only, so the file cannot run code."""
        device = self.x.device
        saved = torch.load(checkpoint, weights_only=True, map_location=device)
        self.learner.module.load_state_dict(saved["model"])
