"""Does the source distribution hold all that the wheel needs?

Not a question to an installation but to two wheels, one built from the tree and one from the
source distribution: who installs from source should get the same package, and the package the
same requirements, entry points and description.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.statements import differences
from nox_cleanroom.results import Outcome, ProbeResult
from nox_cleanroom.wheel import Wheel

NAME = "sdist"

#: What differs between two builds of the same source.
_UNSTABLE = (".so", ".pyd", ".dylib", ".a", ".o")


def compare(
    from_tree: Wheel, from_sdist: Wheel, tracked: Iterable[str], *, made_alike: bool = False
) -> ProbeResult:
    """The result for two wheels.

    Args:
        from_tree: the wheel built from the tree.
        from_sdist: the wheel built from the source distribution.
        tracked: the names of the commit's files; others are made anew by each build, such as a
            ``_version.py``, and may differ.
        made_alike: whether the same versions of the backend have built both: only then does it
            mean something when a licence file is in one of them only.
    """
    ours, theirs = _files(from_tree), _files(from_sdist)
    missing = sorted(ours.keys() - theirs.keys())
    added = sorted(theirs.keys() - ours.keys())
    names = {PurePosixPath(path).name for path in tracked}
    other = [
        name
        for name in sorted(ours.keys() & theirs.keys())
        if ours[name] != theirs[name]
        and not name.endswith(_UNSTABLE)
        and PurePosixPath(name).name in names
    ]
    words = [
        f"{what} {_listed(files)}"
        for what, files in (("lacks", missing), ("adds", added), ("has another content in", other))
        if files
    ]
    version = from_sdist.version if from_sdist.version != from_tree.version else ""
    if version:
        words.insert(0, f"has the version {version}, not {from_tree.version}")
    lost = sorted(_licence_names(from_tree) - _licence_names(from_sdist)) if made_alike else []
    if lost:
        words.append(f"lacks the licence file {_listed(lost)}")
    words += differences(from_tree, from_sdist)
    return ProbeResult(
        probe=NAME,
        subject="wheel from the sdist",
        outcome=Outcome.FAILED if words else Outcome.PASSED,
        message=f"Built from the source distribution, the wheel {'; '.join(words)}."
        if words
        else "",
        hint="Include in the sdist all that the build reads; the build backend's documentation"
        " says how."
        if words
        else "",
    )


def _files(wheel: Wheel) -> dict[str, str]:
    """The digest of each file that matters, by name; dist-info without the version in its name."""
    digests = wheel.digests
    prefix, licences = f"{wheel.dist_info}/", _licence_names(wheel)
    installed = {name: digest for name, digest in digests.items() if not name.startswith(prefix)}
    about = {
        # WHEEL and RECORD have probes of their own; `statements` compares METADATA by meaning.
        f"*.dist-info/{name.removeprefix(prefix)}": ""
        for name in digests
        if name.startswith(prefix)
        # Where these lie depends on the version of the backend.
        and PurePosixPath(name).name not in licences
        and name != f"{prefix}entry_points.txt"
    }
    return {**installed, **about}


def _licence_names(wheel: Wheel) -> set[str]:
    """The names of licence files, wherever they lie: older backends put them beside METADATA."""
    inside = (name for name in wheel.names if name.startswith(f"{wheel.dist_info}/licenses/"))
    return {PurePosixPath(path).name for path in (*wheel.licence_files, *inside)}


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if names[5:] else ""
    return clean_text(", ".join(names[:5])) + more
