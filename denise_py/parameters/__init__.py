"""Parameter files of DENISE: the table of keys, the tolerant reader, the settings and their checks.

`settings.read_settings(path)` is the way in; `table` is the one place that knows the names of the keys.
"""
