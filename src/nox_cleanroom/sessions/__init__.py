"""The way in through nox: the sessions, their declaration, and the verdict for nox.

Each session is a function in `sessions.sessions`. The only folder besides `environments` that
knows nox.
"""
