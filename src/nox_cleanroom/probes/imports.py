"""Does every top-level module of the wheel import, and from the environment?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nox_cleanroom.environments.environment import Answer, Question
from nox_cleanroom.environments.installation import Installation
from nox_cleanroom.errors import Code
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.contents import COMMON
from nox_cleanroom.probes.subject import (
    advice_on_import,
    ended_early,
    exception_lines,
    exception_text,
    what_is_lacking,
)
from nox_cleanroom.results import Outcome, ProbeResult

NAME = "imports"


def probe(installation: Installation) -> Iterator[ProbeResult]:
    """One result a module, each imported in an interpreter of its own."""
    names = installation.wheel.import_names
    if not names:
        yield ProbeResult(
            probe=NAME,
            subject=installation.wheel.name,
            outcome=Outcome.SKIPPED,
            message="The wheel has no module to import.",
        )
    own = [name for name in names if name.partition(".")[0] not in COMMON]
    for name in own or names:
        yield _judge(installation, installation.load(Question("import", name)))
    if installation.settings.imports == "all":
        yield from _all_others(installation, frozenset(own or names))


def _all_others(installation: Installation, tried: frozenset[str]) -> Iterator[ProbeResult]:
    """One result for each further module; a process each only where one ends the interpreter."""
    tops = {name.partition(".")[0] for name in tried}
    modules = {module for module in installation.wheel.modules if module not in tried}
    wanted = sorted(
        module
        for module in modules
        if module.partition(".")[0] in tops and module.rpartition(".")[2] != "__main__"
    )
    questions = [Question("import", module) for module in wanted]
    for answer in installation.ask("import all modules", questions):
        yield _judge(installation, answer)


def _judge(installation: Installation, answer: Answer) -> ProbeResult:
    early = ended_early(NAME, answer, "importing it")
    if early is not None:
        return early
    name = answer.subject
    if answer.error is not None:
        return _failed_import(installation, name, answer.error)
    places = (answer.said or {}).get("places", [])
    outside = [place for place in places if not installation.is_inside(place)]
    if outside:
        return ProbeResult(
            probe=NAME,
            subject=name,
            outcome=Outcome.FAILED,
            message=f"It came from {outside[0]!r}, outside of the environment.",
            hint="A .pth file or an import hook of a requirement may redirect it.",
        )
    return _side_effects(name, answer.said or {})


def _side_effects(name: str, said: dict[str, Any]) -> ProbeResult:
    """PASSED, or WARNED when the wheel's own code did more than being imported."""
    did = [f"writes {path}" for path in said.get("wrote", [])]
    did += [f"starts {command}" for command in said.get("started", [])]
    if not did:
        return ProbeResult(probe=NAME, subject=name, outcome=Outcome.PASSED)
    more = f" (and {len(did) - 3} more)" if did[3:] else ""
    return ProbeResult(
        probe=NAME,
        subject=name,
        outcome=Outcome.WARNED,
        message=f"Importing it {clean_text(', '.join(did[:3]))}{more}.",
        hint="Do that when a function is called; whoever imports it may have no right to.",
    )


def _failed_import(installation: Installation, name: str, error: dict[str, Any]) -> ProbeResult:
    message = exception_text(installation, error)
    if "exit" in error:
        message = f"Importing it calls sys.exit({error['exit']})."
    lacking = what_is_lacking(error)
    return ProbeResult(
        probe=NAME,
        subject=name,
        outcome=Outcome.ERROR if lacking else Outcome.FAILED,
        message=f"{message} ({lacking})" if lacking else message,
        hint=advice_on_import(installation, error),
        output=exception_lines(installation, error),
        code=Code.ENVIRONMENT_LACKING if lacking else Code.PROBE_FAILED,
    )
