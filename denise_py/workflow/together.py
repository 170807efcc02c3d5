"""Doing something on one or on all processes such that all of them learn of a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from denise_py.errors import DataError, DeniseError

T = TypeVar("T")


def on_root(world: Any, action: Callable[[], T]) -> T:
    """The result of an action of rank 0, on all ranks; its DeniseError is raised on all of them."""
    outcome = None
    if world.is_root:
        try:
            outcome = action(), None
        except DeniseError as error:
            outcome = None, error
    result, error = world.bcast(outcome)
    if error is not None:
        raise error
    return result


def on_all(world: Any, action: Callable[[], T]) -> T:
    """The result of an action on this rank. If it raises DataError anywhere, all ranks raise the messages of
    all of them."""
    result, message = None, None
    try:
        result = action()
    except DataError as error:
        message = str(error)
    messages = [text for text in world.allgather(message) if text is not None]
    if messages:
        raise DataError("\n".join(dict.fromkeys(messages)))
    return result
