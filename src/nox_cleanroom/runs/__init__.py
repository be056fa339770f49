"""The three use cases, each a page: `smoke`, `matrix` and `clean_check`.

The record of a run comes out; nothing here knows nox or prints.
"""
