"""How the libraries below the frameworks say that memory ran out.

Each framework has errors of its own for its own allocator. What a library of the device cannot get,
such as the work space of a product, comes as an error of another kind, in these words.
"""

# Beside Python's own MemoryError: the driver's and the runtime's "out of memory"
# (CUDA_ERROR_OUT_OF_MEMORY, hipErrorOutOfMemory), the status of a device's library of products
# (CUBLAS_STATUS_ALLOC_FAILED), the status of a remote call, and the host's allocator.
WORDS = (
    "out of memory",
    "out_of_memory",
    "outofmemory",
    "alloc_failed",
    "resource_exhausted",
    "allocate memory",
    "failed to allocate",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether the error means that memory ran out, by its kind or its words."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in WORDS)
