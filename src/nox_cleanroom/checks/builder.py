"""Is the wheel the same whichever Python builds it?

One Python builds the wheel for all, so its content must not depend on that Python. With an
``if sys.version_info`` in ``setup.py``, all users get the requirements for the Python that builds.
"""

from __future__ import annotations

from collections.abc import Iterator

from nox_cleanroom.checks.sdist import differences_of
from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.builds import Builds, BuiltWheel
from nox_cleanroom.probes.tracked import Tracked


def check(*, tracked: Tracked, builds: Builds, rebuilt: BuiltWheel) -> Iterator[Finding]:
    """One finding for two wheels of the same tree that two Pythons have built."""
    # Another version of a backend may write other classifiers, URLs and texts.
    is_other_backend = not builds.from_tree.is_made_like(rebuilt)
    problems = differences_of(builds.from_tree, rebuilt, tracked, only_binding=is_other_backend)
    pythons = f"{rebuilt.built_with}, and not {builds.from_tree.built_with}"
    yield Finding.of(
        "wheel",
        problems and f"Built by Python {pythons}, the wheel {problems}.",
        "Every user gets the wheel that one Python has built. Distinguish Pythons by markers, such"
        " as `; python_version < '3.11'`, or by the tags of the wheel.",
    )
