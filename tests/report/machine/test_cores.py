"""The cores of a machine in words."""

import pytest
from msgspec.structs import replace

from dlbench.report.machine.cores import limit_of, remedy, usable
from fakes.runs import ENVIRONMENT


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "2 of 4 cores"),
        ({"core_limit": "affinity"}, "2 of 4 cores (affinity)"),
        ({"core_limit": "quota", "quota_cores": 2.0}, "2 of 4 cores (quota)"),
        ({"core_limit": "quota", "quota_cores": 1.5}, "2 of 4 cores (quota of 1.5)"),
        (
            {"core_limit": "quota", "quota_cores": 1 / 3, "usable_cores": 1},
            "1 of 4 cores (quota of 0.33)",
        ),
        ({"core_limit": "affinity", "quota_cores": 3.0}, "2 of 4 cores (affinity)"),
    ],
)
def test_usable_cores_are_told_with_their_limit(fields, words) -> None:
    assert usable(replace(ENVIRONMENT, **fields)) == words


@pytest.mark.parametrize(
    ("quota", "threads", "words"),
    [
        (1.0, 2, "use --threads 1, or raise the limit"),
        (3.8, 4, "use --threads 3, or raise the limit"),
        (1.0, 1, "raise the limit"),
        (0.5, 4, "raise the limit"),
        (None, 2, "use --threads 1, or raise the limit"),
        (None, 1, "raise the limit"),
    ],
)
def test_fewer_threads_help_where_whole_cores_are_granted(quota, threads, words) -> None:
    assert remedy(replace(ENVIRONMENT, quota_cores=quota), threads) == words


@pytest.mark.parametrize(
    ("quota", "words"), [(None, ""), (1.0, " of 1 core"), (2.5, " of 2.5 cores")]
)
def test_a_limit_is_told_where_it_is_known(quota, words) -> None:
    assert limit_of(replace(ENVIRONMENT, quota_cores=quota)) == words
