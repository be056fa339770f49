"""What can be wrong with a package, and what looks wrong and is not: changes of a sound project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import partial
from typing import Any, Literal

from projects import VERSION, Project, filled

Verdict = Literal["PASSED", "WARNED", "FAILED"]

Inject = Callable[[Project], Project]

EVERY_BACKEND = ("setuptools", "hatchling", "flit_core", "poetry-core", "pdm-backend", "uv_build")


@dataclass(frozen=True)
class Fault:
    """A change of a project, and what has to be said of it."""

    name: str
    #: What is wrong, or only looks so, in one sentence.
    what: str
    #: Changes what is committed.
    inject: Inject
    _: KW_ONLY
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


def _importing(name: str, what: str, statements: str, **more: Any) -> Fault:
    """Something that is done when the package is imported."""
    return Fault(name, what, lambda project: project.at_import(statements), **more)


_MISSING_AND_FOUND: tuple[Fault, ...] = (
    Fault("missing-subpackage", "The wheel lacks a subpackage that the package imports.",
        lambda project: project.leaving_out("core"), says=(r"\bcore\b",)),
    Fault("missing-lazy-subpackage", "The wheel lacks a subpackage that only the command imports, when it runs.",
        lambda project: project.leaving_out("reports"), says=(r"\breports\b",)),
    Fault("missing-unused-subpackage", "The wheel lacks a subpackage that a function imports which no command comes to.",
        lambda project: project.leaving_out("archive"), expected="WARNED", says=(r"\barchive\b",)),
    Fault("missing-package-data", "The wheel lacks a data file that is read at import.",
        lambda project: project.leaving_out("defaults.json"), says=(r"defaults\.json",)),
    Fault("uncommitted-module", "A module is in the checkout only, and not even ignored.",
        _with_helper, left_in_checkout=_helper, says=(r"helper\.py", "git add")),
    Fault("ignored-module", "A module is in the checkout only, because a rule ignores it.",
        lambda project: _with_helper(project).with_files({".gitignore": "helper.py\n"}),
        left_in_checkout=_helper, says=(r"helper\.py", "git add|ignore")),
    Fault("stale-build-masks", "A module was deleted, and lives on in the `build` of the checkout.",
        _with_helper,
        left_in_checkout=lambda project: _helper(project, f"build/lib/{project.installed_place}"), says=(r"\bhelper\b",)),
    Fault("works-only-from-root", "The package imports a directory of the repository that is not in the wheel.",
        _with_tools, says=(r"\btools\b",)),
    Fault("extension-missing", "The package imports an extension module that nobody compiled.",
        lambda project: project.with_modules({"_speed.c": _SOUND_SPEED}).at_import("from PKG._speed import LONGEST"),
        says=("_speed",)),
    Fault("empty-wheel", "The wheel has metadata and nothing else, and the commit has a package.",
        _without_content, says=(r"no (python )?(module|file|package)|nothing|empty",)),
    Fault("empty-wheel-without-requirements", "The wheel has metadata and nothing else, and requires nothing.",
        lambda project: replace(_without_content(project), dependencies=()),
        says=(r"no (python )?(module|file|package)|nothing|empty",)),
)  # fmt: skip

_ENTRY_POINTS: tuple[Fault, ...] = (
    Fault("entry-point-missing-module", "The script names a module that is not there.",
        lambda project: _with_script(project, ".command:main"), says=(r"\.command\b",)),
    Fault("entry-point-missing-attribute", "The script names a function that is not there.",
        lambda project: _with_script(project, ".cli:start"), says=(r"\bstart\b",)),
    Fault("entry-point-not-callable", "The script names a text.",
        lambda project: _with_script(project, ".cli:PROGRAM"), says=("PROGRAM", "call")),
    Fault("script-demands-arguments", "The script's function wants an argument that no installer's program gives.",
        lambda project: project.with_text("cli.py", "argv: list[str] | None = None", "argv: list[str]"),
        expected="WARNED", says=(r"\bmain\b", r"argument|argv")),
)  # fmt: skip

_DEPENDENCIES: tuple[Fault, ...] = (
    _importing("undeclared-dependency", "The package imports what nobody installs.",
        "import requests", says=(r"\brequests\b",)),
    Fault("undeclared-lazy-dependency", "The command imports what nobody installs, when it runs.",
        lambda project: project.in_main("import tabulate"), says=(r"\btabulate\b",)),
    Fault("undeclared-dependency-of-lazy-module", "A module that only the command imports, when it runs, imports what nobody installs.",
        lambda project: project.with_text("reports/plain.py", '"""Names in columns."""\n', '"""Names in columns."""\n\nimport tabulate\n'),
        says=(r"\btabulate\b",)),
    # Good packages do that for the users of others: a note.
    Fault("undeclared-dependency-of-unused-function", "A function that no command comes to imports what nobody installs.",
        lambda project: project.in_unused_function("import pandas\n\nreturn pandas.DataFrame(names)"),
        expected="PASSED", says=(r"\bpandas\b",)),
    Fault("undeclared-build-dependency", "The build imports what it does not require.",
        lambda project: project.doctored("import jinja2"), says=("BUILD_FAILED", r"\bjinja2\b")),
    Fault("conflicting-dependencies", "Two requirements exclude one another.",
        lambda project: replace(project, dependencies=("idna>=3.5", "idna<3")),
        says=("INSTALL_FAILED", r"\bidna\b")),
    Fault("stdlib-too-new", "The command imports a part of the standard library that a supported Python lacks.",
        lambda project: project.in_main("import tomllib"), session="smoke-3.10", says=(r"\btomllib\b",)),
)  # fmt: skip

_WHEELS: tuple[Fault, ...] = (
    Fault("version-mismatch", "METADATA has another version than the file's name.",
        lambda project: project.doctored(f'wheel.replace(wheel.info + "/METADATA", "\\nVersion: {VERSION}\\n", "\\nVersion: 2.5\\n")'),
        says=("version", r"\b2\.5\b")),
    Fault("requires-python-lies", "The package uses syntax that a supported Python lacks.",
        lambda project: _with_new_syntax(project, "from PKG.shapes import Shape"), says=(r"\bshapes\b",)),
    Fault("wheel-tags-lie", "A wheel for every platform holds an extension module.",
        lambda project: _with_extension(project, _SOUND_SPEED),
        says=("_speed", r"\bany\b|tags?\b"), programs=("cc",)),
    Fault("wheel-tags-lie-of-library", "A wheel for every platform holds a shared library.",
        lambda project: project.doctored(f'wheel.compile({project.installed_place + "libspeed.so"!r}, "int longest(void) {{ return 253; }}")'),
        says=("libspeed", r"\bany\b|tags?\b"), programs=("cc",)),
    Fault("undefined-symbol", "An extension module needs a symbol that no library has.",
        lambda project: _with_extension(project, _BROKEN_SPEED).doctored("wheel.make_native()").at_import("from PKG._speed import LONGEST"),
        says=("fast_longest",), programs=("cc",)),
    Fault("top-level-tests", "The wheel installs a package called `tests`.",
        lambda project: project.doctored('wheel.add("tests/__init__.py", "")', 'wheel.add("tests/test_names.py", "")'),
        expected="WARNED", says=(r"\btests\b",)),
    Fault("installs-src", "The wheel installs a package called `src`, a copy of the right one.",
        _with_src, expected="WARNED", says=(r"\bsrc\b",)),
    Fault("record-wrong-digest", "RECORD has another digest than the file.",
        lambda project: _with_record(project, '[name + "sha256=" + 43 * "A" + ",9" if row.startswith(name) else row for row in rows]'),
        says=(r"convert\.py",)),
    Fault("record-lacks-file", "RECORD lacks a file of the wheel.",
        lambda project: _with_record(project, "[row for row in rows if not row.startswith(name)]"),
        says=(r"convert\.py", "RECORD")),
    Fault("record-names-absent-file", "RECORD names a file that the wheel lacks.",
        lambda project: _with_record(project, '[*rows, name.replace("convert", "gone") + "sha256=" + 43 * "A" + ",9"]'),
        says=(r"gone\.py",)),
    Fault("world-writable", "A file of the wheel can be written by everybody.",
        lambda project: project.doctored(f"wheel.modes[{project.installed_place + 'defaults.json'!r}] = 0o100666"),
        expected="WARNED", says=(r"defaults\.json", "writ")),
    Fault("licence-declared-and-absent", "METADATA names a licence file that the wheel lacks.",
        lambda project: project.doctored('wheel.drop(wheel.info + "/licenses/LICENSE")'),
        expected="WARNED", says=(r"\bLICENSE\b",)),
    Fault("build-path-inside", "A generated file holds the directory in which the wheel was built.",
        lambda project: project.doctored("import os", f'wheel.add({project.installed_place + "_built.py"!r}, f"WHERE = {{os.getcwd()!r}}\\n")'),
        expected="WARNED", says=(r"_built\.py",)),
    Fault("broken-readme", "The description is reStructuredText that does not render.",
        lambda project: _with_readme(project, "Names\n=====\n\n.. nothing-like-it:: here\n\n`broken <\n"),
        says=("readme|description|long.description",), modules=("readme_renderer",)),
    Fault("incomplete-sdist", "The sdist lacks a module that the wheel has.",
        lambda project: replace(project, tables=_ONE_PYTHON).leaving_out_of_sdist("settings.py"),
        session="matrix", says=(r"\bsettings\.py|\bsettings\b",)),
)  # fmt: skip

_AT_IMPORT: tuple[Fault, ...] = (
    _importing("sys-exit-at-import", "Importing the package ends the program.",
        "import sys\n\nsys.exit(0)", says=(r"sys\.exit",)),
    _importing("os-exit-at-import", "Importing the package ends the process, which looks like success.",
        "import os\n\nos._exit(0)", says=("ended the interpreter",)),
    _importing("needs-variable", "Importing the package needs a variable that its developers have.",
        'import os\n\nTOKEN = os.environ["DEVELOPERS_TOKEN"]', says=("DEVELOPERS_TOKEN",)),
    _importing("import-writes-home", "Importing the package makes a directory in the user's home.",
        'from pathlib import Path\n\n(Path.home() / ".hostnames").mkdir(exist_ok=True)',
        expected="WARNED", says=(r"\.hostnames",)),
    _importing("import-writes-working-directory", "Importing the package makes a file in the current directory.",
        'from pathlib import Path\n\nPath("hostnames.log").write_text("")',
        expected="WARNED", says=(r"hostnames\.log",)),
    _importing("import-writes-environment", "Importing the package makes a file next to it.",
        'from pathlib import Path\n\nPath(__file__).with_name("cache.json").write_text("{}")',
        expected="WARNED", says=(r"cache\.json",)),
    _importing("import-starts-process", "Importing the package starts a process.",
        'import subprocess\nimport sys\n\nsubprocess.run([sys.executable, "-c", ""], check=True)',
        expected="WARNED", says=("process|start",)),
)  # fmt: skip

_WORDS = {"words.json": "{}\n"}
_OPEN_BESIDE = "from pathlib import Path\n\n(Path(__file__).parent / 'words.json').read_text()"
_OPEN_BY_NAME = """from pathlib import Path


def load(name):
    return (Path(__file__).parent / name).read_text()
"""


def _without_words(project: Project) -> Project:
    return project.with_modules(_WORDS).leaving_out("words.json")


def _reading_the_top(project: Project, *, is_guarded: bool = False) -> Project:
    """A command that reads a file beside the package's sources."""
    up = project.place.count("/")
    read = f"(Path(__file__).resolve().parents[{up}] / 'CHANGELOG.md').read_text()"
    if is_guarded:
        read = f"try:\n    {read}\nexcept OSError:\n    pass"
    return project.in_main(f"from pathlib import Path\n\n{read}")


def _with_plugins(project: Project) -> Project:
    plugins = {"plugins/__init__.py": "", "plugins/json.py": "", "plugins/text.py": ""}
    load = "import importlib\n\nreturn importlib.import_module(f'{__package__}.plugins.{names}')"
    return project.with_modules(plugins).in_unused_function(load)


def _with_extras(project: Project, **extras: tuple[str, ...]) -> Project:
    return replace(project, extras={**project.extras, **extras})


_DATA: tuple[Fault, ...] = (
    Fault("data-of-command", "The wheel lacks a data file that only the command reads, when it runs.",
        lambda project: _without_words(project).in_main(_OPEN_BESIDE),
        says=(r"words\.json", "not in the wheel", r"cli\.py:\d+")),
    Fault("data-named-by-command", "The wheel lacks a data file that the command names, and another function reads.",
        lambda project: _without_words(project).with_modules({"loading.py": _OPEN_BY_NAME}).in_main(
            "from PKG.loading import load\n\nload('words.json')"),
        says=(r"words\.json", "not in the wheel", r"cli\.py:\d+")),
    Fault("data-of-unused-function", "The wheel lacks a data file that a function reads which no command comes to.",
        lambda project: _without_words(project).in_unused_function(_OPEN_BESIDE),
        expected="WARNED", says=(r"words\.json", r"convert\.py:\d+")),
    Fault("data-outside-of-the-package", "The command reads a file of the repository beside the sources.",
        _reading_the_top, says=(r"CHANGELOG\.md", "outside of the package")),
    Fault("types-left-out", "The wheel lacks the mark of a package with types.",
        lambda project: project.leaving_out("py.typed"), expected="WARNED", says=(r"py\.typed", "type checkers"),
        # setuptools takes it along by itself.
        backends=EVERY_BACKEND[1:]),
    Fault("plug-ins-left-out", "The wheel lacks modules that are only imported by their names.",
        lambda project: _with_plugins(project).leaving_out("plugins"), expected="WARNED", says=("plugins", r"json\.py")),
    Fault("lfs-pointer", "A data file is a pointer of git-lfs.",
        lambda project: project.with_modules({"defaults.csv": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"})
        .doctored(f'wheel.add({project.installed_place + "defaults.csv"!r}, "version https://git-lfs.github.com/spec/v1\\n")'),
        says=(r"defaults\.csv", "git-lfs")),
)  # fmt: skip

_NAMES: tuple[Fault, ...] = (
    Fault("distribution-of-another-name", "The command asks for the version of a distribution of another name.",
        lambda project: project.in_main("from importlib.metadata import version\n\nversion('names-of-hosts')"),
        says=("names-of-hosts", r"cli\.py:\d+")),
    _importing("distribution-of-another-name-at-import", "The package asks for the version of a distribution of another name.",
        "from importlib.metadata import version\n\nversion('names-of-hosts')", says=("names-of-hosts", "this one is")),
    Fault("module-named-in-a-string", "The command imports a module that is not there by its name.",
        lambda project: project.in_main("import importlib\n\nimportlib.import_module('.gone', __package__)"),
        says=(r"\.gone\b", "not in the wheel")),
    Fault("script-of-a-missing-module", "The wheel brings a script in Python that imports a module which is not there.",
        lambda project: project.doctored(
            'where = f"{wheel.distribution}-{wheel.version}.data/scripts/names-all"',
            f'wheel.add(where, "#!python\\nfrom {project.package}.gone import run\\n", 0o100755)',
        ), says=(r"\.gone\b", "names-all")),
    Fault("name-of-newer-library", "The command imports a name that a supported Python's library lacks.",
        lambda project: project.in_main("from datetime import UTC"), session="smoke-3.10",
        says=(r"datetime\.UTC", r"3\.11", "requires-python")),
    Fault("attribute-of-newer-library", "A function that no command comes to uses a name that a supported Python's library lacks.",
        lambda project: project.in_unused_function("import itertools\n\nreturn itertools.batched(names, 2)"),
        expected="WARNED", says=(r"itertools\.batched", r"3\.12")),
    Fault("module-of-another-system", "The command imports a module that only Windows has.",
        lambda project: project.in_main("import winreg"), says=(r"\bwinreg\b", "Windows only")),
    Fault("version-stated-twice", "The package states another version than the metadata.",
        lambda project: project.with_text("__init__.py", "__all__ = [", '__version__ = "2.0"\n\n__all__ = ['),
        expected="WARNED", says=("__version__", r"2\.0\b", VERSION.replace(".", r"\."))),
)  # fmt: skip

_REQUIREMENTS: tuple[Fault, ...] = (
    Fault("own-extra-misspelt", "An extra refers to another extra that does not exist.",
        lambda project: _with_extras(project, all=(f"{project.name}[yml]",)),
        expected="WARNED", says=(r"\byml\b", r"\byaml\b"),
        # hatchling refuses it.
        backends=tuple(one for one in EVERY_BACKEND if one != "hatchling")),
    Fault("marker-never-holds", "A marker names a platform that does not exist.",
        lambda project: replace(project, dependencies=(*project.dependencies, "colorama; sys_platform == 'windows'")),
        expected="WARNED", says=("colorama", "windows", "win32")),
    Fault("marker-of-three-numbers", "A marker compares the two numbers of a version with three.",
        lambda project: replace(project, dependencies=(*project.dependencies, "colorama; python_version > '3.20.1'")),
        expected="WARNED", says=("colorama", "python_full_version"),
        # uv_build writes what was meant.
        backends=EVERY_BACKEND[:-1]),
    Fault("needs-an-extra", "The package imports what only an extra installs.",
        lambda project: _with_extras(project, net=("tabulate",)).at_import("import tabulate"),
        says=("tabulate", r"extra `net`", "plain install")),
    Fault("direct-reference", "An extra requires what lies at an address.",
        lambda project: replace(_with_extras(project, net=("tabulate @ https://example.org/tabulate-1.0.zip",)),
            tables=project.tables + "[tool.hatch.metadata]\nallow-direct-references = true\n" * (project.backend.name == "hatchling")),
        expected="WARNED", says=("tabulate", "direct reference")),
)  # fmt: skip

FAULTS: tuple[Fault, ...] = (
    *_DATA,
    *_NAMES,
    *_REQUIREMENTS,
    *_MISSING_AND_FOUND,
    *_ENTRY_POINTS,
    *_DEPENDENCIES,
    *_WHEELS,
    *_AT_IMPORT,
)


#: Something that looks like a fault.
_sound = partial(Fault, expected="PASSED")


def _soundly_importing(name: str, what: str, statements: str) -> Fault:
    return _importing(name, what, statements, expected="PASSED")


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
    _sound("unbroken", "Nothing is wrong.",
        lambda project: project),
    _sound("unbroken-in-matrix", "Nothing is wrong with the sdist either.",
        lambda project: replace(project, tables=_ONE_PYTHON), session="matrix"),
    _sound("unbroken-with-in-tree-backend", "The backend is in the project.",
        Project.doctored),
    _soundly_importing("guarded-by-import-error", "An import of what is absent is caught.",
        "try:\n    import orjson\nexcept ImportError:\n    orjson = None"),
    _soundly_importing("guarded-by-module-not-found-error", "An import of what is absent is caught by the narrower error.",
        "try:\n    import orjson\nexcept ModuleNotFoundError:\n    orjson = None"),
    _soundly_importing("guarded-by-suppress", "An import of what is absent is suppressed.",
        "import contextlib\n\nwith contextlib.suppress(ImportError):\n    import orjson"),
    _soundly_importing("guarded-by-find-spec", "An import of what is absent comes after a look.",
        'import importlib.util\n\nif importlib.util.find_spec("orjson") is not None:\n    import orjson'),
    _soundly_importing("for-type-checkers", "Only type checkers import what is absent.",
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import requests"),
    _soundly_importing("for-another-platform", "Another platform imports what is absent here.",
        'import sys\n\nif sys.platform == "win32":\n    import win32api\n    import winreg'),
    _sound("lazy-guarded", "The command catches the import of what is absent.",
        lambda project: project.in_main("try:\n    import orjson\nexcept ImportError:\n    orjson = None")),
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
    _sound("new-syntax-guarded", "Only a newer Python imports the module with newer syntax.",
        lambda project: _with_new_syntax(project, "import sys\n\nif sys.version_info >= (3, 12):\n    from PKG.shapes import Shape")),
    _sound("lazy-extra", "A function imports what its extra installs.",
        _yaml_unguarded),
    _sound("template-that-is-no-module", "A template ends in .py, does not compile, and has no importable name.",
        lambda project: project.with_modules({"templates/new-project/start.py": _TEMPLATE})),
    _sound("template-that-nothing-imports", "A template ends in .py, does not compile, and nothing imports it.",
        lambda project: project.with_modules({"templates/start.py": _TEMPLATE})),
    _sound("bundled-tests", "The package has its tests inside, and they need a test runner.",
        lambda project: project.with_modules({"tests/__init__.py": "", "tests/test_core.py": "import pytest\n"})),
    _sound("replaces-itself", "A module puts an object in its place.",
        _replacing_itself),
    _sound("module-getattr", "The script's function is made by the package's `__getattr__`.",
        _with_getattr),
    _sound("namespace-package", "The package is in a namespace.",
        _in_namespace),
    # flit_core 4.2 writes an `Import-Name` with a hyphen, which PEP 794 does not admit.
    _sound("stub-only", "The distribution has only stubs.",
        _stubs, backends=tuple(one for one in EVERY_BACKEND if one != "flit_core")),
    _sound("single-module", "The distribution has one module.",
        _single_module, backends=EVERY_BACKEND[:-1]),
    _sound("meta-package", "The distribution has no file of its own, and only requires others.",
        _meta_package, backends=("setuptools", "hatchling")),
    _sound("data-scripts", "The wheel brings a shell script.",
        lambda project: project.doctored(
            'where = f"{wheel.distribution}-{wheel.version}.data/scripts/names-all"',
            'wheel.add(where, "#!/bin/sh\\necho names\\n", 0o100755)',
        )),
    _sound("extension-with-right-tags", "The wheel is for one interpreter, and holds an extension module for it.",
        lambda project: _with_extension(project, _SOUND_SPEED).doctored("wheel.make_native()").at_import("from PKG._speed import LONGEST"),
        programs=("cc",)),
    _sound("data-that-may-be-absent", "The command reads a file beside the sources only where there is one.",
        lambda project: _reading_the_top(project, is_guarded=True)),
    _sound("data-made-at-run-time", "The command writes a file beside itself, and then reads it.",
        lambda project: project.in_main(
            "from pathlib import Path\n\nmade = Path(__file__).with_name('made.json')\nmade.write_text('{}')\nmade.read_text()")),
    _sound("plug-ins", "Modules that are only imported by their names are in the wheel.",
        _with_plugins),
    _sound("distribution-that-may-be-absent", "The command asks for a distribution that may be absent.",
        lambda project: project.in_main(
            "from importlib.metadata import PackageNotFoundError, version\n\n"
            "try:\n    version('names-of-hosts')\nexcept PackageNotFoundError:\n    pass")),
    _sound("own-version-by-name", "The command asks for its own distribution, in another spelling.",
        lambda project: project.in_main(
            f"from importlib.metadata import version\n\nversion({project.name.upper().replace('-', '_')!r})")),
    _sound("guarded-by-the-end-of-a-block", "A decided condition ends the function before an import of what is absent.",
        lambda project: project.in_main(
            "import sys as _sys\n\n\ndef native():\n    if _sys.platform != 'win32':\n        return None\n"
            "    import win32api\n\n    return win32api\n\n\nnative()")),
    _sound("guarded-at-the-call", "Only another system calls the function that imports what is absent.",
        lambda project: project.with_modules({"native.py": "def load():\n    import winreg\n\n    return winreg\n"}).in_main(
            "import os\n\nfrom PKG.native import load\n\nif os.name == 'nt':\n    load()")),
    _sound("name-of-newer-library-with-stand-in", "A name of a newer standard library has a stand-in.",
        lambda project: project.in_main(
            "import datetime\n\nutc = datetime.UTC if hasattr(datetime, 'UTC') else datetime.timezone.utc"), session="smoke-3.10"),
    _sound("names-made-in-a-loop", "A module makes names that no statement shows.",
        lambda project: project.with_modules({"made.py": "for name in ('A', 'B'):\n    globals()[name] = name\n"}).in_main("from PKG.made import A")),
    _sound("marker-that-holds", "Markers name platforms that exist.",
        lambda project: replace(project, dependencies=(*project.dependencies, "colorama; sys_platform == 'win32'"))),
    _sound("rst-readme", "The description is reStructuredText.",
        lambda project: _with_readme(project, "Names\n=====\n\nAs they are *written*.\n")),
    Fault("plug-in-without-host", "An optional plug-in is for a host that is not installed.",
        _with_plugin, expected="WARNED", says=("host", r"\bpytest\b")),
)  # fmt: skip
