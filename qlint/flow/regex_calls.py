"""Regular expressions on constants: layers are described in texts, ``ir_r2_k3_s2_e6_c24``."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from qlint.flow.containers import new_dict, new_list
from qlint.flow.values import NOT_TENSOR, Constant, Tuple, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter

_LONGEST = 64
# A repeated group may take exponential time, many repeated letters a long one, which the code
# that is read must not cost.
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_REPEATED = re.compile(r"[*+{]")
_MOST_REPEATED = 3


def py_regex(function: Callable[..., Any]) -> Callable[..., Value]:
    """A function of ``re`` that takes texts only and answers with a text, a list or a match."""

    def apply(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
        if arguments.kwargs or arguments.more:
            return NOT_TENSOR
        return _apply(function, arguments.args)

    return apply


def call_method(value: re.Pattern[str] | re.Match[str], name: str, args: Sequence[Value]) -> Value:
    """Call a method of a pattern that is compiled, or of a match."""
    if isinstance(value, re.Pattern):
        function = _OF_PATTERN.get(name)
        return (
            NOT_TENSOR if function is None else _apply(function, (Constant(value.pattern), *args))
        )
    given = [each.value for each in args if isinstance(each, Constant)]
    if name not in _OF_MATCH or len(given) < len(args):
        return NOT_TENSOR
    try:
        return _value_of(getattr(value, name)(*given))
    except (LookupError, TypeError):
        return NOT_TENSOR


def _apply(function: Callable[..., Any], args: Sequence[Value]) -> Value:
    texts = [
        each.value for each in args if isinstance(each, Constant) and isinstance(each.value, str)
    ]
    if len(texts) < len(args) or not texts or _may_take_long(texts):
        return NOT_TENSOR
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _value_of(function(*texts))
    except (re.error, ArithmeticError, LookupError, TypeError, ValueError, RecursionError):
        return NOT_TENSOR


def find_iter(pattern: str, text: str) -> list[re.Match[str]]:
    """``re.finditer``, all at once."""
    return list(re.finditer(pattern, text))


_OF_PATTERN: dict[str, Callable[..., Any]] = {
    "match": re.match,
    "search": re.search,
    "fullmatch": re.fullmatch,
    "split": re.split,
    "findall": re.findall,
    "finditer": find_iter,
}
_OF_MATCH = frozenset("group groups groupdict start end span __getitem__".split())


def _may_take_long(texts: list[str]) -> bool:
    too_long = any(len(each) > _LONGEST for each in texts)
    too_many = len(_REPEATED.findall(texts[0])) > _MOST_REPEATED
    return too_long or too_many or _REPEATED_GROUP.search(texts[0]) is not None


def _value_of(result: object) -> Value:
    if isinstance(result, list):
        return new_list(_value_of(each) for each in result)
    if isinstance(result, dict):
        return new_dict((Constant(key), Constant(each)) for key, each in result.items())
    if isinstance(result, tuple):
        return Tuple(tuple(_value_of(each) for each in result))
    return Constant(result)
