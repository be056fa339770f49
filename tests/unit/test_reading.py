"""What is read in the text of modules: which imports lead nowhere, and what leads where."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import write_files

MODULES = (
    "standard_library",
    "syntax",
    "dynamic_names",
    "locating",
    "text",
    "conditions",
    "endings",
    "path_words",
    "path_values",
    "paths",
    "branches",
    "by_name",
    "expressions",
    "scopes",
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def read(place: Path, code: str, **others: str) -> dict[str, Any]:
    """What is said about `pkg.mod` with this code, in a package with other modules."""
    files = {"pkg/__init__.py": "", "pkg/mod.py": code, "pkg/there.py": "NAME = 1\n"}
    files["pkg/flags.py"] = "import sys\nOLD = sys.version_info < (3, 8)\n"
    write_files(place, {**files, **{f"pkg/{name}.py": text for name, text in others.items()}})
    for name in MODULES:
        sys.modules.pop(f"nox_cleanroom.inside.{name}", None)
    importlib.import_module("nox_cleanroom.inside.locating").OWN.add("pkg")
    said: dict[str, Any] = importlib.import_module("nox_cleanroom.inside.scopes").read(
        str(place / "pkg" / "mod.py")
    )
    return said


def missing(place: Path, code: str, **others: str) -> list[str]:
    said = read(place, code, **others)
    return [found["what"] for found in said["unresolved"]]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import absent", "absent"),
        ("import absent.deeper as a", "absent"),
        ("from absent import x", "absent"),
        ("import pkg.absent.deeper", "pkg.absent"),
        ("from . import absent", "pkg.absent"),
        ("from .absent import x", "pkg.absent"),
        ("from .there import GONE", "pkg.there.GONE"),
        ("def f():\n    import absent", "absent"),
        ("class C:\n    def m(self):\n        from . import absent", "pkg.absent"),
        ("try:\n    import absent\nexcept ValueError:\n    pass", "absent"),
        ("try:\n    import absent\nexcept ImportError:\n    import other", "other"),
        ("if True:\n    import absent", "absent"),
        ("import sys\nif sys.version_info >= (3, 8):\n    import absent", "absent"),
        ("import xml.absent", "xml.absent"),
        (
            "import sys\nmatch sys.platform:\n    case 'a':\n        pass\nfrom . import absent",
            "pkg.absent",
        ),
        ("def f(x):\n    if x.y:\n        return 1\n    import absent", "absent"),
        ("while True:\n    import absent", "absent"),
    ],
)
def test_what_leads_nowhere_is_found(place: Path, code: str, what: str) -> None:
    assert missing(place, code) == [what]


@pytest.mark.parametrize(
    "code",
    [
        "import os.path, xml.etree.ElementTree, concurrent.futures, collections.abc",
        "from . import there\nfrom .there import NAME\nimport pkg.there",
        "from __future__ import annotations",
        "try:\n    import absent\nexcept ImportError:\n    absent = None",
        "try:\n    import absent\nexcept (ValueError, ModuleNotFoundError):\n    pass",
        "try:\n    import absent\nexcept:\n    pass",
        "try:\n    import json\nexcept ImportError:\n    import absent as json",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import absent",
        "import typing as t\nif t.TYPE_CHECKING:\n    import absent",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import absent",
        "import sys\nif sys.version_info < (3, 8):\n    import absent",
        "import sys\nPY2 = sys.version_info[0] == 2\nif PY2:\n    import absent",
        "import sys\nif sys.platform == 'absent' and not x:\n    import absent",
        "import sys\nif sys.platform.startswith('absent'):\n    import absent",
        "import os\nif os.name == 'absent':\n    import absent",
        "def f():\n    return\n    import absent",
        # A decided condition that ends its block.
        "import sys\ndef f():\n    if sys.version_info >= (3, 8):\n        return 1\n    import absent",
        (
            "import sys\ndef f():\n    if sys.version_info < (3, 8):\n        pass\n    else:\n"
            "        raise OSError\n    import absent"
        ),
        "import sys\nif sys.platform != 'absent':\n    raise ImportError\nimport absent",
        "import sys\ndef f():\n    if sys.platform != 'absent':\n        sys.exit(1)\n    import absent",
        "import sys\ndef f():\n    assert sys.platform == 'absent'\n    import absent",
        "def fail() -> 'NoReturn':\n    ...\ndef f():\n    fail()\n    import absent".replace(
            "'", ""
        ),
        "def fail():\n    raise OSError\ndef f():\n    fail()\n    import absent",
        "import sys\ndef f():\n    try:\n        return 1\n    finally:\n        print()\n    import absent",
        "def f(x):\n    try:\n        return 1\n    except ValueError:\n        raise\n    import absent",
        "def f(x):\n    with x:\n        return 1\n    import absent",
        "def f(x):\n    if x:\n        return 1\n    else:\n        raise OSError\n    import absent",
        "def f():\n    while True:\n        return 1\n    import absent",
        "import sys\nmatch sys.platform:\n    case 'absent':\n        import absent\n    case _:\n        pass",
        (
            "import sys\ndef only():\n    if sys.platform != 'absent':\n        raise OSError\n"
            "def f():\n    only()\n    import absent"
        ),
        # Aliases, and names of conditions.
        "import sys as _sys\nif _sys.version_info < (3, 8):\n    import absent",
        "from sys import version_info as vi\nif vi < (3, 8):\n    import absent",
        "from sys import platform as p\nif p == 'absent':\n    import absent",
        "import os as _os\nif _os.name == 'absent':\n    import absent",
        "import platform as _p\nif _p.system().lower() == 'absent':\n    import absent",
        "from platform import system\nif system() == 'Absent':\n    import absent",
        "from typing import TYPE_CHECKING as _T\nif _T:\n    import absent",
        "import sys\ndef old():\n    return sys.version_info < (3, 8)\nif old():\n    import absent",
        "from .flags import OLD\ndef f():\n    if OLD:\n        import absent",
        "from . import flags\ndef f():\n    if flags.OLD:\n        import absent",
        "import os\ndef f():\n    if not hasattr(os, 'absent'):\n        return\n    import absent",
        (
            "from importlib.util import find_spec\nHAS = find_spec('absent') is not None\n"
            "if HAS:\n    import absent"
        ),
        (
            "import importlib.util as u\ndef f():\n    if u.find_spec('absent') is None:\n"
            "        return\n    import absent"
        ),
        # Handlers.
        "ERRORS = (ImportError, AttributeError)\ntry:\n    import absent\nexcept ERRORS:\n    pass",
        "ERROR = ImportError\ntry:\n    import absent\nexcept ERROR:\n    pass",
        "from contextlib import suppress as s\nwith s(ValueError, ImportError):\n    import absent",
    ],
)
def test_what_is_guarded_or_there_is_not(place: Path, code: str) -> None:
    assert missing(place, code) == []


@pytest.mark.parametrize(
    "other",
    [
        "def __getattr__(name): return 1\n",
        "globals()['GONE'] = 1\n",
        "import sys\nsys.modules[__name__] = object()\n",
        "from os.path import *\nfrom .there import *\n__path__ = []\n",
        "global GONE\n",
        "for GONE in range(3): pass\n",
        "class GONE: pass\n",
        "try:\n    import json as GONE\nexcept ImportError:\n    GONE = None\n",
        "with open(__file__) as GONE: pass\n",
        "vars()['GONE'] = 1\n",
        "globals().update(GONE=1)\n",
        "for name in ('GONE',):\n    globals()[name] = 1\n",
        "import sys\nsetattr(sys.modules[__name__], 'GO' + 'NE', 1)\n",
        "import sys\nthis = sys.modules[__name__]\nsetattr(this, 'GONE', 1)\n",
        "import sys\nsys.modules[__name__].__dict__['GONE'] = 1\n",
        "import enum\n@enum.global_enum\nclass E(enum.Enum):\n    GONE = 1\n",
        "def export(f):\n    f.__globals__['GONE'] = f\n    return f\n@export\ndef g(): pass\n",
        "exec('GONE = 1')\n",
        "fill(globals())\n",
        "import sys\nvars(sys.modules[__name__])['GONE'] = 1\n",
    ],
)
def test_a_name_that_may_be_there_is_not_missed(place: Path, other: str) -> None:
    assert missing(place, "from .other import GONE", other=other) == []


@pytest.mark.parametrize(
    "code",
    [
        "import sys\ndef f():\n    sys.getwindowsversion()",
        "import os as o\nX = o.startfile",
        "import ctypes\nclass C:\n    def m(self):\n        return ctypes.windll.x",
        "import sys\nV = 1 if sys.version_info >= (3, 8) and sys.getwindowsversion() else 2",
    ],
)
def test_an_attribute_of_another_library_is_missed(place: Path, code: str) -> None:
    assert len(missing(place, code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "import os\nX = os.startfile if hasattr(os, 'startfile') else None",
        "import os\nX = getattr(os, 'startfile', None)\ndef f():\n    os.startfile('x')",
        "import os\ntry:\n    os.startfile('x')\nexcept AttributeError:\n    pass",
        "import os, sys\nX = sys.platform == 'absent' and os.startfile('x')",
        "import os, sys\nX = os.startfile if sys.platform == 'absent' else None",
        "import sys\ndef f():\n    if sys.platform != 'absent':\n        return\n    sys.getwindowsversion()",
        "from __future__ import annotations\nimport os\ndef f(x: os.startfile): ...",
        "def f(os):\n    os.startfile('x')",
        "import os\nos.startfile = print",
    ],
)
def test_an_attribute_that_may_be_absent_is_not(place: Path, code: str) -> None:
    assert missing(place, code) == []


def test_a_flag_that_is_set_where_an_import_may_fail_is_not_known(place: Path) -> None:
    code = "try:\n    import absent\n    HAS = True\nexcept ImportError:\n    HAS = False\n"
    said = read(place, f"{code}if HAS:\n    import absent.deeper")
    assert [found["sure"] for found in said["unresolved"]] == [False]


def test_calls_and_imports_lead_on(place: Path) -> None:
    code = "from .there import run\ndef main():\n    helper()\ndef helper():\n    import pkg.late\n"
    said = read(place, code, late="", there="def run(): pass\n")
    ways = {(edge["scope"], edge["to"], edge["to_scope"]) for edge in said["edges"]}
    assert ("main", "pkg.mod", "helper") in ways
    assert ("helper", "pkg.late", "") in ways
    assert ("run", "pkg.there", "run") in ways


def test_a_namespace_in_a_namespace_is_found(place: Path) -> None:
    write_files(place, {"far/deep/real/__init__.py": "", "far/deep/real/mod.py": ""})
    code = "import far.deep.real.mod\nfrom far.deep import real\nimport far.deep.absent"
    assert missing(place, code) == ["far.deep.absent"]


def test_what_does_not_compile_says_where(place: Path) -> None:
    said = read(place, "x = 1\nreturn 3\n")
    assert said["line"] == 2
    assert "SyntaxError" in said["problem"]


def test_nothing_is_run(place: Path) -> None:
    read(place, "raise SystemExit\n", there="raise SystemExit\n")
    assert "pkg.mod" not in sys.modules
    assert "pkg.there" not in sys.modules


@pytest.mark.parametrize(
    "other",
    [
        "def f():\n    return globals()['x']\n",
        "ns = {}\nexec('GONE = 1', ns)\n",
        "class C:\n    def __getattr__(self, name): return 1\n",
        "# globals() exec __getattr__ __path__\n",
        "class C:\n    def __init__(self, **kw):\n        self.__dict__.update(kw)\n",
        "def f(x):\n    return dict(vars(x))\n",
        "def f(thing):\n    setattr(thing, 'GONE', 1)\n",
    ],
)
def test_a_word_alone_opens_no_module(place: Path, other: str) -> None:
    assert missing(place, "from .other import GONE", other=other) == ["pkg.other.GONE"]


def test_a_getattr_of_a_module_makes_names_and_no_submodules(place: Path) -> None:
    write_files(place, {"pkg/sub/__init__.py": "def __getattr__(name): return 1\n"})
    assert missing(place, "from .sub import anything\nimport pkg.sub.absent") == ["pkg.sub.absent"]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import importlib\nimportlib.import_module('pkg.absent')", "pkg.absent"),
        ("from importlib import import_module as i\ni('.absent', __package__)", "pkg.absent"),
        ("from importlib import import_module\nimport_module('.absent', 'pkg')", "pkg.absent"),
        ("def f():\n    return __import__('absent')", "absent"),
        (
            (
                "import importlib\n_MAP = {'Thing': '.absent'}\ndef __getattr__(name):\n"
                "    return getattr(importlib.import_module(_MAP[name], __name__), name)"
            ),
            "pkg.absent",
        ),
        (
            (
                "import importlib\n_MAP = {'Thing': ('pkg.there', 'Thing')}\ndef __getattr__(name):\n"
                "    module, attr = _MAP[name]\n    return getattr(importlib.import_module(module), attr)"
            ),
            "pkg.there.Thing",
        ),
        (
            (
                "import lazy_loader as lazy\n"
                "a, b, c = lazy.attach(__name__, submodules=['there', 'absent'])"
            ),
            "pkg.absent",
        ),
        (
            (
                "import lazy_loader as lazy\n"
                "a, b, c = lazy.attach(__name__, submod_attrs={'there': ['NAME', 'GONE']})"
            ),
            "pkg.there.GONE",
        ),
    ],
)
def test_a_module_that_is_named_in_a_string_is_missed(place: Path, code: str, what: str) -> None:
    write_files(place, {"lazy_loader.py": ""})
    assert [one for one in missing(place, code) if one != "lazy_loader"] == [what]


@pytest.mark.parametrize(
    "code",
    [
        "import importlib\nimportlib.import_module('pkg.there')",
        "import importlib\ndef f(name):\n    importlib.import_module(name)",
        "import importlib\ntry:\n    importlib.import_module('absent')\nexcept ImportError: pass",
        "import sys\ndef f():\n    return [sys.executable, '-m', 'pip', '-m', 'pkg.there']",
        "import pkgutil\ndef f():\n    pkgutil.resolve_name('pkg.there:NAME.inner')",
        "_MAP = {'Thing': 'just text'}\ndef __getattr__(name):\n    return _MAP[name]",
        (
            "import importlib\n_MAP = {'NAME': '.there'}\ndef __getattr__(name):\n"
            "    return getattr(importlib.import_module(_MAP[name], __name__), name)"
        ),
        (
            "import importlib\n_MAP = {'old': '.there'}\ndef __getattr__(name):\n"
            "    return importlib.import_module(_MAP[name], __name__)"
        ),
        (
            "import importlib\n_OLD = {'a': 'json', 'b': 'words of text'}\ndef __getattr__(name):\n"
            "    return importlib.import_module(_OLD[name])"
        ),
    ],
)
def test_a_string_that_names_what_is_there_is_not(place: Path, code: str) -> None:
    assert missing(place, code) == []


def test_a_package_that_lists_its_path_has_no_further_submodules(place: Path) -> None:
    write_files(place, {"pkg/sub/__init__.py": "import pkgutil\npkgutil.iter_modules(__path__)\n"})
    assert missing(place, "import pkg.sub.absent") == ["pkg.sub.absent"]
    write_files(place, {"pkg/open/__init__.py": "__path__.append('/elsewhere')\n"})
    assert missing(place, "import pkg.open.absent\nfrom pkg.open import other") == []


@pytest.mark.parametrize(
    ("code", "unguarded"),
    [
        ("def f(xs):\n    for x in xs:\n        import absent", True),
        ("def f(x):\n    if x.y:\n        import absent", True),
        ("import os\ndef f():\n    if os.environ:\n        import absent", False),
        (
            "def f(x):\n    try:\n        x.new()\n    except AttributeError:\n        import absent",
            False,
        ),
        ("FLAG = ask()\ndef f():\n    if FLAG:\n        import absent", False),
        (
            (
                "def only(f):\n    def g():\n        if ask():\n            raise OSError\n"
                "        return f()\n    return g\n@only\ndef f():\n    import absent"
            ),
            False,
        ),
        ("HAS = ask()\ndef f():\n    if not HAS:\n        return\n    import absent", False),
    ],
)
def test_a_condition_on_local_names_is_no_guard(place: Path, code: str, unguarded: bool) -> None:
    (found,) = read(place, code)["unresolved"]
    assert not found["sure"]
    assert found.get("unguarded", False) is unguarded


@pytest.mark.parametrize(
    ("code", "way"),
    [
        ("class C:\n    def a(self):\n        self.b()", ("C.a", "pkg.mod", "C.b")),
        ("class C:\n    @classmethod\n    def a(cls):\n        cls.b()", ("C.a", "pkg.mod", "C.b")),
        ("class C: pass\ndef f():\n    C().b()", ("f", "pkg.mod", "C.b")),
        ("class C: pass\ndef f():\n    c = C()\n    c.b()", ("f", "pkg.mod", "C.b")),
        ("from .app import App\ndef f():\n    App().run()", ("f", "pkg.app", "App.run")),
    ],
)
def test_calls_of_methods_lead_on(place: Path, code: str, way: tuple[str, str, str]) -> None:
    said = read(place, code, app="class App: pass\n")
    ways = {(edge["scope"], edge["to"], edge["to_scope"]) for edge in said["edges"]}
    assert way in ways


def distributions(place: Path, code: str) -> list[str]:
    return [one["name"] for one in read(place, code).get("distributions", [])]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from importlib.metadata import version\nversion('other')", "other"),
        ("import importlib.metadata as m\ndef f():\n    return m.distribution('other')", "other"),
        ("from importlib import metadata\nV = metadata.version(__name__)", "pkg.mod"),
        ("import importlib.metadata\nimportlib.metadata.version(__name__.split('.')[0])", "pkg"),
        ("import pkg_resources\npkg_resources.get_distribution('other').version", "other"),
        ("import click\n@click.version_option()\ndef main(): pass", "pkg"),
        ("import click\n@click.version_option(package_name='other')\ndef main(): pass", "other"),
        ("NAME = 'other'\nfrom importlib.metadata import version\nversion(NAME)", "other"),
    ],
)
def test_a_distribution_that_is_asked_for_is_noted(place: Path, code: str, name: str) -> None:
    assert distributions(place, code) == [name]


@pytest.mark.parametrize(
    "code",
    [
        (
            "from importlib.metadata import version, PackageNotFoundError\ntry:\n    version('other')\n"
            "except PackageNotFoundError:\n    pass"
        ),
        (
            "import importlib.metadata as m\ntry:\n    m.version('other')\n"
            "except m.PackageNotFoundError:\n    pass"
        ),
        "from importlib.metadata import version\ntry:\n    version('other')\nexcept Exception: pass",
        "import click\n@click.version_option('1.0')\ndef main(): pass",
        "def version(name): pass\nversion('other')",
        "from importlib.metadata import version\ndef f(name):\n    return version(name)",
    ],
)
def test_a_distribution_that_may_be_absent_is_not(place: Path, code: str) -> None:
    assert distributions(place, code) == []


def reads(place: Path, code: str) -> list[tuple[str, bool, bool]]:
    """The files that are missed: where, whether they are certainly read, whether in vain is fine."""
    found = read(place, code).get("reads", [])
    return [(one["rel"], one["sure"], one.get("guarded", False)) for one in found]


HERE = "from pathlib import Path\nHERE = Path(__file__).parent\n"
OS = "import os\nHERE = os.path.dirname(os.path.abspath(__file__))\n"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (HERE + "open(HERE / 'a.json')", ("a.json", True, False)),
        (HERE + "TEXT = (HERE / 'a.json').read_text()", ("a.json", True, False)),
        (
            HERE + "def f():\n    with open(HERE / 'data' / 'a.json') as x: pass",
            ("data/a.json", True, False),
        ),
        (HERE + "P = HERE / 'a.json'\ndef f():\n    return P.read_text()", ("a.json", True, False)),
        (HERE + "def f():\n    return HERE / 'a.ttf'", ("a.ttf", False, False)),
        (HERE + "open(HERE.parent / 'data/a.json')", ("../data/a.json", True, False)),
        (HERE + "open(HERE.parent.joinpath('a.json'))", ("../a.json", True, False)),
        ("from pathlib import Path\nopen(Path(__file__).parents[1] / 'a')", ("../a", True, False)),
        (
            "from pathlib import Path\nPath(__file__).with_name('a.txt').open()",
            ("a.txt", True, False),
        ),
        (
            "from pathlib import Path\nPath(__file__).resolve().parent.joinpath('a.b').read_bytes()",
            ("a.b", True, False),
        ),
        (OS + "open(os.path.join(HERE, 'data', 'a.json'))", ("data/a.json", True, False)),
        (OS + "os.listdir(os.path.join(HERE, 'data'))", ("data", True, False)),
        (
            OS + "def d():\n    return HERE\ndef f():\n    open(os.path.join(d(), 'x.txt'))",
            ("x.txt", True, False),
        ),
        (OS + "open(HERE + '/a.json')", ("a.json", True, False)),
        (
            OS + "def f():\n    here = os.path.dirname(__file__)\n    open(f'{here}/a.json')",
            ("a.json", True, False),
        ),
        (HERE + "def f(n):\n    open(HERE / 'text' / f'{n}.json')", ("text/*.json", True, False)),
        (
            HERE + "def f():\n    return list((HERE / 'sql').glob('*.sql'))",
            ("sql/*.sql", True, False),
        ),
        (
            "from importlib.resources import files\nfiles('pkg').joinpath('a.json').read_text()",
            ("a.json", True, False),
        ),
        (
            "from importlib.resources import files\n(files(__package__) / 'a.json').read_text()",
            ("a.json", True, False),
        ),
        (
            "from importlib import resources\nresources.files('pkg.data').joinpath('a').read_text()",
            ("data/a", True, False),
        ),
        (
            "from importlib import resources\nresources.read_text('pkg', 'a.json')",
            ("a.json", True, False),
        ),
        ("import pkgutil\npkgutil.get_data('pkg', 'data/a.json')", ("data/a.json", True, False)),
        ("import pkgutil\npkgutil.get_data(__name__, 'a.json')", ("a.json", True, False)),
        (
            "import pkg_resources as p\np.resource_filename(__package__, 'a.json')",
            ("a.json", True, False),
        ),
        ("from jinja2 import PackageLoader\nPackageLoader('pkg', 'views')", ("views", True, False)),
        ("from jinja2 import PackageLoader\nPackageLoader('pkg')", ("templates", True, False)),
        (
            "import pkg\nimport os\nopen(os.path.join(os.path.dirname(pkg.__file__), 'a.j'))",
            ("a.j", True, False),
        ),
        (
            "from .flags import __file__ as f\nimport sys\nopen(sys.prefix + '/share/a.json')",
            ("<prefix>/share/a.json", True, False),
        ),
        ("import os\nopen(os.path.splitext(__file__)[0] + '.lark')", ("mod.lark", True, False)),
        ("open(__file__.replace('.py', '.ui'))", ("mod.ui", True, False)),
        ("open(__file__[:-3] + '.sql')", ("mod.sql", True, False)),
        (HERE + "P = HERE / 'a'\nif P.exists():\n    P.read_text()", ("a", False, True)),
        (HERE + "try:\n    (HERE / 'a').read_text()\nexcept OSError:\n    pass", ("a", True, True)),
        (
            OS + "P = os.path.join(HERE, 'a')\nif os.path.isfile(P):\n    open(P)",
            ("a", False, True),
        ),
    ],
)
def test_a_file_that_is_not_there_is_missed(
    place: Path, code: str, found: tuple[str, bool, bool]
) -> None:
    assert found in reads(place, code)
    assert {one[0] for one in reads(place, code)} == {found[0]}


@pytest.mark.parametrize(
    "code",
    [
        HERE + "open(HERE / 'there.py')",
        HERE + "def f(name):\n    open(HERE / name)",
        HERE + "(HERE / 'made.log').write_text('')",
        HERE + "open(HERE / 'made.log', 'w')",
        HERE + "import sys\nsys.path.insert(0, str(HERE))",
        OS + "open(os.path.join(os.getcwd(), 'a.json'))",
        "open('a.json')",
        "from importlib.resources import files\nfiles('other').joinpath('a').read_text()",
        "import sys\nif sys.platform == 'absent':\n    open(__file__ + '.txt')",
    ],
)
def test_a_file_that_is_there_or_unknown_is_not(place: Path, code: str) -> None:
    assert reads(place, code) == []


def test_a_wanted_file_is_noted_where_code_names_it(place: Path) -> None:
    lines = (
        "'About a.json.'",
        "TABLE = {'x': 'data/a.json'}",
        "def f():",
        "    load('a.json')",
        "    load('b.json')",
        "    try:",
        "        load('a.json')",
        "    except OSError:",
        "        pass",
    )
    assert read(place, "\n".join(lines)).get("names") is None
    importlib.import_module("nox_cleanroom.inside.paths").WANTED.add("a.json")
    scopes = importlib.import_module("nox_cleanroom.inside.scopes")
    found = scopes.read(str(place / "pkg" / "mod.py"))["names"]
    assert [(one["text"], one["line"], one["scope"]) for one in found] == [
        ("data/a.json", 2, ""),
        ("a.json", 4, "f"),
    ]


def test_a_script_is_read_under_its_own_name(place: Path) -> None:
    read(place, "")
    script = place.parent / "run-all"
    script.write_text("#!python\nfrom pkg.absent import run\nrun()\n")
    scopes = importlib.import_module("nox_cleanroom.inside.scopes")
    said = scopes.read(str(script), script.name)
    assert said["module"] == "run-all"
    assert [one["what"] for one in said["unresolved"]] == ["pkg.absent"]


@pytest.mark.parametrize("package", ["packaging", "pytest", "_pytest", "hypothesis", "nox"])
def test_every_module_of_others_can_be_read(place: Path, package: str) -> None:
    """An error of the reader is only a note in a report, so it is looked for here."""
    read(place, "")
    scopes = importlib.import_module("nox_cleanroom.inside.scopes")
    importlib.import_module("nox_cleanroom.inside.locating").OWN.add(package)
    origin = importlib.import_module(package).__file__
    assert origin is not None
    # A fifth of the large ones is as telling as all of them.
    paths = sorted(Path(origin).parent.rglob("*.py"))
    for path in paths[:: 1 + len(paths) // 20]:
        said = scopes.read(str(path))
        assert "unread" not in said, f"{path}: {said}"


IN_HERE = HERE + "def main():\n"

#: Code that names a file which is not there, and whether it goes on without it.
OPTIONAL: dict[str, tuple[str, bool]] = {
    "the caller handles it": (
        HERE + "def load():\n    return (HERE / 'a').read_text()\n"
        "def main():\n    try:\n        load()\n    except FileNotFoundError:\n        pass",
        True,
    ),
    "the caller handles it, and ends": (
        HERE + "import sys\ndef load():\n    return (HERE / 'a').read_text()\n"
        "def main():\n    try:\n        load()\n    except OSError as error:\n        sys.exit(error)",
        False,
    ),
    "the caller handles everything": (
        HERE + "def load():\n    return (HERE / 'a').read_text()\n"
        "def main():\n    try:\n        load()\n    except Exception as error:\n        print(error)",
        False,
    ),
    "the caller suppresses it": (
        HERE + "from contextlib import suppress\ndef load():\n    return (HERE / 'a').read_text()\n"
        "def main():\n    with suppress(FileNotFoundError):\n        load()",
        True,
    ),
    "a helper handles it, and ends": (
        HERE + "def load(p):\n    try:\n        return open(p).read()\n    except OSError:\n"
        "        exit(1)\ndef main():\n    load(HERE / 'a')",
        False,
    ),
    "only one of two callers handles it": (
        HERE + "def load():\n    return (HERE / 'a').read_text()\n"
        "def main():\n    load()\n    try:\n        load()\n    except FileNotFoundError:\n        pass",
        False,
    ),
    "a helper handles it": (
        HERE + "def load(p):\n    try:\n        return open(p).read()\n    except OSError:\n"
        "        return ''\ndef main():\n    load(HERE / 'a')",
        True,
    ),
    "a helper raises another error": (
        HERE + "def load(p):\n    try:\n        return open(p).read()\n    except OSError:\n"
        "        raise RuntimeError\ndef main():\n    load(HERE / 'a')",
        False,
    ),
    "a helper asks first": (
        HERE + "def load(p):\n    if not p.exists():\n        return None\n    return open(p)\n"
        "def main():\n    load(HERE / 'a')",
        True,
    ),
    "the first of several that exist": (
        IN_HERE + "    some = [HERE / 'a']\n    p = next((p for p in some if p.is_file()), None)",
        True,
    ),
    "a loop over places": (
        IN_HERE
        + "    for p in (HERE / 'a', HERE / 'b'):\n        if p.exists():\n            open(p)",
        True,
    ),
    "a loop without a question": (
        IN_HERE + "    for p in (HERE / 'a', HERE / 'b'):\n        open(p)",
        False,
    ),
    "a walrus": (
        IN_HERE + "    if not (p := HERE / 'a').exists():\n        return\n    open(p)",
        True,
    ),
    "os.access": (
        OS + "def main():\n    p = os.path.join(HERE, 'a')\n"
        "    return open(p) if os.access(p, os.R_OK) else None",
        True,
    ),
    "an attribute that another method asks for": (
        HERE + "class A:\n    def __init__(self):\n        self.p = HERE / 'a'\n"
        "    def load(self):\n        if self.p.exists():\n            return open(self.p)",
        True,
    ),
    "a fallback without metadata": (
        HERE
        + "from importlib.metadata import PackageNotFoundError, version\ntry:\n    version('x')\n"
        "except PackageNotFoundError:\n    open(HERE / 'a')",
        True,
    ),
    "beside a .git": (
        HERE + "def main():\n    if (HERE / '.git').is_dir():\n        open(HERE / 'a')",
        True,
    ),
    "a constant says whether this is a checkout": (
        HERE + "DEV = (HERE / '.git').is_dir()\ndef main():\n    if not DEV:\n        return\n"
        "    open(HERE / 'a')",
        True,
    ),
    "after a question about another file": (
        IN_HERE + "    if (HERE / 'b').exists():\n        pass\n    open(HERE / 'a')",
        False,
    ),
}


@pytest.mark.parametrize(("code", "is_optional"), OPTIONAL.values(), ids=OPTIONAL)
def test_a_file_without_which_code_goes_on_is_optional(
    place: Path, code: str, is_optional: bool
) -> None:
    said = read(place, code)
    tried = {edge["to_scope"] for edge in said["edges"] if edge.get("tried")}
    needed = {edge["to_scope"] for edge in said["edges"] if not edge.get("tried")}
    found = [
        one.get("guarded", False) or one["scope"] in tried - needed
        for one in said.get("reads", ())
        if one["rel"] == "a"
    ]
    assert all(found) is is_optional


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="it has all built-in names that we know")
@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("def f():\n    raise frozendict", False),
        ("def f():\n    raise ImportCycleError", True),
        (
            "def f():\n    try:\n        pass\n    except (ImportCycleError, ValueError):\n        pass",
            True,
        ),
        ("class A(ImportCycleError): pass", True),
        ("try:\n    ImportCycleError\nexcept NameError:\n    ImportCycleError = Exception", False),
        ("try:\n    ImportCycleError\nexcept NameError:\n    pass", False),
        ("from other import ImportCycleError\nraise ImportCycleError", False),
        ("def f(ImportCycleError):\n    raise ImportCycleError", False),
        ("import sys\nif sys.version_info >= (3, 15):\n    raise ImportCycleError", False),
    ],
)
def test_a_built_in_name_of_another_version_is_noted(
    place: Path, code: str, is_found: bool
) -> None:
    found = {one["what"] for one in read(place, code)["unresolved"]}
    assert ("builtins.ImportCycleError" in found) is is_found


@pytest.mark.parametrize(
    "code",
    [
        "from .places import DATA\ndef f(name):\n    return (DATA / f'{name}.json').read_text()",
        "from . import places\ndef f(name):\n    return (places.DATA / (name + '.json')).read_text()",
    ],
)
def test_a_place_may_come_from_another_module(place: Path, code: str) -> None:
    places = "from pathlib import Path\nDATA = Path(__file__).parent / 'data'\n"
    found = read(place, code, places=places)["reads"]
    assert [(one["rel"], one["sure"], one["scope"]) for one in found] == [
        ("data/*.json", True, "f")
    ]


LOOP = "from importlib import import_module\n"


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("for name in ('there', 'gone'):\n    import_module('pkg.' + name)", {"pkg.gone"}),
        ("for name in ['gone']:\n    import_module(f'.{name}', __package__)", {"pkg.gone"}),
        (
            "NAMES = ('pkg.gone', 'pkg.there')\nfor one in NAMES:\n    import_module(one)",
            {"pkg.gone"},
        ),
        ("[import_module('pkg.' + name) for name in ('gone', 'other')]", {"pkg.gone", "pkg.other"}),
        (
            "def f():\n    for name in ('gone',):\n        import_module('.' + name, 'pkg')",
            {"pkg.gone"},
        ),
        ("for name in ('there',):\n    import_module('pkg.' + name)", set()),
        ("def f(names):\n    for name in names:\n        import_module('pkg.' + name)", set()),
        (
            "for name in ('gone',):\n    try:\n        import_module('pkg.' + name)\n    except ImportError:\n        pass",
            set(),
        ),
    ],
)
def test_modules_that_a_loop_names_are_wanted(place: Path, code: str, missing: set[str]) -> None:
    assert {one["what"] for one in read(place, LOOP + code)["unresolved"]} == missing
