"""Recorded steps: each one runs while the checkout is watched, and its record is kept."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from pathlib import Path
from typing import Literal, Protocol

from nox_cleanroom.checkout.watch import Watch
from nox_cleanroom.output import printable
from nox_cleanroom.places.workspace import Workspace
from nox_cleanroom.processes import process
from nox_cleanroom.records import dataclass
from nox_cleanroom.results import Step

#: The time limit of a step when neither option nor command says one.
DEFAULT_TIMEOUT_SECONDS = 900.0


class Progress(Protocol):
    """The object that shows the progress of steps to a person."""

    def step_started(self, cell: str, step: str) -> None:
        """A step begins."""

    def step_finished(self, cell: str, step: Step) -> None:
        """A step has ended."""

    def step_printed(self, text: str) -> None:
        """A step has printed something that the user wants to see."""


#: Which output is shown as it comes: that of all steps, of the project's own tests, or none.
Shown = Literal["all", "tests", "nothing"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Steps:
    """The steps of one cell, which are run, watched and recorded; several may run at once."""

    #: The cell's name, for progress.
    cell: str
    #: Watches the checkout.
    watch: Watch
    #: Shows the progress.
    progress: Progress
    #: The directory of the run, in which steps run.
    workspace: Workspace
    #: The variables that installers and builds see.
    env: Mapping[str, str]
    #: Limits how many steps of the run start a process at once.
    at_once: AbstractContextManager[object]
    #: The time limit of a step without one of its own.
    timeout_seconds: float
    #: Which output is shown as it comes.
    shown: Shown = "nothing"
    #: The monotonic time at which the run started.
    epoch: float
    #: The steps that have ended.
    recorded: list[Step] = field(default_factory=list)
    #: Is set when the process of a step has been started.
    begun: threading.Event = field(default_factory=threading.Event)

    def directory(self, name: str) -> Path:
        """A new, empty directory of the run; see `Workspace.directory`."""
        return self.workspace.directory(name)

    def run(
        self,
        name: str,
        command: Sequence[str | os.PathLike[str]],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
        stdout: Path | None = None,
        only_reads: bool = False,
        is_test: bool = False,
    ) -> Step:
        """Run a command as a step; see `process.run`.

        Args:
            name: its name, for people.
            command: the program and its arguments.
            cwd: the directory in which it runs; None for the run's neutral one.
            env: the variables that it sees; None for those of installers and builds.
            timeout_seconds: its time limit; None for the general one.
            stdout: a file for its standard output; None to keep that with its other output.
            only_reads: whether it runs only code of ours that writes nothing.
            is_test: whether it runs the project's own tests.
        """
        self.wait_for("a processor")
        cwd = cwd or self.workspace.neutral
        with self.at_once:
            started = self._start(name, command)
            with self.watch.during(self._label(name), only_reads=only_reads):
                done = process.run(
                    command,
                    cwd=cwd,
                    env=self.env if env is None else env,
                    timeout_seconds=timeout_seconds or self.timeout_seconds,
                    stdout=stdout,
                    begun=self.begun.set,
                    echo=self._echo(is_test=is_test),
                )
        # A step has the fields of `Completed`.
        about = {**vars(done), "ending": done.ending}
        return self._finish(Step(name=name, cwd=str(cwd), started=started, **about))

    def _echo(self, *, is_test: bool) -> Callable[[str], None] | None:
        is_shown = self.shown == "all" or (self.shown == "tests" and is_test)
        return self.progress.step_printed if is_shown else None

    @contextlib.contextmanager
    def action(self, name: str) -> Iterator[None]:
        """A block of work in our own process, recorded as a step without a command."""
        started = self._start(name)
        begun = time.monotonic()
        ending = "done"
        try:
            with self.watch.during(self._label(name)):
                yield
        except BaseException:
            ending = "failed"
            raise
        finally:
            duration = time.monotonic() - begun
            self._finish(Step(name=name, started=started, duration=duration, ending=ending))

    def wait_for(self, what: str) -> None:
        """Show that the cell waits for something."""
        self.progress.step_started(self.cell, f"wait for {what}")

    def _label(self, name: str) -> str:
        return f"{self.cell}: {name}"

    def _start(self, name: str, command: Sequence[str | os.PathLike[str]] = ()) -> float:
        self.progress.step_started(self.cell, name)
        if command and self.shown == "all":
            words = [os.fspath(word) for word in command]
            self.progress.step_printed(f"{self.cell}: $ {printable(words)}")
        return time.monotonic() - self.epoch

    def _finish(self, step: Step) -> Step:
        self.recorded.append(step)
        self.progress.step_finished(self.cell, step)
        return step
