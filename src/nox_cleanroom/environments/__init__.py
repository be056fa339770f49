"""Interpreters and fresh environments: made by nox, asked about themselves, installed into, proved.

Only `venvs` knows nox; what is written lies in the run's own directories.
"""
