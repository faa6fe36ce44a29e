"""The cells of level.py in plain PyTorch: `python torch_loops.py MODE THREADS`."""

import sys
from collections.abc import Callable
from typing import Any

import torch
from loop import images, main, plain
from torch import nn

BATCH = 32


def iris() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    model = nn.Sequential(nn.Linear(4, 10), nn.ReLU(), nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 3))
    return model, torch.rand(BATCH, 4), torch.randint(3, (BATCH,))


def mnist() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2), nn.Linear(512, 10)
    )
    return model, *map(torch.tensor, images(BATCH))


NETWORKS = {"iris": iris, "mnist-512": mnist}


def matmul(size: int) -> Callable[[], Any]:
    a, b = torch.rand(size, size), torch.rand(size, size)
    product = mode(torch.matmul)
    return lambda: product(a, b)


def predict(name: str) -> Callable[[], Any]:
    model, x, _ = NETWORKS[name]()
    model.append(nn.Softmax(dim=1)).eval()
    run = mode(model)

    def step() -> Any:
        with torch.inference_mode():
            return run(x)

    return step


def forward(name: str) -> Callable[[], Any]:
    model, x, y = NETWORKS[name]()
    loss = nn.CrossEntropyLoss()

    def outputs_and_loss(x: torch.Tensor, y: torch.Tensor) -> Any:
        logits = model(x)
        return logits.softmax(dim=1), loss(logits, y)

    run = mode(outputs_and_loss)
    return lambda: run(x, y)


def train_step(name: str) -> Callable[[], Any]:
    model, x, y = NETWORKS[name]()
    loss, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-6)
    run = mode(lambda x, y: loss(model(x), y))

    def step() -> Any:
        optimizer.zero_grad()
        found = run(x, y)
        found.backward()
        optimizer.step()
        return found

    return step


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[2]))
    mode = torch.compile if sys.argv[1] == "compile" else plain
    main(matmul, (forward, train_step, predict), NETWORKS)
