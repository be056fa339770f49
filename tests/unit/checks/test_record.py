"""RECORD and the files of the wheel: what one has and the other has not."""

from __future__ import annotations

import pytest
from values import FILENAME, INFO, Says, look, wheel

from nox_cleanroom.findings import Finding
from nox_cleanroom.members import record_digest

NAME = "record"
SAYS = Says(NAME)
HINT = "The build backend writes RECORD; a tool that repacks the wheel must update it."
FINE = SAYS.passed(FILENAME)
DIGEST = record_digest(b"x = 1\n")
ABOUT = {name: digest for name, digest in wheel({}).digests.items() if not name.endswith("RECORD")}


def wrong(message: str) -> Finding:
    return SAYS.failed(FILENAME, message, hint=HINT)


def rows(*more: str) -> str:
    """A RECORD that lists what describes the wheel, and more."""
    about = [f"{name},{digest},1" for name, digest in ABOUT.items()]
    return "\n".join([*about, *more, f"{INFO}/RECORD,,"])


#: What the wheel has besides, and RECORD.
CASES: dict[str, tuple[dict[str, str], str, Finding]] = {
    "it is right": ({"demo.py": "x = 1\n"}, rows(f"demo.py,{DIGEST},6"), FINE),
    "a file is not listed": (
        {"demo.py": ""},
        rows(),
        wrong("demo.py is in the wheel but not in RECORD"),
    ),
    "a file is not there": (
        {},
        rows(f"demo.py,{DIGEST},6"),
        wrong("demo.py is in RECORD but not in the wheel"),
    ),
    "a file was changed afterwards": (
        {"demo.py": "x = 2\n"},
        rows(f"demo.py,{DIGEST},6"),
        wrong("demo.py has another digest than RECORD says"),
    ),
    "a file has no digest": (
        {"demo.py": ""},
        rows("demo.py,,"),
        wrong("demo.py has no digest in RECORD"),
    ),
    "another algorithm is taken on trust": ({"demo.py": ""}, rows("demo.py,sha512=x,0"), FINE),
    "signatures need no line": (
        {f"{INFO}/RECORD.jws": "", f"{INFO}/RECORD.p7s": ""},
        rows(),
        FINE,
    ),
    "a name with a comma": ({"a,b.py": "x = 1\n"}, rows(f'"a,b.py",{DIGEST},6'), FINE),
    "six problems": (
        {f"{letter}.py": "" for letter in "abcdef"},
        rows(),
        wrong(
            "; ".join(f"{letter}.py is in the wheel but not in RECORD" for letter in "abcde")
            + " and 1 more"
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "record", "finding"), CASES.values(), ids=CASES)
def test_record(files: dict[str, str], record: str, finding: Finding) -> None:
    assert look(NAME, {"wheel": wheel({**files, f"{INFO}/RECORD": record})}) == [finding]


def test_a_record_that_cannot_be_read_is_told() -> None:
    whole = wheel({f"{INFO}/RECORD": f"{rows()}\n" + "x" * 200_000 + ",,\n"})
    assert look(NAME, {"wheel": whole}) == [
        wrong("it cannot be read (field larger than field limit (131072))")
    ]
