"""The documentation's configuration."""

project = "nox-cleanroom"
author = "The nox-cleanroom maintainers"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "As-installed testing for Python packages, from git."}
myst_heading_anchors = 3
nitpicky = True
