"""Do the rules of ``.gitignore`` cover the right files, and no others?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from nox_cleanroom.checks.artefacts import find_artefacts
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.cleanliness import NAMED, Committed, Hidden
from nox_cleanroom.wheels import Wheel


def check_hidden(*, wheel: Wheel, hidden: Hidden) -> Iterator[Finding]:
    """One finding for each file of the package's source that a rule hides from the wheel.

    An anchored rule, or one that names this file, is intended. The bare name of a directory, such
    as ``build/``, also matches a subpackage of that name.
    """
    shipped = {str(member.path) for member in wheel.members if member.is_library}
    kinds = {PurePosixPath(path).suffix for path in shipped}
    findings = []
    for path, rule in sorted(hidden.rules.items()):
        like_shipped = PurePosixPath(path).suffix in kinds
        # The bare name of a directory, rather than a path or a pattern for files.
        is_loose = re.fullmatch(r"[^/*?\[]+/?", rule) and rule.strip("/") in path.split("/")[:-1]
        if not is_loose and not like_shipped:
            continue
        meant = not is_loose
        loud = Outcome.FAILED if like_shipped else Outcome.WARNED
        findings.append(
            Finding(
                clean_text(path),
                Outcome.PASSED if meant else loud,
                f"The ignore rule `{clean_text(rule)}` hides it, and the wheel lacks it.",
                "" if meant else f"Write `/{clean_text(rule)}`, and `git add` the file.",
                code=Code.CHECKOUT_POLLUTED,
            )
        )
    yield from findings or [Finding("checkout", Outcome.PASSED)]


def check_tracked(*, committed: Committed) -> Iterator[Finding]:
    """One finding for each tracked file that a rule ignores, besides artefacts."""
    covered = tuple(find_artefacts(committed))
    paths = [
        path
        for path in committed.ignored
        if not any(path == place or path.startswith(f"{place}/") for place in covered)
    ]
    if not paths:
        yield Finding("checkout", Outcome.PASSED)
    for path in paths[:NAMED]:
        yield Finding(
            clean_text(path),
            Outcome.WARNED,
            "It is tracked although an ignore rule covers it, so a new file beside it"
            " would be left out silently.",
            f"Exempt it with a rule `!/{clean_text(path)}`, or narrow the rule.",
        )
    if paths[NAMED:]:
        yield Finding(
            f"and {len(paths) - NAMED:,} more",
            Outcome.WARNED,
            "They are tracked although an ignore rule covers them.",
        )


def check_anchors(*, committed: Committed) -> Iterator[Finding]:
    """A note on the rules of the top ``.gitignore`` that would hide a subpackage of their name."""
    rules = [line.rstrip() for line in committed.ignore_rules.splitlines()]
    loose = [rule for rule in rules if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*/?", rule)]
    message = ""
    if loose:
        shown = ", ".join(f"`{rule}`" for rule in loose[:8])
        message = (
            f"{shown} would also hide a package directory of that name; `/{loose[0]}` matches at"
            " the top only."
        )
    yield Finding(".gitignore", Outcome.PASSED, message)
