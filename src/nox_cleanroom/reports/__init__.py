"""Renderings of a run; an open set, one file each, all pure functions of the run."""
