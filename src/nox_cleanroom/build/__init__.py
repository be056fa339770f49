"""From a commit to a wheel: worktree, build environment, the hooks of the backend, wheelhouse.

Builds read a worktree of our own, never the checkout.
"""
