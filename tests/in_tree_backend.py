"""A build backend (PEP 517 and 660) for the tests: one file, no requirements."""

import base64
import hashlib
import io
import os
import sys
import tarfile
import zipfile

try:
    import tomllib
except ImportError:
    tomllib = None


def _project():
    with open("pyproject.toml", "rb") as file:
        content = file.read()
    if tomllib is not None:
        return tomllib.loads(content.decode())["project"]
    # Enough of TOML for what the tests write, on interpreters before 3.11.
    import json

    project, table = {}, ""
    for line in content.decode().splitlines():
        if line.startswith("["):
            table = line.strip("[] ")
        elif " = " in line and (table + ".").startswith("project."):
            key, _, value = line.partition(" = ")
            place = project
            for part in table.split(".")[1:]:
                place = place.setdefault(part.strip('"'), {})
            place[key.strip('"')] = json.loads(value)
    return project


def _metadata(project):
    lines = ["Metadata-Version: 2.1", "Name: " + project["name"], "Version: " + project["version"]]
    if "requires-python" in project:
        lines.append("Requires-Python: " + project["requires-python"])
    lines += ["Requires-Dist: " + one for one in project.get("dependencies", [])]
    for extra, requirements in project.get("optional-dependencies", {}).items():
        lines.append("Provides-Extra: " + extra)
        lines += ["Requires-Dist: %s; extra == '%s'" % (one, extra) for one in requirements]
    return "\n".join(lines) + "\n"


def _entry_points(project):
    groups = {"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}
    lines = []
    for group, points in groups.items():
        lines += ["[%s]" % group] + ["%s = %s" % pair for pair in points.items()]
    return "\n".join(lines) + "\n"


def _sources():
    base = "src" if os.path.isdir("src") else "."
    for top in sorted(os.listdir(base)):
        place = os.path.join(base, top)
        if os.path.isfile(place) and top.endswith(".py") and top != "in_tree_backend.py":
            yield top, place
        if os.path.isdir(place) and (base == "src" or os.path.exists(place + "/__init__.py")):
            for directory, _, names in os.walk(place):
                for name in sorted(names):
                    if not name.endswith(".pyc"):
                        path = os.path.join(directory, name)
                        yield os.path.relpath(path, base).replace(os.sep, "/"), path


def _tag():
    return os.environ.get("DEMO_BUILD_TAG") or (
        "cp%d%d-none-any" % sys.version_info[:2]
        if os.path.exists("PER_INTERPRETER")
        else "py3-none-any"
    )


def _write_wheel(directory, files):
    project = _project()
    info = "%s-%s.dist-info" % (project["name"], project["version"])
    files = dict(files)
    files[info + "/METADATA"] = _metadata(project).encode()
    files[info + "/WHEEL"] = (
        "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: %s\n" % _tag()
    ).encode()
    files[info + "/entry_points.txt"] = _entry_points(project).encode()
    rows = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append("%s,sha256=%s,%d" % (name, digest, len(content)))
    rows.append(info + "/RECORD,,")
    files[info + "/RECORD"] = ("\n".join(rows) + "\n").encode()
    wheel = "%s-%s-%s.whl" % (project["name"], project["version"], _tag())
    with zipfile.ZipFile(os.path.join(directory, wheel), "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return wheel


def _hook():
    """What a test wants the build to do besides."""
    if os.path.exists("on_build.py"):
        with open("on_build.py") as file:
            exec(compile(file.read(), "on_build.py", "exec"), {"__name__": "on_build"})


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _hook()
    files = {}
    for name, path in _sources():
        with open(path, "rb") as file:
            files[name] = file.read()
    return _write_wheel(wheel_directory, files)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _hook()
    place = os.path.abspath("src" if os.path.isdir("src") else ".")
    return _write_wheel(wheel_directory, {"_demo_editable.pth": place.encode()})


def build_sdist(sdist_directory, config_settings=None):
    _hook()
    project = _project()
    base = "%s-%s" % (project["name"], project["version"])
    with tarfile.open(os.path.join(sdist_directory, base + ".tar.gz"), "w:gz") as archive:
        for name in ["pyproject.toml", "in_tree_backend.py"]:
            archive.add(name, base + "/" + name)
        for name, path in _sources():
            archive.add(path, base + "/" + os.path.relpath(path))
        content = _metadata(project).encode()
        member = tarfile.TarInfo(base + "/PKG-INFO")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return base + ".tar.gz"
