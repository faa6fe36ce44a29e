"""A comparison with torch.utils.benchmark: one process, A then B, as its documentation does it."""

import argparse
import json

from steps import product


def main() -> None:
    """Print the medians in seconds, and which of them torch's Compare colours as the best."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--k", type=int, nargs=2, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="of each side")
    options = parser.parse_args()

    from torch.utils.benchmark import Timer
    from torch.utils.benchmark.utils.compare import BEST, _Row

    medians = []
    for k in options.k:
        run = product(k, options.threads)
        timer = Timer("run()", globals={"run": run}, num_threads=options.threads)
        medians.append(timer.blocked_autorange(min_run_time=options.seconds).median)
    best = [_Row.color_segment("", value, min(medians)).startswith(BEST) for value in medians]
    print(json.dumps({"medians": medians, "best": best}))


if __name__ == "__main__":
    main()
