"""The sessions of nox-cleanroom, for repositories that have no noxfile of their own."""

import os

import nox_cleanroom

nox_cleanroom.define_sessions(os.environ["NOX_CLEANROOM_PROJECT"])
