"""Why requirements cannot be installed, in a sentence."""

from __future__ import annotations

import pytest

from nox_cleanroom.environments.install_failures import Reason, reason_of

UV_PYTHON = """\
error: No solution found when resolving dependencies
  cause: Because the current Python version (3.12.1) does not satisfy Python>=3.13 and all versions of
         audioop-lts depend on Python>=3.13, we can conclude that all versions of audioop-lts cannot be used.
         And because demo==1.0 depends on audioop-lts, we can conclude that demo==1.0 cannot be used.
"""
PIP_PYTHON = """\
ERROR: Ignored the following versions that require a different python version: 0.2.1 Requires-Python >=3.13; 0.2.2 Requires-Python >=3.13
ERROR: Could not find a version that satisfies the requirement audioop-lts (from demo) (from versions: none)
ERROR: No matching distribution found for audioop-lts
"""
NEEDS_PYTHON = Reason(
    message="the requirement `audioop-lts` is for Python >=3.13 only",
    hint='Restrict it: `audioop-lts; python_version >= "3.13"`; or change requires-python.',
)
UV_SYSTEM = """\
error: No solution found when resolving dependencies
  cause: Because pywin32>=306 has no wheels with a matching platform tag (e.g., `manylinux_2_36_x86_64`)
         and demo==1.0 depends on pywin32>=306, we can conclude that demo==1.0 cannot be used.
hint: Wheels are available for `pywin32` (v312) on the following platforms: `win32`, `win_amd64`
"""
UV_ABSENT = """\
error: No solution found when resolving dependencies
  cause: Because packone-zz was not found in the package registry and demo==0.1.0 depends on packone-zz,
         we can conclude that demo==0.1.0 cannot be used.
"""
PIP_ABSENT = """\
ERROR: Could not find a version that satisfies the requirement packone-zz (from demo) (from versions: none)
ERROR: No matching distribution found for packone-zz
"""
ABSENT = Reason(
    message="no index has the requirement `packone-zz`",
    hint="Is its name right? If it is on another index, configure that, or name a directory with its"
    " wheel by --find-links.",
    absent="packone-zz",
)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (UV_PYTHON, NEEDS_PYTHON),
        (PIP_PYTHON, NEEDS_PYTHON),
        (
            UV_SYSTEM,
            Reason(
                message="the requirement `pywin32` has no wheel for this system, only for win32,"
                " win_amd64",
                hint="Restrict it by `; sys_platform == 'win32'`.",
            ),
        ),
        (UV_ABSENT, ABSENT),
        (
            PIP_ABSENT,
            Reason(
                message="no index has a file of the requirement `packone-zz` for this system",
                hint="Is its name right? One for another system is restricted by a marker, such as"
                " `; sys_platform == 'win32'`.",
                absent="packone-zz",
            ),
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement a>9 (from versions: 1.0)",
            None,
        ),
        ("error: No solution found when resolving dependencies\n  cause: a and b conflict", None),
        ("", None),
    ],
)
def test_the_reason_is_found(output: str, reason: Reason | None) -> None:
    assert reason_of(output) == reason
