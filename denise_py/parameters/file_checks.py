"""Whether the files that a run reads are there and complete, and whether it can write its own.

Only names, permissions and sizes are looked at; contents are the business of the readers.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from denise_py.parameters.data_files import (
    SEGY_ENDINGS,
    TAPER_PATHS,
    chosen,
    existing,
    observed_names,
    taper_names,
    wavelet_names,
)
from denise_py.parameters.finding import (
    Finding,
    Findings,
    data_components,
    found,
    model_endings,
    name_of,
    recorded_components,
    steps,
    wave_parameters,
)
from denise_py.parameters.models import SettingsData
from denise_py.parameters.reader import nearby

TRACE_HEADER: Final = 240  # bytes
SEGY_FILE_HEADER: Final = 3600
SEGY_EXTENSION: Final = 3200
MOST_EXTENSIONS: Final = 10
AXIS_BYTE: Final = 114  # of a trace header: number of samples, then the interval in microseconds
MICROSECOND: Final = 1e-6  # s
SEGY_SAMPLES: Final = (4, 2, 1)  # possible bytes per sample
SHOWN_FILES: Final = 3  # missing files of one kind that are named
LOG_TO_FILES: Final = 2
LONGEST_NAME: Final = 190  # file systems allow 255 bytes; the rest is for endings and temporary files
WAVELET_IN_TEXT_FILE: Final = 3
RECEIVERS_PER_SHOT: Final = 2
WAVELET_IN_SU_FILES: Final = 7
FILES_OF_PARAMETERS: Final = ("inversion.workflow_file", "filter.frequency_file")


def check_files(settings: SettingsData, shots: int | None = None) -> list[Finding]:
    """Whether all files that a run reads exist and have the right size, and whether it can write.

    shots: number of shots; without it files that exist for every shot are not looked at.
    """
    return [*_inputs(settings, shots), *_outputs(settings)]


# ----------------------------------------------------------------------------------- input files


def _inputs(s: SettingsData, shots: int | None) -> Findings:
    if s.sources.kind == 1:
        yield from _input(s, "sources.file")
    if s.receivers.kind == 1 and s.receivers.file:
        yield from _input(s, "receivers.file")
    yield from _wavelets(s, shots)
    if s.model.read:
        for ending in model_endings(s):
            yield from _input(s, "model.file", s.model.file + ending, _model_size(s))
    if not s.run.inversion:
        return
    for path in FILES_OF_PARAMETERS:
        if s.at(path):
            yield from _input(s, path)
    yield from _data(s, shots)
    yield from _taper_files(s, shots)


def _wavelets(s: SettingsData, shots: int | None) -> Findings:
    for path, kind in (
        ("sources.signal_file", s.sources.wavelet),
        ("sources.signal_file_sh", s.sources.wavelet_sh),
    ):
        base = str(s.at(path))
        if base and kind == WAVELET_IN_TEXT_FILE:
            yield from _input(s, path)
        if base and kind == WAVELET_IN_SU_FILES:
            files = [chosen(wavelet_names(base, shot)) for shot in range(1, (shots or 0) + 1)]
            yield from _first([_input(s, path, file) for file in files])


def _data(s: SettingsData, shots: int | None) -> Findings:
    """Observed data of all shots: there, and a whole number of traces of the right length."""
    for component in data_components(s):
        names = [observed_names(s.inversion.data, component, shot) for shot in range(1, (shots or 0) + 1)]
        yield from _first([_traces(s, chosen(of_shot)) for of_shot in names])
        yield from _first([_ambiguous(s, of_shot) for of_shot in names])


def _ambiguous(s: SettingsData, names: Sequence[str]) -> Findings:
    """Leftovers in another format would be read, or not, without anybody noticing."""
    there = existing(names)
    if len(there) > 1:
        text = f"{s.show('inversion.data')}: {there[0]} is read, not {there[1]}, which exists as well"
        yield _about_data(found("warning", text, "inversion.data"))


def _traces(s: SettingsData, file: str) -> Findings:
    findings = list(_input(s, "inversion.data", file))
    yield from findings
    trace = TRACE_HEADER + 4 * steps(s)
    if not findings and not _whole_traces(file, steps(s)) and not _other_sampling(file, s.time.dt):
        text = (
            f"{s.show('inversion.data')}: {file} has {os.path.getsize(file)} bytes, no whole number of traces"
        )
        text += f" of {steps(s)} samples ({trace} bytes each); compare {s.show('time.duration')}"
        paths = ("inversion.data", "time.duration", "time.dt")
        yield _about_data(found("error", f"{text} and {s.show('time.dt')}", *paths))


def _whole_traces(file: str, samples: int) -> bool:
    """Whether a file has the size of an SU or SEG-Y file with traces of so many samples. Unless its name says
    so, SEG-Y is taken into account in its plain form only."""
    size = os.path.getsize(file)
    if not file.endswith(SEGY_ENDINGS):
        trace = TRACE_HEADER + 4 * samples
        return size % trace == 0 or (size > SEGY_FILE_HEADER and (size - SEGY_FILE_HEADER) % trace == 0)
    starts = (SEGY_FILE_HEADER + k * SEGY_EXTENSION for k in range(MOST_EXTENSIONS + 1))
    traces = [TRACE_HEADER + width * samples for width in SEGY_SAMPLES]
    return any(size > start and (size - start) % trace == 0 for start in starts for trace in traces)


def _other_sampling(file: str, dt: float) -> bool:
    """Whether the headers of a file tell another sampling interval than dt (s) and a number of samples that
    goes with its size: such data are resampled, and judged when they are read."""
    with open(file, "rb") as stream:
        head = stream.read(SEGY_FILE_HEADER)
    for start in (0, SEGY_FILE_HEADER - 400 + 16 - AXIS_BYTE):  # a trace header, the binary header of SEG-Y
        for order in ("little", "big"):
            words = head[start + AXIS_BYTE :][:8]
            # SU: samples, interval; the binary header of SEG-Y: interval, its original, samples
            pick = (0, 2) if start == 0 else (4, 0)
            samples, interval = (int.from_bytes(words[k : k + 2], order) for k in pick)
            other = samples and interval and abs(1e-6 * interval - dt) > MICROSECOND
            if other and _whole_traces(file, samples):
                return True
    return False


def _taper_files(s: SettingsData, shots: int | None) -> Findings:
    for slot in wave_parameters(s):
        if s.tapers.file:
            yield from _taper_file(s, slot, None)
        if s.tapers.file_per_shot:
            yield from _first([_taper_file(s, slot, shot) for shot in range(1, (shots or 0) + 1)])


def _taper_file(s: SettingsData, slot: str, shot: int | None) -> Findings:
    """The file of one parameter; for all stages, or at least for the first one. Those of later stages are
    looked for when the stages are known."""
    path = TAPER_PATHS[slot]
    base, own = s.tapers.file_name, str(s.at(path))
    names = taper_names(base, own, slot, shot)
    if not names:
        text = f"{name_of(path)} is missing: a taper file needs it (or {name_of('tapers.file_name')}, after"
        yield found("error", f"{text} which .{slot} is put)", path, "tapers.file_name")
        return
    first_stage = existing(taper_names(base, own, slot, shot, stage=1))
    yield from _input(s, path if own else "tapers.file_name", (*first_stage, *names)[0], _model_size(s))


def _model_size(s: SettingsData) -> int:
    return 4 * s.grid.nx * s.grid.ny


def _input(s: SettingsData, path: str, file: str | None = None, size: int | None = None) -> Findings:
    """A file that is read: regular, readable, not empty and, if `size` is given, of that many bytes."""
    file = str(s.at(path)) if file is None else file
    reason = _unreadable(file)
    if not reason and size is not None and os.path.getsize(file) != size:
        reason = f"has {os.path.getsize(file)} bytes, but {size} are needed: {s.show('grid.nx')} times"
        reason += f" {s.show('grid.ny')} numbers of 4 bytes"
    if reason:
        keys = (path, "grid.nx", "grid.ny") if size is not None else (path,)
        finding = found("error", f"{s.show(path)}: file {file} {reason}", *keys)
        yield finding if path in FILES_OF_PARAMETERS else _about_data(finding)


def _about_data(finding: Finding) -> Finding:
    return replace(finding, data=True)


def _unreadable(file: str) -> str:
    """Why a file cannot be read; '' if it can."""
    try:
        status = os.stat(file)
    except FileNotFoundError:
        return f"does not exist{nearby(file)}"
    except (OSError, ValueError) as error:
        return f"cannot be read: {error.strerror if isinstance(error, OSError) else error}"
    if stat.S_ISDIR(status.st_mode):
        return "is a directory"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if not os.access(file, os.R_OK):
        return "must not be read by you (no permission)"
    return "" if status.st_size else "is empty"


def _first(groups: Sequence[Findings]) -> Findings:
    """The first few of many findings of the same kind, and how many more there are."""
    findings = [finding for group in groups for finding in group]
    yield from islice(findings, SHOWN_FILES)
    if len(findings) > SHOWN_FILES:
        more = len(findings) - SHOWN_FILES
        yield replace(findings[0], message=f"... and {more} more files like these")


# ---------------------------------------------------------------------------------- output files


def _outputs(s: SettingsData) -> Findings:
    written = ["seismograms.prefix"] if s.seismograms.kind and s.seismograms.prefix else []
    if s.seismograms.kind and not s.seismograms.prefix:
        written += [f"seismograms.files.{name}" for name in recorded_components(s)]
    if s.snapshots.kind:
        written.append("snapshots.file")
    if s.receivers.kind == RECEIVERS_PER_SHOT and s.receivers.x1 > 0:  # the positions of a streamer
        written.append("receivers.file")
    if s.run.inversion:
        written += ["inversion.model_file", "inversion.gradient_file", "inversion.misfit_log"]
    if s.source_wavelet.estimate:
        written += [path for path in ("sources.signal_file", "sources.signal_file_sh") if s.at(path)]
    for path in written:
        yield from _output(s, path, os.path.dirname(str(s.at(path))) or ".")
        if len(os.fsencode(os.path.basename(str(s.at(path))))) > LONGEST_NAME:
            text = f"{s.show(path)}: the name is too long; give at most {LONGEST_NAME} bytes"
            yield found("error", text, path)
    if s.run.inversion:
        yield from _misfit_log(s)
    if s.run.log == LOG_TO_FILES:
        yield from _output(s, "run.log_file", _existing_parent(str(s.at("run.log_file"))))


def _misfit_log(s: SettingsData) -> Findings:
    """The misfit log is the only output whose whole name is given: it could hit a folder or an input."""
    path, file = "inversion.misfit_log", s.inversion.misfit_log
    names = (s.source, s.sources.file, s.receivers.file, *(s.at(name) for name in FILES_OF_PARAMETERS))
    inputs = [name for name in names if name and os.path.exists(name)]
    if os.path.isdir(file):
        yield found("error", f"{s.show(path)} is a directory; give the name of a file", path)
    elif os.path.exists(file) and any(os.path.samefile(file, name) for name in inputs):
        yield found("error", f"{s.show(path)} is an input file of this run; give another name", path)
    elif file.endswith(".jsonl"):
        yield found("error", f"{s.show(path)}: the ending .jsonl belongs to a second log; give another", path)


def _existing_parent(file: str) -> str:
    """The innermost directory of a path that exists already; the log creates what is missing."""
    parent = os.path.dirname(file) or "."
    while not os.path.exists(parent):
        parent = os.path.dirname(parent) or "."
    return parent


def _output(s: SettingsData, path: str, parent: str) -> Findings:
    """Whether files can be written into a directory."""
    if not os.path.exists(parent):
        reason = f"directory {parent} does not exist; create it"
    elif not os.path.isdir(parent):
        reason = f"{parent} is not a directory"
    elif not os.access(parent, os.W_OK | os.X_OK):
        reason = f"directory {parent} must not be written by you (no permission)"
    else:
        return
    yield found("error", f"{s.show(path)}: {reason}", path)
