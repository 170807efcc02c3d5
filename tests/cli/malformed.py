"""A small valid project, and everything that can be wrong with one.

A project is a folder with case.json and the files it names. `make_project` makes one; the functions below it
spoil one thing each, and CASES says what the program has to answer: exit code 2 for parameters, 3 for input
data, and words that name the file or key, the value found and what is allowed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from denise_py.cli.main import dispatch
from denise_py.traces.segy import write_segy
from denise_py.traces.su import header_dtype, read_su, trace_dtype

NX, NY, NT = 60, 40, 60
SHOTS, RECEIVERS = 2, 5
PARAMETERS, DATA, MEMORY_OR_DISK = 2, 3, 6

SETTINGS: dict[str, object] = {
    "NPROCX": 1,
    "NPROCY": 1,
    "FDORDER": 4,
    "MAXRELERROR": 0,
    "NX": NX,
    "NY": NY,
    "DH": 1.0,
    "TIME": 0.03,
    "DT": 5e-4,
    "QUELLART": 1,
    "QUELLTYP": 3,
    "SRCREC": 1,
    "SOURCE_FILE": "source.dat",
    "RUN_MULTIPLE_SHOTS": 1,
    "READMOD": 1,
    "MFILE": "model/start",
    "INVMAT1": 1,
    "FREE_SURF": 1,
    "BOUNDARY": 0,
    "FW": 10,
    "DAMPING": 1000,
    "FPML": 50,
    "npower": 4,
    "k_max_PML": 1,
    "SEISMO": 1,
    "READREC": 1,
    "REC_FILE": "receiver.dat",
    "REFRECX": 0,
    "REFRECY": 0,
    "SEIS_FORMAT": 1,
    "SEIS_FILE": "su/run",
    "INVMAT": 10,
}
INVERSION: dict[str, object] = {
    "INVMAT": 0,
    "ITERMAX": 1,
    "DATA_DIR": "data/obs",
    "QUELLTYPB": 1,
    "LNORM": 2,
    "NORMALIZE": 0,
    "VELOCITY": 1,
    "DTINV": 2,
    "MISFIT_LOG_FILE": "log/misfit.dat",
    "INV_MODELFILE": "model/inverted",
    "nfstart": 1,
    "nf": 1,
    "JACOBIAN": "jacobian/gradient",
    "nfstart_jac": 1,
    "nf_jac": 1,
    "GRAD_METHOD": 2,
    "EPS_SCALE": 0.01,
    "STEPMAX": 4,
    "SCALEFAC": 2,
    "PRO": 0.01,
    "TIME_FILT": 1,
    "FC_START": 50,
    "FC_END": 100,
    "FC_INCR": 50,
    "ORDER": 2,
    "USE_WORKFLOW": 1,
    "FILE_WORKFLOW": "workflow.txt",
    "VPLOWERLIM": 500,
    "VPUPPERLIM": 1050,
    "VSLOWERLIM": 200,
    "VSUPPERLIM": 800,
    "RHOLOWERLIM": 1000,
    "RHOUPPERLIM": 3000,
}
SNAPSHOTS: dict[str, object] = {
    "SNAP": 1,
    "SNAP_FORMAT": 3,
    "TSNAP1": 0.01,
    "TSNAP2": 0.03,
    "TSNAPINC": 0.01,
    "SNAP_FILE": "su/w",
    "SNAPSHOT_START": 1,
    "SNAPSHOT_END": 9,
    "SNAPSHOT_INCR": 1,
}
SOURCES = "2\n20 0 2 0 100 1e6\n40 0 2 0 100 1e6\n"
RECEIVER_LINES = "".join(f"{x} 1\n" for x in (15, 23, 30, 37, 45))
WORKFLOW = "# VS VP RHO PRO FIL FC WT J J EPRE EPSI\n1 1 1 0 0.01 1 100 1 0 0 0 0.005\n"
OLD_OUTPUTS = (
    *(f"su/run_{c}.su.shot{shot}" for c in "xy" for shot in (1, 2)),
    *("su/run_vx.su.shot1.it1", "log/misfit.dat", "log/misfit.jsonl"),
    *("model/inverted_vp.bin", "jacobian/gradient_grad1_vp_it1.bin"),
)


# --------------------------------------------------------------------------------------- valid projects


@dataclass
class Project:
    """A folder with a parameter file; `settings` is what save() writes."""

    folder: Path
    settings: dict[str, object]

    @property
    def parameter_file(self) -> Path:
        """The parameter file."""
        return self.folder / "case.json"

    def save(self) -> None:
        """Write the parameter file."""
        self.parameter_file.write_text(json.dumps(self.settings, indent=1))

    def path(self, name: str) -> Path:
        """A file of the project."""
        return self.folder / name


def make_project(folder: Path, inversion: bool, data: Path | None = None) -> Project:
    """A valid forward run or inversion; `data` holds the observed data of an inversion."""
    for name in ("model", "su", "log", "jacobian", "data"):
        (folder / name).mkdir(parents=True)
    for name, value in (("vp", 1000.0), ("vs", 500.0), ("rho", 2000.0)):
        np.full((NX, NY), value, "<f4").tofile(folder / f"model/start.{name}")
    (folder / "source.dat").write_text(SOURCES)
    (folder / "receiver.dat").write_text(RECEIVER_LINES)
    for name in OLD_OUTPUTS:
        (folder / name).write_text("result of an earlier run")
    project = Project(folder, dict(SETTINGS))
    if inversion:
        project.settings |= INVERSION
        (folder / "workflow.txt").write_text(WORKFLOW)
        shutil.copytree(data, folder / "data", dirs_exist_ok=True)
    project.save()
    return project


def make_observed_data(folder: Path) -> Path:
    """Observed data for inversions: seismograms of a model with a slow block; returns their folder."""
    project = make_project(folder, inversion=False)
    vs = np.full((NX, NY), 500.0, "<f4")
    vs[25:35, 5:15] = 450.0
    vs.tofile(folder / "model/start.vs")
    project.settings["SEIS_FILE"] = "data/obs"
    project.save()
    before = os.getcwd()
    os.chdir(folder)
    try:
        assert dispatch(["case.json"]) == 0
    finally:
        os.chdir(before)
    return folder / "data"


# --------------------------------------------------------------------------------------------- spoilers

Spoiler = Callable[[Project], None]


def put(**values: object) -> Spoiler:
    """Other parameters."""
    return lambda project: project.settings.update(values)


def drop(key: str) -> Spoiler:
    """A parameter is missing."""
    return lambda project: project.settings.pop(key)


def text(name: str, content: str) -> Spoiler:
    """A text file with another content."""
    return lambda project: project.path(name).write_text(content)


def raw(name: str, content: bytes) -> Spoiler:
    """A file with other bytes."""
    return lambda project: project.path(name).write_bytes(content)


def remove(name: str) -> Spoiler:
    """A file is missing."""
    return lambda project: project.path(name).unlink()


def directory(name: str) -> Spoiler:
    """A folder in place of a file."""

    def spoil(project: Project) -> None:
        project.path(name).unlink(missing_ok=True)
        project.path(name).mkdir()

    return spoil


def no_directory(name: str) -> Spoiler:
    """A folder is missing."""
    return lambda project: shutil.rmtree(project.path(name))


def file_for_directory(name: str) -> Spoiler:
    """A file in place of a folder."""

    def spoil(project: Project) -> None:
        shutil.rmtree(project.path(name))
        project.path(name).write_text("")

    return spoil


def loop(name: str) -> Spoiler:
    """A link that leads to itself."""

    def spoil(project: Project) -> None:
        project.path(name).unlink(missing_ok=True)
        project.path(name).symlink_to(project.path(name).name)

    return spoil


def pipe(name: str) -> Spoiler:
    """A pipe in place of a file; opening it would wait for ever."""

    def spoil(project: Project) -> None:
        project.path(name).unlink()
        os.mkfifo(project.path(name))

    return spoil


def values(name: str, value: float, first: int = 100, count: int = 1) -> Spoiler:
    """Some values of a model file."""

    def spoil(project: Project) -> None:
        model = np.fromfile(project.path(name), "<f4")
        model[first : first + count] = value
        model.tofile(project.path(name))

    return spoil


def cut(name: str, size: int) -> Spoiler:
    """A file ends early."""
    return lambda project: os.truncate(project.path(name), size)


def more(name: str, content: bytes) -> Spoiler:
    """A file goes on."""
    return lambda project: project.path(name).write_bytes(project.path(name).read_bytes() + content)


def word(name: str, header_word: str, value: int, trace: int | None = None) -> Spoiler:
    """A header word of one trace (from 0) of an SU file, or of all."""

    def spoil(project: Project) -> None:
        traces = np.fromfile(project.path(name), trace_dtype(NT))
        traces["header"][header_word][slice(None) if trace is None else trace] = value
        traces.tofile(project.path(name))

    return spoil


def sample(name: str, value: float) -> Spoiler:
    """One sample of an SU file."""

    def spoil(project: Project) -> None:
        traces = np.fromfile(project.path(name), trace_dtype(NT))
        traces["samples"][2, 7] = value
        traces.tofile(project.path(name))

    return spoil


def traces(name: str, count: int, ns: int = NT, dt: int = 500, value: float = 1.0) -> Spoiler:
    """An SU file of other dimensions."""

    def spoil(project: Project) -> None:
        content = np.zeros(count, trace_dtype(ns))
        content["header"]["ns"], content["header"]["dt"] = ns, dt
        content["samples"] = value
        content.tofile(project.path(name))

    return spoil


def swap_bytes(name: str) -> Spoiler:
    """An SU file in the other byte order."""

    def spoil(project: Project) -> None:
        content = np.fromfile(project.path(name), trace_dtype(NT))
        content.astype(trace_dtype(NT, ">")).tofile(project.path(name))

    return spoil


def as_segy(old: str, new: str, *words: tuple[int, int]) -> Spoiler:
    """An SU file becomes a SEG-Y file of another name, then some words of two bytes of it, given by their
    first byte from 1, become others."""

    def spoil(project: Project) -> None:
        write_segy(project.path(new), read_su(project.path(old)).gather())
        project.path(old).unlink()
        content = bytearray(project.path(new).read_bytes())
        for first, value in words:
            content[first - 1 : first + 1] = (value % 2**16).to_bytes(2, "big")
        project.path(new).write_bytes(content)

    return spoil


def stage(*columns: object) -> Spoiler:
    """A workflow with one stage."""
    header = WORKFLOW.splitlines()[0]
    return text("workflow.txt", header + "\n" + " ".join(map(str, columns)) + "\n")


def named_stage(columns: dict[str, object], changes: dict[str, object]) -> Spoiler:
    """A workflow with one stage, whose header names its columns."""
    values = columns | changes
    return text("workflow.txt", " ".join(values) + "\n" + " ".join(map(str, values.values())) + "\n")


def ifos_stage(**changes: object) -> Spoiler:
    """A workflow in the layout of IFOS2D with one stage."""
    columns = {"#": 1, "VS": 1, "VP": 1, "RHO": 0, "PRO": 0.01, "F_FILT": 1, "F_HIGH": 2, "F_LOW": 100}
    columns |= {"WT": 1, "J1": 0, "J2": 0, "EPRE": 0, "EPSI": 0.005, "GAMMA": 0}
    return named_stage(columns, changes)


def black_stage(**changes: object) -> Spoiler:
    """A workflow in the layout of DENISE Black Edition with one stage."""
    columns = {"PRO": 0.01, "TIME_FILT": 1, "FC_low": 0, "FC_high": 100, "INV_VP_ITER": 0, "INV_VS_ITER": 0}
    return named_stage(columns, changes)


def parameter_text(change: Callable[[bytes], bytes]) -> Spoiler:
    """Another text of the parameter file; nothing is saved afterwards."""

    def spoil(project: Project) -> None:
        project.parameter_file.write_bytes(change(project.parameter_file.read_bytes()))

    return spoil


def both(*spoilers: Spoiler) -> Spoiler:
    """Several things at once."""

    def spoil(project: Project) -> None:
        for one in spoilers:
            one(project)

    return spoil


# ------------------------------------------------------------------------------------------------ cases


@dataclass(frozen=True)
class Case:
    """Something that is wrong: how it comes about, exit code, and words that the message must hold."""

    name: str
    spoil: Spoiler
    code: int
    words: tuple[str, ...]
    inversion: bool = False
    raw_text: bool = False  # the parameter file itself is spoiled, not the settings

    def build(self, folder: Path, data: Path) -> Project:
        """The spoiled project in a new folder."""
        project = make_project(folder, self.inversion, data)
        self.spoil(project)
        if not self.raw_text:
            project.save()
        return project


def _p(name: str, spoil: Spoiler, *words: str) -> Case:
    return Case(name, spoil, PARAMETERS, words)


def _d(name: str, spoil: Spoiler, *words: str) -> Case:
    return Case(name, spoil, DATA, words)


def _file(name: str, change: Callable[[bytes], bytes], *words: str) -> Case:
    return Case(name, parameter_text(change), PARAMETERS, ("case.json", *words), raw_text=True)


def _ip(name: str, spoil: Spoiler, *words: str) -> Case:
    return Case(name, spoil, PARAMETERS, words, inversion=True)


def _id(name: str, spoil: Spoiler, *words: str) -> Case:
    return Case(name, spoil, DATA, words, inversion=True)


def _rename(old: str, new: str) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(old.encode(), new.encode())


PARAMETER_FILE = (
    _file("file_empty", lambda _: b"", "empty"),
    _file("file_blank", lambda _: b" \n\n", "empty"),
    _file("file_binary", lambda _: bytes(range(256)) * 4, "text"),
    _file("file_list", lambda _: b"[1, 2, 3]", "object"),
    _file("file_prose", lambda _: b"Dear program, please run.\n", "no parameter"),
    _file("file_cut", lambda content: content[: len(content) // 2], "missing"),
    _file("file_only_remarks", lambda _: b"# nothing\n# here\n", "no parameter"),
    _file("huge_number", _rename('"NX": 60', '"NX": 99999999999999999999'), "line", "NX", "2147483647"),
    _file("number_1e400", _rename('"DH": 1.0', '"DH": 1e400'), "line", "DH", "finite"),
    _file("number_text_1e400", _rename('"DH": 1.0', '"DH": "1e400"'), "line", "DH = 1e400", "finite"),
    _file("number_nan", _rename('"DT": 0.0005', '"DT": NaN'), "line", "DT = nan", "finite"),
    _file("text_nan", _rename('"DT": 0.0005', '"DT": "nan"'), "line", "DT = nan", "must be a number"),
    _file("text_inf", _rename('"TIME": 0.03', '"TIME": "inf"'), "line", "TIME = inf", "must be a number"),
    _file("number_nested", _rename('"DT": 0.0005', '"DT": [1, 2]'), "line", "DT", "single value"),
    _file("number_object", _rename('"DT": 0.0005', '"DT": {"a": 1}'), "DT is missing"),
    _file("control_character", _rename('"su/run"', '"su/r\\u0000un"'), "SEIS_FILE", "control"),
    _file("lone_surrogate", _rename('"su/run"', '"su/\\ud800"'), "SEIS_FILE", "control"),
)

PARAMETERS_ALONE = (
    _p("nx_missing", drop("NX"), "NX is missing", "grid points"),
    _p("nx_negative", put(NX=-60), "NX = -60", ">="),
    _p("nx_zero", put(NX=0), "NX = 0", ">="),
    _p("nx_text", put(NX="many"), "NX = many", "number"),
    _p("nx_fraction", put(NX=60.5), "NX = 60.5", "whole number"),
    _p("ny_too_few", put(NY=2), "NY = 2", "at least"),
    _p("dh_zero", put(DH=0), "DH = 0", "> 0"),
    _p("dh_negative", put(DH=-1), "DH = -1", "> 0"),
    _p("dt_zero", put(DT=0), "DT = 0", "> 0"),
    _p("dt_negative", put(DT=-1e-3), "DT = -0.001", "> 0"),
    _p("dt_unit_missing", put(DT="0.5 ms"), "DT = 0.5 ms", "ms"),
    _p("time_below_dt", put(TIME=1e-4), "TIME = 0.0001", "DT = 0.0005", "no time step"),
    _p("time_negative", put(TIME=-1), "TIME = -1", "> 0"),
    _p("too_many_steps", put(TIME=1e30), "TIME = 1e+30", "too many"),
    _p("dt_unstable", put(DT=1e-3), "DT = 0.001", "stability limit", "choose DT <= 0.0006"),
    _p("frame_too_wide", put(FW=30), "FW = 30", "NX = 60", "thinner"),
    _p("frame_negative", put(FW=-1), "FW = -1", ">= 0"),
    _p("frame_frequency", put(FPML=1e9), "FPML = 1e+09", "DT = 0.0005", "centre frequency"),
    _p("frame_power", put(npower=1e30), "npower = 1e+30", "<= 20"),
    _p("order_3", put(FDORDER=3), "FDORDER = 3", "2", "4", "6", "8"),
    _p("operator_7", put(MAXRELERROR=7), "MAXRELERROR = 7", "0 (Taylor"),
    _p("processes", put(NPROCX=3), "NPROCX = 3", "mpirun -n 3"),
    _p("processes_zero", put(NPROCX=0), "NPROCX = 0", ">= 1"),
    _p("processes_many", put(NPROCX=100), "NPROCX = 100", "NX = 60", "at most"),
    _p("boundary_2", put(BOUNDARY=2), "BOUNDARY = 2", "0"),
    _p("wavelet_11", put(QUELLART=11), "QUELLART = 11", "Ricker"),
    _p("subgrid", put(SUBGRID=3), "SUBGRID = 3", "0 (at the nearest"),
    _p("sweep_length", put(QUELLART=9), "SWEEP_LENGTH is missing", "QUELLART = 9"),
    _p(
        "sweep_falls",
        put(QUELLART=9, SWEEP_LENGTH=0.01, SWEEP_F1=90, SWEEP_F2=80),
        "SWEEP_F1 = 90",
        "SWEEP_F2 = 80",
    ),
    _p("source_type_0", put(QUELLTYP=0), "QUELLTYP = 0", "explosi"),
    _p("invmat_5", put(INVMAT=5), "INVMAT = 5", "0", "10"),
    _p("invmat1_4", put(INVMAT1=4), "INVMAT1 = 4", "1"),
    _p("seismo_9", put(SEISMO=9), "SEISMO = 9"),
    _p("format_5", put(SEIS_FORMAT=5), "SEIS_FORMAT = 5", "SU"),
    _p("ndt_zero", put(NDT=0), "NDT = 0", ">= 1"),
    _p("ndt_large", put(NDT=61), "NDT = 61", "60"),
    _p("no_seismogram_name", drop("SEIS_FILE"), "SEIS_FILE", "SEISMO = 1"),
    _p("line_outside", put(READREC=0, XREC1=10, YREC1=1, XREC2=80, YREC2=1, NGEOPH=2), "XREC2", "80", "60"),
    _p("line_at_zero", put(READREC=0, XREC1=0, YREC1=1, XREC2=20, YREC2=1, NGEOPH=2), "XREC1", "from 1"),
    _p("line_spacing", put(READREC=0, XREC1=9, YREC1=1, XREC2=20, YREC2=1, NGEOPH=0), "NGEOPH = 0", ">= 1"),
    _p("viscoelastic", put(L=3, FL1=10, FL2=20, TAU=0.1), "FL3 is missing", "L >= 3"),
    _p("too_many_mechanisms", put(L=11, TAU=0.1), "L = 11", "<= 10"),
    _p("acoustic", put(ACOUSTIC=1, FREE_SURF=1, SURFACE_SCHEME=1), "ACOUSTIC = 1", "for P-SV waves only"),
    _p("sh_waves", put(WAVETYPE=2), "QUELLART_SH is missing"),
    _p("snapshots_alone", put(SNAP=1), "TSNAP1 is missing", "SNAP_FILE is missing"),
    _p("snapshots_folder", put(**SNAPSHOTS | {"SNAP_FILE": "nowhere/w"}), "SNAP_FILE = nowhere/w", "create"),
    _p("snapshots_su", put(**SNAPSHOTS | {"SNAP_FORMAT": 1}), "SNAP_FORMAT = 1", "3 (binary"),
    _p("snapshots_late", put(**SNAPSHOTS | {"TSNAP1": 0.04, "TSNAP2": 0.04}), "TSNAP1 = 0.04", "TIME = 0.03"),
    _p("snapshots_no_shot", put(**SNAPSHOTS | {"SNAPSHOT_START": 3}), "SNAPSHOT_START = 3", "2 shots"),
    _p(
        "plane_wave_depth", put(SRCREC=2, PLANE_WAVE_DEPTH=50, PHI=0, TS=0.1), "PLANE_WAVE_DEPTH = 50", "40 m"
    ),
    _p("plane_wave_dip", put(SRCREC=2, PLANE_WAVE_DEPTH=2, PHI=90, TS=0.1), "PHI = 90", "<= 85"),
    _p(
        "receiver_array",
        put(READREC=0, REC_ARRAY=3, DRX=5, REC_ARRAY_DEPTH=20, REC_ARRAY_DIST=15),
        "y = 50 m",
    ),
    _p("receiver_array_of_file", put(REC_ARRAY=3, DRX=5, REC_ARRAY_DEPTH=2, REC_ARRAY_DIST=5), "READREC = 0"),
    _p(
        "streamer",
        put(READREC=2, XREC1=15, YREC1=1, XREC2=58, YREC2=1, NGEOPH=2),
        "shot 1 at x = 51 m",
        "frame",
    ),
    _p("streamer_without_end", put(READREC=2, XREC1=15), "XREC2 is missing", "READREC = 2"),
    _p("output_name_too_long", put(SEIS_FILE="su/" + 300 * "x"), "SEIS_FILE = su/xxx", "too long"),
    _p("output_folder_missing", no_directory("su"), "SEIS_FILE = su/run", "does not exist", "create"),
    _p("output_folder_is_file", file_for_directory("su"), "SEIS_FILE = su/run", "not a directory"),
    _p("all_at_once", put(NX=-1, DH=0, FDORDER=3), "3 problems", "NX = -1", "DH = 0", "FDORDER = 3"),
)

GEOMETRY = (
    _d("source_missing", remove("source.dat"), "SOURCE_FILE", "source.dat", "does not exist"),
    _d("source_empty", text("source.dat", ""), "source.dat", "empty"),
    _d("source_directory", directory("source.dat"), "source.dat", "directory"),
    _d("source_loop", loop("source.dat"), "source.dat", "symbolic links"),
    _d("source_pipe", pipe("source.dat"), "source.dat", "regular file"),
    _d("source_text", text("source.dat", "many\n20 0 2 0 100 1\n"), "source.dat: line 1", "'many'"),
    _d("source_zero", text("source.dat", "0\n"), "source.dat: line 1", "at least 1"),
    _d("source_few_lines", text("source.dat", "3\n" + SOURCES[2:]), "source.dat: line 1", "3", "2 lines"),
    _d("source_few_columns", text("source.dat", "1\n20 0 2\n"), "source.dat: line 2", "delay", "missing"),
    _d("source_word", text("source.dat", "1\n20 0 2 0 fast 1\n"), "source.dat: line 2", "frequency", "fast"),
    _d("source_nan", text("source.dat", "1\n20 0 nan 0 100 1\n"), "source.dat: line 2", "finite", "nan"),
    _d("source_1e400", text("source.dat", "1\n20 0 2 0 100 1e400\n"), "source.dat: line 2", "finite"),
    _d("source_1e300", text("source.dat", "1\n1e300 0 2 0 100 1\n"), "source.dat: line 2", "1e300", "3.4e38"),
    _d("source_1e38", text("source.dat", "1\n1e38 0 2 0 100 1\n"), "source.dat: line 2", "outside"),
    _d("source_amplitude", text("source.dat", "1\n20 0 2 0 100 1e300\n"), "source.dat: line 2", "amplitude"),
    _d("source_no_frequency", text("source.dat", "1\n20 0 2 0 0 1\n"), "source.dat: line 2", "positive", "0"),
    _d("source_type", text("source.dat", "1\n20 0 2 0 100 1 0 9\n"), "source.dat: line 2", "type 9"),
    _d("source_outside", text("source.dat", "1\n200 0 2 0 100 1\n"), "source.dat: line 2", "200", "60 m"),
    _d("source_at_zero", text("source.dat", "1\n20 0 0 0 100 1\n"), "source.dat: line 2", "y = 0", "outside"),
    _d("source_negative", text("source.dat", "1\n-5 0 2 0 100 1\n"), "source.dat: line 2", "x = -5"),
    _d("receiver_missing", remove("receiver.dat"), "REC_FILE", "receiver.dat", "does not exist"),
    _d("receiver_empty", text("receiver.dat", ""), "receiver.dat", "empty"),
    _d("receiver_remarks", text("receiver.dat", "# none\n"), "receiver.dat", "no numbers"),
    _d("receiver_text", text("receiver.dat", "x y\n1 2\n"), "receiver.dat: line 1", "'x'"),
    _d("receiver_column", text("receiver.dat", "20 1\n21\n"), "receiver.dat: line 2", "y is missing"),
    _d("receiver_outside", text("receiver.dat", "20 1\n20 41\n"), "receiver.dat: line 2", "41", "40 m"),
    _d("receiver_at_zero", text("receiver.dat", "0 1\n"), "receiver.dat: line 1", "x = 0", "outside"),
    _d("receiver_1e300", text("receiver.dat", "1e300 1\n"), "receiver.dat: line 1", "1e300", "3.4e38"),
    _d(
        "receiver_1e38",
        both(put(DH=1e-2), text("receiver.dat", "1e38 1\n")),
        "receiver.dat: line 1",
        "outside",
    ),
    _d("receiver_shifted_out", put(REFRECX=50), "receiver.dat", "shift", "60 m"),
)

RECEIVERS_PER_SHOT = (
    _d("no_receiver_files", put(READREC=2), "receiver.dat.shot1: file not found", "receiver.dat_shot_2.dat"),
)

WAVELET = (
    _d("wavelet_missing", put(QUELLART=3, SIGNAL_FILE="wavelet.txt"), "SIGNAL_FILE", "wavelet.txt"),
    _d(
        "wavelet_empty",
        both(put(QUELLART=3, SIGNAL_FILE="wavelet.txt"), text("wavelet.txt", "")),
        *("wavelet.txt", "empty"),
    ),
    _d(
        "wavelet_text",
        both(put(QUELLART=3, SIGNAL_FILE="wavelet.txt"), text("wavelet.txt", "0\n1\nx\n")),
        *("wavelet.txt: line 3", "'x'"),
    ),
    _d(
        "wavelet_columns",
        both(put(QUELLART=3, SIGNAL_FILE="wavelet.txt"), text("wavelet.txt", "0 1\n")),
        *("wavelet.txt: line 1", "one number per line"),
    ),
    _d(
        "wavelet_nan",
        both(put(QUELLART=3, SIGNAL_FILE="wavelet.txt"), text("wavelet.txt", "0\nnan\n")),
        *("wavelet.txt: line 2", "finite"),
    ),
    _p("wavelet_name", put(QUELLART=3), "SIGNAL_FILE is missing", "QUELLART = 3"),
    _d("wavelet_su_missing", put(QUELLART=7, SIGNAL_FILE="wavelet"), "wavelet.shot1", "does not exist"),
    _d(
        "wavelet_su_cut",
        both(
            put(QUELLART=7, SIGNAL_FILE="wavelet"),
            traces("wavelet.shot1", 1),
            raw("wavelet.shot2", bytes(100)),
        ),
        *("wavelet.shot2", "truncated"),
    ),
)

MODEL = (
    _d("model_for_huge_grid", put(NX=2000000000, NY=2000000000), "start.vp", "9600", "NX = 2000000000"),
    _d("model_missing", remove("model/start.vs"), "MFILE", "start.vs", "does not exist"),
    _d("model_empty", raw("model/start.vp", b""), "start.vp", "empty"),
    _d("model_directory", directory("model/start.rho"), "start.rho", "directory"),
    _d("model_short", cut("model/start.vp", 4 * NX * NY - 4), "start.vp", "9596", "9600"),
    _d("model_long", more("model/start.vp", bytes(4)), "start.vp", "9604", "9600"),
    _d("model_float64", more("model/start.vp", bytes(9600)), "start.vp", "19200", "9600"),
    _d("model_nan", values("model/start.vs", np.nan), "start.vs", "not finite", "node (3, 21)"),
    _d("model_infinite", values("model/start.rho", np.inf), "start.rho", "not finite", "inf"),
    _d("model_rho_zero", values("model/start.rho", 0.0), "start.rho", "not positive", "first 0"),
    _d("model_vp_negative", values("model/start.vp", -1000.0), "start.vp", "not positive", "-1000"),
    _d("model_vs_negative", values("model/start.vs", -500.0), "start.vs", "negative", "-500"),
    _d("model_vs_above_vp", values("model/start.vs", 1100.0), "start.v", "vp / vs"),
    _p("model_too_fast", values("model/start.vp", 1e6), "DT = 0.0005", "stability", "1e+06"),
    _d(
        "model_swapped_bytes",
        both(
            *(
                lambda p, n=n: (
                    np.fromfile(p.path(f"model/start.{n}"), "<f4")
                    .byteswap()
                    .tofile(p.path(f"model/start.{n}"))
                )
                for n in ("vp", "vs", "rho")
            )
        ),
        *("start.vp", "byte order"),
    ),
)

SHOT2 = "data/obs_x.su.shot2"
TRACE = header_dtype().itemsize + 4 * NT
KILL_NEAR = {"TRKILL": 1, "TRKILL_OFFSET": 1, "TRKILL_OFFSET_LOWER": 0, "TRKILL_OFFSET_UPPER": 1}
WINDOW = {"TIMEWIN": 1, "PICKS_FILE": "picks", "TWLENGTH_PLUS": 0.01, "TWLENGTH_MINUS": 0.01, "GAMMA": 1e5}
LISTED = {"USE_WORKFLOW": 0, "TIME_FILT": 2, "FREQ_FILE": "f.dat", "ORDER": 4}
OBSERVED = (
    _id("no_sources_to_invert", remove("source.dat"), "SOURCE_FILE", "source.dat", "does not exist"),
    _id("data_missing", remove(SHOT2), "obs_x.su.shot2", "does not exist"),
    _id("data_folder_missing", no_directory("data"), "DATA_DIR", "data/obs_x.su.shot1", "no directory"),
    _id("data_empty", raw(SHOT2, b""), SHOT2, "empty"),
    _id("data_directory", directory(SHOT2), SHOT2, "directory"),
    _id("data_pipe", pipe(SHOT2), SHOT2, "regular file"),
    *(_id(f"data_cut_{n}", cut(SHOT2, 240 * n + 100 * (n == 0)), SHOT2) for n in range(10)),
    _id("data_noise", raw(SHOT2, bytes(range(256)) * 9 + bytes(96)), SHOT2),
    _id("data_ns_zero", word(SHOT2, "ns", 0), SHOT2, "0 samples"),
    _id("data_ns_huge", word(SHOT2, "ns", 65535), SHOT2, "65535"),
    _id("data_ns_mixed", word(SHOT2, "ns", 59, trace=3), SHOT2, "trace 4", "59"),
    _id("data_ns_other", traces(SHOT2, RECEIVERS, ns=120), SHOT2, "3600 bytes", "60 samples"),
    _id("data_ns_equal_size", traces(SHOT2, 1, ns=5 * NT + 240), SHOT2, "540", "60"),
    _id("data_dt", word(SHOT2, "dt", 100), SHOT2, "60 samples of 0.0001 s", "TIME = 0.03"),
    _id("data_dt_mixed", word(SHOT2, "dt", 1000, trace=1), SHOT2, "trace 2", "1000"),
    _id("data_few_traces", cut(SHOT2, 4 * TRACE), SHOT2, "4 traces", "5 receivers"),
    _id("data_many_traces", more(SHOT2, bytes(TRACE)), SHOT2),
    _id("data_nan", sample(SHOT2, np.nan), SHOT2, "trace 3", "sample 8", "nan"),
    _id("data_infinite", sample(SHOT2, -np.inf), SHOT2, "trace 3", "sample 8", "inf"),
    _id("data_zero", traces(SHOT2, RECEIVERS, value=0.0), SHOT2, "all traces are zero"),
    _id("data_huge", sample(SHOT2, 3e38), SHOT2, "trace 3"),
    _id("kill_missing", put(TRKILL=1, TRKILL_FILE="kill"), "kill_1.dat", "kill.dat"),
    _id("kill_rows", both(put(TRKILL=1, TRKILL_FILE="kill"), text("kill", "0 0\n")), "kill: 1 rows", "5 rec"),
    _id("picks_missing", put(**WINDOW), "picks_1_1.dat", "picks_1.dat", "picks_2.dat"),
)

SEGY2 = "data/obs_x.shot2.sgy"
NS_OF_FILE, FORMAT = 3221, 3225  # first bytes of words
NS_OF_TRACE = [3600 + TRACE * k + 115 for k in range(RECEIVERS)]


def _is(name: str, words: Sequence[tuple[int, int]], after: Spoiler, *says: str) -> Case:
    return _id(f"segy_{name}", both(as_segy(SHOT2, SEGY2, *words), after), SEGY2, *says)


NOTHING: Spoiler = both()
OBSERVED_SEGY = (
    _is("empty", (), raw(SEGY2, b""), "empty"),
    _is("text", (), text(SEGY2, "no traces\n" * 1000), "10000 bytes"),
    _is("text_of_the_right_size", (), raw(SEGY2, b"x" * (3600 + RECEIVERS * TRACE)), "format", "30840"),
    _is("cut_in_header", (), cut(SEGY2, 3000), "3000 bytes"),
    _is("cut_after_header", (), cut(SEGY2, 3600), "3600 bytes"),
    _is("cut_in_trace", (), cut(SEGY2, 3600 + 2 * TRACE + 100), "4660 bytes"),
    _is("few_traces", (), cut(SEGY2, 3600 + 4 * TRACE), "4 traces", "5 receivers"),
    _is("ns_zero", [(NS_OF_FILE, 0), *((k, 0) for k in NS_OF_TRACE)], NOTHING, "trace 1", "0 samples"),
    _is("ns_huge", [(NS_OF_FILE, -1), *((k, -1) for k in NS_OF_TRACE)], NOTHING, "trace 1", "65535"),
    _is("ns_mixed", [(NS_OF_TRACE[3], 59)], NOTHING, "trace 4", "59"),
    _is("dt", [(k + 2, 100) for k in NS_OF_TRACE], NOTHING, "60 samples of 0.0001 s", "TIME = 0.03"),
    _is("format", [(FORMAT, 6)], NOTHING, "format", "6"),
    _is("nan", [(3600 + 2 * TRACE + 240 + 4 * 7 + 1, 0x7FC0)], NOTHING, "trace 3", "sample 8", "nan"),
)

WORKFLOWS = (
    _ip("workflow_missing", remove("workflow.txt"), "FILE_WORKFLOW", "workflow.txt", "does not exist"),
    _ip("workflow_empty", text("workflow.txt", ""), "workflow.txt", "empty"),
    _ip("workflow_header_only", text("workflow.txt", WORKFLOW.splitlines()[0]), "workflow.txt", "no stage"),
    _ip("workflow_no_header", text("workflow.txt", WORKFLOW.splitlines()[1]), "workflow.txt", "header"),
    _ip("workflow_columns", stage(1, 1, 1, 0), "workflow.txt, line 2", "4 columns", "12"),
    _ip(
        "workflow_text", stage(1, 1, "on", 0, 0.01, 1, 100, 1, 0, 0, 0, 0.005), "line 2", "VP = on", "number"
    ),
    _ip("workflow_nan", stage(1, 1, 1, 0, "nan", 1, 100, 1, 0, 0, 0, 0.005), "line 2", "PRO = nan", "number"),
    _ip("workflow_flag", stage(1, 1, 2, 0, 0.01, 1, 100, 1, 0, 0, 0, 0.005), "line 2", "VP = 2", "-1, 0, 1"),
    _ip("workflow_nyquist", stage(1, 1, 1, 0, 0.01, 1, 1500, 1, 0, 0, 0, 0.005), "FC = 1500", "1000 Hz"),
    _ip("workflow_no_corner", stage(1, 1, 1, 0, 0.01, 1, 0, 1, 0, 0, 0, 0.005), "line 2", "FC = 0", "> 0"),
    _ip("workflow_nothing", stage(1, 0, 0, 0, 0.01, 1, 100, 1, 0, 0, 0, 0.005), "stage 1", "no parameter"),
    _ip("workflow_preconditioner", stage(1, 1, 1, 0, 0.01, 1, 100, 1, 0, 0, 2, 0.005), "EPRE = 2", "0, 1, 3"),
    _ip("workflow_unfiltered", put(TIME_FILT=0), "stage 1", "TIME_FILT = 0"),
    _ip("workflow_binary", raw("workflow.txt", bytes(range(256))), "workflow.txt", "text"),
    _ip("workflow_directory", directory("workflow.txt"), "workflow.txt", "directory"),
    _ip(
        "workflow_ifos_line",
        stage(1, 1, 1, 0, 0.01, 1, 0, 100, 1, 0, 0, 0, 0.005, 0),
        *("workflow.txt, line 2", "14 columns", "IFOS2D"),
    ),
    _ip("workflow_ifos_flag", ifos_stage(VP=2), "line 2", "VP = 2", "-1, 0, 1"),
    _ip("workflow_ifos_corner", ifos_stage(F_LOW=0), "line 2", "F_LOW = 0", "> 0 Hz", "F_FILT = 1"),
    _ip("workflow_ifos_corners", ifos_stage(F_HIGH=200), "stage 1", "F_LOW = 100", "F_HIGH = 200"),
    _ip("workflow_ifos_nyquist", ifos_stage(F_LOW=1500), "stage 1", "F_LOW = 1500", "1000 Hz"),
    _ip("workflow_ifos_gamma", ifos_stage(GAMMA=-1), "line 2", "GAMMA = -1", ">= 0"),
    _ip("workflow_black_column", text("workflow.txt", "PRO LNORN TIME_FILT\n0.1 2 0\n"), "line 1", "LNORN"),
    _ip("workflow_black_count", text("workflow.txt", "PRO LNORM\n0.1 2 0\n"), "line 2", "3 columns", "2"),
    _ip("workflow_black_norm", black_stage(LNORM=7), "line 2", "LNORM = 7", "not available", "2, 5, 6"),
    _ip("workflow_black_order", black_stage(ORDER=5), "stage 1", "ORDER = 5", "even"),
    _ip("workflow_black_corners", black_stage(FC_low=200), "stage 1", "FC_high = 100", "FC_low = 200"),
    _ip("workflow_black_nothing", black_stage(INV_VP_ITER=9, INV_VS_ITER=9, INV_RHO_ITER=9), "no parameter"),
    _ip("workflow_black_window", black_stage(TIME_WIN=1), "stage 1", "TIME_WIN = 1", "TIMEWIN = 0"),
    _ip("workflow_black_wavelet", black_stage(STF_INV=1), "workflow.txt", "STF_INV = 1"),
    _ip("workflow_black_gravity", black_stage(GAMMA_GRAV=0.5), "line 2", "GAMMA_GRAV = 0.5", "gravity data"),
    _ip("workflow_black_random", black_stage(ROWI=1), "line 2", "ROWI = 1", "allowed is 0"),
    _ip(
        "workflow_black_mute",
        black_stage(OFFSET_MUTE=1, OFFSETC=0),
        "line 2",
        "OFFSETC = 0",
        "OFFSET_MUTE = 1",
    ),
)

INVERSIONS = (
    _ip("test_shots", put(TESTSHOT_START=1, TESTSHOT_END=9, TESTSHOT_INCR=1), "TESTSHOT_END = 9", "2 shots"),
    _ip("test_shots_order", put(TESTSHOT_START=2, TESTSHOT_END=1, TESTSHOT_INCR=1), "TESTSHOT_END = 1"),
    _ip("test_shots_step", put(TESTSHOT_START=1, TESTSHOT_END=2, TESTSHOT_INCR=0), "TESTSHOT_INCR = 0"),
    _ip(
        "taper_edges",
        put(SWS_TAPER_GRAD_VERT=1, GRADT1=20, GRADT2=10, GRADT3=30, GRADT4=40),
        *("GRADT1 = 20", "GRADT2 = 10", "increase"),
    ),
    _ip(
        "taper_outside",
        put(SWS_TAPER_GRAD_VERT=1, GRADT1=5, GRADT2=10, GRADT3=50, GRADT4=90),
        *("GRADT4 = 90", "NX = 60"),
    ),
    _ip("limits_crossed", put(VPLOWERLIM=3000, VPUPPERLIM=1000), "VPLOWERLIM = 3000", "VPUPPERLIM = 1000"),
    _ip("limits_ratio", put(VP_VS_RATIO=9), "VP_VS_RATIO = 9", "VSLOWERLIM = 200", "contradict"),
    _ip("norm_9", put(LNORM=9), "PHASE_F1 is missing"),
    _ip("norm_scale", put(LNORM=3, LNORM_SCALE=0), "LNORM_SCALE = 0", "> 0"),
    _ip("norm_6", put(LNORM=6), "LNORM = 6", "2 ("),
    _ip("one_simulation", put(RUN_MULTIPLE_SHOTS=0), "RUN_MULTIPLE_SHOTS = 0", "must be 1"),
    _ip("no_iterations", put(ITERMAX=0), "ITERMAX = 0", ">= 1"),
    _ip("sampling_negative", put(DTINV=-1), "DTINV = -1", ">= 0"),
    _ip("storage", put(STORAGE="disk"), "STORAGE = disk", "auto (", "checkpoint ("),
    _ip("storage_number", put(STORAGE=2), "STORAGE = 2", "auto ("),
    _ip("storage_switch", put(STORAGE=True), "STORAGE", "a text is expected"),
    _ip("memory_negative", put(MEMORY_LIMIT=-1), "MEMORY_LIMIT = -1", ">= 0", "GB"),
    _ip("memory_unit", put(MEMORY_LIMIT="500 MB"), "MEMORY_LIMIT", "'MB' after the number", "GB"),
    _ip("memory_text", put(MEMORY_LIMIT="much"), "MEMORY_LIMIT = much", "must be a number"),
    Case(
        "memory_small",
        put(MEMORY_LIMIT=0.01),
        MEMORY_OR_DISK,
        ("MEMORY_LIMIT = 0.01", "a process needs about"),
        inversion=True,
    ),
    _ip("sampling_coarse", put(DTINV=60), "DTINV = 60", "60"),
    _ip("method_4", put(GRAD_METHOD=4), "GRAD_METHOD = 4", "1 (", "2 (", "3 ("),
    _ip("batch_size", put(BATCH_SHOTS=3), "BATCH_SHOTS = 3", "only 2 shots"),
    _ip("batch_negative", put(BATCH_SHOTS=-1), "BATCH_SHOTS = -1", ">= 0"),
    _ip("batch_full", put(BATCH_SHOTS=1, BATCH_FULL=0), "BATCH_FULL = 0", ">= 1"),
    _ip("batch_newton", put(BATCH_SHOTS=1, GRAD_METHOD=5), "GRAD_METHOD = 5", "BATCH_SHOTS = 1", "(2)"),
    _ip("batch_tests", put(BATCH_SHOTS=1, TESTSHOT_START=1, TESTSHOT_END=1), "TESTSHOT_START = 1"),
    *(
        _ip(f"joined_{name}", put(**({"ENCODE": 1, "SEISMO": 0} | keys)), "ENCODE = 1", *words)
        for name, keys, words in (
            ("norm", {"LNORM": 1}, ("LNORM = 2 only", "LNORM = 1")),
            ("normalised", {"NORMALIZE": 1}, ("NORMALIZE = 0 only",)),
            ("batch", {"BATCH_SHOTS": 1}, ("BATCH_SHOTS = 0 only", "BATCH_SHOTS = 1")),
            ("newton", {"GRAD_METHOD": 5}, ("GRAD_METHOD = 5",)),
            ("tests", {"TESTSHOT_START": 1, "TESTSHOT_END": 1}, ("TESTSHOT_START = 1",)),
            ("seismograms", {"SEISMO": 1}, ("SEISMO = 0 only", "SEISMO = 1")),
            ("kill", KILL_NEAR, ("TRKILL_OFFSET = 0 only",)),
        )
    ),
    _ip("joined_size", put(ENCODE=3, SEISMO=0), "ENCODE = 3", "only 2 shots"),
    _ip("joined_shift", put(ENCODE=1, SEISMO=0, ENCODE_SHIFT=0.03), "ENCODE_SHIFT = 0.03", "TIME = 0.03"),
    _ip("adam_rate", put(GRAD_METHOD=3, ADAM_LR=0), "ADAM_LR = 0", "> 0"),
    _ip("adam_memory", put(GRAD_METHOD=3, ADAM_B1=1), "ADAM_B1 = 1", "<= 0.9999"),
    _ip("wolfe", put(WOLFE_CONDITION=1, WOLFE_C1_SL=0.9, WOLFE_C2_SL=0.1), "WOLFE_C1_SL = 0.9"),
    _ip("components_8", put(QUELLTYPB=8), "QUELLTYPB = 8", "7 ("),
    _ip("filter_order", put(ORDER=3), "ORDER = 3", "even"),
    _ip("corner_nyquist", put(USE_WORKFLOW=0, FC_START=10, FC_END=1000), "FC_END = 1000", "1000 Hz"),
    _ip("corners_fall", put(USE_WORKFLOW=0, FC_START=100, FC_END=50), "FC_END = 50", "FC_START = 100"),
    _ip("corner_step", put(USE_WORKFLOW=0, FC_INCR=0), "FC_INCR = 0", "> 0"),
    _ip("high_pass", put(USE_WORKFLOW=0, F_HP=60), "F_HP = 60", "FC_START = 50"),
    _ip("removed_key", put(LBFGS_SURFACE=1), "LBFGS_SURFACE"),
    _ip("normalised", put(NORMALIZE=2), "NORMALIZE = 2", "1 (on)"),
    _ip("kill_offsets", put(**(KILL_NEAR | {"TRKILL_OFFSET_LOWER": 5})), "TRKILL_OFFSET_UPPER = 1"),
    _ip("line_source", put(TRAFO_3D2D=2), "TRAFO_C is missing"),
    _ip("frequencies_missing", put(**LISTED), "FREQ_FILE = f.dat", "does not exist"),
    _ip("frequencies_few", both(put(**LISTED), text("f.dat", "3\n50\n")), "f.dat announces 3"),
    _ip(
        "wavelet_method",
        put(INV_STF=1, PARA="x", N_STF=1, N_STF_START=1, SIGNAL_FILE="stf"),
        "PARA = x",
        "fdlsq",
    ),
    _ip(
        "wavelet_option",
        put(INV_STF=1, PARA="fdlsq:waterlevel=0", N_STF=1, N_STF_START=1, SIGNAL_FILE="stf"),
        "waterlevel=0",
        "must be > 0",
    ),
    _ip(
        "wavelet_given",
        put(INV_STF=1, PARA="fdlsq", N_STF=1, N_STF_START=1, SIGNAL_FILE="stf", QUELLART=7),
        "INV_STF = 1",
        "QUELLART = 7",
    ),
    _ip(
        "wavelet_folder",
        put(INV_STF=1, PARA="fdlsq", N_STF=1, N_STF_START=1, SIGNAL_FILE="nowhere/stf"),
        "SIGNAL_FILE",
        "nowhere",
        "create",
    ),
    _id(
        "wavelet_kill_table",
        put(
            INV_STF=1,
            PARA="fdlsq",
            N_STF=1,
            N_STF_START=1,
            SIGNAL_FILE="stf",
            TRKILL_STF=1,
            TRKILL_FILE_STF="k",
        ),
        "k: no trace-kill table",
    ),
    _ip("data_prefix_missing", drop("DATA_DIR"), "DATA_DIR is missing"),
    _ip("model_folder", put(INV_MODELFILE="nowhere/inverted"), "INV_MODELFILE", "nowhere", "create"),
    _ip("gradient_folder", file_for_directory("jacobian"), "JACOBIAN", "jacobian is not a directory"),
    _ip("misfit_folder", put(MISFIT_LOG_FILE="nowhere/misfit.dat"), "MISFIT_LOG_FILE", "nowhere"),
    _ip("misfit_is_input", put(MISFIT_LOG_FILE="./workflow.txt"), "MISFIT_LOG_FILE", "input file"),
    _ip("misfit_is_parameter_file", put(MISFIT_LOG_FILE="case.json"), "MISFIT_LOG_FILE", "input file"),
    _ip("misfit_is_second_log", put(MISFIT_LOG_FILE="log/misfit.jsonl"), "MISFIT_LOG_FILE", ".jsonl"),
    _ip("misfit_is_folder", put(MISFIT_LOG_FILE="log"), "MISFIT_LOG_FILE = log", "directory"),
)

MEMORY = (
    Case("memory_grid", put(READMOD=0, NX=10**7, NY=10**7), MEMORY_OR_DISK, ("memory", "10000000 times")),
)

CASES = (
    *PARAMETER_FILE,
    *PARAMETERS_ALONE,
    *GEOMETRY,
    *RECEIVERS_PER_SHOT,
    *WAVELET,
    *MODEL,
    *OBSERVED,
    *OBSERVED_SEGY,
    *WORKFLOWS,
    *INVERSIONS,
    *MEMORY,
)
