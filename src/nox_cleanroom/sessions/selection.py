"""The sessions that the user selected, also when nox runs each one in a process of its own.

``nox -j`` starts every child as ``nox -s smoke-3.14``, whatever the user has selected. So the
parent gives its arguments to the children in a variable.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import nox

from nox_cleanroom.records import dataclass

if TYPE_CHECKING:
    from nox._options import NoxConfig
    from nox.sessions import SessionRunner

#: The variable with the parent's arguments, as a JSON list.
ARGUMENTS = "NOX_CLEANROOM_ARGUMENTS"

#: The options that nox gives to its children.
_WORKER = "--parallel-worker"


def hand_over_arguments() -> None:
    """Keep the arguments for child processes; to be called when nox loads a noxfile."""
    if _WORKER not in sys.argv:
        os.environ[ARGUMENTS] = json.dumps(sys.argv[1:])


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The selected sessions of one name, one for each Python."""

    #: Their Pythons, such as ``("3.13", "3.14")``.
    pythons: tuple[str, ...]
    #: Whether this session was selected by its Python: ``-s smoke-3.14``, ``-p 3.14``.
    is_named: bool

    @classmethod
    def of(cls, session: nox.Session) -> Selection:
        """The selected sessions with the name of this one."""
        # nox's public interface does not show this; pinned by a test.
        runner = session._runner  # noqa: SLF001
        config = _config_of_the_user(session)
        family = (one for one in _selected(runner, config) if one.name == runner.name)
        # A word after `-s` names all sessions of a name, or one with its Python.
        named = {*(config.sessions or ())} & {*runner.signatures}
        return cls(
            pythons=tuple(str(one.func.python) for one in family if one.func.python),
            is_named=bool(config.pythons or named - {runner.name}),
        )


def _config_of_the_user(session: nox.Session) -> NoxConfig:
    config = session._runner.global_config  # noqa: SLF001
    if not session.parallel:
        return config
    from nox._options import options  # noqa: PLC0415 - the way that nox itself reads arguments

    said = options.parse_args(json.loads(os.environ.get(ARGUMENTS, "[]")))
    # Without options on the command line, those of the noxfile count, as in the parent.
    for name in ("sessions", "pythons", "tags", "keywords"):
        if not getattr(said, name) and getattr(nox.options, name):
            setattr(said, name, getattr(nox.options, name))
    return said


def _selected(runner: SessionRunner, config: NoxConfig) -> Iterator[SessionRunner]:
    """The sessions that remain after nox's filters, as in `nox.tasks.filter_manifest`."""
    from nox.manifest import Manifest  # noqa: PLC0415 - likewise

    manifest = Manifest({}, config)
    for one, _ in runner.manifest.list_all_sessions():
        manifest.add_session(one)
    if config.tags is None and not config.keywords:
        if config.sessions is None:
            manifest.filter_by_default()
        else:
            manifest.filter_by_name(config.sessions)
    if config.pythons:
        manifest.filter_by_python_interpreter(config.pythons)
    if config.tags is not None:
        manifest.filter_by_tags(config.tags)
    if config.keywords:
        manifest.filter_by_keywords(config.keywords)
    return iter(manifest)
