"""Regular expressions on constants: layers are described in texts, ``ir_r2_k3_s2_e6_c24``."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from qlint.flow.containers import new_list
from qlint.flow.values import NOT_TENSOR, Constant, Tuple, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from qlint.flow.calls import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter

_LONGEST = 64
# A repeated group may take exponential time, many repeated letters a long one, which the code
# that is read must not cost.
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_REPEATED = re.compile(r"[*+{]")
_MOST_REPEATED = 3


def py_regex(function: Callable[..., Any]) -> Callable[..., Value]:
    """A function of ``re`` that takes texts only and answers with a text or a list."""

    def apply(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
        texts = [
            each.value
            for each in arguments.args
            if isinstance(each, Constant) and isinstance(each.value, str)
        ]
        unsure = len(texts) < len(arguments.args) or arguments.kwargs or arguments.more
        if unsure or not texts or _may_take_long(texts):
            return NOT_TENSOR
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _value_of(function(*texts))
        except (re.error, ArithmeticError, LookupError, TypeError, ValueError, RecursionError):
            return NOT_TENSOR

    return apply


def _may_take_long(texts: list[str]) -> bool:
    too_long = any(len(each) > _LONGEST for each in texts)
    too_many = len(_REPEATED.findall(texts[0])) > _MOST_REPEATED
    return too_long or too_many or _REPEATED_GROUP.search(texts[0]) is not None


def _value_of(result: object) -> Value:
    if isinstance(result, list):
        return new_list(_value_of(each) for each in result)
    if isinstance(result, tuple):
        return Tuple(tuple(_value_of(each) for each in result))
    return Constant(result)
