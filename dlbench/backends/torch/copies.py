"""Copies between the memory of the host and that of a device, as PyTorch makes them."""

import torch

# A pattern that no fresh memory has.
PATTERN = 173


class TorchBuffers:
    """Memory of so many bytes on the host and on the device. pinned: whether it is page-locked.

    A blocking copy returns when it is done: docs.pytorch.org, tutorial pinmem_nonblock.
    """

    def __init__(self, device: torch.device, size: int, *, pinned: bool) -> None:
        self.host = torch.empty(size, dtype=torch.uint8, pin_memory=pinned)
        self.there = torch.empty(size, dtype=torch.uint8, device=device)

    def up(self) -> None:
        """Copy from the host to the device, and wait."""
        self.there.copy_(self.host)

    def down(self) -> None:
        """Copy from the device to the host, and wait."""
        self.host.copy_(self.there)

    def survive(self) -> bool:
        """Return whether bytes come back as they were sent."""
        self.host.fill_(PATTERN)
        self.up()
        self.host.zero_()
        self.down()
        return bool((self.host == PATTERN).all())
