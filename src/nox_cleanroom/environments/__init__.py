"""Interpreters and fresh environments: nox makes them, and we install into them and verify that.

The commands of each installer are in `environment`, the meaning of their failures in
`installer_commands`. Only `venvs` knows nox. All files are written to the run's own directories.
"""
