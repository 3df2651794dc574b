"""One raw operation: what it is, and where the user's code calls it."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import torch
from torch import nn

from pytest_qcheck.isolation import first_line

if TYPE_CHECKING:
    from types import CodeType, FrameType

_TORCH = f"{Path(torch.__file__).parent}{os.sep}"
_OURS = f"{Path(__file__).parent}{os.sep}"
_NO_KERNEL = re.compile(r"Could not run '(aten::\w+)[^']*' with arguments from the 'Quantized")
_BY_FORMAT = "view size is not compatible"

# The reason where code takes `weight` and `bias` of an int8 layer for tensors.
METHODS = "TypeError: weight and bias of an int8 layer are methods, not tensors"

Outcome = Literal["fails", "wrong", "ends"]


@dataclass(frozen=True)
class RawOp:
    """An operation that a converted model cannot do, or does wrong.

    Attributes:
        name: torch's name of the operation; the layer's class where it is part of a layer that
            convert made; empty if it is Python code that ends the run.
        file: the user's source file; empty if only torch's own modules lead there.
        line: first line of the call there.
        end_line: last line of the call.
        module: dotted name of the innermost module in which it runs.
        outcome: `fails` on int8 tensors, is silently `wrong`, or `ends` the run, so that nothing
            behind it was looked at.
        reason: torch's error, or what is wrong.
        within: class of the innermost module of torch, called at that line, whose code it is part
            of; empty if the user's code calls it.
    """

    name: str
    file: str
    line: int
    end_line: int
    module: str
    outcome: Outcome
    reason: str
    within: str = ""

    @property
    def place(self) -> str:
        """`file:line`, relative to the working directory where that is shorter."""
        if not self.file:
            return "(torch)"
        relative = os.path.relpath(self.file)
        return f"{self.file if relative.startswith('..') else relative}:{self.line}"


class Place(NamedTuple):
    """A call in the user's code.

    Attributes:
        file: the source file; empty if there is no code of the user.
        line: first line of the call.
        end_line: last line of the call.
        within: class of the innermost module of torch between there and the operation.
    """

    file: str
    line: int
    end_line: int
    within: str


def reason(error: Exception) -> str:
    """Why an operation fails, in one line."""
    missing = _NO_KERNEL.match(str(error))
    if missing:
        return f"no int8 kernel: {missing[1]}"
    if str(error).startswith(_BY_FORMAT):
        return "int8 layers put out channels last: use .reshape() or .flatten()"
    return f"{type(error).__name__}: {first_line(error)}"


def called_at(stop: CodeType) -> Place:
    """The innermost call in code that is neither torch's nor ours.

    Args:
        stop: the code that called the model; what called that is not the model's.
    """
    within = ""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not stop:
        path = frame.f_code.co_filename
        if path.startswith(_TORCH):
            within = within or _module_of(frame)
        elif not path.startswith(_OURS):
            return Place(path, *_lines(frame.f_code, frame.f_lasti, frame.f_lineno), within)
        frame = frame.f_back
    return Place("", 0, 0, within)


def raised_at(error: Exception) -> Place:
    """The innermost call that led to an error, in code that is neither torch's nor ours."""
    place = Place("", 0, 0, "")
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_filename.startswith(_TORCH):
            place = place._replace(within=_module_of(step.tb_frame) or place.within)
        elif not code.co_filename.startswith(_OURS):
            place = Place(
                code.co_filename, *_lines(code, step.tb_lasti, step.tb_lineno or 0), within=""
            )
        step = step.tb_next
    return place


def _module_of(frame: FrameType) -> str:
    """Class of the module whose method a frame of torch runs; containers do nothing themselves."""
    module = frame.f_locals.get("self")
    if isinstance(module, nn.Module) and type(module).__module__.startswith("torch."):
        return "" if isinstance(module, nn.Sequential) else type(module).__name__
    return ""


def _lines(code: CodeType, instruction: int, line: int) -> tuple[int, int]:
    """First and last line of the call at an instruction."""
    if sys.version_info >= (3, 11):
        positions = list(code.co_positions())[instruction // 2]
        first, last = positions[0], positions[1]
        if first is not None and last is not None:
            return first, last
    return line, line
