"""What users say: options after ``--``, ``[tool.nox-cleanroom]``, and which Pythons are supported.

Text in, frozen records or a `ConfigError` out; nothing here starts a process or writes a file.
"""
