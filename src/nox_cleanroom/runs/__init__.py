"""The three use cases, each in a short module: `smoke`, `matrix` and `clean_check`.

They return the record of a run. Nothing here knows nox or prints.
"""
