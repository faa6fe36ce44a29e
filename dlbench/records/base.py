"""The base class of records, bounded numbers, and the table of dtypes."""

from typing import Annotated, Final, NamedTuple

from msgspec import Meta, MsgspecError, Struct

# All that msgspec raises for bytes that are no such record: two of these are no MsgspecError.
NOT_DECODED = (MsgspecError, RecursionError, UnicodeDecodeError)

# A size in a network, checked when a suite or a results folder is read. Users type sizes: a larger
# one is a typing error.
Size = Annotated[int, Meta(ge=1, le=1_000_000)]


# The upper bounds keep out infinity, which JSON cannot hold.
Positive = Annotated[float, Meta(gt=0, le=1e6)]


NotNegative = Annotated[float, Meta(ge=0, le=1e6)]


# 0 or more and less than 1: a rate, a momentum.
Share = Annotated[float, Meta(ge=0, lt=1)]


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """The base of all records: immutable, and strict about the fields it is read from."""


# Numbers that are measured, not typed. A worker may say anything: the bounds keep out infinity and
# NaN, which JSON cannot hold, so that what is written can be read. Nobody measures 32 years.
Seconds = Annotated[float, Meta(ge=0, le=1e9)]


Finite = Annotated[float, Meta(ge=-1e300, le=1e300)]


# Exact work, of which a large product has more than 64 bits hold.
Amount = Annotated[int, Meta(ge=0)]


# Bytes, switches, counts: as many as 64 bits hold.
Whole = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Dtype(NamedTuple):
    """A number type.

    bytes: the size of one number in memory; storage: the frameworks' name of the type in memory;
    eps: the distance from 1 to the next number, for the operands of a product; sum_eps: the same of
    the type in which a product adds up; array: NumPy's type that holds its values; also: the type
    of results that a framework gives beside the one in memory.
    """

    bytes: int
    storage: str
    eps: float
    sum_eps: float
    array: str
    also: str = ""

    @property
    def rounding(self) -> float:
        """Return the error of rounding a result, as a share; 0 if its sum is no more exact."""
        return self.eps / 2 if self.sum_eps < self.eps else 0.0


# TF32 is stored as float32, and rounds the operands of a product to 10 explicit mantissa bits:
# NVIDIA A100 Tensor Core GPU Architecture whitepaper (2020). bfloat16 has 7 of them and the range
# of float32 (Intel, BFLOAT16 - Hardware Numerics Definition, 2018), float16 has 10 (IEEE 754-2019,
# binary16). Products of both add up in float32: in the tensor and matrix units of GPUs and CPUs,
# and in the frameworks' own loops where a CPU has none. NumPy has no bfloat16: its values are kept
# in float32.
DTYPES: Final = {
    "float32": Dtype(4, "float32", 2.0**-23, 2.0**-23, "float32"),
    "tf32": Dtype(4, "float32", 2.0**-10, 2.0**-10, "float32"),
    "float64": Dtype(8, "float64", 2.0**-52, 2.0**-52, "float64"),
    "bfloat16": Dtype(2, "bfloat16", 2.0**-7, 2.0**-23, "float32"),
    "float16": Dtype(2, "float16", 2.0**-10, 2.0**-23, "float16"),
    "autocast-bfloat16": Dtype(4, "float32", 2.0**-7, 2.0**-23, "float32", also="bfloat16"),
}
