"""Checks turn the values of probes into findings; each kind of finding has a module.

Checks are plain functions of frozen values: they start no process, read no file and call no git.
"""
