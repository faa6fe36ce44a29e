"""What items of bench/device that need more than a queue would see if all is well, by their names.

It imports nothing, as the script starts a process for each item.
"""

from typing import Any

CHANGE = {"value": 96.0, "low": 80.0, "high": 116.0}
SURE = [{"side": "left", "first": 1, "last": 64}, {"side": "right", "first": 128, "last": 4096}]
BELOW = {"answer": "below batch 96 use the CPU", "change": CHANGE, "sure": SURE}
QUIET = {"samples": 32, "busy": 0}

TOLD: dict[str, dict[str, Any]] = {
    "facts": {
        "driver": "1.0",
        "cards": [{"name": "told"}],
        "calls_s": {"fast": 1e-5, "slow": 5e-3},
    },
    "false_alarms": {
        "alone": {**QUIET},
        "beside": {**QUIET},
        "left_out": "another user of the card",
    },
    "parking": {"alone_s": 1e-3, "waited_s": 1.001e-3, "left_s": 1.9e-3},
    "precision": {"torch float32": 1 + 2.0**-12, "torch tf32": 1.0},
    "out_of_memory": {
        "torch": {"error": "CUDA out of memory", "is_recognised": True, "works_after": True}
    },
    "device_tests": {"torch": {"code": 0, "last": "120 passed in 20.00s", "failed": []}},
    "crossing": {"first": {**BELOW}, "again": {**BELOW}, "fed": {**BELOW}},
    "ceilings": {"float32": {"gflops": 50e3, "peak": 66e3, "plain": 50e3}},
}
