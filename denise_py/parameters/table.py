"""The table of all parameters: the only place where the names of JSON keys are written.

Messages, `denise explain` and docs/parameters.md are generated from it. Keys of one subject stand
together. The features at the top say what this version cannot do yet: setting one of them to
available=True opens every key and every value that needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from denise_py.parameters.key import (
    Alias,
    Feature,
    Key,
    Need,
    SameAs,
    Value,
    at_least,
    both,
    either,
    equals,
    positive,
)

# ------------------------------------------------------------------------------------ features

VISCOUS: Final = Feature("viscoelastic modelling", available=True)
ACOUSTIC_WAVES: Final = Feature("acoustic modelling", available=True)
SH_WAVES: Final = Feature("modelling of SH waves", available=True)
JOINT_INVERSION: Final = Feature("joint inversion of P-SV and SH waves", available=True)
PLANE_WAVE: Final = Feature("the plane-wave source", available=True)
RECEIVER_ARRAY: Final = Feature("the receiver array", available=True)
STREAMER: Final = Feature("the moving streamer", available=True)
SNAPSHOT_FILES: Final = Feature("writing of wavefield snapshots", available=True)
OTHER_NORMS: Final = Feature("inversion with a misfit other than the L2 norm", available=True)
NORMALISATION: Final = Feature("normalisation of traces", available=True)
TRACE_KILL: Final = Feature("killing of traces", available=True)
TIME_WINDOW: Final = Feature("time windowing of the data", available=True)
FREQUENCY_LIST: Final = Feature("filtering with a list of frequencies", available=True)
WRITE_FILTERED: Final = Feature("writing of filtered observed data", available=True)
SOURCE_INVERSION: Final = Feature("inversion for the source wavelet", available=True)
FROZEN_PRECONDITIONER: Final = Feature("a preconditioner kept from one iteration", available=True)
FILE_TAPERS: Final = Feature("tapering of gradients with files", available=True)
SPATIAL_FILTER: Final = Feature("smoothing of the gradient", available=True)
GRADIENT_FILTER: Final = Feature("median filtering of the gradient", available=True)
MODEL_SMOOTHING: Final = Feature("median filtering of the model", available=True)
FIXED_TRIALS: Final = Feature("the L-BFGS step search with three fixed trials", available=True)

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
        "smoothing": "Smoothing of gradient and model",
        "limits": "Limits of the model update",
        "optimiser": "Optimiser and step length",
        "batches": "Fewer shots per iteration",
        "joint": "Joint inversion of P-SV and SH waves",
    }
)

# ---------------------------------------------------------------------------------- conditions

INVERSION: Final = equals("INVMAT", 0)
RECORDING: Final = positive("SEISMO")
RECEIVERS: Final = either(RECORDING, INVERSION)
RECEIVER_LINE: Final = both(both(RECEIVERS, equals("READREC", 0)), equals("REC_ARRAY", 0))
LINE_START: Final = either(RECEIVER_LINE, both(RECEIVERS, equals("READREC", 2)))
LINE_END: Final = either(RECEIVER_LINE, both(both(RECEIVERS, equals("READREC", 2)), positive("XREC1")))
PSV: Final = equals("WAVETYPE", 1, 3)
SH: Final = equals("WAVETYPE", 2, 3)
KLAUDER: Final = either(both(PSV, equals("QUELLART", 9)), both(SH, equals("QUELLART_SH", 9)))
FRAME: Final = positive("FW")
LOSSY: Final = both(INVERSION, positive("L"))
SNAPPING: Final = positive("SNAP")
WORKFLOW: Final = equals("USE_WORKFLOW", 1)
FILTER: Final = either(positive("TIME_FILT"), WORKFLOW)
LOW_PASS: Final = equals("TIME_FILT", 1)
NO_WORKFLOW: Final = equals("USE_WORKFLOW", 0)
PRECONDITION: Final = either(positive("EPRECOND"), WORKFLOW)
VERTICAL_TAPER: Final = equals("SWS_TAPER_GRAD_VERT", 1)
EDGE_TAPER: Final = either(VERTICAL_TAPER, equals("SWS_TAPER_GRAD_HOR", 1))
SOURCE_TAPER: Final = either(equals("SWS_TAPER_GRAD_SOURCES", 1), equals("SWS_TAPER_CIRCULAR_PER_SHOT", 1))
PHASES: Final = equals("LNORM", 9)
KILL_TABLE: Final = both(equals("TRKILL", 1), equals("TRKILL_OFFSET", 0, 2))
WAVELET_TABLE: Final = both(equals("TRKILL_STF", 1), equals("TRKILL_STF_OFFSET", 0, 2))
SAME_WINDOW: Final = both(equals("TIMEWIN", 1), equals("TW_IND", 0))
FILE_TAPER: Final = either(equals("SWS_TAPER_FILE", 1), equals("SWS_TAPER_FILE_PER_SHOT", 1))
JOINT_DATA: Final = both(INVERSION, equals("WAVETYPE", 3))
LBFGS: Final = both(INVERSION, equals("GRAD_METHOD", 2))
GAUSS_NEWTON: Final = both(INVERSION, equals("GRAD_METHOD", 5))
ADAM: Final = both(INVERSION, equals("GRAD_METHOD", 3))
BATCHES: Final = both(INVERSION, positive("BATCH_SHOTS"))
ENCODING: Final = both(INVERSION, positive("ENCODE"))
SAMPLES: Final = either(BATCHES, ENCODING)
WOLFE: Final = equals("WOLFE_CONDITION", 1)
SOURCE_FIT: Final = equals("INV_STF", 1)

OFF_ON: Final[Mapping[int, str]] = MappingProxyType({0: "off", 1: "on"})


def _ifos(name: str) -> tuple[Alias, ...]:
    return (Alias(name, "IFOS2D"),)


def _forward_only(value: Value) -> Value:
    if isinstance(value, str) or value < 0:
        return value
    return 0 if value == 0 else 10


# ------------------------------------------------------------------------------------- the rows
# fmt: off

RUN: Final = (
    Key(
        "INVMAT", "run", "inversion", "bool", "kind of run",
        "Chooses between one forward simulation per shot and a full-waveform inversion. Most keys of the "
        "inversion are read only for 0, so that one file can serve both kinds of run. DENISE ended without "
        "a word for any other number; here it is an error.",
        choices={0: "full-waveform inversion", 10: "forward modelling only"}, true_at=0, idle=10,
        aliases=(
            Alias("FORWARD_ONLY", "IFOS2D", _forward_only, "0 inversion, positive forward modelling"),
        ),
    ),
    Key(
        "VERBOSE", "run", "verbose", "bool", "amount of output",
        "1 reports more details and writes additional files, such as the adjoint sources of every shot. 0 "
        "keeps the log short. The results do not depend on it.",
        default=1, choices={0: "short", 1: "detailed"},
    ),
    Key(
        "LOG", "run", "log", "int", "where log messages go",
        "Says which processes write log messages and where to. The manual of DENISE describes this key, but "
        "the program never read it.",
        default=1,
        choices={
            0: "no log messages",
            1: "the first process to the terminal, the others to files",
            2: "as 1, and the first process to a file as well",
        },
    ),
    Key(
        "LOG_FILE", "run", "log_file", "str", "base name of the log files",
        "The number of the process is appended to it. The directory is created when the first line is "
        "written. LOG_FILE.0.timings tells at the end of a run where the time went. DENISE ignored this key "
        "and wrote hidden files into the working directory.",
        default="log/LOG_FILE", used=positive("LOG"),
    ),
    Key(
        "IDX", "run", "output_every_x", "int", "thinning of written models in x",
        "Only every IDX-th column of models, gradients and snapshots is written. Files thinned in this way "
        "hold fewer than NX * NY numbers and cannot be read as a model again. Keep 1 unless disk space is "
        "short.",
        default=1, unit="grid points", at_least=1,
    ),
    Key(
        "IDY", "run", "output_every_y", "int", "thinning of written models in y",
        "Only every IDY-th row of models, gradients and snapshots is written. Thinned files cannot be read "
        "as a model again; see IDX.",
        default=1, unit="grid points", at_least=1,
    ),
)

PHYSICS: Final = (
    Key(
        "ACOUSTIC", "physics", "acoustic", "bool", "acoustic instead of elastic waves",
        "1 simulates pressure waves in a fluid described by Vp and density. It implies WAVETYPE = 1 and "
        "INVMAT1 = 1. With equal AMP an acoustic and an elastic run record the same pressure in a fluid, "
        "but the acoustic velocities are twice as large, as in DENISE.",
        default=0, choices={0: "elastic", 1: "acoustic"}, needs=(Need(ACOUSTIC_WAVES, unless=(0,)),),
    ),
    Key(
        "WAVETYPE", "physics", "wave_type", "int", "type of waves",
        "P-SV waves move within the plane of the model and are recorded as vx, vy and pressure. SH waves "
        "move perpendicular to it, are recorded as vz and depend on Vs and density only. 3 simulates both "
        "for every shot. With ACOUSTIC = 1 the value is 1.",
        default=1, idle=1, used=equals("ACOUSTIC", 0),
        choices={1: "P-SV", 2: "SH", 3: "P-SV and SH"},
        needs=(Need(SH_WAVES, unless=(1,)), Need(JOINT_INVERSION)),
    ),
    Key(
        "SH_AVERAGING", "physics", "sh_on_nodes", "bool", "how SH media are put on the grid",
        "0 puts vz half a cell below the node, with the mean density of two nodes and the harmonic mean of "
        "mu over four nodes for one of the stresses, as DENISE does, whose seismograms it reproduces. 1 puts "
        "vz on the node with its own density, and takes means of mu over the two nodes beside each stress. "
        "A free surface then lies half a cell above the first row.",
        default=0, used=SH, choices={0: "vz between the nodes, as DENISE", 1: "vz on the nodes"},
        needs=(Need(SH_WAVES),),
    ),
)

DOMAIN: Final = (
    Key(
        "NPROCX", "domain", "nprocx", "int", "number of blocks in x",
        "The grid is cut into NPROCX * NPROCY blocks, one for each MPI process that works on a shot. DENISE "
        "demanded that NX be divisible by NPROCX; here blocks may differ in size. A block must not be "
        "narrower than the difference operator needs (FDORDER points). The results do not depend on the "
        "decomposition.",
        default=1, at_least=1,
    ),
    Key(
        "NPROCY", "domain", "nprocy", "int", "number of blocks in y",
        "Number of blocks in vertical direction; see NPROCX. Nearly square blocks exchange the least data.",
        default=1, at_least=1,
    ),
)

GRID: Final = (
    Key(
        "NX", "grid", "nx", "int", "number of grid points in x",
        "Size of the grid in horizontal direction, including the absorbing frame on both sides. Grid point "
        "i lies at x = i * DH, so the model reaches from DH to NX * DH and x = 0 lies outside. Model files "
        "must hold exactly NX * NY numbers.",
        at_least=1,
    ),
    Key(
        "NY", "grid", "ny", "int", "number of grid points in y",
        "Size of the grid in vertical direction, including the absorbing frame. y points down, and the "
        "first row lies at y = DH; with a free surface this row is the surface.",
        at_least=1,
    ),
    Key(
        "DH", "grid", "dh", "float", "grid spacing",
        "Distance between neighbouring grid points, the same in x and y. It has to resolve the shortest "
        "wavelength, slowest velocity / highest frequency: with Taylor operators by about 23, 8, 6 or 5 "
        "points for FDORDER 2, 4, 6 or 8. Too coarse a grid disperses the waves; halving DH makes a run "
        "about eight times as expensive.",
        unit="m", above=0,
    ),
)

TIME: Final = (
    Key(
        "TIME", "time", "duration", "float", "simulated time",
        "The number of time steps is TIME / DT, rounded to the nearest whole number. Sample n of a "
        "seismogram belongs to the time n * DT, so the first sample does not lie at time zero. Observed "
        "data of an inversion must have this length.",
        unit="s", above=0,
    ),
    Key(
        "DT", "time", "dt", "float", "time step",
        "Must not exceed DH / (sqrt(2) * g * fastest velocity), where g is the sum of the absolute operator "
        "weights: 1 for order 2, 7/6 for order 4 and 2161/1680 for order 8 with Taylor operators. A run "
        "that would be unstable stops before its first step. SU headers hold the sampling interval in whole "
        "microseconds, so choose DT accordingly.",
        unit="s", above=0,
    ),
)

FD: Final = (
    Key(
        "FDORDER", "fd", "order", "int", "order of the spatial differences",
        "Higher orders get along with fewer points per wavelength, but take more operations per point and a "
        "slightly smaller DT. Orders 4 to 8 are usual. DENISE accepted 10 and 12 as well but computed P-SV "
        "and acoustic waves wrongly with them; here these orders work.",
        choices={order: f"order {order}" for order in (2, 4, 6, 8, 10, 12)},
    ),
    Key(
        "MAXRELERROR", "fd", "max_relative_error", "int", "kind of difference operator",
        "Taylor operators are exact for long waves and lose accuracy towards short ones. Holberg operators "
        "spread an allowed error of the group velocity over a wide band and need fewer points per "
        "wavelength, at the price that even long waves travel with that error. Use 0 when in doubt.",
        default=0,
        choices={
            0: "Taylor",
            1: "Holberg, error up to 0.1 %",
            2: "Holberg, error up to 0.5 %",
            3: "Holberg, error up to 1 %",
            4: "Holberg, error up to 3 %",
        },
    ),
    Key(
        "SUBGRID", "fd", "sub_grid", "int", "sources and receivers between grid points",
        "0 moves sources and receivers to the nearest grid point as DENISE does. 1 leaves them in place "
        "and spreads each over the 8 x 8 points around it, which changes nothing at grid points. Velocities "
        "are still taken half a spacing right of (vx) or below (vy, vz) the place; 2 corrects that as well. "
        "File headers then hold the places as they are given.",
        default=0,
        choices={
            0: "at the nearest grid point",
            1: "at their places, components staggered",
            2: "at their places, all components",
        },
    ),
    Key(
        "GRID_ADAPT", "fd", "adapt", "bool", "a coarser grid and longer steps where a stage allows them",
        "1 simulates each stage of an inversion on the coarsest grid, and with the longest time step, with "
        "which the traces of the first, the middle and the last shot agree with those of this grid and DT to "
        "GRID_ERROR. Model, data, gradients and all files keep their grid and sampling. The log tells the "
        "spacing, the saving and the difference.",
        default=0, used=INVERSION, choices=OFF_ON,
    ),
    Key(
        "GRID_ERROR", "fd", "adapt_error", "float", "difference of traces that a coarser grid may make",
        "Root mean square over all traces of a component and shot, in the band of the stage, relative to "
        "that of the traces themselves. The misfit of a perfect model would be about its square.",
        default=0.02, used=equals("GRID_ADAPT", 1), idle=0.02, above=0, at_most=1,
    ),
    Key(
        "GRID_CORRECT", "fd", "adapt_correct", "int", "iterations between corrections of a coarser grid",
        "Traces of the coarser grid are corrected by what the grid of the run gives in addition in the model "
        "with which a stage begins, and anew every so many iterations, which costs one simulation of each "
        "shot on both grids; with BATCH_SHOTS or ENCODE those of the iteration alone, anew also when they "
        "change. GRID_ERROR then limits the difference before the correction and may be larger, 0.2 say. 0 "
        "corrects nothing.",
        default=0, used=equals("GRID_ADAPT", 1), idle=0, at_least=0,
    ),
)

MODEL: Final = (
    Key(
        "READMOD", "model", "read", "bool", "source of the model",
        "1 reads the files that begin with MFILE. 0 takes a built-in demonstration model: a gradient down "
        "to 15 m (Vp 500 to 1200 m/s, Vs 300 to 700 m/s, density 1800 to 2000 kg/m3) above a half-space "
        "that continues its lowest values. DENISE wanted to be recompiled for another built-in model; write "
        "model files instead.",
        default=1, choices={0: "built-in model", 1: "model files"},
    ),
    Key(
        "MFILE", "model", "file", "str", "base name of the model files",
        "The files end in .vp, .vs and .rho, or in .lam, .mu and .rho for INVMAT1 = 3. Each holds NX * NY "
        "little-endian 4-byte floats without any header, column after column from the left, each column "
        "from top to bottom, in m/s, kg/m3 or Pa. In an inversion this is the start model.",
    ),
    Key(
        "INVMAT1", "model", "parameterization", "int", "parameters that describe the model",
        "The quantities the inversion updates, and for 3 also the quantities in the model files. Velocities "
        "and density are the usual choice. The limits of the update are velocities and density in any case. "
        "DENISE crashed with 2 and computed unusable gradients with 3.",
        default=1, idle=1, used=equals("ACOUSTIC", 0),
        choices={
            1: "Vp, Vs and density",
            2: "P and S impedance and density (files: Vp, Vs, density)",
            3: "Lame parameters lambda and mu, and density",
        },
        aliases=_ifos("PARAMETERIZATION"),
    ),
)

ATTENUATION: Final = (
    Key(
        "L", "attenuation", "mechanisms", "int", "number of relaxation mechanisms",
        "0 is an elastic medium. One mechanism absorbs around one frequency; three make Q nearly constant "
        "over about two decades. Each costs three more fields and noticeable time. DENISE took five at most "
        "and demanded TAU as soon as this key was present, even with 0; here TAU is needed for L > 0 only.",
        default=0, at_least=0, at_most=10, needs=(Need(VISCOUS, unless=(0,)),),
    ),
    *(
        Key(
            f"FL{number}", "attenuation", "frequencies", "float", f"relaxation frequency {number}",
            f"Frequency near which mechanism number {number} absorbs most. Space the frequencies evenly on a "
            "logarithmic axis over the band of the data.",
            used=at_least("L", number), idle=0.0, unit="Hz", above=0, needs=(Need(VISCOUS),), part=number - 1,
        )
        for number in range(1, 11)
    ),
    Key(
        "TAU", "attenuation", "tau", "float", "level of attenuation",
        "Ratio of strain to stress relaxation time, minus one; about 2 / Q for one mechanism. It holds for "
        "P and S waves everywhere unless files with the endings .qp and .qs lie beside the model.",
        used=positive("L"), idle=0.0, at_least=0, needs=(Need(VISCOUS),),
    ),
    Key(
        "F_REF", "attenuation", "reference_frequency", "float", "reference frequency of the velocities",
        "An attenuating medium is dispersive: the velocities of the model files hold at this frequency. A "
        "negative value means the highest centre frequency in the source file.",
        default=-1.0, used=positive("L"), unit="Hz", needs=(Need(VISCOUS),),
    ),
)

BOUNDARY: Final = (
    Key(
        "FREE_SURF", "boundary", "free_surface", "bool", "free surface on top",
        "1 makes the first row of the grid (y = DH) free of traction; surface waves and surface multiples "
        "develop. 0 puts an absorbing frame there as on the other sides. Sources and receivers at the "
        "surface sit at y = DH.",
        choices={0: "absorbing frame on top", 1: "free surface"},
    ),
    Key(
        "SURFACE_SCHEME", "boundary", "one_sided_surface", "bool", "operators at the free surface",
        "0 mirrors the stresses above the surface as DENISE does, whose seismograms it reproduces; surface "
        "waves then travel slightly too fast at FDORDER 4 and above, and lose a few per cent of amplitude. 1 "
        "takes one-sided operators in the top rows: much more accurate surface waves, not those of DENISE. "
        "Needs FDORDER 4 with MAXRELERROR 0.",
        default=0, used=equals("FREE_SURF", 1), choices={0: "images, as DENISE", 1: "one-sided operators"},
    ),
    Key(
        "BOUNDARY", "boundary", "periodic", "bool", "left and right side",
        "With 1 waves that leave on the right come in on the left and the side frames vanish. This suits "
        "layered models and plane waves. DENISE treated other values as 0 on one process only; here they "
        "are errors.",
        default=0, choices={0: "absorbing frames", 1: "periodic"},
    ),
    Key(
        "FW", "boundary", "width", "int", "width of the absorbing frame",
        "Thickness of the convolutional perfectly matched layer (CPML) on each absorbing side. 10 to 20 "
        "points are usual; thinner frames reflect noticeably. The frame belongs to the grid, so keep "
        "sources, receivers and targets out of it. 0 switches it off and all waves are reflected.",
        unit="grid points", at_least=0,
    ),
    Key(
        "DAMPING", "boundary", "velocity", "float", "wave velocity in the absorbing frame",
        "Sets the strength of the absorption. Take the velocity of the waves that hit the frame, about the "
        "P velocity of the deeper model. It need not be exact; too small a value absorbs too little.",
        used=FRAME, idle=0.0, unit="m/s", above=0, aliases=_ifos("VPPML"),
    ),
    Key(
        "FPML", "boundary", "frequency", "float", "dominant frequency in the absorbing frame",
        "Controls the frequency shift of the absorbing layer, which helps against waves at grazing "
        "incidence. Take the centre frequency of the source signal.",
        used=FRAME, idle=0.0, unit="Hz", at_least=0,
    ),
    Key(
        "npower", "boundary", "power", "float", "exponent of the damping profile",
        "The absorption rises with this power of the depth inside the frame. 4 is the usual value; a "
        "smaller one starts to absorb earlier.",
        default=4.0, used=FRAME, idle=4.0, above=0, at_most=20,
    ),
    Key(
        "k_max_PML", "boundary", "k_max", "float", "largest stretching in the absorbing frame",
        "Real stretching of coordinates at the outer edge of the frame. 1 means none; larger values help "
        "against evanescent and grazing waves, but too large ones make the frame reflect.",
        default=1.0, used=FRAME, idle=1.0, at_least=1,
    ),
)

SOURCES: Final = (
    Key(
        "SRCREC", "sources", "kind", "int", "where sources come from",
        "1 reads positions and parameters of the sources from SOURCE_FILE. 2 fires a row of sources at "
        "once, which makes a plane wave; in DENISE this could not be reached.",
        default=1, choices={1: "source file", 2: "plane wave"}, needs=(Need(PLANE_WAVE, unless=(1,)),),
    ),
    Key(
        "SOURCE_FILE", "sources", "file", "str", "source file",
        "The first line holds the number of sources, then follows one line per source: x, a number that is "
        "not used, depth y (both in m), delay in s, centre frequency in Hz, amplitude, and optionally "
        "azimuth in degrees and source type (see QUELLTYP). Note that the third number is the depth.",
        used=equals("SRCREC", 1),
    ),
    Key(
        "RUN_MULTIPLE_SHOTS", "sources", "one_by_one", "bool", "how sources are fired",
        "With 1 every source of the file is a shot with its own simulation and its own seismograms. With 0 "
        "all sources fire in one simulation, which is written as shot 1. An inversion needs 1.",
        used=equals("SRCREC", 1), idle=0, choices={0: "all sources at once", 1: "one shot per source"},
    ),
    Key(
        "QUELLTYP", "sources", "type", "int", "source type",
        "Holds for every source whose line has no eighth number. Explosions act on both normal stresses, "
        "forces on the particle velocity. For 4 the azimuth of the source file turns the force from "
        "vertical (down, 0 degrees) to horizontal (+x, 90 degrees). SH sources are always forces "
        "perpendicular to the plane.",
        choices={1: "explosion", 2: "force in x", 3: "force in y", 4: "force at an angle"},
        aliases=_ifos("SOURCE_TYPE"),
    ),
    Key(
        "QUELLART", "sources", "wavelet", "int", "source wavelet",
        "Shape of the source signal, scaled by the amplitude and placed by delay and centre frequency of "
        "the source file. The Ricker wavelet peaks 1.5 / (centre frequency) after the delay. A file (3) is "
        "sampled with DT and serves all shots; 7 reads one SU trace per shot. DENISE ignored the delay for "
        "5 and had its sign wrong for 4; both are corrected. DENISE has no 9 and 10; the Klauder wavelet is "
        "number 7 in DENISE Black Edition. The corner of the filter of 10 is the centre frequency.",
        choices={
            1: "Ricker",
            2: "Fuchs-Mueller",
            3: "samples in the text file SIGNAL_FILE",
            4: "sine cubed",
            5: "first derivative of a Gaussian",
            6: "spike",
            7: "SU or SEG-Y files SIGNAL_FILE.shot1, SIGNAL_FILE.shot2, ...",
            8: "integral of sine cubed",
            9: "Klauder wavelet of a sweep",
            10: "low-pass filtered spike",
        },
        aliases=_ifos("SOURCE_SHAPE"),
    ),
    Key(
        "QUELLART_SH", "sources", "wavelet_sh", "int", "source wavelet of SH waves",
        "Shape of the signal of SH sources, with the same numbers as QUELLART. Positions, delay, frequency "
        "and amplitude come from the source file as for P-SV waves. SIGNAL_FILE_SH replaces SIGNAL_FILE.",
        used=SH, idle=1,
        choices={
            1: "Ricker",
            2: "Fuchs-Mueller",
            3: "samples in the text file SIGNAL_FILE_SH",
            4: "sine cubed",
            5: "first derivative of a Gaussian",
            6: "spike",
            7: "SU or SEG-Y files SIGNAL_FILE_SH.shot1, SIGNAL_FILE_SH.shot2, ...",
            8: "integral of sine cubed",
            9: "Klauder wavelet of a sweep",
            10: "low-pass filtered spike",
        },
        aliases=_ifos("SOURCE_SHAPE_SH"), needs=(Need(SH_WAVES),),
    ),
    Key(
        "SIGNAL_FILE", "sources", "signal_file", "str", "file of the source wavelet",
        "For QUELLART = 3 a text file with one sample per line, spaced by DT; missing samples count as "
        "zero. For QUELLART = 7 the base name of SU files, one trace per shot, or of SEG-Y files "
        "SIGNAL_FILE.shot1.sgy and so on. With INV_STF = 1 the estimated wavelets are written under this "
        "name.",
        used=both(PSV, either(equals("QUELLART", 3, 7), SOURCE_FIT)),
    ),
    Key(
        "SIGNAL_FILE_SH", "sources", "signal_file_sh", "str", "file of the SH source wavelet",
        "As SIGNAL_FILE, for SH waves. DENISE asked for it depending on QUELLART and then read SIGNAL_FILE; "
        "here QUELLART_SH decides and this file is read.",
        used=both(SH, either(equals("QUELLART_SH", 3, 7), SOURCE_FIT)), needs=(Need(SH_WAVES),),
    ),
    Key(
        "SWEEP_F1", "sources", "sweep_first", "float", "first frequency of the sweep",
        "The Klauder wavelet is the autocorrelation of a sweep whose frequency rises evenly from SWEEP_F1 to "
        "SWEEP_F2. 0 stands for half the centre frequency of each source.",
        default=0.0, used=KLAUDER, idle=0.0, unit="Hz", at_least=0,
    ),
    Key(
        "SWEEP_F2", "sources", "sweep_last", "float", "last frequency of the sweep",
        "Upper end of the sweep, above SWEEP_F1 and below the Nyquist frequency. 0 stands for one and a half "
        "times the centre frequency of each source.",
        default=0.0, used=KLAUDER, idle=0.0, unit="Hz", at_least=0,
    ),
    Key(
        "SWEEP_LENGTH", "sources", "sweep_length", "float", "length of the sweep",
        "The Klauder wavelet peaks SWEEP_LENGTH after the delay of the source and ends as long after that. "
        "The longer the sweep, the smaller are the side lobes of the wavelet. A negative delay in the source "
        "file saves time steps at the price of a cut beginning.",
        used=KLAUDER, idle=1.0, unit="s", above=0,
    ),
    Key(
        "PLANE_WAVE_DEPTH", "sources", "plane_wave_depth", "float", "depth of the plane-wave sources",
        "Depth of the horizontal row of sources, one in every column of the grid. It sends one plane wave "
        "down and one up. Place it below the absorbing frame when there is no free surface.",
        used=equals("SRCREC", 2), idle=0.0, unit="m", at_least=0, needs=(Need(PLANE_WAVE),),
    ),
    Key(
        "PHI", "sources", "plane_wave_angle", "float", "dip of the plane wave",
        "Angle between the horizontal and the wavefront that leaves the row of sources downwards, positive "
        "if it is deeper on the right. The sources fire one after the other, at the pace of the wave "
        "velocity along the row, so TIME must leave room for their delays. DENISE meant to tilt the row.",
        used=positive("PLANE_WAVE_DEPTH"), idle=0.0, unit="degrees", at_least=-85, at_most=85,
        needs=(Need(PLANE_WAVE),),
    ),
    Key(
        "TS", "sources", "plane_wave_period", "float", "dominant period of the plane wave",
        "The centre frequency of the plane wave is 1 / TS. With a source file the frequencies come from "
        "there and this key is not used.",
        used=positive("PLANE_WAVE_DEPTH"), idle=0.0, unit="s", above=0, needs=(Need(PLANE_WAVE),),
    ),
)

RECEIVER_ROWS: Final = (
    Key(
        "READREC", "receivers", "kind", "int", "where receivers come from",
        "0 places receivers on a line from (XREC1, YREC1) to (XREC2, YREC2), 1 reads their positions from "
        "REC_FILE. 2 gives every shot receivers of its own: with XREC1 the streamer of IFOS2D, a horizontal "
        "line that moves along with the shots; without it one file per shot, REC_FILE.shot1, REC_FILE.shot2 "
        "and so on (or REC_FILE_shot_1.dat, as in DENISE Black Edition).",
        used=RECEIVERS, idle=1,
        choices={0: "line", 1: "receiver file", 2: "receivers per shot: streamer or files"},
        needs=(Need(STREAMER, unless=(0, 1)),),
    ),
    Key(
        "REC_FILE", "receivers", "file", "str", "receiver file",
        "One receiver per line: x and y in m. Further numbers on a line are not read. Each position moves "
        "to the nearest grid point; of several receivers on the same point the first one is kept. For "
        "READREC = 2 the name without .shot1; a streamer writes its positions under these names.",
        used=both(RECEIVERS, equals("READREC", 1, 2)),
    ),
    Key(
        "XREC1", "receivers", "x1", "float", "first receiver of the line, x",
        "Start of the receiver line. The files of DENISE often give both coordinates in one entry, \"XREC1, "
        "YREC1\". For READREC = 2 the ends are those of the first shot, and the one nearer to its source is "
        "the first receiver.",
        default=0.0, used=LINE_START, required=RECEIVER_LINE, idle=0.0, unit="m", at_least=0,
    ),
    Key(
        "YREC1", "receivers", "y1", "float", "first receiver of the line, y",
        "Depth at the start of the receiver line. With a free surface the shallowest possible depth is DH, "
        "the first row.",
        used=LINE_END, idle=0.0, unit="m",
    ),
    Key(
        "XREC2", "receivers", "x2", "float", "last receiver of the line, x",
        "End of the receiver line. The last receiver may lie before it when the spacing does not divide the "
        "length.",
        used=LINE_END, idle=0.0, unit="m",
    ),
    Key(
        "YREC2", "receivers", "y2", "float", "last receiver of the line, y",
        "Depth at the end of the receiver line. DENISE cut the slope of a dipping line to a whole number, "
        "which made most of them horizontal; here the true slope counts.",
        used=LINE_END, idle=0.0, unit="m",
    ),
    Key(
        "NGEOPH", "receivers", "spacing", "int", "distance between receivers on the line",
        "Counted in grid points, not in metres, along x (along y for a steep line). NGEOPH = 5 with DH = "
        "0.2 m puts a receiver every metre.",
        used=LINE_END, idle=1, unit="grid points", at_least=1,
    ),
    Key(
        "REFRECX", "receivers", "shift_x", "float", "shift of the receivers, x",
        "Added to every x of REC_FILE, for instance to make room for the absorbing frame. Receivers on a "
        "line are not shifted.",
        default=0.0, used=RECEIVERS, unit="m",
    ),
    Key(
        "REFRECY", "receivers", "shift_y", "float", "shift of the receivers, y",
        "Added to every y of REC_FILE, for instance DH to put receivers with y = 0 onto the surface. "
        "Receivers on a line are not shifted.",
        default=0.0, used=RECEIVERS, unit="m",
    ),
    Key(
        "REC_ARRAY", "receivers", "array", "int", "number of horizontal receiver lines",
        "A value above 0 covers the model with that many horizontal lines of receivers instead of a single "
        "one; it needs READREC = 0, and XREC1 to NGEOPH are not used. DENISE placed them wrongly because it "
        "took the width of the frame for 0 and the size of a block for that of the grid.",
        default=0, used=RECEIVERS, at_least=0, needs=(Need(RECEIVER_ARRAY, unless=(0,)),),
    ),
    Key(
        "DRX", "receivers", "array_spacing", "int", "distance between receivers of the array",
        "Horizontal spacing within each line of the array, counted in grid points. The lines run from one "
        "absorbing frame to the other.",
        used=positive("REC_ARRAY"), idle=1, unit="grid points", at_least=1, needs=(Need(RECEIVER_ARRAY),),
    ),
    Key(
        "REC_ARRAY_DEPTH", "receivers", "array_depth", "float", "depth of the first line of the array",
        "Depth of the uppermost line of receivers of the array. The lines below it follow at the distance "
        "REC_ARRAY_DIST.",
        used=positive("REC_ARRAY"), idle=0.0, unit="m", at_least=0, needs=(Need(RECEIVER_ARRAY),),
    ),
    Key(
        "REC_ARRAY_DIST", "receivers", "array_distance", "float", "vertical distance of the array lines",
        "Distance in depth from one line of receivers to the next. All REC_ARRAY lines must lie within the "
        "model.",
        used=positive("REC_ARRAY"), idle=0.0, unit="m", at_least=0, needs=(Need(RECEIVER_ARRAY),),
    ),
)

SEISMOGRAMS: Final = (
    Key(
        "SEISMO", "seismograms", "kind", "int", "recorded quantities",
        "Pressure is -(sxx + syy) in an elastic medium, that is twice the mean stress of the plane. "
        "Divergence and curl are scaled as in DENISE (by the time step and the roots of the first two model "
        "parameters). An inversion records what its misfit needs in addition.",
        choices={
            0: "nothing",
            1: "particle velocity",
            2: "pressure",
            3: "divergence and curl",
            4: "everything",
            5: "particle velocity and pressure",
        },
    ),
    Key(
        "SEIS_FILE", "seismograms", "prefix", "str", "base name of the seismograms",
        "A forward run writes SEIS_FILE_x.su.shot1, _y, _z, _p, _div and _curl (SEG-Y: "
        "SEIS_FILE_x.shot1.sgy), names that DATA_DIR of an inversion finds again. An inversion writes "
        "SEIS_FILE_vx.su.shot1.it1 and so on. This is the key of DENISE since January 2016; when it is "
        "absent, the older keys SEIS_FILE_VX etc. name the files.",
        default="", used=RECORDING,
    ),
    *(
        Key(
            name, "seismograms", "files", "str", f"seismogram file of {quantity}",
            "Name of one component, used literally and followed by .shot1.it1 and so on, as in DENISE until "
            "December 2015. SEIS_FILE makes it unnecessary.",
            default="", used=RECORDING, part=component,
        )
        for name, component, quantity in (
            ("SEIS_FILE_VX", "vx", "the horizontal velocity vx"),
            ("SEIS_FILE_VY", "vy", "the vertical velocity vy"),
            ("SEIS_FILE_VZ", "vz", "the velocity vz of SH waves"),
            ("SEIS_FILE_P", "p", "the pressure"),
            ("SEIS_FILE_DIV", "div", "the divergence"),
            ("SEIS_FILE_CURL", "curl", "the curl"),
        )
    ),
    Key(
        "NDT", "seismograms", "every", "int", "thinning of the seismograms in time",
        "Every NDT-th sample is written; the first one is sample NDT. Nothing is filtered before, so keep "
        "the interval well below half the shortest period. Use 1 for data that an inversion shall read.",
        default=1, used=RECORDING, unit="time steps", at_least=1,
    ),
    Key(
        "SEIS_FORMAT", "seismograms", "format", "int", "format of the seismograms",
        "SU traces have a header of 240 bytes with positions in mm and are little-endian. SEG-Y files are of "
        "revision 1 with 4-byte IEEE floats; their names end in .sgy. Text and binary hold the samples only, "
        "trace after trace. An inversion reads SU and SEG-Y.",
        default=1, used=RECORDING,
        choices={1: "SU", 2: "text, one sample per line", 3: "binary, 4-byte floats", 4: "SEG-Y"},
    ),
)

SNAPSHOT_KEYS: Final = (
    Key(
        "SNAP", "snapshots", "kind", "int", "wavefield snapshots",
        "Fields of the whole grid at regular times, for films of the waves. The files become large: one "
        "field takes NX * NY * 4 bytes; IDX and IDY thin it. Every process writes the piece of its block; "
        "`snapmerge FILE.json` joins the pieces. SH waves have a particle velocity only. In an inversion the "
        "fields are those of the last gradient that was computed.",
        default=0,
        choices={
            0: "none",
            1: "particle velocity",
            2: "pressure",
            3: "divergence and curl",
            4: "everything",
        },
        needs=(Need(SNAPSHOT_FILES, unless=(0,)),),
    ),
    Key(
        "SNAP_FORMAT", "snapshots", "format", "int", "format of the snapshots",
        "Binary files are the compact choice. DENISE lists SU as number 1 but refuses it, and so does this "
        "program. Text has one number per line.",
        used=SNAPPING, idle=3, choices={2: "text", 3: "binary, 4-byte floats"}, needs=(Need(SNAPSHOT_FILES),),
    ),
    Key(
        "TSNAP1", "snapshots", "start", "float", "time of the first snapshot",
        "The first snapshot is taken at the nearest time step, the next ones every TSNAPINC. With 0 DENISE "
        "wrote no snapshot at all; here the first one is then taken at TSNAPINC.",
        used=SNAPPING, idle=0.0, unit="s", at_least=0, needs=(Need(SNAPSHOT_FILES),),
    ),
    Key(
        "TSNAP2", "snapshots", "end", "float", "time of the last snapshot",
        "No snapshot is taken after this time. It need not be a multiple of TSNAPINC; DENISE lost the last "
        "snapshot when it merged the files.",
        used=SNAPPING, idle=0.0, unit="s", at_least=0, needs=(Need(SNAPSHOT_FILES),),
    ),
    Key(
        "TSNAPINC", "snapshots", "increment", "float", "time between snapshots",
        "Interval between two snapshots, rounded to whole time steps. A tenth of the travel time through "
        "the model is a good start for a film.",
        used=SNAPPING, idle=1.0, unit="s", above=0, needs=(Need(SNAPSHOT_FILES),),
    ),
    Key(
        "SNAP_FILE", "snapshots", "file", "str", "base name of the snapshots",
        "Shot number, format and component are appended to it. Its directory must exist before the run.",
        used=SNAPPING, needs=(Need(SNAPSHOT_FILES),),
    ),
    Key(
        "SNAPSHOT_START", "snapshots", "shot_start", "int", "first shot with snapshots",
        "Snapshots are written for the shots SNAPSHOT_START, SNAPSHOT_START + SNAPSHOT_INCR, ... up to "
        "SNAPSHOT_END.",
        used=SNAPPING, idle=1, at_least=1, needs=(Need(SNAPSHOT_FILES),),
    ),
    Key(
        "SNAPSHOT_END", "snapshots", "shot_end", "int", "last shot with snapshots",
        "Last shot for which snapshots are written. Shots after it run as usual; see SNAPSHOT_START.",
        used=SNAPPING, idle=1, at_least=1, needs=(Need(SNAPSHOT_FILES),),
    ),
    Key(
        "SNAPSHOT_INCR", "snapshots", "shot_increment", "int", "step between shots with snapshots",
        "Step from one shot with snapshots to the next. 1 writes snapshots of all shots from SNAPSHOT_START "
        "to SNAPSHOT_END.",
        used=SNAPPING, idle=1, at_least=1, needs=(Need(SNAPSHOT_FILES),),
    ),
)

INVERSION_KEYS: Final = (
    Key(
        "ITERMAX", "inversion", "max_iterations", "int", "largest number of iterations",
        "Counts through all stages of a workflow. The inversion may stop earlier, see PRO. An iteration "
        "costs about two simulations per shot for the gradient, plus the search for a step length.",
        used=INVERSION, idle=1, at_least=1,
    ),
    Key(
        "DATA_DIR", "inversion", "data", "str", "base name of the observed data",
        "Not a directory but the beginning of file names: DATA_DIR_x.su.shot1, _y, _p or _z for each shot, "
        "or DATA_DIR_x.shot1.sgy and so on, as SEIS_FILE of a forward run makes them. SU or SEG-Y, traces in "
        "the order of REC_FILE, sampled with DT over the whole TIME.",
        used=INVERSION,
    ),
    Key(
        "QUELLTYPB", "inversion", "data_components", "int", "components that are inverted",
        "The components of the observed data that enter the misfit. SH data (z) are always used when SH "
        "waves are simulated.",
        used=INVERSION, idle=1,
        choices={
            1: "x and y",
            2: "y",
            3: "x",
            4: "pressure",
            5: "x and pressure",
            6: "y and pressure",
            7: "x, y and pressure",
        },
        aliases=_ifos("ADJOINT_TYPE"),
    ),
    Key(
        "PRESSURE_WEIGHT", "inversion", "pressure_weight", "float", "weight of pressure beside velocities",
        "Pressure is divided by the mean impedance of the start model, mean Vp times mean density, and "
        "multiplied by this number before it is compared, so that with 1 a P wave counts as much as pressure "
        "as it does as velocity. A misfit that does not depend on amplitudes does not depend on it either.",
        default=1.0, used=both(INVERSION, equals("QUELLTYPB", 5, 6, 7)), above=0,
    ),
    Key(
        "VELOCITY", "inversion", "velocity", "bool", "quantity that is compared",
        "With 0 recorded velocities (or pressure) are integrated in time before they are compared, which "
        "favours low frequencies. With 1 they are compared as recorded. The observed data are velocities in "
        "both cases.",
        default=0, used=INVERSION, choices={0: "displacement", 1: "velocity"},
    ),
    Key(
        "MISFIT_LOG_FILE", "inversion", "misfit_log", "str", "file of the misfit history",
        "One line per iteration: step lengths, misfits of the trial steps, misfit of all shots and, with "
        "filtering, the corner frequency. It begins anew with every inversion, so an older file of this "
        "name is lost.",
        default="L2_LOG.dat", used=INVERSION,
    ),
    Key(
        "INVTYPE", "inversion", "", "int", "kind of inversion",
        "A remnant of DENISE, which skipped all shots for any value but 2. The key can be left out.",
        default=2, used=INVERSION, choices={2: "full-waveform inversion"},
    ),
    Key(
        "USE_WORKFLOW", "inversion", "use_workflow", "bool", "inversion in stages",
        "With 1 the lines of FILE_WORKFLOW say, stage by stage, which parameters move, the corner frequency "
        "of the filter and when to go on to the next stage. DENISE demanded FILE_WORKFLOW as soon as this "
        "key was present, even with 0; here 1 alone demands it.",
        default=0, used=INVERSION, choices=OFF_ON,
    ),
    Key(
        "FILE_WORKFLOW", "inversion", "workflow_file", "str", "workflow file",
        "A header line, then one line of numbers per stage, in the layout of DENISE (12 columns), IFOS2D "
        "(14) or DENISE Black Edition (up to 30), as docs/running.md explains. What a stage leaves open is "
        "as in this file. DENISE lost a last line without line end and took blank lines for stages; here "
        "both are handled.",
        used=WORKFLOW,
    ),
    Key(
        "TESTSHOT_START", "inversion", "test_shot_start", "int", "first test shot",
        "The parabolic step search simulates only the test shots TESTSHOT_START, TESTSHOT_START + "
        "TESTSHOT_INCR, ... up to TESTSHOT_END. A few shots spread over the profile save time; 0, the "
        "default, takes all shots, which is safest. DENISE did not notice numbers beyond the last shot.",
        default=0, used=INVERSION, at_least=0,
    ),
    Key(
        "TESTSHOT_END", "inversion", "test_shot_end", "int", "last test shot",
        "Last shot that may serve as test shot. It need not be hit by TESTSHOT_INCR.",
        used=positive("TESTSHOT_START"), idle=0, at_least=1,
    ),
    Key(
        "TESTSHOT_INCR", "inversion", "test_shot_increment", "int", "step between test shots",
        "Step from one test shot to the next. 1 takes every shot between TESTSHOT_START and TESTSHOT_END.",
        default=1, used=positive("TESTSHOT_START"), at_least=1,
    ),
    Key(
        "INV_MODELFILE", "inversion", "model_file", "str", "base name of inverted models",
        "The current models are written to INV_MODELFILE_vp.bin, _vs.bin and _rho.bin, and kept as "
        "_vp_it1.bin etc. according to nfstart and nf. In a forward run it equals MFILE.",
        used=INVERSION, idle=SameAs("MFILE"),
    ),
    Key(
        "nfstart", "inversion", "model_first", "int", "first iteration whose model is kept",
        "Models are kept under their own name in iteration nfstart and every nf iterations after it. The "
        "current model is written in every iteration in any case, but overwritten by the next one.",
        default=1, used=INVERSION, at_least=0,
    ),
    Key(
        "nf", "inversion", "model_every", "int", "iterations between kept models",
        "After iteration nfstart every nf-th model is kept under its own name. Three files of NX * NY * 4 "
        "bytes belong to each.",
        default=1, used=INVERSION, at_least=1,
    ),
    Key(
        "JACOBIAN", "inversion", "gradient_file", "str", "base name of gradients",
        "Gradients, search directions and preconditioners are written to files that begin with it. The "
        "directory must exist before the run.",
        used=INVERSION,
    ),
    Key(
        "nfstart_jac", "inversion", "gradient_first", "int", "first iteration whose gradient is kept",
        "Gradients are kept under their own name in iteration nfstart_jac and every nf_jac iterations after "
        "it. Look at the first one: peaks at sources or receivers call for a taper.",
        default=1, used=INVERSION, at_least=0,
    ),
    Key(
        "nf_jac", "inversion", "gradient_every", "int", "iterations between kept gradients",
        "After iteration nfstart_jac every nf_jac-th gradient is kept under its own name. DENISE honoured "
        "this for GRAD_METHOD = 1 only.",
        default=1, used=INVERSION, at_least=1,
    ),
    Key(
        "INV_VP_ITER", "inversion", "vp_from", "int", "first iteration that changes Vp",
        "The parameter stays fixed before this iteration; 0 and 1 both mean from the start. A number above "
        "ITERMAX keeps it fixed. With a workflow the stages decide.",
        default=0, used=INVERSION, unit="iterations", at_least=0,
    ),
    Key(
        "INV_VS_ITER", "inversion", "vs_from", "int", "first iteration that changes Vs",
        "Vs stays fixed before this iteration; 0 and 1 both mean from the start, a number above ITERMAX "
        "keeps it fixed. With a workflow the stages decide.",
        default=0, used=INVERSION, unit="iterations", at_least=0,
    ),
    *(
        Key(
            f"INV_Q{wave}_ITER", "inversion", f"q{wave.lower()}_from", "int",
            f"first iteration for Q of {wave} waves",
            f"From this iteration on the level of attenuation tau{wave.lower()} (2 / Q for one mechanism) is "
            "inverted for, with the exact gradient; 0 keeps it. In a workflow, too, the iteration counts. Q "
            "changes waveforms little: let the velocities come first. DENISE has no such key, its Black "
            "Edition one for S waves.",
            default=0, used=LOSSY, at_least=0,
        )
        for wave in ("P", "S")
    ),
    Key(
        "INV_RHO_ITER", "inversion", "rho_from", "int", "first iteration that changes density",
        "See INV_VP_ITER. Density is poorly resolved by travel times; it is common to release it after the "
        "velocities.",
        default=0, used=INVERSION, unit="iterations", at_least=0,
    ),
    Key(
        "DTINV", "inversion", "sampling", "int", "time steps between samples of the gradient",
        "The forward wavefield is kept and correlated at every DTINV-th step only; memory and time of the "
        "gradient shrink accordingly. With 0 every stage takes what the frequencies of its sources allow, "
        "1 / (3 f DT) to 1 / (2.6 f DT) with f where their spectrum has fallen by 40 dB, goes on for some "
        "steps beyond the end of the records and low-passes the adjoint sources, which changes the "
        "gradient by less than "
        "1e-3. Other numbers do that only if the waves have left the model by the end of the records, up to "
        "1 / (2 f DT), beyond which there is a warning. Only with 1 is the gradient the exact derivative of "
        "the misfit. DENISE, which always wants a number, overran its memory when DTINV did not divide the "
        "number of steps.",
        default=0, used=INVERSION, unit="time steps", at_least=0,
    ),
    Key(
        "STORAGE", "inversion", "storage", "str", "how the forward wavefield is kept for the gradient",
        "With auto the first way that MEMORY_LIMIT allows is taken: the steps that DTINV chooses as they "
        "are, in 16 bits, made again in segments from checkpoints, or both; the log tells which, its memory "
        "and its price. Only the points and fields are kept that the gradient of the parameters needs that "
        "move. full, decimated and checkpoint give the same gradient bit by bit for the same DTINV; "
        "checkpoint needs least memory and takes about half as long again.",
        default="auto", used=INVERSION,
        choices={
            "auto": "the fastest that MEMORY_LIMIT allows",
            "full": "every time step, whatever DTINV is",
            "decimated": "every DTINV-th step",
            "half": "every DTINV-th step, 16 bits per number; relative error of the gradient below 1e-4",
            "checkpoint": "every DTINV-th step, one segment of the run at a time, which is made again",
        },
    ),
    Key(
        "MEMORY_LIMIT", "inversion", "memory_limit", "float", "memory that a process may use",
        "For everything it does; what models, fields, traces and the optimiser need is reckoned, the rest "
        "is for STORAGE. 0 stands for 60 per cent of the memory that is free when the run begins (in a "
        "container or batch job: of what it has left), divided by the processes on the same machine.",
        default=0.0, used=INVERSION, unit="GB", at_least=0,
    ),
    Key(
        "PRO", "inversion", "min_improvement", "float", "relative misfit change that ends a stage",
        "Compares the misfit with that of two iterations before. When it has changed by less than this "
        "fraction, the stage (or the inversion) ends. A fraction, not per cent: 0.01 is one per cent. With "
        "a workflow each stage brings its own.",
        default=0.01, used=INVERSION, at_least=0,
    ),
    Key(
        "MIN_ITER", "inversion", "min_iterations", "int", "smallest number of iterations of a stage",
        "PRO is not looked at before that many iterations of a stage (or corner frequency) are done. A few "
        "iterations help over a slow start after a change of frequency.",
        default=0, used=INVERSION, at_least=0,
    ),
    Key(
        "MAX_ITER", "inversion", "max_of_stage", "int", "largest number of iterations of a stage",
        "A stage (or corner frequency) ends after so many iterations if it has not ended before, so that one "
        "that improves slowly leaves some of ITERMAX to those that follow. 0 sets no limit. A column of this "
        "name at the end of a workflow file gives each stage its own.",
        default=0, used=INVERSION, at_least=0,
    ),
)

MISFIT: Final = (
    Key(
        "LNORM", "misfit", "norm", "int", "misfit",
        "Says how far synthetic and observed traces differ. 1 to 4 and 10 are divided by their value for "
        "synthetics that are zero; 1, 3, 4 and 10 forgive outliers. 5 and 7 compare shapes and ignore the "
        "amplitude of each trace, 9 compares phases only, 8 compares envelopes. 11 and 12 measure time "
        "shifts in s^2 and are for start models that skip cycles. In DENISE 1, 3 and 4 always reported a "
        "misfit of zero.",
        default=2, idle=2, used=INVERSION,
        choices={
            1: "L1 norm",
            2: "L2 norm",
            3: "Cauchy norm",
            4: "sech norm",
            5: "global correlation",
            7: "normalised L2 norm",
            8: "L2 norm of envelopes",
            9: "phases at single frequencies",
            10: "Huber norm",
            11: "optimal transport (Wasserstein distance)",
            12: "travel times by cross-correlation",
        },
        needs=(Need(OTHER_NORMS, unless=(2,)),),
    ),
    Key(
        "LNORM_SCALE", "misfit", "scale", "float", "where robust norms stop being quadratic",
        "Differences below this many times the usual amplitude of the data count by their squares, larger "
        "ones less. The usual amplitude is the median over the traces of a shot and component of their root "
        "mean squares, as they are compared.",
        default=1.0, used=equals("LNORM", 3, 4, 10), above=0, needs=(Need(OTHER_NORMS),),
    ),
    Key(
        "PHASE_F1", "misfit", "phase_first", "float", "lowest frequency of the phase misfit",
        "Phases are compared at single frequencies from here to PHASE_F2. Choose it where the data have "
        "signal.",
        used=PHASES, idle=0.0, unit="Hz", above=0, needs=(Need(OTHER_NORMS),),
    ),
    Key(
        "PHASE_F2", "misfit", "phase_last", "float", "highest frequency of the phase misfit",
        "See PHASE_F1. With a filter it should not lie far above the low-pass corner, where phases are those "
        "of noise.",
        used=PHASES, idle=0.0, unit="Hz", above=0, needs=(Need(OTHER_NORMS),),
    ),
    Key(
        "PHASE_NF", "misfit", "phase_number", "int", "number of frequencies of the phase misfit",
        "That many frequencies, evenly from PHASE_F1 to PHASE_F2. 0 takes all multiples of 1 / TIME in "
        "between.",
        default=0, used=PHASES, at_least=0, needs=(Need(OTHER_NORMS),),
    ),
    Key(
        "NORMALIZE", "misfit", "normalize", "bool", "normalise traces before comparing them",
        "Divides every synthetic and observed trace by its own maximum, for data whose amplitudes cannot be "
        "trusted. LNORM = 7 serves the same purpose. DENISE did not account for the division in the "
        "gradient.",
        default=0, used=INVERSION, choices=OFF_ON, needs=(Need(NORMALISATION, unless=(0,)),),
    ),
    Key(
        "WATERLEVEL_LNORM8", "misfit", "water_level", "float", "water level of the envelope misfit",
        "Keeps the derivative of the envelope smooth where it is nearly zero, in parts of the largest "
        "envelope of the observed data of a shot and component; 1e-3 is a good choice. It was an amplitude "
        "in DENISE.",
        used=equals("LNORM", 8), idle=0.0, at_least=0, needs=(Need(OTHER_NORMS),),
    ),
    Key(
        "TRKILL", "misfit", "trace_kill", "bool", "leave out traces by a table",
        "1 reads from TRKILL_FILE which traces do not count, for instance noisy ones or those close to the "
        "source, or with TRKILL_OFFSET which offsets do not count. A killed trace contributes neither to the "
        "misfit nor to the gradient.",
        default=0, used=INVERSION, choices=OFF_ON, needs=(Need(TRACE_KILL, unless=(0,)),),
    ),
    Key(
        "TRKILL_FILE", "misfit", "trace_kill_file", "str", "table of killed traces",
        "A table of 0 (use) and 1 (kill) with one row per receiver and one column per shot. The names "
        "TRKILL_FILE_<stage>.dat, TRKILL_FILE.dat and TRKILL_FILE are tried in this order, which covers all "
        "versions of DENISE.",
        used=KILL_TABLE, needs=(Need(TRACE_KILL),),
    ),
    Key(
        "TRKILL_OFFSET", "misfit", "trace_kill_offset", "int", "leave out traces by offset",
        "A key of IFOS2D: traces whose distance from the source lies between two bounds do not count. "
        "Offsets are measured between source and receiver positions.",
        default=0, used=equals("TRKILL", 1),
        choices={0: "off", 1: "instead of a table", 2: "together with a table"},
        needs=(Need(TRACE_KILL, unless=(0,)),),
    ),
    Key(
        "TRKILL_OFFSET_LOWER", "misfit", "trace_kill_offset_lower", "float", "lower bound of killed offsets",
        "Traces with offsets between TRKILL_OFFSET_LOWER and TRKILL_OFFSET_UPPER are left out. Use 0 to "
        "kill all near traces.",
        used=positive("TRKILL_OFFSET"), idle=0.0, unit="m", at_least=0, needs=(Need(TRACE_KILL),),
    ),
    Key(
        "TRKILL_OFFSET_UPPER", "misfit", "trace_kill_offset_upper", "float", "upper bound of killed offsets",
        "Traces with offsets between TRKILL_OFFSET_LOWER and TRKILL_OFFSET_UPPER are left out. Use a large "
        "number to kill all far traces.",
        used=positive("TRKILL_OFFSET"), idle=0.0, unit="m", at_least=0, needs=(Need(TRACE_KILL),),
    ),
    Key(
        "TIMEWIN", "misfit", "time_window", "bool", "time window around picked arrivals",
        "1 fades out every trace before and after the time read from PICKS_FILE, which denise pick can make. "
        "DENISE left the window out of the gradient.",
        default=0, used=INVERSION, choices=OFF_ON, needs=(Need(TIME_WINDOW, unless=(0,)),),
    ),
    Key(
        "TW_IND", "misfit", "time_window_individual", "bool", "window lengths of each trace",
        "1 reads the two lengths of the window from the second and third column of PICKS_FILE. 0 uses "
        "TWLENGTH_PLUS and TWLENGTH_MINUS for all traces.",
        default=0, used=equals("TIMEWIN", 1), choices=OFF_ON, needs=(Need(TIME_WINDOW),),
    ),
    Key(
        "PICKS_FILE", "misfit", "picks_file", "str", "base name of the files of picks",
        "PICKS_FILE_<shot>.dat holds one line per receiver with the picked time in s; a negative time stands "
        "for a trace without a pick, which does not count. PICKS_FILE_<shot>_<stage>.dat takes precedence in "
        "a stage.",
        used=equals("TIMEWIN", 1), needs=(Need(TIME_WINDOW),),
    ),
    Key(
        "TWLENGTH_PLUS", "misfit", "time_window_plus", "float", "length of the window after the pick",
        "Samples up to this time after the pick are not damped. One to two periods keep the first arrival.",
        used=SAME_WINDOW, idle=0.0, unit="s", at_least=0, needs=(Need(TIME_WINDOW),),
    ),
    Key(
        "TWLENGTH_MINUS", "misfit", "time_window_minus", "float", "length of the window before the pick",
        "Samples from this time before the pick on are not damped. Half a period leaves room for inaccurate "
        "picks.",
        used=SAME_WINDOW, idle=0.0, unit="s", at_least=0, needs=(Need(TIME_WINDOW),),
    ),
    Key(
        "GAMMA", "misfit", "time_window_damping", "float", "steepness of the window",
        "Outside the window traces are multiplied by exp(-GAMMA * dt^2), where dt is the distance in time "
        "from the window. 1e5 halves the amplitude after 2.6 ms.",
        used=equals("TIMEWIN", 1), idle=0.0, unit="1/s^2", at_least=0, needs=(Need(TIME_WINDOW),),
    ),
    Key(
        "TRAFO_3D2D", "misfit", "line_source", "int", "make field data two-dimensional",
        "Waves from a point source, as in the field, have another shape and decay faster than those of the "
        "line source of a two-dimensional simulation. 1 to 3 transform the observed data once, when they are "
        "read. 2 needs TRAFO_C. Wavelets and data must be of one kind, so leave it off for synthetic data.",
        default=0, used=INVERSION,
        choices={
            0: "off",
            1: "phase, by pi/4",
            2: "phase, and amplitude for one velocity",
            3: "by 1/sqrt(t), direct waves",
        },
    ),
    Key(
        "TRAFO_C", "misfit", "line_source_velocity", "float", "velocity of the transformed waves",
        "The phase velocity that belongs to most of the energy, of surface waves for instance. Amplitudes "
        "are multiplied by the square root of offset times wavelength.",
        used=equals("TRAFO_3D2D", 2), idle=0.0, unit="m/s", above=0,
    ),
)

FILTER_KEYS: Final = (
    Key(
        "TIME_FILT", "filter", "kind", "int", "frequency filter of the inversion",
        "Inverting low frequencies first avoids skipped cycles. With 1 the low-pass corner rises from "
        "FC_START to FC_END whenever the misfit stops improving, or follows the workflow. The filter acts "
        "on the source wavelet and the observed data. Forward runs are never filtered.",
        default=0, used=INVERSION,
        choices={0: "off", 1: "low-pass with a rising corner", 2: "low-pass with the corners in FREQ_FILE"},
        needs=(Need(FREQUENCY_LIST, unless=(0, 1)),),
    ),
    Key(
        "FC_START", "filter", "low_pass_start", "float", "first low-pass corner",
        "Choose it as low as the data have signal, so that the start model predicts arrivals to within half "
        "a period. With a workflow the stages give the corners.",
        default=0.0, used=LOW_PASS, required=both(LOW_PASS, NO_WORKFLOW), unit="Hz", at_least=0,
        aliases=_ifos("F_LOW_PASS_START"),
    ),
    Key(
        "FC_END", "filter", "low_pass_end", "float", "last low-pass corner",
        "The inversion ends when the corner would exceed this value. With a workflow the stages give the "
        "corners.",
        default=0.0, used=LOW_PASS, required=both(LOW_PASS, NO_WORKFLOW), unit="Hz", at_least=0,
        aliases=_ifos("F_LOW_PASS_END"),
    ),
    Key(
        "FC_INCR", "filter", "low_pass_increment", "float", "increment of the low-pass corner",
        "Added to the corner whenever the misfit stops improving. With a workflow the stages give the "
        "corners.",
        default=0.0, used=LOW_PASS, required=both(LOW_PASS, NO_WORKFLOW), unit="Hz",
        aliases=_ifos("F_LOW_PASS_INCR"),
    ),
    Key(
        "F_HP", "filter", "high_pass", "float", "high-pass corner",
        "Removes the lowest frequencies, for instance below the reach of the geophones. It stays the same "
        "in all stages; 0 switches it off.",
        default=0.0, used=FILTER, unit="Hz", at_least=0, aliases=_ifos("F_HIGH_PASS"),
    ),
    Key(
        "ORDER", "filter", "order", "int", "order of the Butterworth filter",
        "Must be even. The higher the order, the steeper the filter and the longer its ringing; 4 is usual. "
        "ZERO_PHASE doubles the order in effect.",
        default=4, used=FILTER, required=positive("TIME_FILT"), at_least=2, at_most=20,
    ),
    Key(
        "ZERO_PHASE", "filter", "zero_phase", "bool", "filter forwards and backwards in time",
        "1 keeps the phase but makes the wavelet begin before its onset. 0 is causal and delays the signal; "
        "source wavelet and data are delayed alike.",
        default=0, used=FILTER, choices=OFF_ON,
    ),
    Key(
        "FREQ_FILE", "filter", "frequency_file", "str", "file with low-pass corners",
        "The first line holds the number of frequencies, then follows one corner in Hz per line; lines that "
        "begin with no number are remarks. They are used in this order, normally from low to high, one for "
        "each stage.",
        used=equals("TIME_FILT", 2), needs=(Need(FREQUENCY_LIST),),
    ),
    Key(
        "WRITE_FILTERED_DATA", "filter", "write_data", "bool", "write the filtered observed data",
        "1 writes the filtered observed data beside the synthetic seismograms, velocities or pressure, at "
        "the beginning of every stage. Useful to check by eye that data and synthetics are filtered alike. "
        "It needs SEISMO > 0.",
        default=0, used=FILTER, choices=OFF_ON, needs=(Need(WRITE_FILTERED, unless=(0,)),),
    ),
)

SOURCE_WAVELET: Final = (
    Key(
        "INV_STF", "source_wavelet", "estimate", "bool", "estimate the source wavelet",
        "1 finds for every shot the wavelet that explains the data best in the current model, in the "
        "iterations of N_STF_START and N_STF and at the beginning of every stage. The wavelets are written "
        "as SIGNAL_FILE.shot1 and so on. Those of DENISE were too strong by 1 / DT.",
        default=0, used=INVERSION, choices=OFF_ON, needs=(Need(SOURCE_INVERSION, unless=(0,)),),
    ),
    Key(
        "PARA", "source_wavelet", "engine", "str", "method of the wavelet inversion",
        "A name and options separated by colons, for instance fdlsq:exp=1.0:waterlevel=0.01. fdlsq is least "
        "squares in the frequency domain, tdlsq least squares in time, which holds for records that end "
        "while waves still arrive, ident keeps the wavelet. exp weights traces by a power of the offset, "
        "waterlevel damps where synthetic data have little energy.",
        used=SOURCE_FIT, needs=(Need(SOURCE_INVERSION),),
    ),
    Key(
        "N_STF", "source_wavelet", "every", "int", "iterations between wavelet inversions",
        "The wavelet is estimated in iteration N_STF_START and every N_STF iterations after it. DENISE "
        "looked at this number only around a change of stage.",
        used=SOURCE_FIT, idle=1, at_least=1, needs=(Need(SOURCE_INVERSION),),
    ),
    Key(
        "N_STF_START", "source_wavelet", "first", "int", "iteration of the first wavelet inversion",
        "The wavelet is estimated for the first time in this iteration, then every N_STF iterations. Use 1 "
        "unless the given wavelet is good. Stages that begin earlier use the given wavelet.",
        used=SOURCE_FIT, idle=1, at_least=1, needs=(Need(SOURCE_INVERSION),),
    ),
    Key(
        "TAPER_STF", "source_wavelet", "taper", "bool", "cut the end of the estimated wavelet",
        "1 fades the wavelet out between two and four periods after its delay, which removes noise at late "
        "times. The period is that of the source file, or of the low-pass corner if that is lower.",
        default=0, used=SOURCE_FIT, choices=OFF_ON, needs=(Need(SOURCE_INVERSION),),
    ),
    Key(
        "TRKILL_STF", "source_wavelet", "trace_kill", "bool", "leave out traces in the wavelet inversion",
        "1 leaves out the traces marked in TRKILL_FILE_STF when the wavelet is estimated. Near traces carry "
        "the wavelet best, which is the opposite of what the model update likes.",
        default=0, used=SOURCE_FIT, choices=OFF_ON, needs=(Need(SOURCE_INVERSION),),
    ),
    Key(
        "TRKILL_FILE_STF", "source_wavelet", "trace_kill_file", "str", "killed traces for the wavelet",
        "A table of 0 (use) and 1 (leave out) with one row per receiver and one column per shot, for the "
        "estimate of the wavelet alone. The names TRKILL_FILE_STF_<stage>.dat, TRKILL_FILE_STF.dat and "
        "TRKILL_FILE_STF are tried in this order.",
        used=WAVELET_TABLE, needs=(Need(SOURCE_INVERSION),),
    ),
    Key(
        "TRKILL_STF_OFFSET", "source_wavelet", "trace_kill_offset", "int",
        "leave out traces by offset for the wavelet",
        "Leaves out traces by their distance from the source when the wavelet is estimated. A key of "
        "IFOS2D.",
        default=0, used=equals("TRKILL_STF", 1),
        choices={0: "off", 1: "instead of a table", 2: "together with a table"},
        needs=(Need(SOURCE_INVERSION),),
    ),
    Key(
        "TRKILL_STF_OFFSET_INVERT", "source_wavelet", "trace_kill_offset_invert", "bool",
        "swap killed and used offsets",
        "1 uses only the offsets between the bounds for the wavelet instead of leaving them out. A key of "
        "IFOS2D.",
        default=0, used=positive("TRKILL_STF_OFFSET"), choices=OFF_ON, needs=(Need(SOURCE_INVERSION),),
    ),
    Key(
        "TRKILL_STF_OFFSET_LOWER", "source_wavelet", "trace_kill_offset_lower", "float",
        "lower bound of offsets of the wavelet inversion",
        "Lower end of the range of offsets that TRKILL_STF_OFFSET leaves out. A key of IFOS2D.",
        used=positive("TRKILL_STF_OFFSET"), idle=0.0, unit="m", at_least=0, needs=(Need(SOURCE_INVERSION),),
    ),
    Key(
        "TRKILL_STF_OFFSET_UPPER", "source_wavelet", "trace_kill_offset_upper", "float",
        "upper bound of offsets of the wavelet inversion",
        "Upper end of the range of offsets that TRKILL_STF_OFFSET leaves out. A key of IFOS2D.",
        used=positive("TRKILL_STF_OFFSET"), idle=0.0, unit="m", at_least=0, needs=(Need(SOURCE_INVERSION),),
    ),
    Key(
        "STF_FULL", "source_wavelet", "full", "bool", "use whole traces for the wavelet inversion",
        "1 estimates the wavelet from whole traces even when TIMEWIN damps the data of the model update. A "
        "key of IFOS2D.",
        default=0, used=SOURCE_FIT, choices=OFF_ON, needs=(Need(SOURCE_INVERSION),),
    ),
)

PRECONDITION_KEYS: Final = (
    Key(
        "EPRECOND", "precondition", "kind", "int", "preconditioning with wavefield energies",
        "Divides the gradient by an approximate diagonal of the Hessian, so that weakly illuminated (mostly "
        "deep) parts get larger updates. 1 takes the energies of forward and adjoint field, 3 that of the "
        "forward field and an estimate for the receivers. Here it serves as preconditioner of the "
        "optimiser; the gradient itself stays the derivative of the misfit. With a workflow the stages "
        "decide.",
        default=0, used=INVERSION,
        choices={0: "off", 1: "forward and adjoint energies", 3: "forward energy and receiver geometry"},
    ),
    Key(
        "EPSILON_WE", "precondition", "epsilon", "float", "water level of the preconditioner",
        "Fraction of the largest energy that is added everywhere. Small values boost deep and badly "
        "illuminated parts together with noise; 0.005 is common.",
        default=0.005, used=PRECONDITION, at_least=0,
    ),
    Key(
        "EPRECOND_PER_SHOT", "precondition", "per_shot", "bool", "precondition each shot by itself",
        "1 weights the gradient of every shot with its own energies before they are summed; 0 weights the "
        "sum. Per shot balances the shots but also removes what distinguishes strong from weak ones. SH "
        "waves alone have EPRECOND_PER_SHOT_SH.",
        default=0, used=both(PSV, PRECONDITION), choices={0: "sum of all shots", 1: "every shot"},
    ),
    Key(
        "EPRECOND_ITER", "precondition", "iteration", "int", "iteration whose energies are kept",
        "0 computes the preconditioner in every iteration. A number k computes it in iteration k only and "
        "goes on using it; before there is none. A stage with another EPRECOND or EPSILON_WE computes its "
        "own. Not possible together with EPRECOND_PER_SHOT = 1.",
        default=0, used=PRECONDITION, at_least=0, needs=(Need(FROZEN_PRECONDITIONER, unless=(0,)),),
    ),
    Key(
        "EPSILON_WE_SH", "precondition", "epsilon_sh", "float", "water level of the SH preconditioner",
        "Fraction of the largest SH energy that is added everywhere, as EPSILON_WE for P-SV waves. It "
        "equals EPSILON_WE when it is not given. A value of its own is not changed by a workflow.",
        default=SameAs("EPSILON_WE"), used=both(SH, PRECONDITION), idle=SameAs("EPSILON_WE"), at_least=0,
        needs=(Need(SH_WAVES),),
    ),
    Key(
        "EPRECOND_PER_SHOT_SH", "precondition", "per_shot_sh", "bool", "precondition each SH shot by itself",
        "1 weights the SH gradient of every shot with its own energies, as EPRECOND_PER_SHOT does for P-SV "
        "waves. 0 weights the sum of all shots.",
        default=0, used=both(SH, PRECONDITION), choices={0: "sum of all shots", 1: "every shot"},
        needs=(Need(SH_WAVES),),
    ),
)

TAPERS: Final = (
    Key(
        "SWS_TAPER_GRAD_VERT", "tapers", "vertical", "bool", "taper between vertical edges",
        "A window along x: the gradient rises from GRADT1 to GRADT2, is kept up to GRADT3, falls to GRADT4 "
        "and is zero outside and at sources and receivers. For transmission between boreholes. DENISE "
        "ignored it for L-BFGS; here tapers act with both optimisers.",
        default=0, used=INVERSION, choices=OFF_ON,
    ),
    Key(
        "SWS_TAPER_GRAD_HOR", "tapers", "horizontal", "bool", "taper near the surface",
        "A window along depth: the gradient is zero above GRADT1, rises down to GRADT2 and is kept below. "
        "Removes the strong gradient near sources and receivers at the surface.",
        default=0, used=INVERSION, choices=OFF_ON,
    ),
    Key(
        "EXP_TAPER_GRAD_HOR", "tapers", "depth_exponent", "float", "weight growing with depth",
        "The gradient is multiplied with (depth / largest depth) to this power, which favours the deep parts "
        "that reflected waves hardly light up. 0 is off, 1 or 2 are usual. It acts without "
        "SWS_TAPER_GRAD_HOR, too. A key of DENISE Black Edition.",
        default=0.0, used=INVERSION, at_least=0,
    ),
    *(
        Key(
            f"GRADT{number}", "tapers", "edges", "int", f"taper edge {number}",
            f"{meaning} Numbers of grid points, increasing from GRADT1 to GRADT4.",
            default=0, used=EDGE_TAPER, required=required, unit="grid points", at_least=0, part=number - 1,
        )
        for number, meaning, required in (
            (1, "The gradient is zero up to here.", EDGE_TAPER),
            (2, "From here on the gradient is kept.", EDGE_TAPER),
            (3, "Up to here the gradient is kept; not used by SWS_TAPER_GRAD_HOR.", VERTICAL_TAPER),
            (4, "From here on the gradient is zero; not used by SWS_TAPER_GRAD_HOR.", VERTICAL_TAPER),
        )
    ),
    Key(
        "SWS_TAPER_GRAD_SOURCES", "tapers", "sources", "bool", "circular taper around all sources",
        "Removes the peaks of the summed gradient around every source. Shape and size follow from SRTSHAPE, "
        "SRTRADIUS and FILTSIZE.",
        default=0, used=INVERSION, choices=OFF_ON,
    ),
    Key(
        "SWS_TAPER_CIRCULAR_PER_SHOT", "tapers", "per_shot", "bool", "circular taper, shot by shot",
        "Removes the peak around a source from the gradient of its own shot only, so that the other shots "
        "still resolve that place. Usually better than SWS_TAPER_GRAD_SOURCES.",
        default=0, used=INVERSION, choices=OFF_ON,
    ),
    Key(
        "SRTSHAPE", "tapers", "shape", "int", "shape of the circular taper",
        "How the weight rises from zero at the source to one at the radius. The error function rises "
        "smoothly; the logarithm, of the distance counted in grid spacings, rises steeply near the source.",
        default=1, used=SOURCE_TAPER, choices={1: "error function", 2: "logarithm"},
    ),
    Key(
        "SRTRADIUS", "tapers", "radius", "float", "radius of the circular taper",
        "Distance from the source at which the taper ends. One dominant wavelength is a good start.",
        used=SOURCE_TAPER, idle=0.0, unit="m", above=0,
    ),
    Key(
        "FILTSIZE", "tapers", "core", "int", "half width of the zeroed square at the source",
        "The gradient is set to zero on the source point and FILTSIZE points in every direction. 0 zeroes "
        "the source point alone.",
        default=1, used=SOURCE_TAPER, unit="grid points", at_least=0,
    ),
    Key(
        "SOURCE_DAMPING", "tapers", "damping", "float", "damping of peaks at sources",
        "The gradient of every shot has a peak at its source, a few grid points wide, that would use up the "
        "step of everything else. A Gaussian of this standard deviation damps it, to 2 % at the source. 0 "
        "leaves it. The circular tapers, where they are on, take its place.",
        default=1.0, used=INVERSION, unit="grid points", at_least=0,
    ),
    Key(
        "SWS_TAPER_FILE", "tapers", "file", "bool", "taper read from files",
        "1 multiplies the summed gradients with files of the size of the model, for instance to protect a "
        "water layer. The files are named by TAPER_FILE_NAME, TAPER_FILE_NAME_U and TAPER_FILE_NAME_RHO. "
        "Where a file is 0 the parameter does not change at all.",
        default=0, used=INVERSION, choices=OFF_ON, needs=(Need(FILE_TAPERS, unless=(0,)),),
    ),
    Key(
        "SWS_TAPER_FILE_PER_SHOT", "tapers", "file_per_shot", "bool", "taper of each shot read from files",
        "1 multiplies the gradient of every shot with its own files, whose names end in .shot1, .shot2 and "
        "so on (of IFOS2D in .shot1.vp and so on).",
        default=0, used=INVERSION, choices=OFF_ON, needs=(Need(FILE_TAPERS, unless=(0,)),),
    ),
    Key(
        "TAPER_FILE_NAME", "tapers", "file_name", "str", "taper file of Vp",
        "NX * NY 4-byte floats in the order of model files, 0 to 1. Where no file has this name the names of "
        "IFOS2D are tried, with .vp, .vs and .rho after it. A file for one stage has the number of the stage "
        "in its name, before .shot1 and these endings: taper_2 or taper_2.vp.",
        default="", used=FILE_TAPER, required=both(FILE_TAPER, PSV), needs=(Need(FILE_TAPERS),),
    ),
    Key(
        "TAPER_FILE_NAME_U", "tapers", "file_name_u", "str", "taper file of Vs",
        "NX * NY 4-byte floats in the order of model files that multiply the gradient of Vs. Not needed in "
        "acoustic runs, nor with the names of IFOS2D.",
        default="", used=FILE_TAPER,
        needs=(Need(FILE_TAPERS),),
    ),
    Key(
        "TAPER_FILE_NAME_RHO", "tapers", "file_name_rho", "str", "taper file of density",
        "NX * NY 4-byte floats in the order of model files that multiply the gradient of density. Not needed "
        "with the names of IFOS2D.",
        default="", used=FILE_TAPER, needs=(Need(FILE_TAPERS),),
    ),
    Key(
        "TAPER", "tapers", "", "bool", "taper of older versions",
        "DENISE reads and prints this key but never uses it. Use SWS_TAPER_GRAD_VERT, SWS_TAPER_GRAD_HOR or "
        "the circular tapers.",
        default=0, used=INVERSION, choices=OFF_ON,
        dead="it never had an effect in DENISE; use the SWS_TAPER keys",
    ),
    Key(
        "TAPERLENGTH", "tapers", "", "int", "length of the taper of older versions",
        "DENISE reads and prints this key but never uses it. The edges of a taper are given by GRADT1 to "
        "GRADT4.",
        default=1000, used=equals("TAPER", 1), unit="grid points",
        dead="it never had an effect in DENISE; use the SWS_TAPER keys",
    ),
)

SMOOTHING: Final = (
    Key(
        "SPATFILTER", "smoothing", "spatial", "int", "Gaussian smoothing of the gradient",
        "Smooths the gradient in a symmetric way, as a part of the preconditioner. 1 smooths along x with a "
        "constant width; DENISE meant a Gaussian there and had a moving average whose width went wrong. 4, a "
        "value of DENISE Black Edition, takes fractions of the local wavelength along x and y. Nothing is "
        "mixed between fluid, solid and void.",
        default=0, used=INVERSION, needs=(Need(SPATIAL_FILTER, unless=(0,)),),
        choices={0: "off", 1: "along x, width in grid points", 4: "width in local wavelengths"},
    ),
    Key(
        "SPAT_FILT_SIZE", "smoothing", "spatial_size", "int", "width of the smoothing along x",
        "The Gaussian is as wide (has the standard deviation) as a moving average over 2 * SPAT_FILT_SIZE "
        "+ 1 points: about 0.58 * SPAT_FILT_SIZE points. Stay below half a wavelength to keep the structure.",
        used=equals("SPATFILTER", 1), idle=1, unit="grid points", at_least=1, needs=(Need(SPATIAL_FILTER),),
    ),
    Key(
        "SPAT_FILT_1", "smoothing", "spatial_first_row", "int", "first row of the smoothing",
        "Rows above it are left as they are. Use it to exclude the water layer or the vicinity of the "
        "sources.",
        used=equals("SPATFILTER", 1), idle=1, unit="grid points", at_least=1, needs=(Need(SPATIAL_FILTER),),
    ),
    Key(
        "SPAT_FILT_ITER", "smoothing", "spatial_shrink", "int", "shrinking of the smoothing",
        "Any value but 0 takes SPAT_FILT_SIZE - k + 1 in iteration k, so that smoothing ends after "
        "SPAT_FILT_SIZE iterations. 0 keeps the width.",
        used=equals("SPATFILTER", 1), idle=0, at_least=0, needs=(Need(SPATIAL_FILTER),),
    ),
    Key(
        "WD_DAMP", "smoothing", "wavelengths_x", "float", "smoothing along x in wavelengths",
        "Standard deviation of the Gaussian along x as a fraction of the local wavelength: that of S waves "
        "(of P waves in fluids and acoustic runs) in the model at the begin of the stage, at the low-pass "
        "corner, or without filter at the highest centre frequency of the sources. A key of DENISE Black "
        "Edition.",
        used=equals("SPATFILTER", 4), idle=0.0, unit="wavelengths", at_least=0, needs=(Need(SPATIAL_FILTER),),
    ),
    Key(
        "WD_DAMP1", "smoothing", "wavelengths_y", "float", "smoothing along y in wavelengths",
        "The same along y. Layers are kept by less smoothing along y than along x.",
        used=equals("SPATFILTER", 4), idle=0.0, unit="wavelengths", at_least=0, needs=(Need(SPATIAL_FILTER),),
    ),
    Key(
        "GRAD_FILTER", "smoothing", "gradient", "bool", "median filter of the gradient",
        "1 replaces every value of the search direction by the median of a square around it, which removes "
        "peaks and keeps edges. The manual of DENISE calls it Gaussian, but it is a median filter. A "
        "direction that would not point downhill any more is used without it.",
        default=0, used=INVERSION, choices=OFF_ON, needs=(Need(GRADIENT_FILTER, unless=(0,)),),
    ),
    Key(
        "FILT_SIZE_GRAD", "smoothing", "gradient_size", "int", "size of the median filter of the gradient",
        "Side of the square; an even number is raised by one and 0 or 1 filter nothing. DENISE hung with 0 "
        "on several processes.",
        default=0, used=equals("GRAD_FILTER", 1), unit="grid points", at_least=0,
        needs=(Need(GRADIENT_FILTER),),
    ),
    Key(
        "GRAD_FILT_WAVELENGTH", "smoothing", "gradient_wavelength", "bool",
        "size of the median filter from the wavelength",
        "1 takes A times the wavelength of S waves (P waves in acoustic runs) at the low-pass corner instead "
        "of FILT_SIZE_GRAD. In stages without filter FILT_SIZE_GRAD counts.",
        default=0, used=equals("GRAD_FILTER", 1), choices=OFF_ON, needs=(Need(GRADIENT_FILTER),),
    ),
    Key(
        "A", "smoothing", "wavelength_fraction", "float", "median filter size in wavelengths",
        "Side of the square as a fraction of the S wavelength at the low-pass corner, with the mean "
        "velocity of the start model. 0.5 is a moderate choice.",
        used=equals("GRAD_FILT_WAVELENGTH", 1), idle=0.0, unit="wavelengths", above=0,
        needs=(Need(GRADIENT_FILTER),),
    ),
    Key(
        "MODEL_FILTER", "smoothing", "model", "bool", "median filter of the model",
        "1 filters the inverted parameters after every update with a median. The misfit is computed for the "
        "filtered model, which is also the one that is written; DENISE wrote the model before it was "
        "filtered.",
        default=0, used=INVERSION, choices=OFF_ON, needs=(Need(MODEL_SMOOTHING, unless=(0,)),),
    ),
    Key(
        "FILT_SIZE", "smoothing", "model_size", "int", "size of the median filter of the model",
        "Side of the square whose median replaces each value of the model. An even number is raised by one; "
        "0 or 1 filters nothing.",
        used=equals("MODEL_FILTER", 1), idle=0, unit="grid points", at_least=0,
        needs=(Need(MODEL_SMOOTHING),),
    ),
)

LIMITS: Final = (
    *(
        Key(
            name, "limits", field, "float", title,
            f"{text} It holds for updated and for trial models, whatever INVMAT1 is; DENISE took it for a "
            "limit of lambda or mu when INVMAT1 = 3.",
            default=default, used=INVERSION, unit=unit, at_least=0,
        )
        for name, field, title, text, default, unit in (
            ("VPUPPERLIM", "vp_upper", "upper limit of Vp", "Cuts larger values.", 25000.0, "m/s"),
            ("VPLOWERLIM", "vp_lower", "lower limit of Vp", "Raises smaller values.", 0.0, "m/s"),
            ("VSUPPERLIM", "vs_upper", "upper limit of Vs", "Cuts larger values.", 25000.0, "m/s"),
            (
                "VSLOWERLIM", "vs_lower", "lower limit of Vs",
                "Raises smaller values, except where Vs is zero (water, air).", 0.0, "m/s",
            ),
        )
    ),
    Key(
        "RHOUPPERLIM", "limits", "rho_upper", "float", "upper limit of density",
        "Cuts larger values to this one, in updated and in trial models. DENISE kept the old value instead, "
        "and only after density had begun to change.",
        default=25000.0, used=INVERSION, unit="kg/m3", at_least=0,
    ),
    Key(
        "RHOLOWERLIM", "limits", "rho_lower", "float", "lower limit of density",
        "Raises smaller values to this one, in updated and in trial models. A limit above zero keeps the "
        "simulation stable.",
        default=0.0, used=INVERSION, unit="kg/m3", at_least=0,
    ),
    *(
        Key(
            f"Q{wave}{end}LIM", "limits", f"q{wave.lower()}_{end.lower()}", "float",
            f"{'largest' if end == 'UPPER' else 'smallest'} Q of {wave} waves",
            f"Bound of Q = 2 / tau{wave.lower()} in an inversion for attenuation. Values of the start model "
            "outside are moved to the bound.",
            default=default, used=LOSSY, above=0,
        )
        for wave in ("P", "S")
        for end, default in (("UPPER", 10000.0), ("LOWER", 2.0))
    ),
    Key(
        "VP_VS_RATIO", "limits", "vp_vs_ratio", "float", "smallest ratio Vp / Vs",
        "Values above 1 are enforced after each update; anything else switches it off. A stable elastic "
        "medium needs more than 1.16, most rocks have more than 1.4.",
        default=0.0, used=INVERSION, at_least=0,
    ),
    Key(
        "S", "limits", "relative", "bool", "limit changes relative to the start model",
        "1 keeps every parameter within a percentage of the start model, given by S_VP, S_VS and S_RHO. "
        "Absolute limits hold in addition.",
        default=0, used=INVERSION, choices=OFF_ON,
    ),
    Key(
        "S_VS", "limits", "vs_percent", "float", "largest change of Vs",
        "Vs stays within this percentage of the start model at every point. 0 freezes the parameter.",
        used=equals("S", 1), idle=0.0, unit="%", at_least=0,
    ),
    Key(
        "S_VP", "limits", "vp_percent", "float", "largest change of Vp",
        "Vp stays within this percentage of the start model at every point. 0 freezes the parameter.",
        used=equals("S", 1), idle=0.0, unit="%", at_least=0,
    ),
    Key(
        "S_RHO", "limits", "rho_percent", "float", "largest change of density",
        "Density stays within this percentage of the start model at every point. 0 freezes the parameter.",
        used=equals("S", 1), idle=0.0, unit="%", at_least=0,
    ),
)

OPTIMISER: Final = (
    Key(
        "GRAD_METHOD", "optimiser", "method", "int", "optimisation method",
        "The preconditioned conjugate gradient needs little memory and a parabolic step search. L-BFGS "
        "learns the curvature from earlier iterations and usually converges faster. Gauss-Newton computes "
        "curvature by linearised simulations, three per product and shot, which pays where parameters "
        "trade off against each other; it goes with LNORM = 2 in lossless media. Adam takes steps of a given "
        "size without a search, one gradient per iteration, and is made for BATCH_SHOTS and ENCODE. The "
        "manual of DENISE gives 1 as the default, the program demanded the key; 3 and 5 are not DENISE's.",
        default=1, used=INVERSION,
        choices={
            1: "preconditioned conjugate gradient (PCG)", 2: "L-BFGS", 3: "Adam", 5: "truncated Gauss-Newton"
        },
    ),
    Key(
        "PCG_BETA", "optimiser", "formula", "int", "formula of the conjugate gradient",
        "How much of the last direction is kept. All four are the same on quadratic functions; none keeps "
        "anything where beta would be negative. A key of DENISE Black Edition.",
        default=2, used=both(INVERSION, equals("GRAD_METHOD", 1)),
        choices={1: "Fletcher-Reeves", 2: "Polak-Ribiere", 3: "Hestenes-Stiefel", 4: "Dai-Yuan"},
    ),
    Key(
        "GN_PRODUCTS", "optimiser", "products", "int", "products per Gauss-Newton iteration",
        "Largest number of products with the Gauss-Newton matrix for one direction. Fewer are taken where "
        "the linear system need not be solved any better (Eisenstat and Walker 1996).",
        default=8, used=GAUSS_NEWTON, at_least=1,
    ),
    Key(
        "ADAM_LR", "optimiser", "adam_rate", "float", "learning rate of Adam",
        "Largest change of any parameter in one iteration, about, as a fraction of its largest value in the "
        "start model: 0.01 changes it by up to one per cent of that. Points with weak gradients move nearly "
        "as far as those with strong ones, see ADAM_EPS.",
        default=0.01, used=ADAM, above=0, at_most=1,
    ),
    Key(
        "ADAM_B1", "optimiser", "adam_b1", "float", "memory of the mean gradient",
        "Part of the mean gradient that is kept from one iteration to the next; 0 forgets at once.",
        default=0.9, used=ADAM, at_least=0, at_most=0.9999,
    ),
    Key(
        "ADAM_B2", "optimiser", "adam_b2", "float", "memory of the mean square of the gradient",
        "Part of the mean square that is kept from one iteration to the next. 0.999 remembers a thousand "
        "iterations, more than most stages have; 0.9 to 0.99 follow the gradient as it becomes smaller.",
        default=0.999, used=ADAM, at_least=0, at_most=0.999999,
    ),
    Key(
        "ADAM_EPS", "optimiser", "adam_eps", "float", "smallest gradient that moves a parameter",
        "Gradients below this part of the largest one of the stage's first iteration move the model by "
        "proportionally less. Very small values move all points alike, also those no wave has seen.",
        default=1e-2, used=ADAM, above=0,
    ),
    Key(
        "ADAM_HALVE", "optimiser", "adam_halve", "int", "iterations between halvings of ADAM_LR",
        "Halves the learning rate after this many iterations of a stage, again and again; 0 never does. With "
        "batches a rate that stays the same ends in a noise of its own size.",
        default=0, used=ADAM, unit="iterations", at_least=0,
    ),
    Key(
        "N_LBFGS", "optimiser", "history", "int", "remembered iterations of L-BFGS",
        "Number of earlier updates from which the curvature is estimated. 5 to 20 are usual; each takes two "
        "models of memory.",
        default=5, used=LBFGS, at_least=1,
    ),
    Key(
        "LBFGS_STEP_LENGTH", "optimiser", "step_length_one", "bool", "first trial step of L-BFGS",
        "1 tries the step length 1, which is right for L-BFGS once the curvature is known. 0 switches the "
        "Wolfe conditions off and fits a parabola through three fixed trials; in DENISE it did something "
        "else together with WOLFE_CONDITION = 1.",
        default=1, used=LBFGS, choices={0: "three fixed trials", 1: "step length 1"},
        needs=(Need(FIXED_TRIALS, unless=(1,)),),
    ),
    Key(
        "WOLFE_CONDITION", "optimiser", "wolfe", "bool", "step length by the Wolfe conditions",
        "1 accepts a step only if misfit and slope have decreased enough; every trial costs a gradient, "
        "which the next iteration uses again. Without it the parabolic step search is used. Always off for "
        "GRAD_METHOD = 1.",
        default=1, used=both(LBFGS, equals("LBFGS_STEP_LENGTH", 1)), idle=0, choices=OFF_ON,
    ),
    Key(
        "WOLFE_NUM_TEST", "optimiser", "wolfe_trials", "int", "largest number of trial steps",
        "The best trial is taken if none fulfils both conditions. In DENISE the default depended on whether "
        "WOLFE_CONDITION was present.",
        default=10, used=WOLFE, at_least=1,
    ),
    Key(
        "WOLFE_TRY_OLD_STEPLENGTH", "optimiser", "try_old_step", "bool", "begin with the last step length",
        "0 begins every search with the step length 1, the natural one of L-BFGS. 1 begins with the one "
        "accepted in the last iteration; once shortened it tends to stay short, so this is for problems that "
        "reject the step 1 again and again. DENISE's default is 1.",
        default=0, used=WOLFE, choices={0: "begin with 1", 1: "begin with the last one"},
    ),
    Key(
        "WOLFE_C1_SL", "optimiser", "c1", "float", "constant of the decrease condition",
        "The misfit must fall by at least this fraction of what the slope predicts. In DENISE the default "
        "was 0 when WOLFE_CONDITION was absent.",
        default=1e-4, used=WOLFE, above=0, at_most=1,
    ),
    Key(
        "WOLFE_C2_SL", "optimiser", "c2", "float", "constant of the slope condition",
        "The slope must fall below this fraction of the one at the start. Must be larger than WOLFE_C1_SL.",
        default=0.9, used=WOLFE, above=0, at_most=1,
    ),
    Key(
        "EPS_SCALE", "optimiser", "first_step", "float", "first trial step of the parabolic search",
        "Largest change of any parameter in the first trial, as a fraction of its largest value in the start "
        "model: 0.01 changes it by up to one per cent of that. L-BFGS needs it too, for its first iteration "
        "and after restarts.",
        default=0.01, used=INVERSION, above=0,
    ),
    Key(
        "SCALEFAC", "optimiser", "step_divisor", "float", "change of the trial step",
        "A failed trial step is divided by it; a successful one is increased by the fraction 1 / SCALEFAC. "
        "Must be larger than 1.",
        default=4.0, used=INVERSION, above=1,
    ),
    Key(
        "STEPMAX", "optimiser", "max_trials", "int", "largest number of failed trial steps",
        "The parabolic search gives up, or takes the best it has, after this many trials. Every trial "
        "simulates the test shots once.",
        default=4, used=INVERSION, at_least=1,
    ),
    Key(
        "SCALERHO", "optimiser", "rho_factor", "float", "damping of the density update",
        "Multiplies density's part of the preconditioner and so of every steepest descent direction; below 1 "
        "density follows the data more slowly than the velocities. 0 leaves density as it is. A key of "
        "DENISE Black Edition.",
        default=1.0, used=INVERSION, at_least=0,
    ),
    Key(
        "BALANCE", "optimiser", "balance", "int", "balance of the parameters",
        "Multiplies each parameter's part of the preconditioner by a constant, chosen at the first gradient, "
        "so that a first step changes all of them by the same largest fraction. DENISE does this with "
        "conjugate gradients, in every iteration anew.",
        default=2, used=INVERSION,
        choices={0: "never", 1: "always", 2: "with conjugate gradients"},
    ),
    Key(
        "LBFGS_SCALE_GRADIENTS", "optimiser", "", "float", "scaling of L-BFGS gradients",
        "An experimental constant of IFOS2D that multiplies the gradients. The directions and steps of this "
        "program do not depend on the unit of the gradient.",
        default=0.0, used=LBFGS, dead="directions and steps do not depend on a factor of the gradient",
    ),
    Key(
        "LBFGS_SURFACE", "optimiser", "", "float", "removed key",
        "Belonged to an early version of L-BFGS. DENISE stops when it is present, and so does this program.",
        default=0.0, used=LBFGS, forbidden="it is not supported any more; remove it",
    ),
)

BATCH_KEYS: Final = (
    Key(
        "BATCH_SHOTS", "batches", "shots", "int", "shots per iteration",
        "An iteration simulates this many shots instead of all of them, others in the next one. Its misfit, "
        "scaled to all shots, falls in every step; that of all shots, which BATCH_FULL computes, need not. "
        "0, the default, takes all shots. Every group of processes reads the data of all shots.",
        default=0, used=INVERSION, at_least=0,
    ),
    Key(
        "BATCH_CHOICE", "batches", "choice", "int", "choice of the shots",
        "In either case every shot is used once before the first one is used again. Evenly spaced shots "
        "light up the whole model in every iteration; random ones have the smaller bias, since each of them "
        "meets different ones every time.",
        default=2, used=BATCHES, choices={1: "at random", 2: "evenly spaced, with a random offset"},
    ),
    Key(
        "BATCH_FULL", "batches", "full_every", "int", "iterations between misfits of all shots",
        "The misfit of all shots is computed before a stage, after every so many of its iterations, and at "
        "the end of the run. It alone decides with PRO whether the stage goes on. It costs one simulation "
        "per shot.",
        default=10, used=SAMPLES, at_least=1,
    ),
    Key(
        "BATCH_KEEP", "batches", "keep", "int", "iterations with the same shots",
        "After so many iterations, or when a search fails, it is the turn of the next shots, or of other "
        "signs and delays. With L-BFGS a change costs a second gradient at the same model, so a few "
        "iterations with the same shots save up to half of the work.",
        default=1, used=SAMPLES, at_least=1,
    ),
    Key(
        "BATCH_SEED", "batches", "seed", "int", "seed of the random choice",
        "The same seed gives the same choice, also of signs and delays, whatever the number of processes.",
        default=1, used=SAMPLES, at_least=0,
    ),
    Key(
        "ENCODE", "batches", "joined", "int", "simulations into which all shots are joined",
        "The sources of several shots fire together, with random signs and delays that change with every "
        "iteration; the observed data are summed alike. The cross-talk between shots has the mean zero, but "
        "it is the noise of single iterations. 1 joins all shots to one simulation, 0 none. Needs the same "
        "receivers for all shots, and LNORM = 2.",
        default=0, used=INVERSION, at_least=0,
    ),
    Key(
        "ENCODE_SHIFT", "batches", "shift", "float", "longest random delay",
        "Shots that are joined begin at random times up to this one, in whole time steps. Delays make "
        "neighbouring shots more different than signs alone do; what arrives later than TIME minus the delay "
        "is cut, in synthetic and observed traces alike. One or two periods of the wavelet are plenty.",
        default=0.0, used=ENCODING, unit="s", at_least=0,
    ),
)

JOINT: Final = (
    Key(
        "JOINT_INVERSION_PSV_SH_TYPE", "joint", "type", "int", "combination of P-SV and SH gradients",
        "How the misfits of P-SV and SH data are joined to one, whose exact gradient is then followed. "
        "DENISE joins gradients instead, normalised by their maxima, which no line search can rely on.",
        default=1, used=JOINT_DATA,
        choices={
            1: "weighted sum of misfits that begin at one",
            2: "weighted sum of misfits as they are",
            3: "plain sum of misfits that begin at one",
        },
        needs=(Need(JOINT_INVERSION),),
    ),
    Key(
        "JOINT_INVERSION_PSV_SH_ALPHA_VS", "joint", "alpha_vs", "float", "weight of SH data",
        "Share of the SH data in the misfit: 0 uses P-SV data alone, 1 SH data alone. A workflow brings its "
        "own values.",
        default=0.5, used=JOINT_DATA, at_least=0, at_most=1, needs=(Need(JOINT_INVERSION),),
    ),
    Key(
        "JOINT_INVERSION_PSV_SH_ALPHA_RHO", "joint", "alpha_rho", "float", "weight of SH data for density",
        "In DENISE the share of the SH data in the update of density. One misfit has one weight for all "
        "parameters: that for Vs is taken, with a warning if this one differs.",
        default=0.5, used=JOINT_DATA, at_least=0, at_most=1, needs=(Need(JOINT_INVERSION),),
    ),
    Key(
        "JOINT_EQUAL_WEIGHTING", "joint", "equal_weighting", "bool", "give both wave types the same weight",
        "1 scales the misfits of P-SV and SH data to the same size at the beginning, so that neither "
        "dominates. A key of IFOS2D.",
        default=0, used=JOINT_DATA, choices=OFF_ON, needs=(Need(JOINT_INVERSION),),
    ),
)

# fmt: on

TABLE: Final[tuple[Key, ...]] = (
    *RUN, *PHYSICS, *DOMAIN, *GRID, *TIME, *FD, *MODEL, *ATTENUATION, *BOUNDARY, *SOURCES, *RECEIVER_ROWS,
    *SEISMOGRAMS, *SNAPSHOT_KEYS, *INVERSION_KEYS, *MISFIT, *FILTER_KEYS, *SOURCE_WAVELET, *PRECONDITION_KEYS,
    *TAPERS, *SMOOTHING, *LIMITS, *OPTIMISER, *BATCH_KEYS, *JOINT,
)  # fmt: skip

KEYS: Final[Mapping[str, Key]] = MappingProxyType({key.name: key for key in TABLE})
BY_PATH: Final[Mapping[str, Key]] = MappingProxyType({key.path: key for key in TABLE if key.path})
ALIASES: Final[Mapping[str, tuple[Key, Alias]]] = MappingProxyType(
    {alias.name: (key, alias) for key in TABLE for alias in key.aliases}
)

# Names of DENISE Black Edition whose values mean something else: a hint, never an alias.
FOREIGN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "MODE": "use INVMAT (0 inversion, 10 forward modelling)",
        "PHYSICS": "use WAVETYPE and ACOUSTIC",
        "GRAD_FORM": "use VELOCITY (0 displacement, 1 velocity)",
        "NLBFGS": "use N_LBFGS",
        "TFILE": "use TAPER_FILE_NAME",
        "OFFSET_MUTE": "use TRKILL_OFFSET or a table in TRKILL_FILE",
        "OFFSETC": "use TRKILL_OFFSET_LOWER and TRKILL_OFFSET_UPPER",
        "OFFSETC_STF": "use TRKILL_STF_OFFSET_LOWER and TRKILL_STF_OFFSET_UPPER",
        "STF_INV": "use INV_STF",
        "EPS_STF": "the water level is part of PARA",
        "TIME_WIN": "use TIMEWIN",
        "TWIN-": "use TWLENGTH_MINUS",
        "TWIN+": "use TWLENGTH_PLUS",
        "REC_INCR_X": "use READREC = 2",
        "ENV": "use LNORM = 8",
        "ROWI": "it has no counterpart here",
        "N_ORDER": "use VELOCITY = 0 to integrate the data once",
        "SCALEQS": "it has no counterpart here",
        "DATA_DIR_T0": "time-lapse inversion has no counterpart here",
        "GAMMA_GRAV": "gravity data have no counterpart here",
    }
)


def key_at(path: str) -> Key:
    """The key stored at 'group.field' (or 'group.field.part') of the settings; KeyError if there is none."""
    return BY_PATH[path]
