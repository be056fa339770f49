"""What nox was told, as the request that a run is made for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import nox

from nox_cleanroom.config.options import Options
from nox_cleanroom.config.pythons import supported_pythons
from nox_cleanroom.environments.venvs import Download
from nox_cleanroom.errors import Code, UsageError
from nox_cleanroom.places.layout import known_caches
from nox_cleanroom.places.projects import evidence_directory
from nox_cleanroom.runs.run import Request

if TYPE_CHECKING:
    from nox._options import NoxConfig

#: The variable with which ``nox-cleanroom`` names the project to its sessions, also to those that
#: ``nox -j`` runs in processes of their own.
PROJECT = "NOX_CLEANROOM_PROJECT"

#: What makes environments unless nox was told otherwise.
_BACKENDS = "uv|virtualenv"


def config(session: nox.Session) -> NoxConfig:
    """What nox was told, of which it shows sessions only a part; pinned by a test."""
    return session._runner.global_config  # noqa: SLF001


def envdir(session: nox.Session) -> Path:
    """The directory of nox's environments."""
    # Relative to the noxfile's directory, which is where nox runs sessions.
    return Path(os.path.abspath(config(session).envdir))


def report_dir(session: nox.Session) -> Path:
    """Where evidence goes when nobody says where; with a noxfile, where nox keeps things."""
    project = os.environ.get(PROJECT)
    if project:
        return evidence_directory(Path(project))
    return envdir(session) / ".cache" / "nox-cleanroom" / "evidence"


def request(session: nox.Session, name: str, project: str | Path, options: Options) -> Request:
    """The request of a session of ours, by its kind: ``smoke``, ``clean_check`` or ``matrix``."""
    told = config(session)
    noxfile = Path(told.noxfile)
    exempt = [envdir(session), noxfile.parent / "__pycache__" / f"{noxfile.stem}."]
    exempt += known_caches()
    if told.report:
        exempt.append(Path(os.path.abspath(told.report)))
    return Request(
        session=name,
        suffix=suffix(session, name),
        project=Path(project).resolve(),
        options=options,
        backend=told.force_venv_backend or _BACKENDS,
        download=download(session),
        exempt=tuple(exempt),
        env=dict(os.environ),
        install_only=name != "clean_check" and told.install_only,
    )


def suffix(session: nox.Session, kind: str) -> str:
    """What a session's name has besides, as ``_colours`` in ``smoke_colours``."""
    name = session._runner.name  # noqa: SLF001 - `session.name` has the Python in it
    return name.removeprefix(kind) if name.startswith(f"{kind}_") else ""


def python_of(session: nox.Session) -> str:
    """The session's Python, or that of the environment when the session has just one."""
    if isinstance(session.python, str):
        return session.python
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def download(session: nox.Session) -> Download:
    """Whether nox was told to download missing interpreters."""
    return config(session).download_python or "never"


def wanted_pythons(project: str | Path, options: Options) -> Sequence[str]:
    """The Pythons that a session without one of its own tests, oldest first.

    Raises:
        UsageError: the options ask for one that the project does not support.
    """
    supported = supported_pythons(project)
    if options.pythons is None:
        return supported
    wanted = [python for python in supported if python in options.pythons]
    if len(wanted) < len(set(options.pythons)):
        raise UsageError(
            f"The project supports {', '.join(supported)}, and --pythons asks for"
            f" {', '.join(options.pythons)}.",
            hint="Name supported ones, or set `pythons` in [tool.nox-cleanroom].",
            code=Code.EMPTY_MATRIX,
        )
    return wanted
