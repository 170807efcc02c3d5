"""Parameter file -> settings: read, resolve, check and build, with all problems reported at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from denise_py.errors import ParameterError
from denise_py.parameters.checks import check
from denise_py.parameters.models import ComponentFiles, SettingsData
from denise_py.parameters.reader import Entry, read_entries
from denise_py.parameters.resolve import Resolved, resolve
from denise_py.parameters.table import TABLE


class Settings(SettingsData):
    """All settings of a run; see `models` for the groups and their fields."""

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> Settings:
        """Settings from names and values as they would stand in a file.

        Raises ParameterError with all problems found.
        """
        entries = [Entry(str(name), value) for name, value in mapping.items()]
        return _settled(entries, "parameters", None, (), ())


def read_settings(path: str | Path) -> Settings:
    """Settings from a parameter file.

    Raises ParameterError that lists every problem, one per line, with file, line and key.
    """
    found = read_entries(path)
    return _settled(found.entries, str(path), Path(path), found.problems, found.warnings)


def _settled(
    entries: Sequence[Entry],
    name: str,
    source: Path | None,
    problems: Sequence[str],
    warnings: Sequence[str],
) -> Settings:
    resolved = resolve(entries, name)
    settings = _build(resolved, source)
    findings = [one for one in check(settings) if resolved.failed.isdisjoint(one.keys)]
    errors = [f"{name}: {one.message}" for one in findings if one.severity == "error"]
    if problems or resolved.problems or errors:
        raise ParameterError([*problems, *resolved.problems, *errors])
    remarks = [f"{name}: {one.message}" for one in findings if one.severity == "warning"]
    return settings.model_copy(update={"warnings": (*warnings, *resolved.warnings, *remarks)})


def _build(resolved: Resolved, source: Path | None) -> Settings:
    groups: dict[str, dict[str, object]] = {}
    for key in TABLE:
        if not key.field:
            continue
        fields = groups.setdefault(key.group, {})
        value = resolved.values[key.name]
        if key.part is None:
            fields[key.field] = value == key.true_at if key.kind == "bool" else value
        elif isinstance(key.part, str):
            known = fields.get(key.field, ComponentFiles())
            fields[key.field] = ComponentFiles({**known, key.part: value}) if value else known
        else:
            in_use = key.used is None or key.used.test(resolved.values)
            fields[key.field] = (*fields.get(key.field, ()), *((value,) if in_use else ()))
    models = {name: Settings.model_fields[name].annotation(**fields) for name, fields in groups.items()}
    return Settings(**models, source=source, notes=resolved.notes, unused=resolved.unused)
