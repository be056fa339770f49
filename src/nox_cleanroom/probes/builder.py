"""Is the wheel the same whichever Python builds it?

Not a question to an installation but to two wheels of the same tree. One Python builds the wheel
that serves all, so its content must not depend on which one: with an ``if sys.version_info`` in
``setup.py``, all users get the requirements of the builder.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nox_cleanroom.build.wheelhouse import StoredWheel
from nox_cleanroom.probes import sdist
from nox_cleanroom.results import ProbeResult

NAME = "builder"


def compare(one: StoredWheel, other: StoredWheel, tracked: Iterable[str]) -> ProbeResult:
    """The result for two wheels of the same tree, built by two Pythons.

    Args:
        one: the wheel that is tested.
        other: the wheel of another builder.
        tracked: the names of the commit's files.
    """
    alike = one.is_made_like(other)
    result = sdist.compare(one.wheel, other.wheel, tracked, made_alike=alike)
    pythons = f"{other.provenance.built_with}, and not {one.provenance.built_with}"
    return replace(
        result,
        probe=NAME,
        subject="wheel",
        message=result.message.replace(
            "Built from the source distribution", f"Built by Python {pythons}"
        ),
        hint="Every user gets the wheel that one Python has built. Let markers tell Pythons apart,"
        " such as `; python_version < '3.11'`, or the tags of the wheel."
        if result.message
        else "",
    )
