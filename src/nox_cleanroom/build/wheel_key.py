"""Everything that the content of a wheel depends on, as far as it can be known without a build.

A kept wheel is reused for equal inputs only. The inputs do not cover everything, such as what an
index offers, so the age of a kept wheel is limited, too: see `wheelhouse`.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.checkout.gitattributes import attribute_files
from nox_cleanroom.config.axes import Artifact
from nox_cleanroom.config.pyproject import parse_toml
from nox_cleanroom.errors import ConfigError
from nox_cleanroom.processes import build_variables
from nox_cleanroom.records import dataclass

#: Files of the repository that change the history of a commit.
_FILES = ("shallow", "info/grafts")

#: Where the refs are that version tools read, and those that replace objects.
_REFS = ("refs/tags/", "refs/replace/")

#: Sections of git's configuration that do not affect content, and that change with branches.
_IRRELEVANT = ("alias.", "branch.", "color.", "column.", "credential.", "gui.", "gitk.", "help.")


@dataclass(frozen=True, kw_only=True)
class BuildInputs:
    """What every build of a run depends on, whichever Python builds."""

    #: The commit's object id.
    commit: str
    #: The project's directory, relative to the top level.
    project: str
    #: The objects that tags and replacement refs point to.
    refs: tuple[tuple[str, str], ...]
    #: The branches that contain the commit; some version tools name them.
    branches: str
    #: Git's configuration in force: conversions of lines, filters, formats.
    configuration: tuple[str, ...]
    #: Digests of the shallow boundary, grafts, and attributes that are in no commit.
    files: Mapping[str, str]
    #: Submodules that are empty.
    missing_submodules: tuple[str, ...]
    #: The user's variables that builds see.
    variables: Mapping[str, str]
    #: The programs on ``PATH`` that builds look for.
    tools: Mapping[str, tuple[int, int]]
    #: uv's settings in force; pip's are variables.
    uv_toml: str
    #: The content of directories of distributions.
    find_links: tuple[tuple[Any, ...], ...]

    @cached_property
    def _said(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, default=str)

    def key(self, *, builder: tuple[Any, ...], artifact: Artifact, secret: bytes) -> str:
        """The key under which a wheel of these inputs is kept.

        Args:
            builder: what identifies the interpreter that builds.
            artifact: whether it is built from the tree or from a source distribution.
            secret: goes into the key, so that nobody can guess the values of variables from it.
        """
        said = json.dumps([self._said, builder, artifact], default=str)
        digest = hmac.new(secret, said.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return digest.hexdigest()[:20]


def read_build_inputs(
    checkout: Checkout,
    commit: Commit,
    *,
    project: str,
    refs: Mapping[str, str],
    build_env: Mapping[str, str],
    uv_toml: str,
    find_links: Iterable[str],
    missing_submodules: tuple[str, ...],
) -> BuildInputs:
    """What builds of a commit depend on now.

    Args:
        checkout: the repository.
        commit: the commit to build.
        project: the project's directory, relative to the top level.
        refs: the objects that branches, tags and other refs point to, by name.
        build_env: the variables that builds see.
        uv_toml: uv's settings in force.
        find_links: the directories and pages of the options.
        missing_submodules: submodules that are empty.
    """
    links = [*find_links, *_links_in_settings(build_env, uv_toml)]
    return BuildInputs(
        commit=commit.oid,
        project=project,
        refs=tuple(sorted(one for one in refs.items() if one[0].startswith(_REFS))),
        branches=_branches_containing(checkout, commit),
        configuration=tuple(
            sorted(one for one in checkout.configuration if not one.startswith(_IRRELEVANT))
        ),
        files=dict(_digests(checkout)),
        missing_submodules=missing_submodules,
        variables=build_variables.seen_by_the_build(build_env),
        tools=build_variables.tools(build_env),
        uv_toml=uv_toml,
        find_links=tuple(_listing(link) for link in links),
    )


def _branches_containing(checkout: Checkout, commit: Commit) -> str:
    """The names of local and remote branches from which a commit can be reached.

    Where history is damaged, some may be missing.
    """
    where = ("--contains", commit.oid, "refs/heads", "refs/remotes")
    return os.fsdecode(checkout.ask("for-each-ref", "--format=%(refname)", *where).stdout)


def _digests(checkout: Checkout) -> Iterator[tuple[str, str]]:
    named = [checkout.common_dir / name for name in _FILES]
    for path in (*named, *attribute_files(checkout)):
        try:
            yield str(path), hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            continue


def _links_in_settings(build_env: Mapping[str, str], uv_toml: str) -> Iterator[str]:
    """Directories of distributions that the settings of pip and uv name."""
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        yield from build_env.get(name, "").replace(",", " ").split()
    try:
        table = parse_toml(uv_toml, "uv.toml")
    except ConfigError:
        return
    for place in (table, table.get("pip")):
        found = place.get("find-links", []) if isinstance(place, Mapping) else []
        yield from map(str, found if isinstance(found, list) else [])


def _path_of(link: str) -> Path:
    parts = urlsplit(link)
    if parts.scheme != "file":
        return Path(os.path.expanduser(link))
    if sys.platform == "win32":
        from urllib.request import url2pathname  # noqa: PLC0415 - it loads TLS, which takes long

        return Path(url2pathname(parts.path))
    return Path(unquote(parts.path))


def _listing(link: str) -> tuple[Any, ...]:
    """A place of distributions, with the names, sizes and times of its files if it is local."""
    found = []
    # The installer reports a value that is not a path, or is a directory it cannot read.
    with contextlib.suppress(OSError, ValueError):
        path = _path_of(link)
        names = sorted(os.listdir(path)) if path.is_dir() else []
        for place in [os.path.join(path, name) for name in names] or [str(path)]:
            with contextlib.suppress(OSError):
                about = os.stat(place)
                found.append((os.path.basename(place), about.st_size, about.st_mtime_ns))
    return (link, *found)
