"""What users configure: options after ``--``, ``[tool.nox-cleanroom]``, the supported Pythons.

Text becomes frozen records or a `ConfigError`; nothing here starts a process or writes a file.
"""
