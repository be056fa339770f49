"""The runs of many machines, each from its evidence, joined to one.

A cell that was planned and that no run has tested is red, so nothing is lost unnoticed.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from nox_cleanroom.checks.registry import value_types
from nox_cleanroom.errors import Code, UsageError
from nox_cleanroom.findings import Finding, Outcome, Problem
from nox_cleanroom.output import counted
from nox_cleanroom.records import dataclass
from nox_cleanroom.reports.evidence_reading import decode_evidence
from nox_cleanroom.results import Cell, Run, merge
from nox_cleanroom.runs.recheck import Recheck
from nox_cleanroom.wheels import Wheel

#: The largest file of evidence that is read, in bytes, and how many files.
_BYTES = 64 * 2**20
_FILES = 100_000


def join(places: Sequence[str], plan: str | None = None) -> Run:
    """One run of all cells in files of evidence, directories of such files, and zip archives.

    The latest run of a cell counts. Checks run again, so that newer ones apply.

    Args:
        places: the files, directories and archives.
        plan: a file with the jobs that `--emit` printed; without it, the evidence says which
            cells were planned.

    Raises:
        UsageError: there is no evidence, a named file is none, or it is of several commits or
            versions of this tool.
    """
    wanted = None if plan is None else _read_plan(plan)
    runs, notes = _runs_in(places)
    _require_one(runs)
    merged, cells = merge(runs), {cell.name: cell for run in runs for cell in run.cells}
    plan_of = wanted or _plan_in(runs)
    found, lost = _in_order(plan_of, cells)
    more = [f"no job has tested {counted(lost, 'cell')}"] if lost else []
    return replace(
        merged,
        session="matrix",
        cells=(*found, *_different_wheels(cells.values())),
        planned=dict(plan_of.pythons),
        may_fail=tuple(sorted(plan_of.may_fail)),
        missing=(),
        missing_is_error=False,
        changes=tuple(change for run in runs for change in run.changes),
        strict=any(run.strict for run in runs),
        notes=(*merged.notes, *notes, *more),
        duration=sum(run.duration for run in runs),
    )


def _runs_in(places: Sequence[str]) -> tuple[list[Run], list[str]]:
    """All runs, the earliest first; and a note on each file that is left out."""
    runs, notes, again = list[Run](), list[str](), Recheck()
    for source, text, is_named in _texts(places):
        try:
            runs.append(again.run(decode_evidence(text, source, value_types())))
        except UsageError as error:
            # Other files may lie beside evidence; a cell that is lost is red.
            if is_named:
                raise
            notes.append(f"left out: {error.message}")
    if not runs:
        raise UsageError(
            f"There is no evidence in {' '.join(places)}.",
            hint="Name the directories that `--report-dir` has filled.",
        )
    return sorted(runs, key=lambda run: run.started_at), notes


@dataclass(frozen=True, kw_only=True)
class _Plan:
    #: The Python of each cell, by the cell's name.
    pythons: Mapping[str, str]
    #: The Pythons whose cells may fail.
    may_fail: frozenset[str]


def _plan_in(runs: Sequence[Run]) -> _Plan:
    return _Plan(
        pythons={name: python for run in runs for name, python in run.planned.items()},
        may_fail=frozenset(python for run in runs for python in run.may_fail),
    )


def _read_plan(path: str) -> _Plan:
    try:
        jobs = json.loads(_read(Path(path)))
        jobs = jobs["include"] if isinstance(jobs, dict) else jobs
        return _Plan(
            pythons={str(job["cell"]): str(job["python"]) for job in jobs},
            may_fail=frozenset(str(job["python"]) for job in jobs if job["may-fail"]),
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise UsageError(
            f"{path!r} is not a plan.", hint="`nox-cleanroom matrix --emit json` prints one."
        ) from None


def _in_order(plan: _Plan, cells: Mapping[str, Cell]) -> tuple[list[Cell], int]:
    """All planned cells, and others after them; and how many of them no job has tested."""
    lost = [name for name in plan.pythons if name not in cells]
    found = {**cells, **{name: _lost(name, plan.pythons[name]) for name in lost}}
    order = [*plan.pythons, *(name for name in cells if name not in plan.pythons)]
    # A job names its Python, so by itself its result would count.
    return [
        replace(found[name], may_fail=found[name].python in plan.may_fail) for name in order
    ], len(lost)


def _texts(places: Iterable[str]) -> Iterator[tuple[str, str, bool]]:
    """Each file: where it is, its text, and whether it was named."""
    left = _FILES
    for place in places:
        path = Path(place)
        if not path.exists():
            raise UsageError(f"There is no {place!r}.", hint="Name evidence, or its directory.")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.suffix == ".zip" and file.is_file():
                yield from _in_archive(file)
            elif file.is_file() and (file == path or _is_evidence(file.name)):
                yield str(file), _read(file), file == path
            left -= 1
            if not left:
                raise UsageError(f"There are more than {_FILES:,} files.", hint="Name fewer.")


def _is_evidence(name: str) -> bool:
    return name.endswith(".json") and not name.endswith("-commits.json")


def _read(path: Path) -> str:
    if path.stat().st_size > _BYTES:
        raise UsageError(f"{str(path)!r} is too large to be evidence.")
    return path.read_text(encoding="utf-8", errors="replace")


def _in_archive(path: Path) -> Iterator[tuple[str, str, bool]]:
    """The files of evidence in an archive, which is never unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist()[:_FILES]:
                if _is_evidence(entry.filename) and entry.file_size <= _BYTES:
                    text = archive.read(entry).decode("utf-8", "replace")
                    yield f"{path}/{entry.filename}", text, False
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError) as error:
        words = " ".join(str(error).split())
        raise UsageError(f"{str(path)!r} cannot be read: {words}.") from None


def _require_one(runs: Sequence[Run]) -> None:
    for what, said in (
        ("commits", {run.subject.commit[:12] for run in runs}),
        ("versions of nox-cleanroom", {run.tool_version for run in runs}),
    ):
        if len(said) > 1:
            raise UsageError(
                f"The evidence is of several {what}: {', '.join(sorted(said))}.",
                hint="Join the evidence of one matrix only.",
            )
    files: dict[str, str] = {}
    for run in runs:
        for name, digest in run.files.items():
            if files.setdefault(name, digest) != digest:
                raise UsageError(
                    f"The jobs were given different files with the name {name}.",
                    hint="Build it once, and give it to each job.",
                )


def _lost(name: str, python: str) -> Cell:
    problem = Problem(
        code=Code.CELL_MISSING,
        outcome=Outcome.FAILED,
        message="No job has brought its evidence.",
        hint="Was the job skipped or ended, or its evidence not uploaded?",
    )
    return Cell(name=name, python=python, problems=(problem,))


def _different_wheels(cells: Iterable[Cell]) -> Iterator[Cell]:
    """A cell with a finding for each wheel that jobs have built with different content."""
    contents: dict[str, dict[tuple[tuple[str, str], ...], str]] = {}
    for cell in cells:
        wheel = cell.values.get("wheel")
        if isinstance(wheel, Wheel):
            files = {name: one for name, one in wheel.digests.items() if "/RECORD" not in name}
            key = tuple(sorted(files.items()))
            contents.setdefault(wheel.filename, {}).setdefault(key, cell.name)
    findings = tuple(
        Finding(
            filename,
            Outcome.FAILED,
            f"It has another content in {' than in '.join(several.values())}.",
            "Build it once, and let each job test that file: `--dist`.",
            check="wheels of jobs",
            code=Code.IDENTITY_FAILED,
        )
        for filename, several in contents.items()
        if len(several) > 1
    )
    if findings:
        yield Cell(name="join", python="", findings=findings)
