"""Memory that ran out, in the words of the libraries below the frameworks."""

import pytest

from dlbench.machine.allocators import is_out_of_memory

# As they were seen, or stand in the sources of CUDA, XLA and the frameworks.
RAN_OUT = [
    MemoryError(),
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("HIP error: hipErrorOutOfMemory"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to ..."),
    ValueError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8589934592 bytes."),
    RuntimeError("INTERNAL: Failed to allocate 512 bytes for new constant"),
    RuntimeError("INTERNAL: CUDA_ERROR_OUT_OF_MEMORY: out of memory"),
]

DID_NOT = [
    RuntimeError("mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)"),
    RuntimeError("CUDA error: an illegal memory access was encountered"),
    RuntimeError("CUDA error: device-side assert triggered"),
    ValueError("shape"),
    KeyError("memory"),
]


@pytest.mark.parametrize("error", RAN_OUT, ids=str)
def test_memory_that_ran_out_is_recognised(error) -> None:
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", DID_NOT, ids=str)
def test_other_errors_are_not_taken_for_it(error) -> None:
    assert not is_out_of_memory(error)
