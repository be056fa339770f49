"""Interpreters and fresh environments: nox makes them, and we install into them and verify that.

Only `venvs` knows nox. All files are written to the run's own directories.
"""
