"""The way in through nox: the sessions, their declaration, and the verdict for nox.

The only folder besides `environments` that knows nox.
"""
