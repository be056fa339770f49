"""Paths in a checkout which we or nox write ourselves, so that they are not watched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nox_cleanroom.checkout.checkout import Checkout


class Exemptions:
    """Which paths are not watched.

    Args:
        checkout: the checkout.
        paths: absolute paths that are exempt with everything in them; a path that ends in a dot
            stands for all names that begin with it.
        own_prefix: the environment that we run in; when it is in the checkout, as a `.venv` is,
            the bytecode in it is exempt.
    """

    def __init__(self, checkout: Checkout, paths: Sequence[Path], own_prefix: Path) -> None:
        own = [checkout.git_dir, checkout.common_dir]
        self._paths = frozenset(relative_paths(checkout, [*paths, *own]))
        self._beginnings = tuple(path for path in self._paths if path.endswith(b"."))
        #: The directories that contain exempt paths.
        self.parents = frozenset(os.path.dirname(path) for path in self._paths)
        self._own_prefix = next(
            (own + b"/" for own in relative_paths(checkout, [own_prefix])), None
        )

    def skipped_in(self, directory: bytes) -> Callable[[bytes], bool] | None:
        """Which names in a directory are exempt; see `listing.Skip`."""
        is_own = self._own_prefix is not None and directory.startswith(self._own_prefix)
        if is_own or directory.removesuffix(b"/") in self.parents:
            return lambda name: self._skip(directory + name)
        return None

    def cover(self, path: bytes) -> bool:
        """Whether a path, or a directory that contains it, is exempt."""
        above = path
        while above:
            if self._skip(above):
                return True
            above = os.path.dirname(above)
        return False

    def _skip(self, path: bytes) -> bool:
        if self._own_prefix and path.startswith(self._own_prefix):
            return path.endswith(b"/__pycache__")
        return path in self._paths or path.startswith(self._beginnings)


def relative_paths(checkout: Checkout, paths: Sequence[Path]) -> Iterator[bytes]:
    """Those of some absolute paths that are in a checkout, relative to its top level."""
    root = os.path.realpath(checkout.root)
    for path in paths:
        real = os.path.realpath(path)
        if real.startswith(root + os.sep):
            yield os.fsencode(os.path.relpath(real, root).replace(os.sep, "/"))
