"""The columns of workflow files, in the three layouts that exist: DENISE, IFOS2D, DENISE Black Edition.

A column names the field of a stage that it fills and, where there is one, the key of the parameter file it
stands for, whose limits then hold for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from denise_py.parameters.key import Key, listed
from denise_py.parameters.table import key_at


@dataclass(frozen=True)
class Column:
    """One column of a workflow file.

    title: how messages and headers call it; names: other words for it in headers; stage: field of the stage
    that it fills, '' if it fills none; path: place in the settings of the key that it stands for; whole: the
    whole numbers that are allowed, if not those of the key; at_least, at_most: limits without a key;
    translate: numbers that mean something else here; foreign: what numbers mean that this program lacks.
    """

    title: str
    stage: str = ""
    path: str = ""
    whole: tuple[int, ...] = ()
    at_least: float = 0.0
    at_most: float = float("inf")
    names: tuple[str, ...] = ()
    translate: Mapping[int, int] = field(default_factory=dict)
    foreign: Mapping[int, str] = field(default_factory=dict)

    @property
    def key(self) -> Key | None:
        """The key of the parameter file that the column stands for."""
        return key_at(self.path) if self.path else None

    @property
    def is_whole(self) -> bool:
        """Whether the column holds whole numbers."""
        return bool(self.whole) or (self.key is not None and self.key.kind in ("int", "bool"))

    def problem(self, value: float) -> str:
        """Why a number is not allowed, '' if it is."""
        if value in self.foreign:
            return f"{self.foreign[int(value)]}, which is not available here; allowed {_are(self._served())}"
        if self.whole and value not in self.whole:
            return f"allowed {_are(self.whole)}"
        key = self.key
        if key is None:
            upper = f" and <= {self.at_most:g}" if self.at_most < float("inf") else ""
            within = self.at_least <= value <= self.at_most
            return "" if within or self.whole else f"must be >= {self.at_least:g}{upper}"
        return self._problem_of_key(key, value)

    def _problem_of_key(self, key: Key, value: float) -> str:
        if key.choices and self._translated(value) not in key.choices:
            return f"allowed {_are(tuple(key.choices))}"
        if key.kind == "int" and value != int(value):
            return "must be a whole number"
        if not key.allows(self._translated(value)):
            return f"must be {key.limits()}"
        missing = [need.feature.title for need in key.needs if need.refuses(self._translated(value))]
        return f"{missing[0]} is not available; allowed {_are(self._served())}" if missing else ""

    def value(self, number: float) -> float | int:
        """The number in the type and meaning of the stage's field."""
        return self._translated(number) if self.is_whole else number

    def _translated(self, value: float) -> float:
        if not self.is_whole or value != int(value):
            return value
        return self.translate.get(int(value), int(value))

    def _served(self) -> tuple[int, ...]:
        """The numbers that this version can serve."""
        numbers = self.whole or tuple(self.key.choices if self.key else ())
        key = self.key
        return tuple(n for n in numbers if key is None or key.works(self._translated(n)))


def _are(numbers: tuple[int, ...]) -> str:
    return f"{'is' if len(numbers) == 1 else 'are'} {', '.join(map(str, numbers))}"


# ----------------------------------------------------------------------------------------- layouts

_SWITCH: Final = (-1, 0, 1)
_PRO: Final = Column("PRO", "min_improvement", "inversion.min_improvement")
_LINE_AND_SWITCHES: Final = (
    Column("#"),
    Column("VS", "vs", whole=_SWITCH),
    Column("VP", "vp", whole=_SWITCH),
    Column("RHO", "rho", whole=_SWITCH),
    _PRO,
)
_WAVES_AND_ENERGY: Final = (
    Column("WT", "wave_type", whole=(1, 2, 3)),
    Column("J (Vs)", "joint_vs", "joint.alpha_vs"),
    Column("J (RHO)", "joint_rho", "joint.alpha_rho"),
    Column("EPRE", "precondition", "precondition.kind"),
    Column("EPSI", "epsilon", "precondition.epsilon"),
)

DENISE: Final = (
    *_LINE_AND_SWITCHES,
    Column("FIL", "filter_kind", whole=(0, 1)),
    Column("FC", "low_pass", "filter.low_pass_start"),
    *_WAVES_AND_ENERGY,
)

IFOS2D: Final = (
    *_LINE_AND_SWITCHES,
    Column("F_FILT", "filter_kind", whole=(0, 1)),
    Column("F_HIGH", "high_pass", "filter.high_pass", names=("F_HIGH_PASS",)),
    Column("F_LOW", "low_pass", "filter.low_pass_start", names=("F_LOW_PASS",)),
    *_WAVES_AND_ENERGY,
    Column("GAMMA", "window_damping", "misfit.time_window_damping"),
)

BLACK_EDITION: Final = (
    _PRO,
    Column("TIME_FILT", "filter_kind", whole=(0, 1)),
    Column("FC_low", "high_pass", "filter.high_pass", names=("FC_START",)),
    Column("FC_high", "low_pass", "filter.low_pass_start", names=("FC_END",)),
    Column("ORDER", "order", "filter.order"),
    Column(
        "TIME_WIN",
        "time_window",
        whole=(0, 1),
        names=("TIMEWIN",),
        foreign={
            2: "a constant window",
            3: "a window around arrivals that are picked on the fly",
            4: "a window around arrivals picked by STA/LTA",
            5: "damping of surface waves",
        },
    ),
    Column("GAMMA", "window_damping", "misfit.time_window_damping"),
    Column("TWIN-", "window_minus", "misfit.time_window_minus", names=("TWLENGTH_MINUS",)),
    Column("TWIN+", "window_plus", "misfit.time_window_plus", names=("TWLENGTH_PLUS",)),
    Column("INV_VP_ITER", "vp_from", "inversion.vp_from"),
    Column("INV_VS_ITER", "vs_from", "inversion.vs_from"),
    Column("INV_RHO_ITER", "rho_from", "inversion.rho_from"),
    Column("INV_QS_ITER", "qs_from", "inversion.rho_from"),
    Column(
        "SPATFILTER",
        "smoothing",
        "smoothing.spatial",
        whole=(0, 4),
        foreign={
            1: "damping of short wavelengths of the gradient",
            2: "smoothing of the gradient over a number of points",
            3: "smoothing of the gradient by one wavelength",
        },
    ),
    Column("WD_DAMP", "smoothing_x", "smoothing.wavelengths_x"),
    Column("WD_DAMP1", "smoothing_y", "smoothing.wavelengths_y"),
    Column("EPRECOND", "precondition", "precondition.kind"),
    Column(
        "LNORM",
        "norm",
        "misfit.norm",
        whole=(2, 5, 6),
        translate={6: 8},
        foreign={
            7: "the normalised integral method of DENISE Black Edition",
            8: "the L2 norm with gain control of DENISE Black Edition",
        },
    ),
    Column("ROWI", whole=(0,), foreign={1: "a misfit chosen at random"}),
    Column(
        "STF_INV",
        "estimate",
        "source_wavelet.estimate",
        names=("INV_STF",),
        foreign={2: "a wavelet from a window around arrivals picked by STA/LTA"},
    ),
    Column("OFFSETC_STF", "wavelet_offset", at_least=-float("inf")),
    Column("EPS_STF", "wavelet_level"),
    Column("NORMALIZE", "normalize", "misfit.normalize"),
    Column("OFFSET_MUTE", "mute", whole=(0, 1, 2)),
    Column("OFFSETC", "mute_offset"),
    Column("SCALERHO", "rho_factor", "optimiser.rho_factor"),
    Column("SCALEQS"),
    Column("ENV", "envelope", whole=(0, 1, 2)),
    Column("GAMMA_GRAV", "gravity"),
    Column("N_ORDER", whole=(0,), foreign={n: "repeated integration of the data" for n in range(1, 11)}),
)

#: of this program: the last one of layouts that count by position, anywhere in a header that names columns
OWN: Final = Column("MAX_ITER", "max_iterations", "inversion.max_of_stage")

LAYOUTS: Final[Mapping[str, tuple[Column, ...]]] = MappingProxyType(
    {"DENISE": DENISE, "IFOS2D": IFOS2D, "DENISE Black Edition": BLACK_EDITION}
)


def title_of(layout: str, stage_field: str) -> str:
    """What the column of a stage's field is called in a layout."""
    return next(column.title for column in (*LAYOUTS[layout], OWN) if column.stage == stage_field)


def header_of(columns: Sequence[Column]) -> str:
    """The header line of some columns."""
    return " ".join(column.title.split()[0] for column in columns)


def layouts_by_count() -> str:
    """'12 (DENISE), 14 (IFOS2D) or 30 (DENISE Black Edition)'."""
    return listed([f"{len(columns)} ({name})" for name, columns in LAYOUTS.items()])
