"""How many processors may be used: the affinity of the process, and the quota of a container."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from nox_cleanroom.processes.cpus import available_cpus

V2, QUOTA, PERIOD = "cpu.max", "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"


def of_container(directory: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    return directory


#: What the system says of a container, and what of eight processors is left.
QUOTAS: dict[str, tuple[dict[str, str], int]] = {
    "no container": ({}, 8),
    "no limit": ({V2: "max 100000\n"}, 8),
    "two": ({V2: "200000 100000\n"}, 2),
    "one and a half": ({V2: "150000 100000\n"}, 2),
    "a tenth": ({V2: "10000 100000\n"}, 1),
    "more than there are": ({V2: "3200000 100000\n"}, 8),
    "the first version: three": ({QUOTA: "300000\n", PERIOD: "100000\n"}, 3),
    "the first version: no limit": ({QUOTA: "-1\n", PERIOD: "100000\n"}, 8),
    "the first version: half of it": ({QUOTA: "300000\n"}, 8),
    "both versions: the second counts": ({V2: "max 1\n", QUOTA: "300000", PERIOD: "100000"}, 8),
    "nothing": ({V2: ""}, 8),
    "one word": ({V2: "200000\n"}, 8),
    "three words": ({V2: "200000 100000 1\n"}, 8),
    "words": ({V2: "two many\n"}, 8),
    "a period of zero": ({V2: "200000 0\n"}, 8),
    "no ASCII": ({V2: "\u0663 \u0661\n"}, 8),
    "a negative quota": ({V2: "-5 1\n"}, 1),
    "the first version: words": ({QUOTA: "x", PERIOD: "y"}, 8),
    "the first version: a period of zero": ({QUOTA: "300000", PERIOD: "0"}, 8),
    "nonsense, and the first version": ({V2: "x", QUOTA: "300000", PERIOD: "100000"}, 3),
}


@pytest.mark.parametrize(("files", "count"), QUOTAS.values(), ids=QUOTAS)
def test_the_quota_of_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], count: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert available_cpus(of_container(tmp_path, files)) == count


@pytest.mark.parametrize(("affinity", "count"), [({5}, 1), ({0, 2, 4}, 3), (set(), 1)])
def test_the_affinity_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, affinity: set[int], count: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: affinity, raising=False)
    assert available_cpus(tmp_path) == count
    assert available_cpus(of_container(tmp_path, {V2: "100000 100000"})) == 1


@pytest.mark.parametrize(("there_are", "count"), [(4, 4), (None, 1)])
def test_systems_without_affinity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there_are: int | None, count: int
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: there_are)
    assert available_cpus(tmp_path) == count
