"""The facts about an interpreter, asked once and kept between runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import packaging
from packaging import tags

from nox_cleanroom.environments.environment import Environment, Facts
from nox_cleanroom.environments.interpreter import identity_of
from nox_cleanroom.environments.interpreter_questions import Question, ask
from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.output import last_lines
from nox_cleanroom.places.files import is_full, write_whole
from nox_cleanroom.steps import Steps


def learn_facts(environment: Environment, steps: Steps, *, known: Path) -> Facts:
    """The facts about the environment's interpreter.

    An interpreter is asked once, because its answers are the same in every environment except for
    the path of the environment.

    Args:
        environment: the environment with the interpreter.
        steps: runs the step.
        known: the directory that keeps the answers between runs.

    Raises:
        CleanroomError: the interpreter cannot run at all.
    """
    record = _place_of_facts(environment, known)
    place = json.dumps(str(environment.location))[1:-1]
    if record is not None:
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            said = json.loads(record.read_text(encoding="utf-8").replace(_HERE, place))
            return Facts(**{**said, "tags": tuple(said["tags"])})
    facts = _ask_for_facts(environment, steps)
    if record is not None:
        with contextlib.suppress(OSError):
            record.parent.mkdir(parents=True, exist_ok=True)
            write_whole(record, json.dumps(vars(facts)).replace(place, _HERE).encode())
    return facts


#: Stands for the environment's directory in the kept answers.
_HERE = "{environment}"


def interpreter_behind(environment: Environment) -> tuple[object, ...] | None:
    """A value that changes when what the environment's interpreter says would change.

    None when the interpreter lies in the environment. It is a copy then, as on Windows, and its
    original is unknown.
    """
    original = Path(os.path.realpath(environment.python))
    if original.is_relative_to(os.path.realpath(environment.location)):
        return None
    return (*identity_of(environment.python), packaging.__version__, platform.release())


def _place_of_facts(environment: Environment, known: Path) -> Path | None:
    """Where the facts about an interpreter are kept; None when it is unknown."""
    identity = interpreter_behind(environment)
    if identity is None:
        return None
    name = hashlib.sha256(repr(identity).encode("utf-8", "surrogateescape")).hexdigest()[:20]
    return known / f"{environment.backend}-{name}.json"


def _ask_for_facts(environment: Environment, steps: Steps) -> Facts:
    (answer,) = ask(
        environment,
        steps,
        step="look at interpreter",
        questions=[Question("facts", str(Path(packaging.__file__).parent.parent))],
        env=steps.env,
    )
    if answer.said is None or answer.error:
        words = answer.error.get("traceback", "") if answer.error else answer.output
        reason = ": the disk is full" if is_full(steps.workspace.tmp) else ""
        raise CleanroomError(
            f"The interpreter {str(environment.python)!r} could not describe itself{reason}.",
            output=last_lines(words),
            code=Code.NO_SPACE if reason else Code.TOOL_MISSING,
        )
    said = answer.said
    return Facts(
        version=said["version"],
        implementation=said["implementation"],
        cache_tag=said["cache_tag"],
        executable=said["executable"],
        prefix=said["prefix"],
        platform=said["platform"],
        tags=tuple(said["tags"]) or _tags_of_old(said, environment),
        markers=said["markers"],
        paths=said["paths"],
    )


def _tags_of_old(said: Mapping[str, Any], environment: Environment) -> tuple[str, ...]:
    """The tags of wheels for an interpreter that is too old for our `packaging`.

    The tags of the platform are those of our own interpreter, which is on the same system.

    Raises:
        CleanroomError: it is for another architecture.
    """
    if said["system"] != sysconfig.get_platform():
        raise CleanroomError(
            f"Python {said['version']} of {str(environment.python)!r} is for {said['system']}, and"
            " too old to say which wheels it takes.",
            hint=f"Test with one for {sysconfig.get_platform()}, or with Python 3.10 or newer.",
            code=Code.TOOL_MISSING,
        )
    major, minor = (int(part) for part in said["version"].split(".")[:2])
    platforms = [*tags.platform_tags()]
    # Such as `.cpython-38-x86_64-linux-gnu.so`, `.cp38-win_amd64.pyd`, `.pypy39-pp73-darwin.so`.
    words = said["extension_suffix"].strip(".").split(".")[0].replace("cpython-", "cp").split("-")
    if words[0].startswith("pypy"):
        name, wide = f"pp{major}{minor}", "pp3"
        own = tags.generic_tags(name, ["_".join(words[:2])], platforms)
    else:
        name = wide = f"cp{major}{minor}"
        abi = words[0] if words[0].startswith(name) else name
        own = tags.cpython_tags((major, minor), [abi], platforms)
    return tuple(map(str, (*own, *tags.compatible_tags((major, minor), wide, platforms))))
