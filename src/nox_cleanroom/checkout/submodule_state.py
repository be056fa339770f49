"""What git keeps about the submodules of a checkout, in its own directory.

Of each its HEAD, configuration, hooks and refs are watched, as those of the checkout are. Its files
lie in the checkout, where they are watched like any others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from nox_cleanroom.checkout.listing import Stat, list_files

#: Where they are, in git's directory. A submodule's own ones are again in its `modules`.
MODULES = b"modules"
#: Of what git keeps for one, what is watched by its content.
_WATCHED = (b"HEAD", b"config", b"config.worktree", b"hooks", b"info", b"shallow")
#: What holds its refs, which git moves from one to the other by itself.
_PACKED, _LOOSE = b"packed-refs", b"refs"


def list_submodules(common_dir: Path) -> Iterator[tuple[bytes, Stat]]:
    """What ``lstat`` says of every file that is watched, by its name in git's directory."""
    root = os.path.join(os.fsencode(common_dir), MODULES)
    if not os.path.lexists(root):
        return
    for path, found in list_files(root, lambda directory: _skip(root, directory)).paths.items():
        yield MODULES + b"/" + path, found


def _skip(root: bytes, directory: bytes) -> Callable[[bytes], bool] | None:
    if directory.endswith(b"/refs/"):
        # Remote-tracking refs are nobody's work.
        return b"remotes".__eq__
    place = os.path.join(root, directory)
    # A name of a submodule may have several parts; the directories above it are no repositories.
    if not os.path.exists(place + b"HEAD") or not os.path.exists(place + b"objects"):
        return None
    return lambda name: (
        name not in {*_WATCHED, _PACKED, _LOOSE, MODULES} and not name.endswith(b".lock")
    )


def is_ref(name: bytes) -> bool:
    """Whether a file that `list_submodules` lists is part of a submodule's refs."""
    return b"/refs/" in name.removeprefix(MODULES + b"/") or name.endswith(b"/" + _PACKED)


def read_refs(common_dir: Path, names: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """The refs of all submodules, by name in git's directory; packed or not makes no difference.

    Args:
        common_dir: git's directory.
        names: the files that hold them.
    """
    # What is loose replaces what is packed.
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
