"""Probes of an installation: each one starts processes and returns a frozen value.

Probes do not judge. The checks in `checks` decide what the values mean.
"""
