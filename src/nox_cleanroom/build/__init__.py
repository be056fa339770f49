"""From a commit to a wheel: worktree, build environment, the hooks of the backend, wheelhouse.

What is built from is a worktree of ours, never the checkout.
"""
