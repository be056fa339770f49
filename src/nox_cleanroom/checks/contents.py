"""Does the wheel hold what belongs there, and nothing else?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.members import COMMON_NAMES, Member
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.traces import Traces
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.wheels import Wheel

#: The interpreter in an extension module's name, as in ``_speed.cpython-311-x86_64-linux-gnu.so``.
_BUILT_FOR = re.compile(r"\.cpython-(\d+t?)-[^/]*\.so$|\.cp(\d+t?)-[^/]*\.pyd$")

#: Endings of libraries, of which each system loads one.
_LIBRARIES = (".so", ".dylib", ".dll", ".pyd")


def check(*, wheel: Wheel, tracked: Tracked, traces: Traces) -> Iterator[Finding]:
    """One finding for each problem, or one for all files."""
    found = [
        *_nothing(wheel, tracked),
        *_top_level(wheel),
        *_archive(wheel),
        *_tags(wheel),
        *_permissions(wheel),
        *_licences(wheel),
        *_traces(traces),
    ]
    yield from found or [Finding(wheel.filename, Outcome.PASSED)]


def _nothing(wheel: Wheel, tracked: Tracked) -> Iterator[Finding]:
    if any(not member.name.startswith(f"{wheel.dist_info}/") for member in wheel.members):
        return
    packages = _tracked_packages(tracked)
    if packages:
        yield Finding(
            wheel.filename,
            Outcome.FAILED,
            f"The wheel is empty: it installs no file, and the commit has {packages[0]}.",
            "Tell the build backend where the package is.",
        )
    elif any(one.marker is None or "extra" not in str(one.marker) for one in wheel.requirements):
        about = "It installs no file, only its requirements."
        yield Finding(wheel.filename, Outcome.PASSED, about)
    else:
        yield Finding(
            wheel.filename,
            Outcome.FAILED,
            "The wheel is empty: it installs no file and has no requirement.",
            "Tell the build backend where the package is.",
        )


def _tracked_packages(tracked: Tracked) -> list[str]:
    """The packages that the commit has in the two usual places of the project.

    Deeper ones may belong to other projects of the same repository.
    """
    project = "" if tracked.subdirectory == "." else f"{tracked.subdirectory}/"
    usual = re.compile(rf"{re.escape(project)}((?:src/)?(\w+))/__init__\.py")
    found = (usual.fullmatch(name) for name in tracked.names)
    return [one[1] for one in found if one is not None and one[2] not in COMMON_NAMES]


def _top_level(wheel: Wheel) -> Iterator[Finding]:
    """Findings about what the wheel puts beside the packages of all other distributions."""
    members = [one for one in wheel.members if one.is_library and not _is_of_tools(one, wheel)]
    modules = {one.module[0] for one in members if one.module}
    own = {name for name in modules if not _is_common(name)}
    for top in sorted({one.path.parts[0] for one in members}):
        name = top.partition(".")[0]
        inside = [one for one in members if one.path.parts[0] == top]
        if _is_common(name) and (own or name == "src"):
            untried = "; it was not imported" if own and name in modules else ""
            what = f"a name that every other package could take{untried}"
        elif inside[0].path == PurePosixPath(top):
            is_stub = top.endswith(".pyi") and name in modules
            is_code = top.endswith(_CODE) or is_stub
            what = "" if is_code else "a file that any other distribution may replace"
        elif own and not any(one.module or one.path.suffix == ".pyi" for one in inside):
            what = "a directory without a module"
        else:
            what = ""
        if what:
            yield Finding(
                clean_text(top),
                Outcome.WARNED,
                f"The wheel installs a top-level `{clean_text(top)}`, {what}.",
                "Leave it out of the wheel; where packages are found is set for the backend.",
            )


#: Endings of files that belong to the top of an import path.
_CODE = (".py", ".so", ".pyd", ".pth")


def _is_common(name: str) -> bool:
    return name.strip("_") in COMMON_NAMES


def _is_of_tools(member: Member, wheel: Wheel) -> bool:
    """Whether packaging tools put a file there: metadata, or libraries beside a package."""
    top = member.path.parts[0]
    return top == wheel.dist_info or top.endswith((".libs", ".dylibs", "-stubs"))


def _archive(wheel: Wheel) -> Iterator[Finding]:
    """Findings about names that not every system or installer can install."""
    for name, count in Counter(wheel.names).items():
        if count > 1:
            yield Finding(
                clean_text(name),
                Outcome.WARNED,
                "It is in the archive more than once, and some installers and indexes refuse that.",
                "Two settings of the backend include it; drop one.",
            )
    is_for_windows = any(tag.endswith("-any") or "-win" in tag for tag in wheel.tags)
    for name in dict.fromkeys(wheel.names) if is_for_windows else ():
        if _NOT_ON_WINDOWS.search(name):
            yield Finding(
                clean_text(name),
                Outcome.WARNED,
                "Windows cannot have a file of this name, so nobody can install the wheel there.",
                "Rename it.",
            )
    by_folded: dict[str, str] = {}
    is_for_linux_only = all("linux" in tag for tag in wheel.tags)
    for name in () if is_for_linux_only else wheel.names:
        other = by_folded.setdefault(name.casefold(), name)
        if other != name:
            yield Finding(
                clean_text(name),
                Outcome.WARNED,
                f"Only its case differs from that of {clean_text(other)}; on Windows and macOS, one"
                " replaces the other.",
                "Rename one of them.",
            )


#: Names and characters that Windows reserves.
#: (https://learn.microsoft.com/windows/win32/fileio/naming-a-file)
_NOT_ON_WINDOWS = re.compile(
    r"(^|/)(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.[^/]*)?(/|$)|[<>:\"|?*\\]|[. ](/|$)", re.IGNORECASE
)


def _tags(wheel: Wheel) -> Iterator[Finding]:
    compiled = [member for member in wheel.members if _is_compiled(member)]
    is_pure = all(tag.endswith("-none-any") for tag in wheel.tags)
    # A wheel may bring a library for each system, and load the right one by itself.
    systems = {ending for name in wheel.names for ending in _LIBRARIES if name.endswith(ending)}
    if is_pure and compiled and len(systems) < 2:
        yield Finding(
            wheel.filename,
            Outcome.FAILED,
            f"Its tags say that it runs anywhere, and {compiled[0].name} was compiled for one"
            " platform.",
            "The backend, or an option of it, sets the wrong tags.",
        )
    pythons = {tag.partition("-")[0] for tag in wheel.tags}
    for member in [] if is_pure else compiled:
        built_for = _BUILT_FOR.search(member.name)
        if built_for and f"cp{(built_for[1] or built_for[2]).rstrip('t')}" not in pythons:
            yield Finding(
                clean_text(member.name),
                Outcome.FAILED,
                f"It was compiled for CPython {built_for[1] or built_for[2]}, and the wheel's tags"
                f" say {', '.join(sorted(pythons))}.",
                "A stale file of another build may have got in.",
            )
    if wheel.stated_tags and wheel.stated_tags != wheel.tags:
        yield Finding(
            "WHEEL",
            Outcome.FAILED,
            f"It says {', '.join(sorted(wheel.stated_tags))}, the file's name"
            f" {', '.join(sorted(wheel.tags))}.",
            "A tool that renames a wheel must also rewrite WHEEL: `wheel tags` does.",
        )


def _is_compiled(member: Member) -> bool:
    return member.module is not None and member.path.suffix != ".py"


def _permissions(wheel: Wheel) -> Iterator[Finding]:
    # Archivers on other systems than Unix write no mode, and installers then choose one.
    modes = {file.name: file.mode & 0o777 for file in wheel.files if file.mode & 0o777}
    if all(tag.rpartition("-")[2].startswith("win") for tag in wheel.tags):
        # Windows has no such permissions, and archivers make them up there.
        return
    for words, bad in (
        ("everybody may write it", [name for name in modes if modes[name] & 0o002]),
        ("its owner may not read it", [name for name in modes if not modes[name] & 0o400]),
    ):
        if bad:
            more = f" (and {len(bad) - 1} more are like it)" if bad[1:] else ""
            yield Finding(
                clean_text(bad[0]),
                Outcome.WARNED,
                f"Its permissions in the wheel are {modes[bad[0]]:o}: {words}{more}.",
                "Fix the permissions of the file (`chmod 644`) where the wheel is built.",
            )


def _licences(wheel: Wheel) -> Iterator[Finding]:
    for stated in wheel.licence_files:
        # Old versions of setuptools put all of them into one directory.
        name = PurePosixPath(stated).name
        places = {f"{wheel.dist_info}/{stated}", f"{wheel.dist_info}/licenses/{stated}"}
        if places.isdisjoint(wheel.names) and f"{wheel.dist_info}/{name}" not in wheel.names:
            yield Finding(
                clean_text(stated),
                Outcome.WARNED,
                "METADATA names it as a licence file, and it is not in the wheel.",
                "Is it in the commit? Does `license-files` match it?",
            )


def _traces(traces: Traces) -> Iterator[Finding]:
    for name in traces.lfs_pointers:
        yield Finding(
            clean_text(name),
            Outcome.FAILED,
            "It is a pointer of git-lfs, and not the file that it stands for.",
            "Install git-lfs, and fetch the files with `git lfs pull` before the build;"
            " actions/checkout does that with `lfs: true`.",
        )
    for name, trace in traces.found.items():
        yield Finding(
            clean_text(name),
            Outcome.WARNED,
            f"It holds the path of the directory it was built in, {trace}, which no user has.",
            "The code that writes it at build time should write a relative path.",
        )
