"""A worker process. It holds on to its supervisor first: all other imports take a second."""

from dlbench.harness import lifeline

if __name__ == "__main__":
    lifeline.hold()

    from dlbench.harness import family, stdio
    from dlbench.harness.worker.serving import serve

    try:
        serve(*stdio.take_over_standard_streams())
    finally:
        family.end_own()
