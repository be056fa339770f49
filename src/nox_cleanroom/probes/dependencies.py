"""Do the installed requirements fit together?"""

from __future__ import annotations

from collections.abc import Iterator

from nox_cleanroom import variables
from nox_cleanroom.installation import Installation
from nox_cleanroom.output import last_lines
from nox_cleanroom.results import Outcome, ProbeResult

NAME = "dependencies"


def probe(installation: Installation) -> Iterator[ProbeResult]:
    """One result for the environment."""
    environment = installation.environment
    step = installation.recorder.run(
        "check dependencies",
        environment.pip("check"),
        cwd=installation.workspace.directory("neutral"),
        env=variables.for_build(installation.outer_env, tmp=installation.workspace.tmp),
    )
    yield ProbeResult(
        probe=NAME,
        subject="requirements",
        outcome=Outcome.PASSED if step.succeeded else Outcome.FAILED,
        message="" if step.succeeded else "The installed requirements do not fit together.",
        hint="" if step.succeeded else "Loosen the bounds that exclude each other.",
        output="" if step.succeeded else last_lines(step.output),
    )
