"""Installing a wheel into an environment, and the proof that this very wheel is installed."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from nox_cleanroom.config.axes import Extras
from nox_cleanroom.environments.environment import Environment, Facts
from nox_cleanroom.environments.install_failures import reason_of
from nox_cleanroom.environments.installer_commands import tool_failure
from nox_cleanroom.errors import CleanroomError, Code, ConfigError, InstallError
from nox_cleanroom.members import Member, record_digest
from nox_cleanroom.requirements import applies
from nox_cleanroom.results import Step
from nox_cleanroom.steps import Steps
from nox_cleanroom.wheels import Wheel


def installed_path(facts: Facts, member: Member) -> Path:
    """The path to which an interpreter's installation scheme installs a file of a wheel."""
    scheme = member.scheme if member.scheme in facts.paths else "data"
    return Path(facts.paths[scheme]) / member.path


def known_extras(wheel: Wheel, extras: Extras) -> tuple[str, ...]:
    """The extras, after a check that the distribution has them; installers only warn.

    Raises:
        ConfigError: the distribution lacks one.
    """
    offered = {canonicalize_name(extra) for extra in wheel.metadata.get("provides_extra", [])}
    if extras == "all":
        return tuple(sorted(offered))
    unknown = [extra for extra in extras if canonicalize_name(extra) not in offered]
    if unknown:
        raise ConfigError(
            f"{wheel.filename} has no extra {', '.join(map(repr, unknown))}.",
            hint=f"It has: {', '.join(sorted(offered)) or 'none'}.",
        )
    return extras


def install_wheel(
    wheel: Wheel,
    path: Path,
    environment: Environment,
    steps: Steps,
    *,
    extras: tuple[str, ...],
    lowest_on: Facts | None,
    options: Sequence[str],
    cwd: Path | None = None,
) -> None:
    """Install a wheel and its requirements, pinned to its digest.

    pip and uv verify the digest in the URL, so they cannot install another distribution of the
    same name and version. (https://packaging.python.org/specifications/direct-url/)

    Args:
        wheel: the wheel to install.
        path: its file.
        environment: the environment to install into.
        steps: runs the step.
        extras: the extras to install with it.
        lowest_on: the facts of the interpreter for which to install the lowest versions of its
            requirements; None to install the highest.
        options: the installer's options, such as further sources of requirements.
        cwd: the directory in which the installer runs; None for the run's neutral one.

    Raises:
        InstallError: the installer failed.
    """
    words = list(options)
    if lowest_on is not None:
        words += _lowest(wheel, environment, extras, lowest_on)
    command = environment.pip_install(*words, pinned(wheel, path, extras))
    step = steps.run("install", command, cwd=cwd)
    if not step.succeeded:
        raise _failure(wheel, step)


def _failure(wheel: Wheel, step: Step) -> CleanroomError:
    """The error for an installation that failed, with its reason in a sentence if it is known."""
    error = tool_failure(
        InstallError, f"{wheel.filename} and its requirements could not be installed", step
    )
    reason = reason_of(step.output)
    if reason is not None and error.code is Code.INSTALL_FAILED:
        error.message = f"{wheel.filename} could not be installed: {reason.message}."
        error.hint = reason.hint
        # The sentence says what the many lines say.
        error.output, error.details = "", error.output
        if isinstance(error, InstallError):
            error.absent = reason.absent
    return error


def pinned(wheel: Wheel, path: Path, extras: tuple[str, ...] = ()) -> str:
    """The requirement of this very wheel, with extras."""
    wanted = f"{wheel.name}[{','.join(extras)}]" if extras else wheel.name
    return f"{wanted} @ {path.as_uri()}#sha256={wheel.sha256}"


def _lowest(
    wheel: Wheel, environment: Environment, extras: tuple[str, ...], facts: Facts
) -> list[str]:
    """The arguments that make uv install the lowest versions that the wheel's requirements admit.

    uv chooses the lowest versions of direct requirements only. The wheel would be the only one, so
    its requirements are added as direct ones.
    (https://docs.astral.sh/uv/concepts/resolution/#resolution-strategy)
    """
    if not environment.uv:
        raise CleanroomError(
            "Only uv can install the lowest versions of requirements, and it is not here.",
            hint="Install nox-cleanroom[uv], or leave out the resolution.",
            code=Code.TOOL_MISSING,
        )
    direct = [
        f"{requirement.name}{_bracketed(requirement.extras)}{requirement.specifier}"
        for requirement in wheel.requirements
        if requirement.url is None and applies(requirement, facts.markers, extras)
    ]
    return ["--resolution", "lowest-direct", *direct]


def _bracketed(extras: Iterable[str]) -> str:
    names = ",".join(sorted(extras))
    return f"[{names}]" if names else ""


def prove_identity(wheel: Wheel, facts: Facts) -> None:
    """Make sure, file by file, that this wheel is installed.

    Scripts are left out, because installers write the interpreter's path into them.

    Raises:
        InstallError: a file is missing or has different content.
    """
    differences = list(_differences(wheel, facts))
    if differences:
        shown = "; ".join(differences[:5])
        more = f" and {len(differences) - 5} more" if len(differences) > 5 else ""
        raise InstallError(
            f"What is installed is not {wheel.filename}: {shown}{more}.",
            hint="Another requirement may install files of the same names over it.",
            code=Code.IDENTITY_FAILED,
        )


def _differences(wheel: Wheel, facts: Facts) -> Iterator[str]:
    for row in wheel.record:
        member = Member.from_name(row.name)
        if not row.digest.startswith("sha256=") or member.scheme == "scripts":
            continue
        place = installed_path(facts, member)
        if member.scheme == "headers":
            # Installers put headers into a directory that is named after the distribution.
            place = place.parent / wheel.name / member.path
            if not place.exists():
                continue
        size = wheel.sizes.get(row.name)
        try:
            found = place.stat()
            # RECORD may name a device or a pipe, so only a regular file of this size is read.
            is_same = stat.S_ISREG(found.st_mode) and found.st_size == size
            if not is_same or record_digest(place.read_bytes()) != row.digest:
                yield f"{row.name} has another content"
        except (OSError, ValueError):
            # ValueError: the name contains a NUL.
            yield f"{row.name} is missing"
