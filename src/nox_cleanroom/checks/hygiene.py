"""What a checkout should not hold, gain or hide: the findings of ``clean_check``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from nox_cleanroom.checkout.checkout import Checkout, Commit
from nox_cleanroom.errors import Code
from nox_cleanroom.output import clean_text
from nox_cleanroom.results import Outcome, ProbeResult
from nox_cleanroom.wheel import Wheel

MODIFIED = "tracked files"
NEW = "new files"
ARTEFACTS = "tracked artefacts"
HIDDEN = "hidden source"
TRACKED_IGNORED = "tracked but ignored"
UNANCHORED = "ignore rules"

#: The questions in the order in which the report lists them.
QUESTIONS = (MODIFIED, NEW, ARTEFACTS, HIDDEN, TRACKED_IGNORED, UNANCHORED)

#: How many paths of one kind are named before the rest is counted.
_NAMED = 20

#: What compilers, interpreters and tools leave among the source, and nobody wants in a wheel.
_LEFTOVERS = re.compile(
    r"(^|/)(__pycache__|\.[^/]+|node_modules|[^/]+\.egg-info)/"
    r"|\.(py[cod]|so|pyd|o|a|obj|dll|dylib|orig|rej|log|swp)$|(^|/)\.[^/]+$|~$"
)


class ScratchLook:
    """What the steps of ``clean_check`` did to the scratch worktree, each thing named once."""

    def __init__(self, scratch: Checkout) -> None:
        self._scratch = scratch
        self._seen: set[str] = set()

    def after(self, step: str) -> list[ProbeResult]:
        """The findings that are new since the last look, with the step that came before."""
        uncommitted = self._scratch.uncommitted().items()
        modified = [
            path.decode("utf-8", "replace") for path, letters in uncommitted if letters != b"??"
        ]
        return [
            *self._findings(MODIFIED, modified, f"was changed by `{step}`", _restore_hint),
            *self._findings(NEW, self._scratch.unignored(), f"was left by `{step}`", _ignore_hint),
        ]

    def _findings(
        self, question: str, paths: Sequence[str], what: str, hint: object
    ) -> Iterator[ProbeResult]:
        fresh = [path for path in sorted(paths) if path not in self._seen]
        self._seen.update(fresh)
        for path in fresh[:_NAMED]:
            yield ProbeResult(
                probe=question,
                subject=clean_text(path),
                outcome=Outcome.FAILED,
                message=f"It {what}.",
                hint=hint(path),  # type: ignore[operator] # one of the two functions below
                code=Code.CHECKOUT_POLLUTED,
            )
        if len(fresh) > _NAMED:
            yield ProbeResult(
                probe=question,
                subject=f"and {len(fresh) - _NAMED:,} more",
                outcome=Outcome.FAILED,
                message=f"They {what}.".replace("was", "were"),
                code=Code.CHECKOUT_POLLUTED,
            )


def _restore_hint(path: str) -> str:
    del path
    return "Let the step write somewhere else, or stop tracking what is generated."


def _ignore_hint(path: str) -> str:
    if "__pycache__" in path:
        return "Add `__pycache__/` to .gitignore: Python writes it wherever it imports from."
    return f"Add `/{clean_text(path)}` to .gitignore, or let the step write somewhere else."


def no_editable_install() -> ProbeResult:
    """A note that nothing is known of editable installs, which the backend does not offer."""
    return ProbeResult(
        probe=NEW,
        subject="pip install -e .",
        outcome=Outcome.PASSED,
        message="Not asked: the backend has no `build_editable`, which PEP 660 makes optional.",
    )


def tracked_artefacts(
    checkout: Checkout, commit: Commit, names: Sequence[str]
) -> Iterator[ProbeResult]:
    """Build artefacts among a commit's files, judged by content and place, not by name alone.

    A package may well be called ``build``, a test may need a wheel, and setuptools tracks a
    ``bootstrap.egg-info`` on purpose: only what a build certainly wrote is a finding.
    """
    tracked = frozenset(names)
    found: dict[str, str] = {}
    for name in names:
        path = PurePosixPath(name)
        if path.suffix in {".pyc", ".pyo"} and (
            path.parent.name == "__pycache__" or str(path.with_suffix(".py")) in tracked
        ):
            place = path.parent if path.parent.name == "__pycache__" else path
            found[str(place)] = "bytecode, which Python writes by itself"
        elif path.name == "SOURCES.txt" and path.parent.suffix == ".egg-info":
            if f"{path.parent}/PKG-INFO" in tracked and _is_generated(checkout, commit, path):
                found[str(path.parent)] = "metadata that setuptools writes at every build"
        elif built := re.match(r"((?:.*/)?)build/(lib|lib\.[^/]+|bdist\.[^/]+)/(.*)", name):
            prefix, _, copied = built.groups()
            if {f"{prefix}{copied}", f"{prefix}src/{copied}"} & tracked:
                found[name[: built.start(3) - 1]] = "copies of the source that setuptools makes"
        elif path.parts[0] in {".eggs", ".tox", ".nox", ".pytest_cache", ".mypy_cache"}:
            found[path.parts[0]] = "a tool's own cache"
    for artefact, what in sorted(found.items()):
        yield ProbeResult(
            probe=ARTEFACTS,
            subject=clean_text(artefact),
            outcome=Outcome.FAILED,
            message=f"It is tracked, and it is {what}.",
            hint=f"git rm -r --cached -- {clean_text(artefact)}",
            code=Code.CHECKOUT_POLLUTED,
        )


def _is_generated(checkout: Checkout, commit: Commit, sources: PurePosixPath) -> bool:
    # What setuptools writes lists itself.
    text = checkout.read_file(commit, str(sources)) or ""
    return f"{sources.parent.name}/SOURCES.txt" in text


def hidden_source(
    checkout: Checkout, wheel: Wheel, names: Sequence[str], project: str
) -> Iterator[ProbeResult]:
    """Files of the checkout's package source that an ignore rule hides from the wheel.

    A rule that is anchored, or that names the very file, was meant; a directory's bare name,
    such as ``build/``, also matches a subpackage of that name.
    """
    roots = _source_roots(wheel, names, project)
    shipped = {str(member.path) for member in wheel.members if member.is_library}
    kinds = {PurePosixPath(path).suffix for path in shipped}
    hidden: dict[str, str] = {}
    for path in checkout.ignored_files():
        for source, installed in roots.items():
            if path.startswith(f"{source}/") and not _LEFTOVERS.search(path):
                place = f"{installed}/{path.removeprefix(f'{source}/')}"
                if place not in shipped:
                    hidden[path] = place
    for path, rule in sorted(checkout.ignore_rules(hidden).items())[:_NAMED]:
        like_shipped = PurePosixPath(path).suffix in kinds
        # A directory's bare name, and not a pattern for files or a path.
        is_loose = re.fullmatch(r"[^/*?\[]+/?", rule) and rule.strip("/") in path.split("/")[:-1]
        if not is_loose and not like_shipped:
            continue
        meant = not is_loose
        loud = Outcome.FAILED if like_shipped else Outcome.WARNED
        yield ProbeResult(
            probe=HIDDEN,
            subject=clean_text(path),
            outcome=Outcome.PASSED if meant else loud,
            message=f"The ignore rule `{clean_text(rule)}` hides it, and the wheel lacks it.",
            hint="" if meant else f"Write `/{clean_text(rule)}`, and `git add` the file.",
            code=Code.CHECKOUT_POLLUTED,
        )


def _source_roots(wheel: Wheel, names: Sequence[str], project: str) -> dict[str, str]:
    """Where the wheel's packages lie in the repository: source directory to installed one."""
    prefix = "" if project == "." else f"{project}/"
    packages = {
        str(member.path.parent) for member in wheel.members if member.path.name == "__init__.py"
    }
    tops = {package for package in packages if str(PurePosixPath(package).parent) not in packages}
    roots = {}
    for package in tops:
        ending = f"{package}/__init__.py"
        places = [
            name.removesuffix("/__init__.py")
            for name in names
            if name.startswith(prefix) and (name == ending or name.endswith(f"/{ending}"))
        ]
        if places:
            roots[min(places, key=len)] = package
    return roots


def tracked_but_ignored(scratch: Checkout, known: Iterable[str]) -> Iterator[ProbeResult]:
    """Tracked files that a rule ignores, besides the artefacts that are known already."""
    covered = tuple(known)
    paths = [
        path
        for path in scratch.tracked_but_ignored()
        if not any(path == place or path.startswith(f"{place}/") for place in covered)
    ]
    for path in paths[:_NAMED]:
        yield ProbeResult(
            probe=TRACKED_IGNORED,
            subject=clean_text(path),
            outcome=Outcome.WARNED,
            message="It is tracked although an ignore rule covers it, so a new file beside it"
            " would be left out without a word.",
            hint=f"Exempt it with a rule `!/{clean_text(path)}`, or narrow the rule.",
        )
    if len(paths) > _NAMED:
        yield ProbeResult(
            probe=TRACKED_IGNORED,
            subject=f"and {len(paths) - _NAMED:,} more",
            outcome=Outcome.WARNED,
            message="They are tracked although an ignore rule covers them.",
        )


def unanchored_rules(text: str) -> ProbeResult:
    """A note on the rules of the top ``.gitignore`` that would hide a subpackage of their name."""
    rules = [line.rstrip() for line in text.splitlines()]
    loose = [rule for rule in rules if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*/?", rule)]
    message = ""
    if loose:
        shown = ", ".join(f"`{rule}`" for rule in loose[:8])
        message = (
            f"{shown} would also hide a package directory of that name; `/{loose[0]}` matches at"
            " the top only."
        )
    return ProbeResult(
        probe=UNANCHORED, subject=".gitignore", outcome=Outcome.PASSED, message=message
    )
