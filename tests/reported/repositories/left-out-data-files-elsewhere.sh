. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
X
w setup.py <<'X'
from setuptools import setup

setup(
    name="quillcms",
    version="1.4.2",
    packages=["quillcms"],
    data_files=[("quillcms/conf", ["quillcms/conf/base.ini"])],
    python_requires=">=3.10",
)
X
w quillcms/__init__.py <<'X'
from .settings import defaults
X
w quillcms/settings.py <<'X'
import configparser
import os

HERE = os.path.dirname(os.path.abspath(__file__))


def defaults():
    parser = configparser.ConfigParser()
    with open(os.path.join(HERE, "conf", "base.ini")) as stream:
        parser.read_file(stream)
    return dict(parser["site"])
X
w quillcms/conf/base.ini <<'X'
[site]
title = quill
X
ci init
