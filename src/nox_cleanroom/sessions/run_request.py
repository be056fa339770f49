"""The options of nox, turned into the request for a run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import nox

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.config.options import Options
from nox_cleanroom.config.pythons import supported_pythons
from nox_cleanroom.environments.venvs import Download
from nox_cleanroom.errors import Code, ConfigError, UsageError
from nox_cleanroom.places.layout import known_caches
from nox_cleanroom.places.projects import kept_directory
from nox_cleanroom.processes import process
from nox_cleanroom.reports.style import Style, style_for
from nox_cleanroom.runs.run import Request
from nox_cleanroom.sessions.selection import Selection
from nox_cleanroom.steps import Shown

if TYPE_CHECKING:
    from nox._options import NoxConfig

#: The variable by which ``nox-cleanroom`` tells its sessions the project. It also reaches sessions
#: that ``nox -j`` runs in processes of their own.
PROJECT = "NOX_CLEANROOM_PROJECT"

#: The variable by which ``nox-cleanroom`` tells them which tool is to make environments.
FORCED = "NOX_CLEANROOM_BACKEND"

#: The variable by which it tells them where to write their codes.
STATUS_DIR = "NOX_CLEANROOM_STATUS_DIR"

#: The default tools that make environments.
_BACKENDS = "uv|virtualenv"


def config(session: nox.Session) -> NoxConfig:
    """All options of nox, of which a session sees only a part; pinned by a test."""
    return session._runner.global_config  # noqa: SLF001


def envdir(session: nox.Session) -> Path:
    """The directory of nox's environments."""
    # A relative path starts at the noxfile's directory, in which nox runs sessions.
    return Path(os.path.abspath(config(session).envdir))


def report_dir(session: nox.Session) -> Path:
    """The default directory for evidence; with a noxfile, it is in nox's own directory."""
    project = os.environ.get(PROJECT)
    if project:
        return kept_directory(Path(project), "evidence")
    return envdir(session) / ".cache" / "nox-cleanroom" / "evidence"


def request(
    session: nox.Session,
    name: str,
    project: str | Path,
    options: Options,
    packages: Sequence[str] = (),
) -> Request:
    """The request of one of our sessions, by kind: ``smoke``, ``clean_check`` or ``matrix``."""
    if options.dist_dir and name != "matrix":
        raise UsageError(
            "Only `matrix` builds into a directory.",
            hint="`nox-cleanroom matrix --dist-dir DIR`, and then --dist DIR for others.",
        )
    if options.all_packages and name not in {"smoke", "matrix"}:
        raise UsageError(
            "Only `smoke` and `matrix` test several packages.",
            hint="Leave out --all-packages, --package and --changed-since.",
        )
    if options.all_packages and (options.dist or options.dist_dir):
        raise UsageError(
            "--dist and --dist-dir are for one package, and several are tested as the commit"
            " builds them.",
            hint="Leave out the files, or run it in the directory of a package.",
        )
    told = config(session)
    noxfile = Path(told.noxfile)
    bytecode = noxfile.parent / "__pycache__" / f"{noxfile.stem}."
    report = [Path(os.path.abspath(told.report))] if told.report else []
    return Request(
        session=name,
        suffix=suffix(session, name),
        project=Path(project).resolve(),
        options=options,
        backend=os.environ.get(FORCED) or told.force_venv_backend or _BACKENDS,
        download=download(session),
        exempt=(envdir(session), bytecode, *known_caches(), *report),
        env=dict(os.environ),
        install_only=name != "clean_check" and told.install_only,
        shown=_shown(name, options, verbose=is_verbose(session, options)),
        packages=_from_top(noxfile.parent, packages),
        named_pythons=(python_of(session),) if Selection.of(session).is_named else (),
    )


def _from_top(directory: Path, packages: Sequence[str]) -> tuple[str, ...]:
    """Directories relative to a noxfile's, as paths relative to the top level of the checkout."""
    if not packages:
        return ()
    root, here = Checkout.find(directory).root.resolve(), directory.resolve()
    inside = [Path(os.path.abspath(here / one)) for one in packages]
    for path in inside:
        if not path.is_relative_to(root):
            raise ConfigError(f"{str(path)!r} is outside of the repository.")
    return tuple(path.relative_to(root).as_posix() for path in inside)


def _shown(name: str, options: Options, *, verbose: bool) -> Shown:
    if options.quiet or not process.CAN_ECHO or (name != "smoke" and not verbose):
        return "nothing"
    return "all" if verbose else "tests"


def is_verbose(session: nox.Session, options: Options) -> bool:
    """Whether everything is to be shown."""
    return bool(config(session).verbose or options.verbose)


def style(session: nox.Session, kind: str, options: Options) -> Style:
    """How the report of one of our sessions is shown; nox knows what options say about colours."""
    told = config(session)
    colour = None
    if told.nocolor or told.forcecolor:
        colour = told.forcecolor and not told.nocolor
    suited = style_for(sys.stdout, os.environ, colour=colour)
    verbose = is_verbose(session, options)
    shown = _shown(kind, options, verbose=verbose)
    return replace(
        suited,
        verbose=verbose,
        quiet=options.quiet,
        has_shown_tests=shown != "nothing",
    )


def suffix(session: nox.Session, kind: str) -> str:
    """The suffix of a session's name, as ``_colours`` in ``smoke_colours``."""
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
    """The Pythons to test in a session without a Python of its own, oldest first.

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
