"""Files of estimated wavelets: <SIGNAL_FILE>.shot1, and <SIGNAL_FILE>.shot1_20Hz in a stage with a low-pass.

SU files of one trace at the position of the source, which QUELLART = 7 reads again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from denise_py.parameters.data_files import wavelet_names
from denise_py.parameters.settings import Settings
from denise_py.traces.gather import Gather
from denise_py.traces.su import write_su


@dataclass(frozen=True)
class WaveletFiles:
    """Where estimated wavelets go. base, base_sh: SIGNAL_FILE and SIGNAL_FILE_SH."""

    base: str
    base_sh: str

    @classmethod
    def of(cls, settings: Settings) -> WaveletFiles:
        """Those of a run."""
        return cls(settings.sources.signal_file, settings.sources.signal_file_sh)

    def paths(self, shot: int, corner: float | None = None, *, shear: bool = False) -> tuple[str, ...]:
        """Names of the files of a shot, numbered from 1; corner: of the low-pass in Hz, None without one."""
        name = wavelet_names(self.base_sh if shear else self.base, shot)[0]
        return (name,) if corner is None else (name, f"{name}_{corner:g}Hz")

    def write(
        self,
        shot: int,
        wavelet: np.ndarray,
        dt: float,
        position: tuple[float, float],
        corner: float | None = None,
        *,
        shear: bool = False,
    ) -> None:
        """Write a wavelet (nt,) without amplitude, sampled at dt (s), of a source at a position (x, y) in m.

        Raises DataError or ResourceError when that is not possible.
        """
        where = np.asarray(position)
        gather = Gather(wavelet[None], dt, where[None], where)
        for path in self.paths(shot, corner, shear=shear):
            write_su(path, gather)
