"""The time of a GPU as PyTorch reads it."""

import torch

MS = 1e3


class CudaClock:
    """Events on the current stream of a GPU, with a resolution of half a microsecond.

    https://docs.pytorch.org/docs/stable/generated/torch.cuda.Event.html
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def mark(self) -> torch.cuda.Event:
        """An event behind all that was launched so far."""
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self.device))
        return event

    def seconds(self, start: torch.cuda.Event, end: torch.cuda.Event) -> float:
        """CUDA counts in milliseconds."""
        return start.elapsed_time(end) / MS
