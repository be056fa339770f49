"""Golden texts: whole outputs in a file, which a variable writes anew."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

#: What differs from run to run, and what stands for it.
_UNSTABLE = (
    (r"\b\d+\.\d s\b", "N.N s"),
    (r" \(took (a second|\d+ seconds)\)| in (a second|\d+ seconds)\b", ""),
    (r"\b[0-9a-f]{12}\b", "OID"),
    (r"Python 3\.\d+\.\d+\w*", "Python 3.N"),
    (r"(?<=smoke-)3\.1\d(?=[^\d])", "3.N"),
    (r"/runs/\w+/worktree-[\w-]+/", "/runs/N/worktree/"),
    (r"/runs/\w+/", "/runs/N/"),
    # The end of nox's line, which a terminal breaks anywhere.
    (r"says more[^\n]*(\n\{red:[^\n]*)?", "says more"),
    (r"evidence:[\s\S]*?j\n?s\n?o\n?n\b", "evidence: PATH.json"),
)


#: A step that took long, as nox's log says it.
_SLOW = re.compile(r"(\{cyan:)?nox >.* N\.N s\}?$")


class Golden:
    """Texts by name, in a file with a heading for each."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def names(self) -> list[str]:
        return list(self._read())

    def _read(self) -> dict[str, str]:
        if not self.path.exists():
            return {}
        parts = re.split(r"^=== (.*)\n", self.path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2], strict=True))

    def stable(self, text: str, place: Path) -> str:
        """A text without what differs from run to run.

        Args:
            text: the output of a command.
            place: the temporary directory of the test.
        """
        text = text.replace(str(place), "/tmp/test")
        text = re.sub(r"/tmp/pytest\S*/sealed\d+|/dev/shm/pytest\S*/sealed\d+", "/tmp/sealed", text)
        for pattern, stands in _UNSTABLE:
            text = re.sub(pattern, stands, text)
        kept = (
            line
            for line in text.splitlines()
            if "is too long and will cause issues" not in line and not _SLOW.match(line)
        )
        return "".join(f"{line.rstrip()}\n" for line in kept)

    def compare(self, name: str, text: str) -> None:
        """Compare a text with the golden one; write it instead if `UPDATE_GOLDEN` is set."""
        texts = self._read()
        if os.environ.get("UPDATE_GOLDEN"):
            texts[name] = f"{text.rstrip()}\n\n"
            self.path.write_text("".join(f"=== {name}\n{one}" for name, one in texts.items()))
            return
        changed = difflib.unified_diff(texts.get(name, "").splitlines(), text.splitlines(), n=1)
        difference = "\n".join(changed).strip()
        if texts.get(name, "").rstrip() != text.rstrip():
            raise AssertionError(f"{name}:\n{difference}")
