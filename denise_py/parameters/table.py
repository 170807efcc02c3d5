"""The table of all parameters: the only place where the names of JSON keys are written.

Messages, `denise explain` and docs/parameters.md are generated from it. Keys of one subject stand
together; `FEATURES` at the top says what this version cannot do yet, and setting one of them to
available=True opens every key and value that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from denise_py.parameters.key import (
    Alias,
    Feature,
    Key,
    Need,
    SameAs,
    Value,
    both,
    either,
    equals,
    positive,
)

# ------------------------------------------------------------------------------------ features

VISCOUS: Final = Feature("viscoelastic modelling", available=False)
ACOUSTIC_WAVES: Final = Feature("acoustic modelling", available=False)
SH_WAVES: Final = Feature("modelling of SH waves", available=False)
JOINT_INVERSION: Final = Feature("P-SV and SH waves in one run", available=False)
PLANE_WAVE: Final = Feature("the plane-wave source", available=False)
RECEIVER_ARRAY: Final = Feature("the receiver array", available=False)
STREAMER: Final = Feature("the moving streamer", available=False)
SNAPSHOTS: Final = Feature("writing of wavefield snapshots", available=False)
OTHER_NORMS: Final = Feature("misfits other than the L2 norm", available=False)
NORMALISATION: Final = Feature("normalisation of traces", available=False)
TRACE_KILL: Final = Feature("trace killing", available=False)
TIME_WINDOW: Final = Feature("time windowing of the data", available=False)
FREQUENCY_LIST: Final = Feature("filtering with a list of frequencies", available=False)
WRITE_FILTERED: Final = Feature("writing of filtered observed data", available=False)
SOURCE_INVERSION: Final = Feature("inversion for the source wavelet", available=False)
FROZEN_HESSIAN: Final = Feature("a preconditioner that is kept from one iteration", available=False)
FILE_TAPERS: Final = Feature("gradient tapers read from files", available=False)
SPATIAL_FILTER: Final = Feature("the spatial filter of the gradient", available=False)
GRADIENT_FILTER: Final = Feature("median filtering of the gradient", available=False)
MODEL_SMOOTHING: Final = Feature("median filtering of the model", available=False)
STEP_SEARCH_LBFGS: Final = Feature("the search with fixed trial steps for L-BFGS", available=False)
GRADIENT_SCALING: Final = Feature("scaling of L-BFGS gradients by a constant", available=False)

FEATURES: Final = (
    VISCOUS, ACOUSTIC_WAVES, SH_WAVES, JOINT_INVERSION, PLANE_WAVE, RECEIVER_ARRAY, STREAMER, SNAPSHOTS,
    OTHER_NORMS, NORMALISATION, TRACE_KILL, TIME_WINDOW, FREQUENCY_LIST, WRITE_FILTERED, SOURCE_INVERSION,
    FROZEN_HESSIAN, FILE_TAPERS, SPATIAL_FILTER, GRADIENT_FILTER, MODEL_SMOOTHING, STEP_SEARCH_LBFGS,
    GRADIENT_SCALING,
)  # fmt: skip

GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "run": "Kind of run and output",
        "physics": "Physics",
        "domain": "Decomposition of the grid",
        "grid": "Grid",
        "time": "Time axis",
        "fd": "Finite differences",
        "model": "Model",
        "attenuation": "Attenuation",
        "boundary": "Boundaries",
        "sources": "Sources",
        "receivers": "Receivers",
        "seismograms": "Seismograms",
        "snapshots": "Snapshots",
        "inversion": "Inversion",
        "misfit": "Data selection and misfit",
        "filter": "Frequency filter",
        "source_wavelet": "Inversion for the source wavelet",
        "precondition": "Preconditioning of the gradient",
        "tapers": "Gradient tapers",
        "smoothing": "Smoothing",
        "limits": "Limits of the model update",
        "optimiser": "Optimiser and step length",
        "joint": "Joint inversion of P-SV and SH waves",
    }
)

# ---------------------------------------------------------------------------------- conditions

INVERSION: Final = equals("INVMAT", 0)
RECORDING: Final = positive("SEISMO")
RECEIVERS: Final = either(RECORDING, INVERSION)
PSV: Final = equals("WAVETYPE", 1, 3)
SH: Final = equals("WAVETYPE", 2, 3)
WORKFLOW: Final = equals("USE_WORKFLOW", 1)
FILTER: Final = either(positive("TIME_FILT"), WORKFLOW)
PRECONDITION: Final = either(positive("EPRECOND"), WORKFLOW)
EDGE_TAPER: Final = either(equals("SWS_TAPER_GRAD_VERT", 1), equals("SWS_TAPER_GRAD_HOR", 1))
SOURCE_TAPER: Final = either(equals("SWS_TAPER_GRAD_SOURCES", 1), equals("SWS_TAPER_CIRCULAR_PER_SHOT", 1))
FILE_TAPER: Final = either(equals("SWS_TAPER_FILE", 1), equals("SWS_TAPER_FILE_PER_SHOT", 1))
LBFGS: Final = both(INVERSION, equals("GRAD_METHOD", 2))
WOLFE: Final = equals("WOLFE_CONDITION", 1)

OFF_ON: Final[Mapping[int, str]] = MappingProxyType({0: "off", 1: "on"})


def _ifos(name: str) -> tuple[Alias, ...]:
    return (Alias(name, "IFOS2D"),)


def _forward_only(value: Value) -> Value:
    if isinstance(value, str) or value < 0:
        return value
    return 0 if value == 0 else 10


# ------------------------------------------------------------------------------------- the rows

RUN: Final = (
    Key(
        "INVMAT", "run", "inversion", "bool", "kind of run",
        "Chooses between one forward simulation per shot and a full-waveform inversion. Most keys on the "
        "inversion side are read only for 0, so one file can serve both. DENISE ended without a word for any "
        "other number; here it is an error.",
        choices={0: "full-waveform inversion", 10: "forward modelling only"},
        idle=10, true_at=0,
        aliases=(
            Alias("FORWARD_ONLY", "IFOS2D", _forward_only, "0 is an inversion, any positive number forward modelling"),
        ),
    ),
    Key(
        "VERBOSE", "run", "verbose", "bool", "amount of output",
        "With 1 the run reports details and writes additional files, such as the adjoint sources of every shot. "
        "0 keeps the log short. Results do not depend on it.",
        default=1, choices={0: "short", 1: "detailed"},
    ),
    Key(
        "LOG", "run", "log", "int", "where log messages go",
        "Says who writes log messages and where to. The manual of DENISE describes this key, but the program "
        "never read it.",
        default=1,
        choices={
            0: "no log messages",
            1: "the first process to the terminal, the others to files",
            2: "all processes to files",
        },
    ),
    Key(
        "LOG_FILE", "run", "log_file", "str", "base name of log files",
        "The number of the process is appended. The directory must exist. DENISE ignored this key.",
        default="log/LOG_FILE", used=positive("LOG"),
    ),
    Key(
        "IDX", "run", "output_every_x", "int", "decimation of written models in x",
        "Only every IDX-th column of models, gradients and snapshots is written. The files then hold fewer than "
        "NX * NY values, so a decimated model cannot be used as the start of another run. Keep 1 unless "
        "disk space is short.",
        default=1, unit="grid points", at_least=1,
    ),
    Key(
        "IDY", "run", "output_every_y", "int", "decimation of written models in y",
        "Only every IDY-th row of models, gradients and snapshots is written; see IDX.",
        default=1, unit="grid points", at_least=1,
    ),
)  # fmt: skip

PHYSICS: Final = (
    Key(
        "ACOUSTIC", "physics", "acoustic", "bool", "acoustic instead of elastic waves",
        "1 simulates pressure waves in a fluid described by Vp and density. It implies WAVETYPE = 1 and "
        "INVMAT1 = 1. For equal AMP the recorded pressure equals that of an elastic run in a fluid.",
        default=0, choices={0: "elastic", 1: "acoustic"}, needs=(Need(ACOUSTIC_WAVES, unless=(0,)),),
    ),
    Key(
        "WAVETYPE", "physics", "wave_type", "int", "wave type",
        "P-SV waves move in the plane of the model and are recorded as vx, vy and pressure; SH waves move "
        "perpendicular to it (vz) and see Vs and density only. 3 simulates both for every shot at twice the cost.",
        default=1, idle=1, used=equals("ACOUSTIC", 0),
        choices={1: "P-SV", 2: "SH", 3: "P-SV and SH"},
        needs=(Need(SH_WAVES, unless=(1,)), Need(JOINT_INVERSION, unless=(1, 2))),
    ),
)  # fmt: skip

DOMAIN: Final = (
    Key(
        "NPROCX", "domain", "nprocx", "int", "number of blocks in x",
        "The grid is cut into NPROCX * NPROCY blocks, one per MPI process of a shot. Blocks may differ in size: NX need "
        "not be divisible as it had to be in DENISE. Two-dimensional models are small, so several shots at a "
        "time are usually faster than many blocks.",
        default=1, at_least=1,
    ),
    Key(
        "NPROCY", "domain", "nprocy", "int", "number of blocks in y",
        "Number of blocks in vertical direction; see NPROCX. Results do not depend on the decomposition.",
        default=1, at_least=1,
    ),
)  # fmt: skip

GRID: Final = (
    Key(
        "NX", "grid", "nx", "int", "grid points in x",
        "Number of grid points in horizontal direction, absorbing frames included. Node i lies at x = i * DH, "
        "so the model reaches from DH to NX * DH. Model files must hold NX * NY numbers.",
        unit="grid points", at_least=1,
    ),
    Key(
        "NY", "grid", "ny", "int", "grid points in y",
        "Number of grid points in vertical direction, absorbing frames included. y points down; the first row lies "
        "at y = DH.",
        unit="grid points", at_least=1,
    ),
    Key(
        "DH", "grid", "dh", "float", "grid spacing",
        "Distance of neighbouring grid points, the same in x and y. It must resolve the shortest wavelength: about "
        "23 points for FDORDER 2, 8 for 4, 6 for 6, 5 for 8 with Taylor operators. A coarser grid disperses the "
        "wavelet; a finer one costs the third power of the refinement.",
        unit="m", above=0,
    ),
)  # fmt: skip

TIME: Final = (
    Key(
        "TIME", "time", "duration", "float", "length of the simulation",
        "The number of time steps is TIME / DT rounded to the nearest whole number. Sample n belongs to the "
        "time n * DT, so there is no sample at time zero. Observed data must have the same length in an inversion.",
        unit="s", above=0,
    ),
    Key(
        "DT", "time", "dt", "float", "time step",
        "Must stay below the stability limit DH / (sqrt(2) * g * Vmax), where g is the sum of the absolute "
        "operator weights (1.0 for order 2, 7/6 for order 4 with Taylor operators). The run stops before the first step if it does "
        "not. SU headers store the sampling interval in whole microseconds: prefer values that fit.",
        unit="s", above=0,
    ),
)  # fmt: skip

FD: Final = (
    Key(
        "FDORDER", "fd", "order", "int", "order of the spatial differences",
        "Higher orders need fewer points per wavelength but more operations and a slightly smaller DT. 4 to 8 are "
        "good choices; 2 keeps the free surface most accurate per grid point. In DENISE the orders 10 and 12 gave "
        "wrong P-SV and acoustic waves; here every order works.",
        choices={order: f"order {order}" for order in (2, 4, 6, 8, 10, 12)},
    ),
    Key(
        "MAXRELERROR", "fd", "max_relative_error", "int", "type of the difference operator",
        "Taylor weights are exact for long waves. Holberg weights allow a small error of the group velocity over a "
        "wide band and so need fewer points per wavelength; a larger error needs still fewer. With Holberg weights "
        "even very long waves are not quite exact.",
        default=0,
        choices={
            0: "Taylor",
            1: "Holberg, 0.1 % error",
            2: "Holberg, 0.5 % error",
            3: "Holberg, 1 % error",
            4: "Holberg, 3 % error",
        },
    ),
)  # fmt: skip

MODEL: Final = (
    Key(
        "READMOD", "model", "read", "bool", "read the model from files",
        "1 reads the model from the files that begin with MFILE. 0 uses a built-in demonstration model: a "
        "velocity gradient down to 15 m above a homogeneous half-space (Vp 500 to 1200 m/s, Vs 300 to 700 m/s, density "
        "1800 to 2000 kg/m3).",
        default=1, choices={0: "built-in model", 1: "model files"},
    ),
    Key(
        "MFILE", "model", "file", "str", "base name of the model files",
        "The endings depend on INVMAT1: .vp, .vs and .rho for 1 and 2, .lam, .mu and .rho for 3. Each file holds NX * NY "
        "4-byte little-endian floats without header, the vertical direction running fastest, in SI units. For an inversion this is "
        "the start model.",
    ),
    Key(
        "INVMAT1", "model", "parameterization", "int", "parameters of the model",
        "Chooses the quantities that are read and inverted for. Velocities and density are the usual choice. With Lame parameters the "
        "limits VPUPPERLIM ... apply to lambda and mu and must be set in Pa. DENISE crashed for 2 and computed wrong "
        "gradients for 3.",
        default=1, idle=1, used=equals("ACOUSTIC", 0),
        choices={
            1: "Vp, Vs and density",
            2: "impedances of P and S waves, and density (files hold Vp, Vs, density)",
            3: "Lame parameters lambda and mu, and density",
        },
        aliases=_ifos("PARAMETERIZATION"),
    ),
)  # fmt: skip

ATTENUATION: Final = (
    Key(
        "L", "attenuation", "mechanisms", "int", "number of relaxation mechanisms",
        "0 is a perfectly elastic medium. One mechanism attenuates around one frequency, three give a nearly "
        "constant Q over about two decades. Every mechanism adds three memory variables per grid point.",
        default=0, at_least=0, at_most=5, needs=(Need(VISCOUS, unless=(0,)),),
    ),
    *(
        Key(
            f"FL{number}", "attenuation", "frequencies", "float", f"relaxation frequency {number}",
            f"Frequency at which mechanism number {number} absorbs most. Spread the frequencies evenly on a logarithmic "
            "axis over the band of the source.",
            used=When_at_least, idle=0.0, unit="Hz", above=0, needs=(Need(VISCOUS),), part=number - 1,
        )
        for number, When_at_least in ()
    ),
)  # fmt: skip
