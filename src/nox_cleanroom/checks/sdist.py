"""Does the source distribution hold everything that the wheel needs?

The check compares two wheels, one built from the tree and one from the source distribution. Users
who install from source should get the same package, with the same requirements, entry points and
description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from nox_cleanroom.checks.declarations import differences
from nox_cleanroom.findings import Finding
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.builds import Builds, BuiltWheel
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.wheels import Wheel

#: Files that differ between two builds of the same source.
_UNSTABLE = (".so", ".pyd", ".dylib", ".a", ".o")


def check(
    *, tracked: Tracked, builds: Builds, rebuilt: BuiltWheel | None = None
) -> Iterator[Finding]:
    """One finding for the two wheels.

    Args:
        tracked: what git tracks.
        builds: the wheels from the tree and from the source distribution.
        rebuilt: the wheel from the tree, built by the Python that built from the source
            distribution. It shows whether the sdist lacks something or the wheel depends on the
            Python that builds.
    """
    one = rebuilt or builds.from_tree
    # Of the backend of a wheel that was given, nothing is known.
    problems = differences_of(one, builds.from_sdist, tracked, only_binding=not one.built_with)
    is_doubtful = rebuilt is None and builds.from_tree.python != builds.from_sdist.python
    finding = Finding.of(
        "wheel from the sdist",
        problems and f"Built from the source distribution, the wheel {problems}.",
        "Include in the sdist all that the build reads; the build backend's documentation says"
        " how.",
    )
    yield replace(finding, settled_by="rebuilt") if problems and is_doubtful else finding


def differences_of(
    one: BuiltWheel, other: BuiltWheel, tracked: Tracked, *, only_binding: bool
) -> str:
    """The differences of another build of a wheel, in words that follow "the wheel".

    Only the content of files that git tracks is compared, because each build writes others again,
    such as a ``_version.py``. A licence file that only one wheel has counts when the same versions
    of the build requirements were used for both.

    Args:
        one: the correct wheel.
        other: the other wheel.
        tracked: what git tracks.
        only_binding: whether of METADATA only what decides what users install is compared.
    """
    if (one.wheel.digests, one.wheel.texts) == (other.wheel.digests, other.wheel.texts):
        return ""
    ours, theirs = _files(one.wheel), _files(other.wheel)
    if not one.built_with:
        # Nothing is known of its backend, whose versions write different files beside METADATA.
        ours, theirs = (_without_about(files) for files in (ours, theirs))
    missing = sorted(ours.keys() - theirs.keys())
    added = sorted(theirs.keys() - ours.keys())
    is_rewritten = f"{one.wheel.dist_info}/DELVEWHEEL" in one.wheel.names
    changed = [
        name
        for name in sorted(ours.keys() & theirs.keys())
        if ours[name] != theirs[name] and not is_rewritten and not name.endswith(_UNSTABLE)
    ]
    if changed:
        names = {PurePosixPath(path).name for path in tracked.names}
        changed = [name for name in changed if PurePosixPath(name).name in names]
    words = [
        f"{what} {_listed(files)}"
        for what, files in (
            ("lacks", missing),
            ("adds", added),
            ("has another content in", changed),
        )
        if files
    ]
    if other.wheel.version != one.wheel.version:
        words.insert(0, f"has the version {other.wheel.version}, not {one.wheel.version}")
    lost = sorted(_licence_names(one.wheel) - _licence_names(other.wheel))
    if lost and one.is_made_like(other):
        words.append(f"lacks the licence file {_listed(lost)}")
    more = differences(one.wheel, other.wheel, only_binding=only_binding)
    return "; ".join([*words, *more])


#: What tools that put shared libraries into wheels add: the libraries, and files about them. The
#: tool for Windows also adds lines to modules.
#: (https://github.com/pypa/auditwheel, https://github.com/matthew-brett/delocate,
#: https://github.com/adang1345/delvewheel)
_OF_REPAIRS = re.compile(r"[^/]+\.libs/|(.*/)?\.dylibs/|[^/]+\.dist-info/(sboms/|DELVEWHEEL$)")


def _files(wheel: Wheel) -> dict[str, str]:
    """The digest of each file that matters, by name; dist-info without the version in its name."""
    prefix, licences = f"{wheel.dist_info}/", _licence_names(wheel)
    about = {
        # WHEEL and RECORD have checks of their own; `statements` compares METADATA by meaning.
        f"*.dist-info/{name.removeprefix(prefix)}": ""
        for name in wheel.names
        if name.startswith(prefix)
        # The paths of licence files depend on the version of the backend.
        and PurePosixPath(name).name not in licences
        and name != f"{prefix}entry_points.txt"
    }
    found = {**wheel.installed_digests, **about}
    return {name: digest for name, digest in found.items() if not _OF_REPAIRS.match(name)}


def _without_about(files: dict[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in files.items() if not name.startswith("*.dist-info/")}


def _licence_names(wheel: Wheel) -> set[str]:
    """The names of licence files in any place, because older backends put them beside METADATA."""
    inside = (name for name in wheel.names if name.startswith(f"{wheel.dist_info}/licenses/"))
    return {PurePosixPath(path).name for path in (*wheel.licence_files, *inside)}


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if names[5:] else ""
    return clean_text(", ".join(names[:5])) + more
