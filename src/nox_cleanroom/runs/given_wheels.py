"""The wheels of distributions that exist already: nothing is built, except from their sdist."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import cached_property, partial
from pathlib import Path

from nox_cleanroom.build.builders import Audience, audience_of
from nox_cleanroom.build.distributions import Distributions
from nox_cleanroom.build.frontend import BuiltFile, Frontend
from nox_cleanroom.build.sdist import unpack_sdist
from nox_cleanroom.build.wheel_key import BuildInputs
from nox_cleanroom.build.wheelhouse import Provenance, StoredWheel
from nox_cleanroom.config.axes import Artifact
from nox_cleanroom.environments.interpreter import InstalledPython
from nox_cleanroom.errors import CleanroomError, InstallError, UsageError
from nox_cleanroom.probes.builds import VersionSources
from nox_cleanroom.probes.description import render_description
from nox_cleanroom.probes.traces import look_for_traces
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.wheels import Wheels


class GivenWheels(Wheels):
    """The wheels that a run was given; each cell gets the one that installers would choose.

    Args:
        run: the run.
        given: the distributions.
    """

    def __init__(self, run: OpenRun, given: Distributions) -> None:
        super().__init__(run)
        self._given = given

    def take(self, artifact: Artifact, cell: RunningCell) -> StoredWheel:
        """The wheel for a cell's interpreter, or that of the source distribution.

        Like installers, a cell without a wheel builds from the source distribution.

        Raises:
            InstallError: there is neither.
            CleanroomError: the source distribution could not be built.
        """
        best = self._given.best_for(cell.facts.tags) if artifact == "wheel" else None
        if best is not None:
            return self._stored(best)
        if self._given.sdist is None:
            raise _lacking(artifact)
        stored = super().take("sdist", cell)
        remark = f"no wheel serves Python {cell.python}, so it is built from the sdist"
        remarks = (remark,) if artifact == "wheel" and self._given.wheels else ()
        return replace(stored, remarks=(*stored.remarks, *remarks))

    def only_read(self, cells: Sequence[RunningCell]) -> Iterator[RunningCell]:
        """A cell for each wheel that no other cell has tested, with what its file alone shows.

        Args:
            cells: the cells that have tested a wheel.
        """
        tested = {cell.stored.path for cell in cells if cell.stored is not None}
        for path, wheel in self._given.wheels.items():
            if path not in tested:
                tags = "-".join(path.stem.split("-")[-3:]).partition(".")[0]
                name = f"read{self._run.request.suffix} {tags}"
                steps = self._run.steps(name)
                cell = RunningCell(run=self._run, name=name, python="", steps=steps)
                cell.stored = self._stored(path)
                cell.values |= {"wheel": wheel, "tracked": self._run.tracked}
                cell.values["version_sources"] = VersionSources()
                place = str(self._run.source.checkout.root)
                cell.bring(
                    traces=partial(look_for_traces, path, [place]),
                    description=partial(render_description, wheel),
                )
                cell.check({})
                yield cell

    def _stored(self, path: Path) -> StoredWheel:
        """One of the wheels; nothing is known of its build."""
        wheel = self._given.wheels[path]
        built_at = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
        return StoredWheel(
            wheel=wheel,
            path=path,
            provenance=Provenance(
                python="",
                built_with="",
                built_at=built_at.isoformat(timespec="milliseconds"),
                requirements={},
                variables={},
                built_in="",
                sha256=wheel.sha256,
            ),
        )

    @cached_property
    def _expected_audience(self) -> Audience:
        filenames = [wheel.filename for wheel in self._given.wheels.values()]
        return audience_of(filenames[0]) if filenames else super()._expected_audience

    @cached_property
    def _inputs(self) -> BuildInputs:
        return replace(super()._inputs, commit=hashlib.sha256(self._sdist.read_bytes()).hexdigest())

    @property
    def _sdist(self) -> Path:
        assert self._given.sdist is not None  # noqa: S101 - nothing is built without one
        return self._given.sdist

    def _make(
        self, frontend: Frontend, python: InstalledPython, artifact: Artifact, cell: RunningCell
    ) -> tuple[BuiltFile, tuple[str, ...]]:
        del python, artifact
        source = unpack_sdist(self._sdist, cell.steps.directory("source"))
        # A fresh clone shows nothing about a source distribution.
        return replace(frontend, trials=None).build("wheel", source), ()


def _lacking(artifact: Artifact) -> CleanroomError:
    if artifact == "sdist":
        return UsageError(
            "There is no source distribution to build from.",
            hint="Leave out --artifact, or name it, too.",
        )
    return InstallError(
        "No wheel serves this interpreter, and there is no source distribution to build from:"
        " nobody can install it there.",
        hint="Build that wheel, add the source distribution, or exclude it in Requires-Python.",
    )
