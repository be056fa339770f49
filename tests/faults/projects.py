"""Six projects as people have them, one for each build backend, and ways to change them.

All do the same under different names: a package with a subpackage that it imports, one that
only its command imports, and one that only a function imports which nobody calls; a data
file that is read at import; a dependency, an extra, a console script.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

DOCTORED = Path(__file__).with_name("doctored.py").read_text(encoding="utf-8")

VERSION = "2.4.1"

_READ_BY_RESOURCES = '''"""Host names as they are written, and as they are sent."""

import json
from importlib import resources

_TEXT = resources.files(__name__).joinpath("defaults.json").read_text(encoding="utf-8")
'''

_READ_BY_PATH = '''"""Host names as they are written, and as they are sent."""

import json
from pathlib import Path

_TEXT = (Path(__file__).parent / "defaults.json").read_text(encoding="utf-8")
'''

#: The package's files. `PKG` is its name.
_MODULES: Mapping[str, str] = {
    "__init__.py": """DEFAULTS = json.loads(_TEXT)

from PKG._version import __version__  # noqa: E402
from PKG.core import Names  # noqa: E402

__all__ = ["DEFAULTS", "Names", "__version__"]
""",
    "_version.py": f'__version__ = "{VERSION}"\n',
    "py.typed": "",
    "defaults.json": '{"longest": 253, "separator": "."}\n',
    "core/__init__.py": '''"""What the package is about."""

from PKG.core.engine import Names

__all__ = ["Names"]
''',
    "core/engine.py": '''"""Host names."""

from __future__ import annotations

import idna


class Names:
    """Host names."""

    def __init__(self, names: list[str], longest: int = 253) -> None:
        self.names = [name for name in names if len(name) <= longest]

    def sent(self) -> list[tuple[str, str]]:
        """Each name as it is written, and as it is sent."""
        return [(name, idna.encode(name).decode()) for name in self.names]
''',
    "reports/__init__.py": '''"""Ways to show names."""

from PKG.reports.plain import render

__all__ = ["render"]
''',
    "reports/plain.py": '''"""Names in columns."""


def render(rows):
    """The rows as lines."""
    return "\\n".join(f"{written:30} {sent}" for written, sent in rows)
''',
    "archive/__init__.py": '''"""Names in a file for later."""

import zipfile


def pack(names, path):
    """Write names into an archive."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("names", "\\n".join(names))
''',
    "convert.py": '''"""Names in other forms, for those who use the package as a library."""


def to_lines(names):
    """Names as lines."""
    return "\\n".join(names)


def to_archive(names, path):
    """Names in an archive."""
    from PKG.archive import pack

    pack(names, path)
''',
    "settings.py": '''"""Settings of the user."""

import json


def read(path):
    """The settings in a file."""
    with open(path, encoding="utf-8") as file:
        if not path.endswith((".yaml", ".yml")):
            return json.load(file)
        try:
            import yaml
        except ImportError:
            raise SystemExit("Install the extra `yaml` to read YAML.") from None
        return yaml.safe_load(file)
''',
    "compat.py": '''"""What differs from place to place."""

from __future__ import annotations

import os
import sys

try:
    import colorama
except ImportError:
    colorama = None

if sys.platform == "win32":
    import msvcrt
else:
    import termios


def colour(text: str) -> str:
    """The text, in colour where that can be shown."""
    if colorama is None or "NO_COLOR" in os.environ:
        return text
    return f"{colorama.Fore.GREEN}{text}{colorama.Fore.RESET}"
''',
    "cli.py": '''"""The command."""

from __future__ import annotations

import argparse

from PKG import DEFAULTS, __version__
from PKG.compat import colour
from PKG.core import Names

PROGRAM = "PKG"


def main(argv: list[str] | None = None) -> int:
    """Show names as they are sent."""
    options = _parser().parse_args(argv)
    # Loaded late, so that `--help` is quick.
    from PKG.reports import render

    settings = DEFAULTS
    if options.settings:
        from PKG.settings import read

        settings = {**settings, **read(options.settings)}
    print(colour(render(Names(options.names, settings["longest"]).sent())))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(PROGRAM)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--settings", help="a file with settings")
    parser.add_argument("--version", action="version", version=__version__)
    return parser
''',
    "__main__.py": """import sys

from PKG.cli import main

sys.exit(main())
""",
}

_TEST = """from PKG import Names


def test_a_name_is_encoded():
    assert Names(["b\u00fccher.example"]).sent()[0][1] == "xn--bcher-kva.example"
"""

#: What lies around a package. `NAME` is the distribution's.
_AROUND: Mapping[str, str] = {
    ".gitignore": "/.nox/\n/build/\n/dist/\n__pycache__/\n*.egg-info/\n",
    "README.md": "# NAME\n\nHost names as they are written, and as they are sent.\n",
    "CHANGELOG.md": "# Changes\n\n## 2.4.1\n\n- Longer names.\n",
    "LICENSE": "MIT License\n\nCopyright (c) The authors of NAME\n",
    "docs/index.md": "# NAME\n",
}


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A build backend, and how a project is described to it."""

    #: As it is called on an index.
    name: str
    #: What `build-backend` names.
    module: str
    requires: tuple[str, ...]
    #: Writes its tables of pyproject.toml.
    settings: Callable[[Project], str]
    #: Whether its settings can leave a part of the package out of the wheel.
    can_leave_out: bool = True
    #: Whether its settings can leave a file out of the sdist only.
    can_leave_out_of_sdist: bool = True
    #: Whether it takes a module that is no package.
    takes_a_single_module: bool = True


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project in a repository."""

    backend: Backend
    #: The distribution's name.
    name: str
    #: What it is imported by; may have dots.
    package: str
    #: The directory of the sources: empty, or `src/`.
    root: str = ""
    #: Whether its modules import one another relatively.
    relative: bool = True
    #: Path and text of each file but pyproject.toml.
    files: Mapping[str, str] = field(default_factory=dict)
    #: The module with the version that the backend reads; empty when pyproject.toml has it.
    version_module: str = ""
    requires_python: str = ">=3.10"
    dependencies: tuple[str, ...] = ("idna>=3.4",)
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"yaml": ("pyyaml",)})
    scripts: Mapping[str, str] = field(default_factory=dict)
    #: Further entry points, by group.
    entry_points: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    readme: str = "README.md"
    #: Parts of the package that the backend is told to leave out of the wheel.
    left_out: tuple[str, ...] = ()
    #: Files of the repository that the sdist lacks.
    left_out_of_sdist: tuple[str, ...] = ()
    #: The backend's tables, where its usual ones do not fit.
    settings: str | None = None
    #: Further tables of pyproject.toml.
    tables: str = ""
    #: Statements that change the wheel after the build; see doctored.py.
    operations: tuple[str, ...] = ()
    #: Whether the build goes through doctored.py.
    is_doctored: bool = False

    @property
    def place(self) -> str:
        """The directory of the package, with a slash."""
        return f"{self.root}{self.package.replace('.', '/')}/"

    @property
    def installed_place(self) -> str:
        """The directory of the package in a wheel, with a slash."""
        return f"{self.package.replace('.', '/')}/"

    @property
    def import_name(self) -> str:
        """The first part of its modules' names."""
        return self.package.partition(".")[0]

    @property
    def content(self) -> dict[str, str]:
        """Path and text of everything that is committed."""
        files = {**self.files, "pyproject.toml": _pyproject(self)}
        if self.left_out_of_sdist and self.backend.name == "setuptools":
            # It has no setting for that.
            lines = (f"exclude {path}\n" for path in self.left_out_of_sdist)
            files["MANIFEST.in"] = "".join(lines)
        if self.is_doctored:
            files["_doctor/doctored.py"] = DOCTORED
            files["_doctor/operation.py"] = _operation(self)
        return files

    def with_files(self, files: Mapping[str, str]) -> Project:
        """With files of the repository added or replaced."""
        return replace(self, files={**self.files, **files})

    def with_modules(self, modules: Mapping[str, str]) -> Project:
        """With files of the package added or replaced; `PKG` in imports stands for it."""
        return self.with_files({
            f"{self.place}{name}": self.spell(name, text) for name, text in modules.items()
        })  # fmt: skip

    def without_file(self, path: str) -> Project:
        """Without a file, which has to be there."""
        files = dict(self.files)
        del files[path]
        return replace(self, files=files)

    def with_text(self, name: str, old: str, new: str) -> Project:
        """With a text in a file of the package replaced, which has to be there once."""
        path = f"{self.place}{name}"
        text, old, new = self.files[path], self.spell(name, old), self.spell(name, new)
        if text.count(old) != 1:
            raise ValueError(f"{path} has {old!r} {text.count(old)} times")
        return self.with_files({path: text.replace(old, new)})

    def at_import(self, statements: str) -> Project:
        """With statements that run when the package is imported."""
        return self.with_text("core/engine.py", "import idna\n", f"import idna\n\n{statements}\n")

    def in_main(self, statements: str) -> Project:
        """With statements at the beginning of the command's function."""
        begin = "    options = _parser()"
        indented = "".join(f"    {line}\n" for line in statements.splitlines())
        return self.with_text("cli.py", begin, f"{indented}{begin}")

    def in_unused_function(self, statements: str) -> Project:
        """With a function that nothing in the package calls."""
        indented = "".join(f"    {line}\n" for line in statements.splitlines())
        text = f'def to_table(names):\n    """A table of names."""\n{indented}'
        return self.with_text("convert.py", "def to_lines", f"{text}\n\ndef to_lines")

    def leaving_out(self, part: str) -> Project:
        """Where the wheel lacks a part of the package: a subpackage, or a file."""
        if self.backend.can_leave_out:
            return replace(self, left_out=(*self.left_out, part))
        ending = "" if "." in part else "/"
        return self.doctored(f"wheel.drop({self.installed_place + part + ending!r})")

    def leaving_out_of_sdist(self, name: str) -> Project:
        """Where the sdist lacks a file of the package."""
        left_out = (*self.left_out_of_sdist, f"{self.place}{name}")
        doctored = self.is_doctored or not self.backend.can_leave_out_of_sdist
        return replace(self, left_out_of_sdist=left_out, is_doctored=doctored)

    def doctored(self, *statements: str) -> Project:
        """Where statements change the wheel after the build."""
        return replace(self, is_doctored=True, operations=(*self.operations, *statements))

    def spell(self, name: str, text: str) -> str:
        """The text of a module with imports of `PKG` as this project writes them."""
        dots = "." * (name.count("/") + 1) if self.relative else f"{self.package}."
        text = re.sub(r"from PKG\.", f"from {dots}", text)
        text = re.sub(r"from PKG ", f"from {dots if self.relative else self.package} ", text)
        return text.replace("PKG", self.package)


def _pyproject(project: Project) -> str:
    build = {"requires": list(project.backend.requires), "build-backend": project.backend.module}
    if project.is_doctored:
        build |= {"build-backend": "doctored", "backend-path": ["_doctor"]}
    rst = project.readme.endswith(".rst")
    about = {
        "name": project.name,
        **({"dynamic": ["version"]} if project.version_module else {"version": VERSION}),
        "description": "Host names as they are written, and as they are sent.",
        "license": "MIT",
        "license-files": ["LICENSE"],
        "requires-python": project.requires_python,
        "keywords": ["dns", "names"],
        "classifiers": ["Programming Language :: Python :: 3", "Topic :: Internet"],
        "dependencies": list(project.dependencies),
    }
    tables = [
        _table("build-system", build),
        _table("project", about),
        _table(
            "project.readme",
            {"file": project.readme, "content-type": f"text/{'x-rst' if rst else 'markdown'}"},
        ),
        _table("project.optional-dependencies", project.extras),
        _table("project.urls", {"Source": f"https://example.org/{project.name}"}),
        _table("project.scripts", project.scripts),
        *(_table(f"project.entry-points.{key}", one) for key, one in project.entry_points.items()),
        project.backend.settings(project) if project.settings is None else project.settings,
        project.tables,
    ]
    return "\n".join(filter(None, tables))


def _table(name: str, values: Mapping[str, object]) -> str:
    if not values:
        return ""
    lines = (f"{_key(key)} = {json.dumps(value)}\n" for key, value in values.items())
    return f"[{name}]\n{''.join(lines)}"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key) else json.dumps(key)


def _operation(project: Project) -> str:
    statements = "\n".join(project.operations) or "pass"
    body = "".join(f"    {line}\n" for line in statements.splitlines())
    return (
        f"BACKEND = {project.backend.module!r}\n"
        f"LEFT_OUT_OF_SDIST = {list(project.left_out_of_sdist)!r}\n\n\n"
        f"def change(wheel):\n{body}"
    )


def _version(table: str, project: Project, values: Mapping[str, object]) -> str:
    return _table(table, values) if project.version_module else ""


def _version_path(project: Project) -> str:
    return f"{project.place}{project.version_module}.py"


def _setuptools(project: Project) -> str:
    data = [
        path.removeprefix(project.place)
        for path in project.files
        if path.startswith(project.place) and not path.endswith(".py")
    ]
    find = {
        "where": [project.root],
        "exclude": [f"{project.package}.{x}*" for x in project.left_out],
    }
    attribute = f"{project.package}.{project.version_module}.__version__"
    kept = [path for path in data if path not in project.left_out]
    return (
        _table("tool.setuptools", {"include-package-data": False})
        + _table("tool.setuptools.packages.find", find)
        + _table("tool.setuptools.package-data", {project.package: kept})
        + _version("tool.setuptools.dynamic.version", project, {"attr": attribute})
    )


def _hatchling(project: Project) -> str:
    top = f"{project.root}{project.import_name}"
    wheel = {"packages": [top], "exclude": [f"/{project.place}{one}" for one in project.left_out]}
    sdist = {"exclude": [f"/{path}" for path in project.left_out_of_sdist]}
    return (
        _version("tool.hatch.version", project, {"path": _version_path(project)})
        + _table("tool.hatch.build.targets.wheel", wheel)
        + _table("tool.hatch.build.targets.sdist", sdist)
    )


def _flit_core(project: Project) -> str:
    return _table("tool.flit.module", {"name": project.package}) + _table(
        "tool.flit.sdist",
        {"include": ["CHANGELOG.md", "_doctor/*"], "exclude": list(project.left_out_of_sdist)},
    )


def _poetry_core(project: Project) -> str:
    top = f'{{ include = "{project.import_name}", from = "{project.root or "."}" }}'
    excluded = [f"{project.place}{one}" for one in project.left_out]
    # Only the sdist needs the backend that is in the tree.
    doctor = '{ path = "_doctor/*.py", format = "sdist" }' if project.is_doctored else ""
    return (
        f"[tool.poetry]\npackages = [{top}]\nexclude = {json.dumps(excluded)}\n"
        f"include = [{doctor}]\n"
    )


def _pdm_backend(project: Project) -> str:
    build = {
        "includes": [f"{project.root}{project.import_name}"],
        "excludes": [f"{project.place}{one}" for one in project.left_out],
        "package-dir": project.root.rstrip("/"),
        "source-includes": ["CHANGELOG.md", "_doctor"],
    }
    version = {"source": "file", "path": _version_path(project)}
    return _version("tool.pdm.version", project, version) + _table("tool.pdm.build", build)


def _uv_build(project: Project) -> str:
    return _table(
        "tool.uv.build-backend",
        {
            "module-name": project.package,
            "module-root": project.root.rstrip("/"),
            "wheel-exclude": [
                f"/{project.place}{one}{'' if '.' in one else '/**'}" for one in project.left_out
            ],
            "source-include": ["CHANGELOG.md", "_doctor/**"],
        },
    )


def setuptools() -> Project:
    """A project for setuptools: `src` layout, the version in a module."""
    backend = Backend(
        name="setuptools",
        module="setuptools.build_meta",
        requires=("setuptools>=77",),
        settings=_setuptools,
    )
    return _project(
        backend, "slate-quarry", "quarry", root="src/", version_module="_version", relative=True
    )


def hatchling() -> Project:
    """A project for hatchling: flat, the version in a module."""
    backend = Backend(
        name="hatchling",
        module="hatchling.build",
        requires=("hatchling>=1.27",),
        settings=_hatchling,
    )
    return _project(backend, "tidal", "tidal", version_module="_version", relative=False)


def flit_core() -> Project:
    """A project for flit: flat, with absolute imports."""
    backend = Backend(
        name="flit_core",
        module="flit_core.buildapi",
        requires=("flit_core>=4,<5",),
        settings=_flit_core,
        can_leave_out=False,
    )
    return _project(backend, "marmalade", "marmalade", relative=False)


def poetry_core() -> Project:
    """A project for poetry: `src` layout, with absolute imports."""
    backend = Backend(
        name="poetry-core",
        module="poetry.core.masonry.api",
        requires=("poetry-core>=2.2",),
        settings=_poetry_core,
        can_leave_out_of_sdist=False,
    )
    return _project(backend, "rookery", "rookery", root="src/", relative=False)


def pdm_backend() -> Project:
    """A project for PDM: `src` layout, the version in a module."""
    backend = Backend(
        name="pdm-backend",
        module="pdm.backend",
        requires=("pdm-backend>=2.4.4",),
        settings=_pdm_backend,
        can_leave_out_of_sdist=False,
    )
    return _project(
        backend, "lantern-index", "lantern", root="src/", version_module="_version", relative=True
    )


def uv_build() -> Project:
    """A project for uv's backend: flat."""
    backend = Backend(
        name="uv_build",
        module="uv_build",
        requires=("uv_build>=0.8",),
        settings=_uv_build,
        can_leave_out_of_sdist=False,
        takes_a_single_module=False,
    )
    return _project(backend, "cobble", "cobble", relative=True)


def _project(
    backend: Backend,
    name: str,
    package: str,
    *,
    root: str = "",
    version_module: str = "",
    relative: bool,
) -> Project:
    project = Project(
        backend=backend,
        name=name,
        package=package,
        root=root,
        relative=relative,
        version_module=version_module,
        scripts={name: f"{package}.cli:main"},
    )
    return filled(project)


def filled(project: Project) -> Project:
    """The project with all files, where its layout says that they go."""
    reading = _READ_BY_PATH if project.root else _READ_BY_RESOURCES
    modules = {**_MODULES, "__init__.py": f"{reading}{_MODULES['__init__.py']}"}
    around = {path: text.replace("NAME", project.name) for path, text in _AROUND.items()}
    test = _TEST.replace("PKG", project.package)
    files = {**around, "tests/test_names.py": test}
    return replace(project, files=files).with_modules(modules)


#: The projects, in the order in which they are tested.
PROJECTS: tuple[Project, ...] = (
    setuptools(),
    hatchling(),
    flit_core(),
    poetry_core(),
    pdm_backend(),
    uv_build(),
)
