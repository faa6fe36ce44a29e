"""One side of a comparison with pyperf: run by theirs.py with pyperf's own options."""

import pyperf
from steps import asked

if __name__ == "__main__":
    runner = pyperf.Runner()
    # the process that only starts the others need not import PyTorch
    step = asked() if runner.parse_args().worker else None
    runner.bench_func("product", step)
