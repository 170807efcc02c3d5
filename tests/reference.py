"""Runs reference cases and compares with what the original program wrote.

    python -m tests.reference FOLDER [PATTERN ...] [--keep DIR]

FOLDER holds one folder per case (case.json, its input files, expected/). Every case is copied to a scratch
folder and run there by the installed program, with as many processes as its parameter file asks for; one
line per case says how far traces are from the expected ones, in parts of the maximum of each trace:

    case    v, p (limit 5e-5)    div, curl (limit 5e-4)    headers    verdict

Snapshots are merged by snapmerge and compared in parts of the maximum of each snapshot, as far as the
original has them: it loses the last one.

Cases of inversions are run as well: the first misfit and the shape of the gradient inside the absorbing
frame are compared, and the last misfit is shown beside the original's. Cases in KNOWN_DIFFERENCES document
defects of the original; what differs there on purpose is said in docs/compatibility.md.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from denise_py.traces.su import read_su

LIMIT_FIELD, LIMIT_DERIVED = 5e-5, 5e-4
DERIVED = ("div", "curl", "rot")
#: SU words of the format specification that must be equal
HEADER_WORDS = (
    *("tracl", "cdp", "trid", "offset", "gelev", "sdepth", "swdep", "scalel", "scalco"),
    *("sx", "sy", "gx", "gy", "ns", "dt", "d1"),
)

#: case -> (part of the file names that may differ, why)
KNOWN_DIFFERENCES = {
    "fwd_readrec0_diag": ("", "receiver lines follow their true slope, the original cuts it to an integer"),
    "fwd_psv_delay_q4": ("shot[23]", "sin^3 is delayed by t - td, the original advances it by t + td"),
    "fwd_psv_delay_q5": ("shot[23]", "the Gaussian derivative is delayed by td, the original ignores td"),
    "fwd_recarray": ("", "the original's receiver positions depend on a misread frame width"),
}
#: cases that the original refuses as well
REFUSED = ("fwd_snap_su",)
#: cases that the original could not run
FAILED_THERE = (
    "fwd_planewave",
    "inv_invmat2",
)


@dataclass
class Comparison:
    """Worst differences of one case."""

    basic: float = 0.0
    derived: float = 0.0
    headers: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)
    files: int = 0

    @property
    def passes(self) -> bool:
        """Whether everything that counts is within its limit."""
        good = self.basic <= LIMIT_FIELD and self.derived <= LIMIT_DERIVED
        return good and not self.headers and not self.missing and self.files > 0


def run_case(case: Path, work: Path) -> tuple[int, str]:
    """Copy a case to `work` and run it there; returns exit code and the last lines of its output."""
    shutil.copytree(case, work, dirs_exist_ok=True)
    subprocess.run(["chmod", "-R", "u+w", str(work)], check=True)
    for name in ("su", "snap", "log", "jacobian", "STF"):
        (work / name).mkdir(exist_ok=True)
    text = (work / "case.json").read_text()
    processes = int(np.prod([int(_value(text, key)) for key in ("NPROCX", "NPROCY")]))
    command = [sys.executable, "-c", "from denise_py.cli.main import main; main()", "case.json"]
    if processes > 1:
        command = [str(Path(sys.executable).parent / "mpirun"), "-n", str(processes), *command]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p) or "."}
    environment["PYTHONPATH"] = f"{Path(__file__).parents[1]}{os.pathsep}{environment['PYTHONPATH']}"
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, env=environment)
    if done.returncode == 0 and '"SNAP"' in text and _value(text, "SNAP") != "0":
        command = [sys.executable, "-c", "from denise_py.cli.snapmerge import main; main()", "case.json"]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, env=environment)
    return done.returncode, (done.stderr.strip() or done.stdout.strip())


def _value(text: str, key: str) -> str:
    found = re.search(rf'"{key}"\s*[:=]\s*"?([^",\n]+)', text)
    return found.group(1).strip() if found else "1"


def compare_seismograms(case: str, work: Path, expected: Path) -> Comparison:
    """Every seismogram in expected/su against the one just written."""
    result = Comparison()
    pattern, reason = KNOWN_DIFFERENCES.get(case, (None, ""))
    kind = int(_value((work / "case.json").read_text(), "SEIS_FORMAT"))
    for file in sorted((expected / "su").glob("*")):
        if "adjoint_src" in file.name or "measured" in file.name:
            continue
        ours = work / "su" / file.name
        if pattern is not None and re.search(pattern, file.name):
            result.excused.append(f"{file.name}: {reason}")
            continue
        if not ours.exists():
            result.missing.append(file.name)
            continue
        result.files += 1
        worst = _compare_file(ours, file, kind, result)
        if any(f"_{name}." in file.name for name in DERIVED):
            result.derived = max(result.derived, worst)
        else:
            result.basic = max(result.basic, worst)
    return result


def _compare_file(ours: Path, theirs: Path, kind: int, result: Comparison) -> float:
    if kind == 2:
        a, b = np.loadtxt(ours), np.loadtxt(theirs)
        return _worst(a[None], b[None])
    if kind == 3:
        a, b = np.fromfile(ours, "<f4"), np.fromfile(theirs, "<f4")
        return _worst(a[None], b[None])
    a, b = read_su(ours), read_su(theirs)
    for word in HEADER_WORDS:
        if not np.array_equal(a.headers[word], b.headers[word]):
            result.headers.append(f"{ours.name}:{word}")
    return _worst(a.data, b.data)


def _worst(a: np.ndarray, b: np.ndarray) -> float:
    if a.shape != b.shape:
        return np.inf
    scale = np.abs(b).max(axis=1)
    difference = np.abs(a.astype(float) - b).max(axis=1)
    used = scale > 0
    return float(np.max(difference[used] / scale[used])) if used.any() else float(difference.max())


# --- snapshots ----------------------------------------------------------------------------------------------


def compare_snapshots(work: Path, expected: Path, result: Comparison) -> str:
    """Every file in expected/snap against the one just merged, as many snapshots as the original has; adds to
    the result and says how many these are."""
    text = (work / "case.json").read_text()
    nx, ny, every_x, every_y = (int(_value(text, key)) for key in ("NX", "NY", "IDX", "IDY"))
    size, numbers = -(-nx // every_x) * -(-ny // every_y), set()
    for file in sorted((expected / "snap").glob("*")):
        # SNAP = 4 leaves the original's pressure in pieces, of one process in these cases
        ours = work / "snap" / re.sub(r"\.(bin|asc)\.p\.(shot\d+)\.0\.0$", r".\2.\1.p", file.name)
        if not ours.exists():
            result.missing.append(file.name)
            continue
        result.files += 1
        a, b = (
            (np.loadtxt(path) if ".asc." in path.name else np.fromfile(path, "<f4")).reshape(-1, size)
            for path in (ours, file)
        )
        numbers.add(f"{len(b)} of {len(a)} snapshots")
        worst = _worst(a[: len(b)], b)
        if file.suffix[1:] in DERIVED:
            result.derived = max(result.derived, worst)
        else:
            result.basic = max(result.basic, worst)
    return ", ".join(sorted(numbers))


# --- inversions ---------------------------------------------------------------------------------------------


def compare_inversion(work: Path, expected: Path) -> str:
    """First and last misfit, and correlation of the first gradient with the original's."""
    ours, theirs = _misfits(work / "L2_LOG.dat"), _misfits(expected / "L2_LOG.dat")
    parts = []
    if ours and theirs:
        off = f"{ours[0] / theirs[0] - 1:+.1e}" if theirs[0] else "the original's is 0"
        parts.append(f"first misfit {ours[0]:.6g} ({off})")
        parts.append(f"last {ours[-1]:.4g} (original {theirs[-1]:.4g})")
    correlations = gradient_correlations(work, expected)
    if correlations:
        parts.append("gradient correlation " + ", ".join(f"{n} {c:.3f}" for n, c in correlations.items()))
    return "; ".join(parts)


def gradient_correlations(work: Path, expected: Path) -> dict[str, float]:
    """Correlation inside the absorbing frame of jacobian/g_g*.old with the original's, by parameter."""
    text = (work / "case.json").read_text()
    nx, ny, width = (int(_value(text, key)) for key in ("NX", "NY", "FW"))
    steps = int(_value(text, "IDX")), int(_value(text, "IDY"))
    top = 1 if int(_value(text, "FREE_SURF")) else width
    result = {}
    for name, ending in (("vp", ""), ("vs", "_u"), ("rho", "_rho")):
        files = [folder / "jacobian" / f"g_g{ending}.old" for folder in (work, expected)]
        if all(file.exists() for file in files):
            a, b = (_inside(np.fromfile(file, "<f4"), (nx, ny), steps, top, width) for file in files)
            norm = np.linalg.norm(a) * np.linalg.norm(b)
            result[name] = float(np.sum(a * b) / norm) if norm else np.nan
    return result


def _inside(
    values: np.ndarray, shape: tuple[int, int], steps: tuple[int, int], top: int, width: int
) -> np.ndarray:
    """What lies inside the frame of a grid file that holds every IDX-th column and IDY-th row, float64."""
    (nx, ny), (every_x, every_y) = shape, steps
    columns, rows = np.arange(0, nx, every_x), np.arange(0, ny, every_y)
    x, y = (columns >= width) & (columns < nx - width), (rows >= top) & (rows < ny - width)
    return values.reshape(columns.size, rows.size).astype(float)[np.ix_(x, y)]


def _misfits(log: Path) -> list[float]:
    """Misfit column of a log: the 8th number of every line that is no header."""
    if not log.exists():
        return []
    rows = [line.split() for line in log.read_text().splitlines() if not line.startswith("opteps")]
    return [float(row[7] if float(row[4]) or len(row) < 8 else row[6]) for row in rows]


# --- command ------------------------------------------------------------------------------------------------


def report(case: Path, work: Path) -> tuple[str, bool | None]:
    """One line about a case, and whether it passes (None: not comparable)."""
    code, output = run_case(case, work)
    last = output.splitlines()[-1] if output else ""
    if code != 0 and "not available" in output:
        return f"refused: {last}", None
    if case.name in REFUSED:
        return f"exit code {code}, the original stops as well: {last}", code == 2
    if code != 0:
        return f"exit code {code}: {last}", False
    expected = case / "expected"
    if case.name in FAILED_THERE:
        return "runs; the original failed", code == 0
    if (expected / "L2_LOG.dat").exists():
        return compare_inversion(work, expected), None
    found = compare_seismograms(case.name, work, expected)
    snapshots = compare_snapshots(work, expected, found)
    headers = "DIFFER" if found.headers else "equal"
    line = f"v,p {found.basic:.1e}  div,curl {found.derived:.1e}  headers {headers}"
    verdict = found.passes or (bool(found.excused) and found.basic <= LIMIT_FIELD and not found.headers)
    notes = sorted({text.split(": ", 1)[1] for text in found.excused})
    notes += [f"missing {', '.join(found.missing)}"] if found.missing else []
    notes += found.headers[:3] + ([snapshots] if snapshots else [])
    return f"{line}  {'pass' if verdict else 'FAIL'}  {'; '.join(notes)}".rstrip(), verdict


def main() -> int:
    """Command line; 1 if any comparable case fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("pattern", nargs="*", default=["*"])
    parser.add_argument("--keep", type=Path, help="folder for the runs, kept afterwards")
    arguments = parser.parse_args()
    cases = sorted(p.parent for p in arguments.folder.glob("*/case.json"))
    cases = [c for c in cases if any(fnmatch.fnmatch(c.name, p) for p in arguments.pattern)]
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        root = arguments.keep or Path(scratch)
        for case in cases:
            line, passes = report(case.resolve(), root / case.name)
            failed += passes is False
            print(f"{case.name:<28} {line}", flush=True)
    print(f"{len(cases)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
