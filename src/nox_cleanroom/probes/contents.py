"""Is in the wheel what belongs there, and nothing else?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nox_cleanroom.environments.installation import Installation
from nox_cleanroom.output import clean_text
from nox_cleanroom.results import Outcome, ProbeResult
from nox_cleanroom.wheel import Member, Wheel

NAME = "contents"

#: Names that a wheel should not put next to everybody else's packages.
COMMON = frozenset(
    {"test", "tests", "doc", "docs", "src", "example", "examples", "benchmarks", "scripts", "tools"}
)

#: The interpreter in an extension module's name, as in ``_speed.cpython-311-x86_64-linux-gnu.so``.
_BUILT_FOR = re.compile(r"\.cpython-(\d+t?)-[^/]*\.so$|\.cp(\d+t?)-[^/]*\.pyd$")


def probe(installation: Installation) -> Iterator[ProbeResult]:
    """One result for each thing that is wrong, or one for all files."""
    wheel = installation.wheel
    found = [
        *_nothing(installation),
        *_common_names(wheel),
        *_tags(wheel),
        *_permissions(wheel),
        *_licences(wheel),
        *_traces(installation),
    ]
    yield from found or [ProbeResult(probe=NAME, subject=wheel.path.name, outcome=Outcome.PASSED)]


def _result(outcome: Outcome, subject: str, message: str, hint: str) -> ProbeResult:
    return ProbeResult(
        probe=NAME, subject=clean_text(subject), outcome=outcome, message=message, hint=hint
    )


def _nothing(installation: Installation) -> Iterator[ProbeResult]:
    wheel = installation.wheel
    if any(not member.name.startswith(f"{wheel.dist_info}/") for member in wheel.members):
        return
    packages = _tracked_packages(installation)
    if packages:
        yield _result(
            Outcome.FAILED,
            wheel.path.name,
            f"The wheel is empty: it installs no file, and the commit has {packages[0]}.",
            "Tell the build backend where the package is.",
        )
    elif any(one.marker is None or "extra" not in str(one.marker) for one in wheel.requirements):
        about = "It installs no file, only its requirements."
        yield _result(Outcome.PASSED, wheel.path.name, about, "")
    else:
        yield _result(
            Outcome.FAILED,
            wheel.path.name,
            "The wheel is empty: it installs no file and has no requirement.",
            "Tell the build backend where the package is.",
        )


def _tracked_packages(installation: Installation) -> list[str]:
    """The packages that the commit has in the usual two places of the project.

    Deeper ones may be other projects', where a repository holds several.
    """
    project = "" if installation.subdirectory == "." else f"{installation.subdirectory}/"
    usual = re.compile(rf"{re.escape(project)}((?:src/)?(\w+))/__init__\.py")
    names = installation.checkout.file_names(installation.commit)
    found = (usual.fullmatch(name) for name in names)
    return [one[1] for one in found if one is not None and one[2] not in COMMON]


def _common_names(wheel: Wheel) -> Iterator[ProbeResult]:
    tops = {name.partition(".")[0] for name in wheel.import_names}
    own = tops - COMMON
    for top in sorted(tops & COMMON):
        if own or top == "src":
            untried = "; it was not imported" if own else ""
            yield _result(
                Outcome.WARNED,
                top,
                f"The wheel installs a top-level `{top}`, a name that every other package could"
                f" take{untried}.",
                "Leave it out of the wheel; where packages are found is set for the backend.",
            )


def _tags(wheel: Wheel) -> Iterator[ProbeResult]:
    compiled = [member for member in wheel.members if _is_compiled(member)]
    is_pure = all(tag.endswith("-none-any") for tag in wheel.tags)
    if is_pure and compiled:
        yield _result(
            Outcome.FAILED,
            wheel.path.name,
            f"Its tags say that it runs anywhere, and {compiled[0].name} was compiled for one"
            " platform.",
            "The backend, or an option of it, sets the wrong tags.",
        )
    pythons = {tag.partition("-")[0] for tag in wheel.tags}
    for member in [] if is_pure else compiled:
        built_for = _BUILT_FOR.search(member.name)
        if built_for and f"cp{(built_for[1] or built_for[2]).rstrip('t')}" not in pythons:
            yield _result(
                Outcome.FAILED,
                member.name,
                f"It was compiled for CPython {built_for[1] or built_for[2]}, and the wheel's tags"
                f" say {', '.join(sorted(pythons))}.",
                "A stale file of another build may have got in.",
            )
    if wheel.stated_tags and wheel.stated_tags != wheel.tags:
        yield _result(
            Outcome.FAILED,
            "WHEEL",
            f"It says {', '.join(sorted(wheel.stated_tags))}, the file's name"
            f" {', '.join(sorted(wheel.tags))}.",
            "What renames a wheel has to write WHEEL anew: `wheel tags` does.",
        )


def _is_compiled(member: Member) -> bool:
    return member.module is not None and member.path.suffix != ".py"


def _permissions(wheel: Wheel) -> Iterator[ProbeResult]:
    # No mode at all is what archivers without Unix write; installers choose one then.
    modes = {name: mode & 0o777 for name, mode in wheel.modes.items() if mode & 0o777}
    for words, bad in (
        ("everybody may write it", [name for name in modes if modes[name] & 0o002]),
        ("its owner may not read it", [name for name in modes if not modes[name] & 0o400]),
    ):
        if bad:
            more = f" (and {len(bad) - 1} more are like it)" if bad[1:] else ""
            yield _result(
                Outcome.WARNED,
                bad[0],
                f"Its permissions in the wheel are {modes[bad[0]]:o}: {words}{more}.",
                "Mend the permissions of the file (`chmod 644`) where the wheel is built.",
            )


def _licences(wheel: Wheel) -> Iterator[ProbeResult]:
    for stated in wheel.licence_files:
        places = {f"{wheel.dist_info}/{stated}", f"{wheel.dist_info}/licenses/{stated}"}
        if places.isdisjoint(wheel.names):
            yield _result(
                Outcome.WARNED,
                stated,
                "METADATA names it as a licence file, and it is not in the wheel.",
                "Is it in the commit? Does `license-files` match it?",
            )


def _traces(installation: Installation) -> Iterator[ProbeResult]:
    wheel = installation.wheel
    traces = [trace.encode() for trace in installation.traces]
    for name, content in wheel.contents():
        if name.startswith(f"{wheel.dist_info}/"):
            continue
        found = next((trace for trace in traces if trace in content), None)
        # Debug information of compilers is full of them, and nobody follows it.
        if found is not None and b"\0" not in content:
            yield _result(
                Outcome.WARNED,
                name,
                f"It holds the path of the directory it was built in, {found.decode()}, which no"
                " user has.",
                "What writes it at build time should write a relative path.",
            )
