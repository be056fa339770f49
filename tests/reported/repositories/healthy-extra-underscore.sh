. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
X
w setup.cfg <<'X'
[metadata]
name = hello_hello
version = 0.1.0
[options]
packages = hello_hello
python_requires = >=3.10
[options.extras_require]
bye_bye =
    tabulate
all =
    Hello.Hello[bye-bye]
X
w hello_hello/__init__.py <<'X'
def table(rows):
    try:
        from tabulate import tabulate
    except ImportError as error:
        raise RuntimeError("pip install hello-hello[bye-bye]") from error
    return tabulate(rows)
X
ci init
