"""Looking at figures: as objects of matplotlib before they are written, and as pixels afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text


class Drawn:
    """The figures a test has drawn, in their order."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []

    def axes(self) -> list[Axes]:
        """All visible axes of the latest figure, colour bars included."""
        return [ax for ax in self.figures[-1].axes if ax.get_visible()]

    def panel(self, title: str) -> Axes:
        """The axes of the latest figure that have this title."""
        (found,) = (ax for ax in self.axes() if title in (ax.get_title(), ax.get_title("left")))
        return found

    def bars(self) -> list[Axes]:
        """The colour bars of the latest figure."""
        return [ax for ax in self.axes() if ax.get_label() == "<colorbar>"]

    def words(self) -> list[str]:
        """All texts that can be seen in the latest figure."""
        self.figures[-1].draw_without_rendering()  # numbers on axes come into being only now
        texts = self.figures[-1].findobj(Text)
        return [text.get_text() for text in texts if text.get_visible() and text.get_text()]


@pytest.fixture
def drawn(monkeypatch) -> Drawn:
    """Collects the figures; what is written is no picture, which saves most of the time."""
    collected = Drawn()

    def savefig(figure, stream, **options):
        collected.figures.append(figure)
        stream.write(options["format"].encode())

    monkeypatch.setattr(Figure, "savefig", savefig)
    return collected


def pixels(path: Path) -> np.ndarray:
    """Colours (height, width, 3) from 0 to 1 of a PNG file; fails for figures that are tiny or blank."""
    image = imread(path)[..., :3]
    height, width, _ = image.shape
    assert 300 < height < 4000
    assert 500 < width < 4000
    assert image.std() > 0.02
    return image


@pytest.fixture
def look_at():
    """The function `pixels`."""
    return pixels
