"""A build backend (PEP 517) around another: what that one made is changed by `operation.py`.

It is copied into projects, next to an `operation.py` with

    BACKEND = "hatchling.build"
    LEFT_OUT_OF_SDIST = []
    def change(wheel): ...
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import operation  # type: ignore[import-not-found] # the project's own

_REAL = importlib.import_module(operation.BACKEND)
# The other questions are the real backend's to answer, if it has them.
globals().update({
    name: getattr(_REAL, name)
    for name in ("get_requires_for_build_wheel", "get_requires_for_build_sdist")
    if hasattr(_REAL, name)
})  # fmt: skip

_FILE = stat.S_IFREG | 0o644


class Wheel:
    """A wheel that is open for changes; its RECORD is written anew."""

    def __init__(self, path: Path) -> None:
        stem = path.name.removesuffix(".whl")
        self.distribution, self.version, self.tag = stem.split("-", 2)
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            self.files = {one.filename: archive.read(one) for one in members}
            self.modes = {one.filename: one.external_attr >> 16 for one in members}
        self.info = next(
            name.partition("/")[0] for name in self.files if name.endswith(".dist-info/METADATA")
        )
        #: Changes RECORD when everything else is done.
        self.change_record: Callable[[list[str]], list[str]] = list

    def add(self, name: str, content: str | bytes, mode: int = _FILE) -> None:
        """Add a file, or replace it."""
        self.files[name] = content.encode() if isinstance(content, str) else content
        self.modes[name] = mode

    def drop(self, start: str) -> None:
        """Leave out what begins so; it has to be there."""
        gone = [name for name in self.files if name.startswith(start)]
        if not gone:
            raise ValueError(f"nothing to leave out begins with {start!r}")
        for name in gone:
            del self.files[name]

    def replace(self, name: str, old: str, new: str) -> None:
        """Change the text of a file; the old text has to be there."""
        text = self.files[name].decode()
        if old not in text:
            raise ValueError(f"{name} has no {old!r}")
        self.files[name] = text.replace(old, new).encode()

    def compile(self, name: str, source: str) -> None:
        """Add what a C compiler makes of a source: a shared library."""
        made = Path("made-by-doctored.so").resolve()
        include = sysconfig.get_path("include")
        command = ["cc", "-shared", "-fPIC", "-I", include, "-o", str(made), "-x", "c", "-"]
        subprocess.run(command, input=source, text=True, check=True)
        self.add(name, made.read_bytes(), stat.S_IFREG | 0o755)
        made.unlink()

    def compile_extension(self, name: str, source: str) -> None:
        """Add an extension module for the running interpreter."""
        self.compile(f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}", source)

    def make_native(self) -> None:
        """Say that it is for the running interpreter and platform only."""
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        python = f"cp{sys.version_info.major}{sys.version_info.minor}"
        self.replace(f"{self.info}/WHEEL", f"Tag: {self.tag}", f"Tag: {python}-{python}-{platform}")
        self.tag = f"{python}-{python}-{platform}"

    def write(self, directory: Path) -> str:
        """The name of the file that it was written to."""
        record = f"{self.info}/RECORD"
        self.files.pop(record, None)
        self.modes.setdefault(record, _FILE)
        rows = [f"{name},{_digest(content)},{len(content)}" for name, content in self.files.items()]
        self.files[record] = "\n".join([*self.change_record(rows), f"{record},,", ""]).encode()
        path = directory / f"{self.distribution}-{self.version}-{self.tag}.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files.items():
                member = zipfile.ZipInfo(name)
                member.external_attr = self.modes[name] << 16
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, content)
        return path.name


def _digest(content: bytes) -> str:
    encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={encoded.rstrip(b'=').decode()}"


def build_wheel(
    wheel_directory: str,
    config_settings: Mapping[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """The real backend's wheel, changed."""
    aside = Path(wheel_directory, "real")
    aside.mkdir()
    made = _REAL.build_wheel(str(aside), config_settings, None)
    wheel = Wheel(aside / made)
    shutil.rmtree(aside)
    operation.change(wheel)
    return wheel.write(Path(wheel_directory))


def build_sdist(sdist_directory: str, config_settings: Mapping[str, Any] | None = None) -> str:
    """The real backend's sdist, without what is to be left out."""
    name: str = _REAL.build_sdist(sdist_directory, config_settings)
    path, whole = Path(sdist_directory, name), Path(sdist_directory, f"{name}.whole")
    os.replace(path, whole)
    with tarfile.open(whole) as source, tarfile.open(path, "w:gz") as target:
        for member in source:
            if member.name.partition("/")[2] not in operation.LEFT_OUT_OF_SDIST:
                target.addfile(member, source.extractfile(member) if member.isfile() else None)
    whole.unlink()
    return name
