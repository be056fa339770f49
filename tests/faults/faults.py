"""What can be wrong with a package, and what looks wrong and is not: changes of a sound project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from projects import VERSION, Project, filled

Verdict = Literal["PASSED", "WARNED", "FAILED"]

Inject = Callable[[Project], Project]

EVERY_BACKEND = ("setuptools", "hatchling", "flit_core", "poetry-core", "pdm-backend", "uv_build")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A change of a project, and what has to be said of it."""

    name: str
    #: What is wrong, or only looks so, in one sentence.
    what: str
    #: Changes what is committed.
    inject: Inject
    #: What is written into the checkout after the commit.
    left_in_checkout: Callable[[Project], Mapping[str, str]] = field(default=lambda _: {})
    expected: Verdict = "FAILED"
    #: Patterns that one and the same finding has to have, so that the reason is right too.
    says: tuple[str, ...] = ()
    session: str = "smoke-3.11"
    backends: tuple[str, ...] = EVERY_BACKEND
    #: Programs without which it cannot be made.
    programs: tuple[str, ...] = ()
    #: Modules without which the tool cannot ask about it.
    modules: tuple[str, ...] = ()


_ONE_PYTHON = '[tool.nox-cleanroom]\npythons = ["3.11"]\n'

_SPEED = """
#include <Python.h>
{declaration}
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "_speed", 0, -1, 0}};
PyMODINIT_FUNC PyInit__speed(void) {{
    PyObject *made = PyModule_Create(&module);
    if (made) PyModule_AddIntConstant(made, "LONGEST", {value});
    return made;
}}
"""
_SOUND_SPEED = _SPEED.format(declaration="", value="253")
_BROKEN_SPEED = _SPEED.format(declaration="extern long fast_longest(void);", value="fast_longest()")


def _with_helper(project: Project) -> Project:
    return project.at_import("from PKG.helper import CHECK")


def _helper(project: Project, directory: str = "") -> dict[str, str]:
    return {f"{directory or project.place}helper.py": "CHECK = True\n"}


def _with_script(project: Project, value: str) -> Project:
    return replace(project, scripts={project.name: f"{project.package}{value}"})


def _with_extension(project: Project, source: str) -> Project:
    return project.doctored(
        f"wheel.compile_extension({project.installed_place + '_speed'!r}, {source!r})"
    )


def _with_tools(project: Project) -> Project:
    files = {"tools/__init__.py": "", "tools/names.py": "LONGEST = 253\n"}
    return project.with_files(files).at_import("from tools.names import LONGEST")


def _with_new_syntax(project: Project, statements: str) -> Project:
    module = {"shapes.py": '"""Shapes of names."""\n\ntype Shape = str\n'}
    return project.with_modules(module).at_import(statements)


def _with_readme(project: Project, text: str) -> Project:
    changed = replace(project, readme="README.rst").without_file("README.md")
    return changed.with_files({"README.rst": text})


def _without_content(project: Project) -> Project:
    return replace(project, scripts={}).doctored(f"wheel.drop({project.installed_place!r})")


def _with_src(project: Project) -> Project:
    return project.doctored(
        "for name in [name for name in wheel.files if not name.startswith(wheel.info)]:",
        '    wheel.add("src/" + name, wheel.files[name])',
        'wheel.add("src/__init__.py", "")',
    )


def _with_record(project: Project, change: str) -> Project:
    name = f"{project.installed_place}convert.py,"
    return project.doctored(f"name = {name!r}", f"wheel.change_record = lambda rows: {change}")


_MISSING_AND_FOUND: tuple[Fault, ...] = (
    Fault(
        name="missing-subpackage",
        what="The wheel lacks a subpackage that the package imports.",
        inject=lambda project: project.leaving_out("core"),
        says=(r"\bcore\b",),
    ),
    Fault(
        name="missing-lazy-subpackage",
        what="The wheel lacks a subpackage that only the command imports, when it runs.",
        inject=lambda project: project.leaving_out("reports"),
        says=(r"\breports\b",),
    ),
    Fault(
        name="missing-unused-subpackage",
        what="The wheel lacks a subpackage that a function imports which no command comes to.",
        inject=lambda project: project.leaving_out("archive"),
        expected="WARNED",
        says=(r"\barchive\b",),
    ),
    Fault(
        name="missing-package-data",
        what="The wheel lacks a data file that is read at import.",
        inject=lambda project: project.leaving_out("defaults.json"),
        says=(r"defaults\.json",),
    ),
    Fault(
        name="uncommitted-module",
        what="A module is in the checkout only, and not even ignored.",
        inject=_with_helper,
        left_in_checkout=_helper,
        says=(r"helper\.py", "git add"),
    ),
    Fault(
        name="ignored-module",
        what="A module is in the checkout only, because a rule ignores it.",
        inject=lambda project: _with_helper(project).with_files({".gitignore": "helper.py\n"}),
        left_in_checkout=_helper,
        says=(r"helper\.py", "git add|ignore"),
    ),
    Fault(
        name="stale-build-masks",
        what="A module was deleted, and lives on in the `build` of the checkout.",
        inject=_with_helper,
        left_in_checkout=lambda project: _helper(project, f"build/lib/{project.installed_place}"),
        says=(r"\bhelper\b",),
    ),
    Fault(
        name="works-only-from-root",
        what="The package imports a directory of the repository that is not in the wheel.",
        inject=_with_tools,
        says=(r"\btools\b",),
    ),
    Fault(
        name="extension-missing",
        what="The package imports an extension module that nobody compiled.",
        inject=lambda project: project.with_modules({"_speed.c": _SOUND_SPEED}).at_import("from PKG._speed import LONGEST"),
        says=("_speed",),
    ),
    Fault(
        name="empty-wheel",
        what="The wheel has metadata and nothing else, and the commit has a package.",
        inject=_without_content,
        says=(r"no (python )?(module|file|package)|nothing|empty",),
    ),
    Fault(
        name="empty-wheel-without-requirements",
        what="The wheel has metadata and nothing else, and requires nothing.",
        inject=lambda project: replace(_without_content(project), dependencies=()),
        says=(r"no (python )?(module|file|package)|nothing|empty",),
    ),
)  # fmt: skip

_ENTRY_POINTS: tuple[Fault, ...] = (
    Fault(
        name="entry-point-missing-module",
        what="The script names a module that is not there.",
        inject=lambda project: _with_script(project, ".command:main"),
        says=(r"\.command\b",),
    ),
    Fault(
        name="entry-point-missing-attribute",
        what="The script names a function that is not there.",
        inject=lambda project: _with_script(project, ".cli:start"),
        says=(r"\bstart\b",),
    ),
    Fault(
        name="entry-point-not-callable",
        what="The script names a text.",
        inject=lambda project: _with_script(project, ".cli:PROGRAM"),
        says=("PROGRAM", "call"),
    ),
    Fault(
        name="script-demands-arguments",
        what="The script's function wants an argument that no installer's program gives.",
        inject=lambda project: project.with_text("cli.py", "argv: list[str] | None = None", "argv: list[str]"),
        expected="WARNED",
        says=(r"\bmain\b", r"argument|argv"),
    ),
)  # fmt: skip

_DEPENDENCIES: tuple[Fault, ...] = (
    Fault(
        name="undeclared-dependency",
        what="The package imports what nobody installs.",
        inject=lambda project: project.at_import("import requests"),
        says=(r"\brequests\b",),
    ),
    Fault(
        name="undeclared-lazy-dependency",
        what="The command imports what nobody installs, when it runs.",
        inject=lambda project: project.in_main("import tabulate"),
        says=(r"\btabulate\b",),
    ),
    Fault(
        name="undeclared-dependency-of-lazy-module",
        what="A module that only the command imports, when it runs, imports what nobody installs.",
        inject=lambda project: project.with_text("reports/plain.py", '"""Names in columns."""\n', '"""Names in columns."""\n\nimport tabulate\n'),
        says=(r"\btabulate\b",),
    ),
    Fault(
        name="undeclared-dependency-of-unused-function",
        what="A function that no command comes to imports what nobody installs.",
        inject=lambda project: project.in_unused_function("import pandas\n\nreturn pandas.DataFrame(names)"),
        # Good packages do that for the users of others: a note.
        expected="PASSED",
        says=(r"\bpandas\b",),
    ),
    Fault(
        name="undeclared-build-dependency",
        what="The build imports what it does not require.",
        inject=lambda project: project.doctored("import jinja2"),
        says=("BUILD_FAILED", r"\bjinja2\b"),
    ),
    Fault(
        name="conflicting-dependencies",
        what="Two requirements exclude one another.",
        inject=lambda project: replace(project, dependencies=("idna>=3.5", "idna<3")),
        says=("INSTALL_FAILED", r"\bidna\b"),
    ),
    Fault(
        name="stdlib-too-new",
        what="The command imports a part of the standard library that a supported Python lacks.",
        inject=lambda project: project.in_main("import tomllib"),
        session="smoke-3.10",
        says=(r"\btomllib\b",),
    ),
)  # fmt: skip

_WHEELS: tuple[Fault, ...] = (
    Fault(
        name="version-mismatch",
        what="METADATA has another version than the file's name.",
        inject=lambda project: project.doctored(
            f'wheel.replace(wheel.info + "/METADATA", "\\nVersion: {VERSION}\\n", "\\nVersion: 2.5\\n")'
        ),
        says=("version", r"\b2\.5\b"),
    ),
    Fault(
        name="requires-python-lies",
        what="The package uses syntax that a supported Python lacks.",
        inject=lambda project: _with_new_syntax(project, "from PKG.shapes import Shape"),
        says=(r"\bshapes\b",),
    ),
    Fault(
        name="wheel-tags-lie",
        what="A wheel for every platform holds an extension module.",
        inject=lambda project: _with_extension(project, _SOUND_SPEED),
        says=("_speed", r"\bany\b|tags?\b"),
        programs=("cc",),
    ),
    Fault(
        name="wheel-tags-lie-of-library",
        what="A wheel for every platform holds a shared library.",
        inject=lambda project: project.doctored(
            f'wheel.compile({project.installed_place + "libspeed.so"!r}, "int longest(void) {{ return 253; }}")'
        ),
        says=("libspeed", r"\bany\b|tags?\b"),
        programs=("cc",),
    ),
    Fault(
        name="undefined-symbol",
        what="An extension module needs a symbol that no library has.",
        inject=lambda project: _with_extension(project, _BROKEN_SPEED)
        .doctored("wheel.make_native()")
        .at_import("from PKG._speed import LONGEST"),
        says=("fast_longest",),
        programs=("cc",),
    ),
    Fault(
        name="top-level-tests",
        what="The wheel installs a package called `tests`.",
        inject=lambda project: project.doctored(
            'wheel.add("tests/__init__.py", "")', 'wheel.add("tests/test_names.py", "")'
        ),
        expected="WARNED",
        says=(r"\btests\b",),
    ),
    Fault(
        name="installs-src",
        what="The wheel installs a package called `src`, a copy of the right one.",
        inject=_with_src,
        expected="WARNED",
        says=(r"\bsrc\b",),
    ),
    Fault(
        name="record-wrong-digest",
        what="RECORD has another digest than the file.",
        inject=lambda project: _with_record(
            project,
            '[name + "sha256=" + 43 * "A" + ",9" if row.startswith(name) else row for row in rows]',
        ),
        says=(r"convert\.py",),
    ),
    Fault(
        name="record-lacks-file",
        what="RECORD lacks a file of the wheel.",
        inject=lambda project: _with_record(
            project, "[row for row in rows if not row.startswith(name)]"
        ),
        says=(r"convert\.py", "RECORD"),
    ),
    Fault(
        name="record-names-absent-file",
        what="RECORD names a file that the wheel lacks.",
        inject=lambda project: _with_record(
            project, '[*rows, name.replace("convert", "gone") + "sha256=" + 43 * "A" + ",9"]'
        ),
        says=(r"gone\.py",),
    ),
    Fault(
        name="world-writable",
        what="A file of the wheel can be written by everybody.",
        inject=lambda project: project.doctored(
            f"wheel.modes[{project.installed_place + 'defaults.json'!r}] = 0o100666"
        ),
        expected="WARNED",
        says=(r"defaults\.json", "writ"),
    ),
    Fault(
        name="licence-declared-and-absent",
        what="METADATA names a licence file that the wheel lacks.",
        inject=lambda project: project.doctored('wheel.drop(wheel.info + "/licenses/LICENSE")'),
        expected="WARNED",
        says=(r"\bLICENSE\b",),
    ),
    Fault(
        name="build-path-inside",
        what="A generated file holds the directory in which the wheel was built.",
        inject=lambda project: project.doctored(
            "import os",
            f'wheel.add({project.installed_place + "_built.py"!r}, f"WHERE = {{os.getcwd()!r}}\\n")',
        ),
        expected="WARNED",
        says=(r"_built\.py",),
    ),
    Fault(
        name="broken-readme",
        what="The description is reStructuredText that does not render.",
        inject=lambda project: _with_readme(project, "Names\n=====\n\n.. nothing-like-it:: here\n\n`broken <\n"),
        says=("readme|description|long.description",),
        modules=("readme_renderer",),
    ),
    Fault(
        name="incomplete-sdist",
        what="The sdist lacks a module that the wheel has.",
        inject=lambda project: replace(project, tables=_ONE_PYTHON).leaving_out_of_sdist("settings.py"),
        session="matrix",
        says=(r"\bsettings\.py|\bsettings\b",),
    ),
)  # fmt: skip

_AT_IMPORT: tuple[Fault, ...] = (
    Fault(
        name="sys-exit-at-import",
        what="Importing the package ends the program.",
        inject=lambda project: project.at_import("import sys\n\nsys.exit(0)"),
        says=(r"sys\.exit",),
    ),
    Fault(
        name="os-exit-at-import",
        what="Importing the package ends the process, which looks like success.",
        inject=lambda project: project.at_import("import os\n\nos._exit(0)"),
        says=("ended the interpreter",),
    ),
    Fault(
        name="needs-variable",
        what="Importing the package needs a variable that its developers have.",
        inject=lambda project: project.at_import('import os\n\nTOKEN = os.environ["DEVELOPERS_TOKEN"]'),
        says=("DEVELOPERS_TOKEN",),
    ),
    Fault(
        name="import-writes-home",
        what="Importing the package makes a directory in the user's home.",
        inject=lambda project: project.at_import('from pathlib import Path\n\n(Path.home() / ".hostnames").mkdir(exist_ok=True)'),
        expected="WARNED",
        says=(r"\.hostnames",),
    ),
    Fault(
        name="import-writes-working-directory",
        what="Importing the package makes a file in the current directory.",
        inject=lambda project: project.at_import('from pathlib import Path\n\nPath("hostnames.log").write_text("")'),
        expected="WARNED",
        says=(r"hostnames\.log",),
    ),
    Fault(
        name="import-writes-environment",
        what="Importing the package makes a file next to it.",
        inject=lambda project: project.at_import('from pathlib import Path\n\nPath(__file__).with_name("cache.json").write_text("{}")'),
        expected="WARNED",
        says=(r"cache\.json",),
    ),
    Fault(
        name="import-starts-process",
        what="Importing the package starts a process.",
        inject=lambda project: project.at_import('import subprocess\nimport sys\n\nsubprocess.run([sys.executable, "-c", ""], check=True)'),
        expected="WARNED",
        says=("process|start",),
    ),
)  # fmt: skip

FAULTS: tuple[Fault, ...] = (
    *_MISSING_AND_FOUND,
    *_ENTRY_POINTS,
    *_DEPENDENCIES,
    *_WHEELS,
    *_AT_IMPORT,
)


def _sound(
    name: str,
    what: str,
    inject: Inject,
    *,
    session: str = "smoke-3.11",
    backends: tuple[str, ...] = EVERY_BACKEND,
    programs: tuple[str, ...] = (),
) -> Fault:
    return Fault(
        name=name,
        what=what,
        inject=inject,
        expected="PASSED",
        session=session,
        backends=backends,
        programs=programs,
    )


def _importing(name: str, what: str, statements: str) -> Fault:
    return _sound(name, what, lambda project: project.at_import(statements))


_TOMLI = """
try:
    import tomllib
except ImportError:
    import tomli as tomllib
"""
_TOMLI_BY_VERSION = """
import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib
"""


def _with_tomli(project: Project, statements: str) -> Project:
    needed = (*project.dependencies, "tomli>=2; python_version < '3.11'")
    return replace(project, dependencies=needed).at_import(statements)


def _yaml_unguarded(project: Project) -> Project:
    guarded = """        try:
            import yaml
        except ImportError:
            raise SystemExit("Install the extra `yaml` to read YAML.") from None
"""
    return project.with_text("settings.py", guarded, "        import yaml\n\n")


def _replacing_itself(project: Project) -> Project:
    text = (
        "import sys\n\n\nclass _State:\n    longest = 253\n\n\nsys.modules[__name__] = _State()\n"
    )
    changed = project.with_modules({"state.py": text}).at_import("from PKG.state import longest")
    return changed.in_main("from PKG.state import longest")


def _with_getattr(project: Project) -> Project:
    text = """

def __getattr__(name):
    if name == "run":
        from PKG.cli import main

        return main
    raise AttributeError(name)
"""
    begin = project.files[f"{project.place}__init__.py"]
    return _with_script(project.with_modules({"__init__.py": begin + text}), ":run")


def _in_namespace(project: Project) -> Project:
    moved = filled(replace(project, package=f"example_org.{project.package}"))
    return _with_script(moved, ".cli:main")


def _bare(project: Project, package: str) -> Project:
    """The project without its package."""
    around = {path: text for path, text in project.files.items() if not path.startswith((project.place, "tests/"))}  # fmt: skip
    return replace(
        project,
        package=package,
        files=around,
        version_module="",
        scripts={},
        extras={},
        dependencies=(),
    )


def _stubs(project: Project) -> Project:
    stubs = {
        "__init__.pyi": "from .core import Names as Names\n",
        "core.pyi": "class Names: ...\n",
    }
    bare = replace(_bare(project, f"{project.package}-stubs"), name=f"{project.name}-stubs")
    # flit takes stubs by the distribution's name only.
    settings = "" if project.backend.name == "flit_core" else None
    return replace(bare.with_modules(stubs), settings=settings)


_MODULE_SETTINGS = {
    "setuptools": '[tool.setuptools]\npy-modules = ["PKG"]\npackage-dir = {{ "" = "{root}" }}\n',
    "hatchling": '[tool.hatch.build.targets.wheel]\nonly-include = ["PKG.py"]\n',
    "flit_core": '[tool.flit.module]\nname = "PKG"\n',
    "poetry-core": '[tool.poetry]\npackages = [{{ include = "PKG.py", from = "{root}" }}]\n',
    "pdm-backend": '[tool.pdm.build]\nincludes = ["{root}/PKG.py"]\npackage-dir = "{root}"\n',
}


def _single_module(project: Project) -> Project:
    settings = _MODULE_SETTINGS[project.backend.name].format(root=project.root.rstrip("/"))
    text = f'"""Host names."""\n\n__version__ = "{VERSION}"\n\n\ndef main():\n    print("names")\n'
    bare = _bare(project, project.package)
    bare = replace(bare, settings=settings.replace("PKG", project.package))
    return _with_script(bare.with_files({f"{project.root}{project.package}.py": text}), ":main")


_META_SETTINGS = {
    "setuptools": "[tool.setuptools]\npackages = []\n",
    "hatchling": "[tool.hatch.build.targets.wheel]\nbypass-selection = true\n",
}


def _meta_package(project: Project) -> Project:
    settings = _META_SETTINGS[project.backend.name]
    needed = ("idna>=3.4", "iniconfig>=2")
    return replace(_bare(project, project.package), settings=settings, dependencies=needed)


def _with_plugin(project: Project) -> Project:
    points = {"pytest11": {"names": f"{project.package}.plugin"}}
    return replace(project, entry_points=points).with_modules({"plugin.py": "import pytest\n"})


_TEMPLATE = '"""What a new project begins with."""\n\nfrom {{ name }} import {{ what }}\n'

#: What looks like a fault and is none.
SOUND: tuple[Fault, ...] = (
    _sound("unbroken", "Nothing is wrong.", lambda project: project),
    _sound(
        "unbroken-in-matrix",
        "Nothing is wrong with the sdist either.",
        lambda project: replace(project, tables=_ONE_PYTHON),
        session="matrix",
    ),
    _sound("unbroken-with-in-tree-backend", "The backend is in the project.", Project.doctored),
    _importing(
        "guarded-by-import-error",
        "An import of what is absent is caught.",
        "try:\n    import orjson\nexcept ImportError:\n    orjson = None",
    ),
    _importing(
        "guarded-by-module-not-found-error",
        "An import of what is absent is caught by the narrower error.",
        "try:\n    import orjson\nexcept ModuleNotFoundError:\n    orjson = None",
    ),
    _importing(
        "guarded-by-suppress",
        "An import of what is absent is suppressed.",
        "import contextlib\n\nwith contextlib.suppress(ImportError):\n    import orjson",
    ),
    _importing(
        "guarded-by-find-spec",
        "An import of what is absent comes after a look.",
        'import importlib.util\n\nif importlib.util.find_spec("orjson") is not None:\n    import orjson',
    ),
    _importing(
        "for-type-checkers",
        "Only type checkers import what is absent.",
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import requests",
    ),
    _importing(
        "for-another-platform",
        "Another platform imports what is absent here.",
        'import sys\n\nif sys.platform == "win32":\n    import win32api\n    import winreg',
    ),
    _sound(
        "lazy-guarded",
        "The command catches the import of what is absent.",
        lambda project: project.in_main("try:\n    import orjson\nexcept ImportError:\n    orjson = None"),
    ),
    *(
        _sound(
            f"{name}-{session}",
            "A part of the standard library has a stand-in where it is absent.",
            lambda project, statements=statements: _with_tomli(project, statements),  # type: ignore[misc]
            session=session,
        )
        for name, statements in (("tomli", _TOMLI), ("tomli-by-version", _TOMLI_BY_VERSION))
        for session in ("smoke-3.10", "smoke-3.11")
    ),
    _sound(
        "new-syntax-guarded",
        "Only a newer Python imports the module with newer syntax.",
        lambda project: _with_new_syntax(
            project,
            "import sys\n\nif sys.version_info >= (3, 12):\n    from PKG.shapes import Shape",
        ),
    ),
    _sound(
        "lazy-extra",
        "A function imports what its extra installs.",
        _yaml_unguarded,
    ),
    _sound(
        "template-that-is-no-module",
        "A template ends in .py, does not compile, and has no importable name.",
        lambda project: project.with_modules({"templates/new-project/start.py": _TEMPLATE}),
    ),
    _sound(
        "template-that-nothing-imports",
        "A template ends in .py, does not compile, and nothing imports it.",
        lambda project: project.with_modules({"templates/start.py": _TEMPLATE}),
    ),
    _sound(
        "bundled-tests",
        "The package has its tests inside, and they need a test runner.",
        lambda project: project.with_modules({"tests/__init__.py": "", "tests/test_core.py": "import pytest\n"}),
    ),
    _sound(
        "replaces-itself",
        "A module puts an object in its place.",
        _replacing_itself,
    ),
    _sound(
        "module-getattr",
        "The script's function is made by the package's `__getattr__`.",
        _with_getattr,
    ),
    _sound("namespace-package", "The package is in a namespace.", _in_namespace),
    _sound("stub-only", "The distribution has only stubs.", _stubs),
    _sound(
        "single-module",
        "The distribution has one module.",
        _single_module,
        backends=EVERY_BACKEND[:-1],
    ),
    _sound(
        "meta-package",
        "The distribution has no file of its own, and only requires others.",
        _meta_package,
        backends=("setuptools", "hatchling"),
    ),
    _sound(
        "data-scripts",
        "The wheel brings a shell script.",
        lambda project: project.doctored(
            'where = f"{wheel.distribution}-{wheel.version}.data/scripts/names-all"',
            'wheel.add(where, "#!/bin/sh\\necho names\\n", 0o100755)',
        ),
    ),
    _sound(
        "extension-with-right-tags",
        "The wheel is for one interpreter, and holds an extension module for it.",
        lambda project: _with_extension(project, _SOUND_SPEED)
        .doctored("wheel.make_native()")
        .at_import("from PKG._speed import LONGEST"),
        programs=("cc",),
    ),
    _sound(
        "rst-readme",
        "The description is reStructuredText.",
        lambda project: _with_readme(project, "Names\n=====\n\nAs they are *written*.\n"),
    ),
    Fault(
        name="plug-in-without-host",
        what="An optional plug-in is for a host that is not installed.",
        inject=_with_plugin,
        expected="WARNED",
        says=("host", r"\bpytest\b"),
    ),
)  # fmt: skip
