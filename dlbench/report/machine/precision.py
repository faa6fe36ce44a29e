"""What a run's number types mean on its machine: defaults of the frameworks, instructions."""

from collections.abc import Iterator, Sequence

from dlbench.analysis.rows import Row, timed_rows
from dlbench.grouping import grouped
from dlbench.records.base import DTYPES
from dlbench.records.run import Environment, Run

PLAIN = "float32"
CPU = "cpu"

# Instructions that multiply such numbers, by their names in Linux: x86 (Intel Architecture
# Instruction Set Extensions Programming Reference), ARM (Arm Architecture Reference Manual).
INSTRUCTIONS = {
    "bfloat16": ("amx_bf16", "avx512_bf16", "bf16", "svebf16"),
    "float16": ("amx_fp16", "avx512_fp16", "asimdhp"),
}


def lines(run: Run, rows: Sequence[Row]) -> list[str]:
    """Return sentences on the number types of the rows; none if all is float32 everywhere."""
    timed = timed_rows(rows)
    return [*_defaults(run, timed), *_instructions(run.environment, timed)]


def _defaults(run: Run, timed: Sequence[Row]) -> Iterator[str]:
    """Yield in which type the frameworks multiply float32 if nobody says otherwise."""
    known = {
        (row.target.device.partition(":")[0], row.target.backend): usual
        for row in timed
        if (usual := _usual(run, row))
    }
    is_plain = {row.target.dtype for row in timed} | set(known.values()) <= {PLAIN}
    if not known or is_plain:
        return
    parts = []
    for device, places in grouped(known, lambda place: place[0]).items():
        for dtype, those in grouped(places, lambda place: known[place]).items():
            where = " (where the GPU has it)" if dtype != PLAIN else ""
            names = ", ".join(backend for _, backend in those)
            parts.append(f"on {device} in {dtype}{where}: {names}")
    yield f"A product of float32 is computed by default {'; '.join(parts)}"


def _usual(run: Run, row: Row) -> str | None:
    return run.usual_dtypes.get(row.target.backend, {}).get(row.target.device.partition(":")[0])


def _instructions(environment: Environment, timed: Sequence[Row]) -> Iterator[str]:
    """Yield whether the CPU has instructions for the types of 16 bits that it computed."""
    used = dict.fromkeys(
        kind.also or kind.storage
        for row in timed
        if row.target.device == CPU and (kind := DTYPES[row.target.dtype]).rounding
    )
    if used and not environment.vector_features:
        yield f"Whether this CPU has instructions for {' or '.join(used)} is not known"
        return
    without = []
    for dtype in used:
        have = [name for name in INSTRUCTIONS[dtype] if name in environment.vector_features]
        if have:
            yield f"This CPU has instructions for {dtype}: {', '.join(have)}"
        else:
            without.append(dtype)
    if without:
        yield (
            f"This CPU has no instructions for {' and '.join(without)}: it converts to float32 and "
            "back, or computes number by number"
        )
