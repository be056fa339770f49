"""A repository that stands in for that of a release, of which only distributions are at hand."""

from __future__ import annotations

import json
from pathlib import Path

from nox_cleanroom.build.distributions import Distributions
from nox_cleanroom.build.sdist import unpack_sdist
from nox_cleanroom.checkout import git, pending


def make_stand_in(given: Distributions, place: Path) -> Path:
    """A new repository, with what the source distribution holds in its only commit, and its tag.

    Without a source distribution, the commit states what the wheels state.

    Args:
        given: the distributions.
        place: an empty directory for it.

    Returns:
        Its working tree.

    Raises:
        BuildError: the source distribution cannot be unpacked.
        RepositoryError: git failed.
    """
    if given.sdist is not None:
        tree = unpack_sdist(given.sdist, place)
    else:
        tree = place / given.name
        tree.mkdir()
        (tree / "pyproject.toml").write_text(_stated_by(given), encoding="utf-8")
    git.must(tree, "init", "--quiet")
    git.must(tree, "add", "--all", "--force")
    signing = git.configured("commit.gpgSign=false")
    words = ("commit", "--quiet", "-m", f"{given.name} {given.version}")
    answer = git.ask(tree, *signing, *words, env=pending.ALWAYS)
    if answer.returncode != 0:
        raise git.failure(answer)
    # A version that comes from git would be compared with the tags.
    git.must(tree, "tag", given.version)
    return tree


def _stated_by(given: Distributions) -> str:
    """A pyproject.toml with the name, version and Requires-Python of wheels."""
    metadata = next(iter(given.wheels.values())).metadata
    stated = {
        "name": given.name,
        "version": given.version,
        "requires-python": metadata.get("requires_python", ""),
    }
    lines = (f"{key} = {json.dumps(value)}" for key, value in stated.items() if value)
    return "\n".join(["[project]", *lines, ""])
