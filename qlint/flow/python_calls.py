"""Calling Python's builtins and library functions, by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qlint.flow import (
    builtin_bases,
    builtin_calls,
    introspection,
    iterator_calls,
    library_calls,
    records,
    regex_calls,
)
from qlint.flow.operators import binary, unary
from qlint.flow.values import (
    NOT_TENSOR,
    UNKNOWN,
    Value,
)
from qlint.semantics.operations import OPERATOR_MODULE

if TYPE_CHECKING:
    from collections.abc import Callable

    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter


# Packages whose functions are answered here; the rest of them returns Python values.
MODULES = (
    "math.",
    "operator.",
    "functools.",
    "itertools.",
    "collections.",
    "copy.",
    "dataclasses.",
    "typing.",
    "typing_extensions.",
    "warnings.",
    "logging.",
    "os.",
    "sys.",
    "types.",
    "inspect.",
    "importlib.",
    "argparse.",
    "contextlib.",
    "re.",
    "json.",
)

_UNARY = {"neg": "-", "invert": "~", "inv": "~"}


def call(interp: Interpreter, name: str, arguments: Arguments, site: Site) -> Value | None:
    """Call a builtin or library function; None if it is not one of those known here."""
    package, _, short = name.rpartition(".")
    function = _FUNCTIONS.get(name)
    if function is not None:
        return function(interp, arguments, site)
    if package == "operator" and short in OPERATOR_MODULE and len(arguments.args) == 2:
        left, right = arguments.args
        spelled = arguments.spelled or name
        return binary(interp, OPERATOR_MODULE[short], left, right, site, "function", spelled)
    if package == "operator" and short in _UNARY and len(arguments.args) == 1:
        return unary(interp, _UNARY[short], arguments.args[0], None, site)
    if package == "math":
        return builtin_calls.py_math(short, arguments)
    if package in ("warnings", "logging", "os", "sys", "os.path"):
        return NOT_TENSOR
    if package == "builtins":
        return UNKNOWN
    return None


_FUNCTIONS: dict[str, Callable[[Interpreter, Arguments, Site], Value]] = {
    "builtins.range": builtin_calls.py_range,
    "builtins.len": builtin_calls.py_len,
    "builtins.enumerate": builtin_calls.py_enumerate,
    "builtins.zip": builtin_calls.py_zip,
    "builtins.sum": builtin_calls.py_sum,
    "builtins.isinstance": introspection.py_isinstance,
    "builtins.issubclass": introspection.py_is_subclass,
    "builtins.getattr": introspection.py_getattr,
    "builtins.hasattr": introspection.py_hasattr,
    "builtins.property": introspection.py_property,
    "builtins.setattr": introspection.py_setattr,
    "builtins.delattr": introspection.py_delattr,
    "builtins.super": introspection.py_super,
    "builtins.type": introspection.py_type,
    "builtins.list": builtin_calls.py_list,
    "builtins.set": builtin_calls.py_set,
    "builtins.tuple": builtin_calls.py_tuple,
    "builtins.frozenset": builtin_calls.py_set,
    "builtins.dict": builtin_calls.py_dict,
    "builtins.reversed": builtin_calls.py_reversed,
    "builtins.sorted": builtin_calls.py_sorted,
    "builtins.iter": builtin_calls.py_iter,
    "builtins.next": builtin_calls.py_next,
    "builtins.map": builtin_calls.py_map,
    "builtins.filter": builtin_calls.py_filter,
    "builtins.min": builtin_calls.py_minmax,
    "builtins.max": builtin_calls.py_minmax,
    "builtins.int": builtin_calls.py_convert(int),
    "builtins.float": builtin_calls.py_convert(float),
    "builtins.str": builtin_calls.py_str,
    "builtins.round": builtin_calls.py_unary("round"),
    "builtins.abs": builtin_calls.py_unary("abs"),
    "builtins.bool": builtin_calls.py_bool,
    "builtins.any": builtin_calls.py_all_any,
    "builtins.all": builtin_calls.py_all_any,
    "builtins.callable": builtin_calls.py_callable,
    "builtins.print": builtin_calls.py_none,
    "builtins.repr": builtin_calls.py_not_tensor,
    "builtins.id": builtin_calls.py_not_tensor,
    "builtins.hash": builtin_calls.py_not_tensor,
    "builtins.format": builtin_calls.py_not_tensor,
    "builtins.pow": builtin_calls.py_pow,
    "builtins.divmod": builtin_calls.py_not_tensor,
    "builtins.globals": introspection.py_globals,
    "builtins.dir": introspection.py_dir,
    "builtins.vars": introspection.py_vars,
    "builtins.eval": introspection.py_eval,
    "builtins.staticmethod": library_calls.py_static_method,
    "types.SimpleNamespace": builtin_bases.make_namespace,
    "argparse.Namespace": builtin_bases.make_namespace,
    "types.MethodType": library_calls.py_method_type,
    "inspect.isclass": introspection.py_is_class,
    "importlib.import_module": introspection.py_import_module,
    "json.loads": library_calls.py_json,
    "re.compile": regex_calls.py_regex(re.compile),
    "re.match": regex_calls.py_regex(re.match),
    "re.search": regex_calls.py_regex(re.search),
    "re.fullmatch": regex_calls.py_regex(re.fullmatch),
    "re.finditer": regex_calls.py_regex(regex_calls.find_iter),
    "re.split": regex_calls.py_regex(re.split),
    "re.findall": regex_calls.py_regex(re.findall),
    "re.sub": regex_calls.py_regex(re.sub),
    "functools.partial": library_calls.py_partial,
    "functools.partialmethod": library_calls.py_partial_method,
    "functools.reduce": library_calls.py_reduce,
    "typing.cast": library_calls.py_first,
    "itertools.chain": iterator_calls.py_chain,
    "itertools.chain.from_iterable": iterator_calls.py_chain_items,
    "itertools.repeat": iterator_calls.py_repeat,
    "itertools.cycle": iterator_calls.py_cycle,
    "itertools.islice": iterator_calls.py_islice,
    "itertools.pairwise": iterator_calls.py_pairwise,
    "itertools.zip_longest": iterator_calls.py_zip_longest,
    "itertools.accumulate": iterator_calls.py_accumulate,
    "itertools.starmap": iterator_calls.py_starmap,
    "itertools.product": iterator_calls.py_product,
    "itertools.combinations": iterator_calls.py_combinations,
    "itertools.permutations": iterator_calls.py_combinations,
    "collections.namedtuple": library_calls.py_named_tuple,
    "collections.OrderedDict": builtin_calls.py_dict,
    "collections.UserDict": builtin_calls.py_dict,
    "collections.ChainMap": library_calls.py_chain_map,
    "collections.Counter": library_calls.py_counter,
    "collections.deque": library_calls.py_deque,
    "collections.defaultdict": library_calls.py_default_dict,
    "dataclasses.field": records.py_field,
    "dataclasses.replace": records.py_replace,
    "dataclasses.asdict": records.py_as_dict,
    "dataclasses.astuple": records.py_as_tuple,
    "dataclasses.fields": records.py_fields,
    "contextlib.suppress": library_calls.py_suppress,
    "contextlib.nullcontext": library_calls.py_null_context,
    "contextlib.ExitStack": library_calls.py_exit_stack,
    "contextlib.ExitStack.enter_context": library_calls.py_enter_context,
    "copy.replace": records.py_replace,
    "copy.deepcopy": library_calls.py_copy,
    "copy.copy": library_calls.py_copy,
}
