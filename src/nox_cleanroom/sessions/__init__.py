"""How one comes in through nox: the sessions, their declaration, and the verdict nox is handed.

The only folder besides `environments` that knows nox.
"""
