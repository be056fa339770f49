"""Git's state of the submodules of a checkout, in its own directory.

The HEAD, configuration, hooks and refs of each are watched, like those of the checkout. The files
of submodules are in the checkout, and are watched like all others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from nox_cleanroom.checkout.listing import Stat, list_files

#: The directory of submodules in git's directory. Those of a submodule are in its own `modules`.
MODULES = b"modules"
#: The files in a submodule's git directory whose content is watched.
_WATCHED = (b"HEAD", b"config", b"config.worktree", b"hooks", b"info", b"shallow")
#: Where its refs are; git itself moves them from one to the other.
_PACKED, _LOOSE = b"packed-refs", b"refs"


def list_submodules(common_dir: Path) -> Iterator[tuple[bytes, Stat]]:
    """The ``lstat`` results of all files that are watched, by name in git's directory."""
    root = os.path.join(os.fsencode(common_dir), MODULES)
    if not os.path.lexists(root):
        return
    for path, found in list_files(root, lambda directory: _skip(root, directory)).paths.items():
        yield MODULES + b"/" + path, found


def _skip(root: bytes, directory: bytes) -> Callable[[bytes], bool] | None:
    if directory.endswith(b"/refs/"):
        # Leave out remote-tracking refs, which contain nobody's work.
        return b"remotes".__eq__
    path = os.path.join(root, directory)
    # The name of a submodule may have several parts; the directories above it are no repositories.
    if not os.path.exists(path + b"HEAD") or not os.path.exists(path + b"objects"):
        return None
    return lambda name: (
        name not in {*_WATCHED, _PACKED, _LOOSE, MODULES} and not name.endswith(b".lock")
    )


def is_ref(name: bytes) -> bool:
    """Whether a file that `list_submodules` lists contains refs of a submodule."""
    return b"/refs/" in name.removeprefix(MODULES + b"/") or name.endswith(b"/" + _PACKED)


def read_refs(common_dir: Path, names: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """The refs of all submodules, packed or loose, by name in git's directory.

    Args:
        common_dir: git's directory.
        names: the files that contain them.
    """
    # Loose refs override packed ones, so they come later.
    for name in sorted(names, key=lambda name: not name.endswith(b"/" + _PACKED)):
        try:
            content = (common_dir / os.fsdecode(name)).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if not name.endswith(b"/" + _PACKED):
            yield os.fsdecode(name), content.strip()
            continue
        module = os.path.dirname(os.fsdecode(name))
        for line in content.splitlines():
            oid, _, ref = line.partition(" ")
            if ref.startswith("refs/") and not ref.startswith("refs/remotes/"):
                yield f"{module}/{ref}", oid
