"""Bytecode that is kept between environments: made from sources alone, and taken for those alone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from nox_cleanroom.environments import bytecode
from nox_cleanroom.environments.bytecode import BytecodeStore
from nox_cleanroom.environments.environment import INSIDE, Facts
from nox_cleanroom.members import record_digest
from nox_cleanroom.places import ownership

CODE = "VALUE = 1\n"


def facts(site: Path, version: str = "3.11.1") -> Facts:
    return Facts(
        version=version,
        implementation="CPython",
        cache_tag=sys.implementation.cache_tag or "",
        executable=sys.executable,
        prefix="",
        platform="",
        tags=(),
        markers={},
        paths={"purelib": str(site), "platlib": str(site)},
    )


def install(site: Path, *, code: str = CODE, link_to: Path | None = None) -> Facts:
    """Install a distribution with one package, as copies, or as links to another installation."""
    package, info = site / "demo", site / "demo-1.0.dist-info"
    package.mkdir(parents=True)
    info.mkdir()
    rows = []
    for name in ("__init__.py", "part.py", "unused.py"):
        if link_to is not None:
            (package / name).hardlink_to(link_to / "demo" / name)
        else:
            (package / name).write_text(code)
        rows.append(f"demo/{name},{record_digest(code.encode())},{len(code)}")
    (info / "RECORD").write_text(
        "\n".join([*rows, "../../bin/demo,sha256=x,1", "demo-1.0.dist-info/RECORD,,"])
    )
    (package / "made_later.py").write_text(code)
    return facts(site)


def run(site: Path, module: str = "demo.part") -> tuple[str, bool]:
    """The value in a module, and whether the module had to be compiled."""
    script = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import {module} as one; print(one.VALUE)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-v", "-c", script],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    source = site / f"{module.replace('.', '/')}.py"
    return done.stdout.strip(), f" matches {source}\n" not in done.stderr


@dataclass
class Shop:
    """A store, and which modules it has had compiled."""

    place: Path
    compiled: list[str] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    @property
    def store(self) -> BytecodeStore:
        return BytecodeStore(
            root=ownership.ensure(self.place / "kept").path,  # type: ignore[union-attr]
            compile=self._compile,
            scratch=self.new,
        )

    def new(self) -> Path:
        path = self.place / f"new-{next(self._numbers)}"
        path.mkdir()
        return path

    def _compile(self, _: Facts, directory: Path) -> None:
        names = (path.relative_to(directory).as_posix() for path in directory.rglob("*.py"))
        self.compiled += sorted(names)
        program = str(INSIDE / "compiling.py")
        subprocess.run([sys.executable, "-I", "-S", program, str(directory)], check=True)

    def use(self, *, code: str = CODE, during: str = "") -> tuple[Path, tuple[str, bool]]:
        """Install into a new environment and run a module there."""
        site = self.new()
        with self.store.lent(install(site, code=code)):
            if during:
                exec(during, {"site": site})  # noqa: S102 - what a project might do
            return site, run(site)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_what_was_used_twice_is_not_compiled_again(shop: Shop) -> None:
    assert [shop.use()[1] for _ in range(4)] == [
        ("1", True),
        ("1", False),
        ("1", False),
        ("1", False),
    ]
    # Once, and what nobody has imported not at all.
    assert shop.compiled == ["demo/__init__.py", "demo/part.py"]


def test_what_a_run_uses_bit_by_bit_is_compiled_at_once_in_the_next(shop: Shop) -> None:
    # As a backend is, which is asked in one process and builds in another.
    store, site = shop.store, shop.new()
    installed = install(site)
    for module in ("demo.part", "demo.unused"):
        with store.lent(installed):
            assert run(site, module) == ("1", True)
    assert shop.compiled == []
    assert shop.use()[1] == ("1", False)
    assert shop.compiled == ["demo/__init__.py", "demo/part.py", "demo/unused.py"]


def test_links_to_a_cache_have_it_too(shop: Shop) -> None:
    first, _ = shop.use()
    site = shop.new()
    with shop.store.lent(install(site, link_to=first)):
        assert run(site) == ("1", False)


def test_another_content_is_another_distribution(shop: Shop) -> None:
    shop.use()
    shop.use()
    assert shop.use(code="VALUE = 2\n")[1] == ("2", True)


#: What the code of a project can do to the environment that its build, or its test, runs in.
DEEDS = {
    "a module is overwritten": "(site / 'demo/part.py').write_text('VALUE = 666\\n')",
    "and has the old time and size": (
        "import os\npart = site / 'demo/part.py'\nfound = part.stat()\n"
        "part.write_text('VALUE = 6\\n')\n"
        "os.utime(part, ns=(found.st_atime_ns, found.st_mtime_ns))"
    ),
    "bytecode is forged": (
        "import py_compile, os\npart = site / 'demo/part.py'\nsource = part.read_bytes()\n"
        "part.write_text('VALUE = 6\\n')\n"
        "for mode in py_compile.PycInvalidationMode:\n"
        "    py_compile.compile(str(part), invalidation_mode=mode)\n"
        "part.write_bytes(source)"
    ),
    "RECORD is rewritten": (
        "(site / 'demo/part.py').write_text('VALUE = 6\\n')\n"
        "(site / 'demo-1.0.dist-info/RECORD').write_text('demo/part.py,sha256=x,9')"
    ),
    "the names of other places are noted": (
        "cache = site / 'demo/__pycache__'\ncache.mkdir(exist_ok=True)\n"
        "(cache / '..%2F..%2Fetc.pyc').write_text('')\n(cache / 'other.cpython-311.pyc').mkdir()"
    ),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
@pytest.mark.parametrize("seen_before", [0, 1, 2])
def test_no_project_writes_into_the_store(shop: Shop, deed: str, seen_before: int) -> None:
    for _ in range(seen_before):
        shop.use()
    shop.use(during=deed)
    shop.use()
    assert shop.use()[1] == ("1", False)


def test_what_is_lent_is_a_copy(shop: Shop) -> None:
    shop.use()
    site, _ = shop.use()
    for path in site.rglob("*.pyc"):
        path.write_bytes(b"overwritten in place")
    assert shop.use()[1] == ("1", False)


def test_a_store_whose_content_was_changed_is_not_believed(shop: Shop) -> None:
    shop.use()
    shop.use()
    for path in shop.store.root.iterdir():
        content = path.read_bytes()
        if path.name not in {ownership.RECORD, ownership.LOCK}:
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert shop.use()[1] == ("1", True)


def test_bytecode_of_another_source_is_not_taken_whatever_the_times_are(shop: Shop) -> None:
    shop.use()
    shop.use()
    # After the environment has been made, as a patched backend is.
    assert shop.use(during=DEEDS["and has the old time and size"])[1] == ("6", True)


def test_a_module_of_two_distributions_is_nobodys(shop: Shop) -> None:
    shop.use()
    shop.use()
    code = "VALUE = 2\n"
    site = shop.new()
    installed = install(site)
    other = site / "other-1.0.dist-info" / "RECORD"
    other.parent.mkdir()
    other.write_text(f"demo/part.py,{record_digest(code.encode())},{len(code)}")
    (site / "demo" / "part.py").write_text(code)
    with shop.store.lent(installed):
        assert run(site) == ("2", True)
    assert shop.use()[1] == ("1", False)


def test_another_interpreter_has_its_own(shop: Shop) -> None:
    shop.use()
    shop.use()
    site = shop.new()
    install(site)
    with shop.store.lent(facts(site, version="3.12.1")):
        assert not list(site.rglob("*.pyc"))


def test_an_interpreter_that_keeps_none_gets_none(shop: Shop) -> None:
    site = shop.new()
    install(site)
    with shop.store.lent(facts(site, version="3.6.15")):
        run(site)
    assert [path.name for path in shop.store.root.iterdir() if path.suffix == ".names"] == []


def test_a_module_that_does_not_compile_keeps_no_other_from_it(shop: Shop) -> None:
    code = "import os\nVALUE = 1\n"
    for _ in range(2):
        site = shop.new()
        installed = install(site, code=code)
        broken = site / "demo" / "broken.py"
        broken.write_text("def :\n")
        record = site / "demo-1.0.dist-info" / "RECORD"
        row = f"demo/broken.py,{record_digest(broken.read_bytes())},7"
        record.write_text(f"{record.read_text()}\n{row}")
        cache = site / "demo" / "__pycache__"
        cache.mkdir()
        (cache / "broken.cpython-311.pyc").write_bytes(b"")
        with shop.store.lent(installed):
            assert run(site)[0] == "1"
    assert run(site) == ("1", False)


def test_a_store_that_cannot_be_written_to_is_no_trouble(tmp_path: Path, shop: Shop) -> None:
    (tmp_path / "file").write_text("a file\n")
    store = BytecodeStore(root=tmp_path / "file", compile=lambda *_: None, scratch=shop.new)
    site = shop.new()
    with store.lent(install(site)):
        assert run(site) == ("1", True)


def test_our_own_programs_have_theirs_in_a_directory_of_their_own(shop: Shop) -> None:
    lent = []
    for _ in range(3):
        with shop.store.lent_inside(facts(shop.place)) as prefix:
            lent.append({path.name.partition(".")[0] for path in prefix.rglob("*.pyc")})
            script = f"import sys; sys.pycache_prefix = {str(prefix)!r}\n"
            script += f"sys.path.insert(0, {str(INSIDE)!r})\nimport locating"
            subprocess.run([sys.executable, "-I", "-S", "-c", script], check=True)
    assert lent == [set(), {"locating"}, {"locating"}]
    assert shop.compiled == ["locating.py"]


def test_the_oldest_are_removed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytecode, "_KEPT", 2)
    for number in range(6):
        for _ in range(2):
            shop.use(code=f"VALUE = {number}\n")
    files = [path for path in shop.store.root.iterdir() if "cpython" in path.name]
    assert len(files) <= 6
    assert shop.use(code="VALUE = 5\n")[1] == ("5", False)
