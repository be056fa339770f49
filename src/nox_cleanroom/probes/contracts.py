"""The project's own commands: run as steps, and judged by exit status and JSON contract."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nox_cleanroom.config.commands import PROJECT_PLACEHOLDER, Command, JsonContract
from nox_cleanroom.errors import Code
from nox_cleanroom.output import clean_text, last_lines, printable
from nox_cleanroom.places.workspace import Workspace
from nox_cleanroom.results import Outcome, ProbeResult
from nox_cleanroom.steps import Recorder

#: A JSON answer above this size, in bytes, is no answer.
_JSON_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Where and how the project's commands are run."""

    #: The name of the probe that the results belong to.
    probe: str
    recorder: Recorder
    workspace: Workspace
    #: Directories of programs that are looked through before `PATH`.
    bin_dir: Path
    #: The directories whose files a command's JSON may name for hashing.
    readable: Sequence[Path]

    def run(
        self, command: Command, *, cwd: Path, env: Mapping[str, str], project: Path | None
    ) -> ProbeResult:
        """Run one command and judge it.

        Args:
            command: what to run.
            cwd: the directory it runs in.
            env: the variables that it sees, besides its own.
            project: what ``{project}`` stands for; None when no command needs it.
        """
        argv = [part.replace(PROJECT_PLACEHOLDER, str(project)) for part in command.argv]
        subject = printable(command.argv)
        full_env = {**env, **command.env}
        program = self._program(argv[0], cwd, full_env)
        if program is None:
            return self._failed(
                subject,
                f"There is no program {argv[0]!r} in the environment, nor on PATH.",
                "Is it an entry point of the package, or of a requirement that is not declared?",
            )
        stdout = self.workspace.directory("output") / "stdout" if command.contract else None
        step = self.recorder.run(
            f"run {subject}",
            [program, *argv[1:]],
            cwd=cwd,
            env=full_env,
            timeout=command.timeout_seconds,
            stdout=stdout,
        )
        words = last_lines(step.output)
        if step.timed_out:
            hint = "Give it more with `timeout`, in seconds."
            return self._failed(subject, f"It was {step.ending}.", hint, words, Code.TIMEOUT)
        if step.exit_status != command.expect_exit:
            wanted = f", where {command.expect_exit} was expected" if command.expect_exit else ""
            return self._failed(subject, f"It ended with {step.ending}{wanted}.", "", words)
        if command.contract is None or stdout is None:
            return ProbeResult(probe=self.probe, subject=subject, outcome=Outcome.PASSED)
        contract = _Contract(command.contract, cwd, self.readable)
        problems = list(contract.problems(stdout))
        if problems:
            return self._failed(subject, "; ".join(problems) + ".", "", words)
        return ProbeResult(
            probe=self.probe,
            subject=subject,
            outcome=Outcome.PASSED,
            message=", ".join(f"{key} = {path}" for key, path in contract.found.items()),
        )

    def _program(self, name: str, cwd: Path, env: Mapping[str, str]) -> str | None:
        # Relative to the command's own directory, as a shell would take it.
        if os.path.dirname(name):
            name = str(cwd / name)
        paths = os.pathsep.join((str(self.bin_dir), env.get("PATH", os.defpath)))
        return shutil.which(name, path=paths)

    def _failed(
        self,
        subject: str,
        message: str,
        hint: str = "",
        output: str = "",
        code: Code = Code.PROBE_FAILED,
    ) -> ProbeResult:
        return ProbeResult(
            probe=self.probe,
            subject=subject,
            outcome=Outcome.FAILED,
            message=message,
            hint=hint,
            output=output,
            code=code,
        )


class _Contract:
    """A JSON contract, held against what a command printed."""

    def __init__(self, contract: JsonContract, cwd: Path, readable: Sequence[Path]) -> None:
        self._contract = contract
        self._cwd = cwd
        self._readable = [Path(os.path.realpath(path)) for path in readable]
        #: The paths that were named, absolute, by key.
        self.found: dict[str, Path] = {}

    def problems(self, stdout: Path) -> Iterator[str]:
        if stdout.stat().st_size > _JSON_LIMIT:
            yield f"it printed more than {_JSON_LIMIT // 2**20} MiB, too much for a JSON object"
            return
        try:
            answer = json.loads(stdout.read_bytes())
        except (ValueError, RecursionError) as error:
            yield f"its standard output is not JSON ({clean_text(str(error))})"
            return
        if not isinstance(answer, dict):
            yield f"its standard output is a JSON {type(answer).__name__}, not an object"
            return
        yield from self._keys(answer)
        yield from self._paths(answer)
        yield from self._digests(answer)

    def _keys(self, answer: Mapping[str, Any]) -> Iterator[str]:
        for key in self._contract.require:
            if _lookup(answer, key) is _MISSING:
                yield f"the key `{key}` is missing"
        for key, wanted in self._contract.equals.items():
            found = _lookup(answer, key)
            if found is _MISSING:
                yield f"the key `{key}` is missing"
            elif found != wanted or isinstance(found, bool) is not isinstance(wanted, bool):
                yield f"`{key}` is {_shown(found)}, not {_shown(wanted)}"

    def _paths(self, answer: Mapping[str, Any]) -> Iterator[str]:
        for key in self._contract.paths:
            found = _lookup(answer, key)
            if not isinstance(found, str):
                yield f"`{key}` is {_shown(found)}, not a path"
                continue
            path = Path(os.path.abspath(self._cwd / found))
            self.found[key] = path
            if "\0" in found or not os.path.lexists(path):
                yield f"`{key}` names {clean_text(str(path))}, which does not exist"

    def _digests(self, answer: Mapping[str, Any]) -> Iterator[str]:
        for digest_key, path_key in self._contract.sha256.items():
            stated, found = _lookup(answer, digest_key), _lookup(answer, path_key)
            if not isinstance(stated, str) or not isinstance(found, str):
                yield f"`{digest_key}` and `{path_key}` must be a digest and a path"
                continue
            # No path has a NUL, and asking the system about one is an error of ours.
            path = Path(os.path.realpath(self._cwd / found.replace("\0", "\ufffd")))
            if not path.is_file():
                yield f"`{path_key}` names {clean_text(str(path))}, which is no file"
            elif not any(path.is_relative_to(place) for place in self._readable):
                yield (
                    f"`{path_key}` names {clean_text(str(path))}, which is neither the"
                    " command's nor the environment's, so it is not read"
                )
            elif hashlib.sha256(path.read_bytes()).hexdigest() != stated.lower():
                yield f"`{digest_key}` is not the sha256 of {clean_text(str(path))}"


class _Missing:
    """What a lookup gives for a key that is not there."""


_MISSING = _Missing()


def _lookup(answer: Mapping[str, Any], key: str) -> Any:
    """The value of a key; dots reach into nested objects, unless the key itself has them."""
    if key in answer:
        return answer[key]
    value: Any = answer
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return _MISSING
        value = value[part]
    return value


def _shown(value: Any) -> str:
    if value is _MISSING:
        return "missing"
    text = clean_text(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= 120 else f"{text[:120]}..."
