"""All shots on all processes: who simulates which, several at a time in a process, errors told to all."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from threading import Event
from typing import TypeVar

import numpy as np

from denise_py.errors import DeniseError, ResourceError, StabilityError, UsageError
from denise_py.medium.model import Medium
from denise_py.parallel.collect import TreeSum, total_of_all
from denise_py.parallel.threads import cores_of_process, one_thread_per_product, work_off
from denise_py.workflow.adapted import Adapted, AdaptedSimulator
from denise_py.workflow.keeping import check_jobs
from denise_py.workflow.setup import Processes, Setup, Shot
from denise_py.workflow.simulator import Simulator
from denise_py.workflow.timings import Timings

Result = TypeVar("Result")


def trial_shots(setup: Setup) -> tuple[int, ...] | None:
    """Numbers of the shots that the parabolic search simulates, or None for all."""
    chosen, numbers = setup.settings.inversion, tuple(shot.number for shot in setup.shots)
    if not chosen.test_shot_start:
        return None
    tests = tuple(range(chosen.test_shot_start, chosen.test_shot_end + 1, chosen.test_shot_increment))
    return None if tests == numbers else tests


def dealing_order(setup: Setup) -> tuple[int, ...]:
    """The numbers of all shots in the order in which they are dealt to the groups, each of which gets
    neighbours: test shots are spread evenly, so that all groups have the same share of them."""
    tests = frozenset(trial_shots(setup) or ())
    kinds = [[shot.number for shot in setup.shots if (shot.number in tests) == chosen] for chosen in (1, 0)]
    places = {number: (k + 0.5) / len(kind) for kind in kinds for k, number in enumerate(kind)}
    return tuple(sorted(places, key=lambda number: (places[number], number)))


def choose_jobs(setup: Setup, processes: int, asked: int | None = None) -> int:
    """How many shots each of so many processes simulates at a time.

    asked: by the user; without that the cores of this process, unless they cannot hold as many wavefields.
    Never more than a process has shots. Raises UsageError where the grid is cut into blocks and more than one
    is asked for, ResourceError if the memory does not suffice for what is asked for.
    """
    domain = setup.settings.domain
    blocks = domain.nprocx * domain.nprocy
    if blocks > 1:
        if asked is not None and asked > 1:
            layout = f"{domain.nprocx} and {domain.nprocy}"
            raise UsageError(
                f"--jobs {asked} needs NPROCX = NPROCY = 1, but they are {layout}: processes that share a "
                "shot simulate one at a time; leave --jobs out or set both to 1"
            )
        return 1
    wanted = cores_of_process(os.environ) if asked is None else asked
    jobs = min(wanted, -(-len(setup.shots) // processes))
    while asked is None and jobs > 1 and not _fits(setup, processes, jobs):
        jobs -= 1
    if jobs > 1 or asked is not None:
        check_jobs(setup, processes, jobs)
    return jobs


def _fits(setup: Setup, processes: int, jobs: int) -> bool:
    try:
        check_jobs(setup, processes, jobs)
    except ResourceError:
        return False
    return True


class Crew:
    """The simulators of this process, one for each shot it simulates at a time; goes through shots together
    with those of the other processes.

    Methods that say so are collective over all processes; all must be called from the main thread.
    """

    def __init__(
        self,
        setup: Setup,
        processes: Processes,
        timings: Timings | None = None,
        everywhere: bool = False,
    ) -> None:
        """everywhere: whether every group can simulate every shot, having the observed data of all; then
        whatever is to be simulated is dealt anew, else every group has its own shots."""
        one_thread_per_product()
        self.setup, self.processes, self.everywhere = setup, processes, everywhere
        self.timings = timings or Timings()
        #: numbers of all shots in the order of dealing, and of those of this process' group
        self.order = dealing_order(setup)
        self.own = processes.groups.shots_of_group(processes.group_number, self.order)
        self._places = {number: place for place, number in enumerate(self.order)}
        self._stop = Event()
        kind = AdaptedSimulator if setup.settings.fd.adapt else Simulator
        first = kind(setup, processes, self.timings)
        at_once = max(1, min(processes.jobs, len(self.own)))
        #: one for each shot at a time, for threads of their own
        self.simulators = (first, *(first.twin() for _ in range(1, at_once)))
        self._listen()

    def use(self, adapted: Adapted | None, back: bool = False) -> None:
        """Simulate on another grid from now on, None for that of the run; only with GRID_ADAPT. A medium must
        be set afterwards. back: the coarse grid of before will be needed again."""
        for simulator in self.simulators:
            simulator.use(adapted, back)
        self._listen()

    @property
    def adapted(self) -> Adapted | None:
        """What is simulated in place of the run, None for the run itself."""
        return getattr(self.first, "adapted", None)

    def _listen(self) -> None:
        """Simulations stop when another shot has failed."""
        for simulator in self.simulators:
            for wave in simulator.working:
                wave.propagator.give_up = self._stop.is_set

    @property
    def first(self) -> Simulator | AdaptedSimulator:
        """One of the simulators, for what does not depend on the shot."""
        return self.simulators[0]

    @property
    def estimated(self) -> dict[int, Shot]:
        """See Simulator.estimated."""
        return self.simulators[0].estimated

    @property
    def medium(self) -> Medium:
        """The medium of the last set_medium."""
        return self.simulators[0].medium

    @property
    def at_once(self) -> int:
        """How many shots this process simulates at a time."""
        return len(self.simulators)

    def set_medium(self, medium: Medium) -> None:
        """Simulate in this medium from now on."""
        first, *others = self.simulators
        first.set_medium(medium)
        for other in others:
            other.share_medium(first)

    def mine(self, shots: Collection[int]) -> tuple[int, ...]:
        """Numbers of those of some shots that this group simulates, in the order of dealing."""
        if not self.everywhere:
            return tuple(number for number in self.own if number in shots)
        wanted = [number for number in self.order if number in shots]
        return self.processes.groups.shots_of_group(self.processes.group_number, wanted)

    def each(
        self,
        shots: Collection[int],
        work: Callable[[Simulator, Shot], Result],
        finished: Callable[[Shot, Result], None],
    ) -> None:
        """Call work(simulator, shot) for those of the shots that are `mine`, in threads if this
        process simulates several at a time, and finished(shot, result) for each in the main thread.

        Nobody waits for other groups before all own shots are done. A DeniseError of a shot is raised on all
        processes when they are done; of several that of the first shot, whatever the number of groups and
        threads. Collective over all processes.
        """
        mine = [self.setup.shots[number - 1] for number in self.mine(shots)]
        failure: tuple[int, DeniseError] | None = None
        try:
            work_off(mine, self.simulators, _naming(work), finished, self._stop)
        except _ShotError as error:
            if self.processes.group.size > 1 and not isinstance(error.reason, StabilityError):
                raise error.reason from error  # others of the group may know nothing of it, and wait
            failure = self._places[error.shot], error.reason
        failures = [one for one in self.processes.world.allgather(failure) if one is not None]
        if failures:
            raise min(failures, key=lambda one: one[0])[1]

    def results(
        self, shots: Collection[int], work: Callable[[Simulator, Shot], Result | None]
    ) -> dict[int, Result]:
        """What work gives for those of the shots that are `mine`, by number, without None; see `each`."""
        found: dict[int, Result] = {}

        def finished(shot: Shot, result: Result | None) -> None:
            if result is not None:
                found[shot.number] = result

        self.each(shots, work, finished)
        return found

    def new_sum(self, shots: Collection[int]) -> TreeSum:
        """An empty sum over shots; their places in it are those of `place`."""
        return TreeSum(self._places[number] for number in shots)

    def place(self, shot: Shot) -> int:
        """Place of a shot in the order of dealing, counted from 0."""
        return self._places[shot.number]

    def total(self, tree: TreeSum, shape: tuple[int, ...]) -> np.ndarray:
        """A sum (shape) over the shots of all groups, on every process. Collective over all processes."""
        heads, group = self.processes.heads, self.processes.group
        return group.bcast(total_of_all(heads, tree, shape) if heads is not None else None)

    def join(self, parts: Mapping[int, Result]) -> dict[int, Result]:
        """What the heads of all groups know about their own shots, on every process. Collective."""
        own = parts if self.processes.group.is_root else {}
        return {
            number: part for of in self.processes.world.allgather(dict(own)) for number, part in of.items()
        }


class _ShotError(Exception):
    """What ended a shot, and its number."""

    def __init__(self, shot: int, reason: DeniseError) -> None:
        super().__init__(str(reason))
        self.shot, self.reason = shot, reason


def _naming(work: Callable[[Simulator, Shot], Result]) -> Callable[[Simulator, Shot], Result]:
    """The same work, whose errors tell the shot."""

    def named(simulator: Simulator, shot: Shot) -> Result:
        try:
            return work(simulator, shot)
        except StabilityError as error:
            raise _ShotError(shot.number, StabilityError(f"shot {shot.number}: {error}")) from error
        except DeniseError as error:
            raise _ShotError(shot.number, error) from error

    return named
