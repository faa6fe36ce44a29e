"""The ceilings of `dlbench hardware` against a plain loop, and against published peaks."""

import json

from card import Card
from verdict import Facts, Verdict, of

NUMBER, SECONDS = 13, 45
CHECKS = "ceilings"

DTYPES, SIZE = ("float32", "tf32"), 8192

# A ceiling must have this share of a plain loop's rate, and no more than the peak.
LEAST, MOST = 0.9, 1.0


def look(card: Card) -> Facts:
    """Search the ceilings, then multiply in a plain loop."""
    words = ("--device", "cuda", "--dtype", ",".join(DTYPES), "--budget", "30")
    code, text = card.dlbench("hardware", *words, "--format", "json", "--quiet", timeout_s=80)
    try:
        found = json.loads(text)["hardware"]
    except ValueError:
        raise RuntimeError(f"dlbench hardware ended with {code}: {text[-300:]}") from None
    peaks = {one["dtype"]: one["gflops"] for one in found["peaks"] if one["device"] == "cuda"}
    return {
        dtype: {
            "gflops": max(
                (one["gflops"] for one in found["ceilings"] if one["target"]["dtype"] == dtype),
                default=None,
            ),
            "peak": peaks.get(dtype),
            "plain": _plain(card, dtype),
        }
        for dtype in DTYPES
    }


def _plain(card: Card, dtype: str) -> float:
    """GFLOP/s of a loop."""
    backend = card.started("torch", dtype=dtype)
    step = card.product(backend, SIZE, dtype)
    step_s = min(card.block(backend, step, 10).step_s for _ in range(3))
    backend.release()
    return 2 * SIZE**3 / step_s / 1e9


def judge(facts: Facts) -> Verdict:
    """Ceilings near the plain loop, below the peak."""
    faults = []
    for dtype, one in facts.items():
        if one["gflops"] is None:
            faults.append(f"{dtype}: no ceiling")
        elif one["gflops"] < LEAST * one["plain"]:
            faults.append(f"{dtype}: {one['gflops'] / one['plain']:.2f} of a plain loop")
        elif one["peak"] and one["gflops"] > MOST * one["peak"]:
            faults.append(f"{dtype}: {one['gflops'] / one['peak']:.2f} of the peak")
    known = {dtype: one["gflops"] for dtype, one in facts.items() if one["gflops"]}
    rates = ", ".join(f"{dtype} {gflops / 1e3:.1f} TFLOP/s" for dtype, gflops in known.items())
    return of(faults, f"{rates}; not tried: copies to and from the host, memory")
