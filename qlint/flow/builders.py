"""The functions that can build a model or quantize one, and which of them show something new."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, TypeGuard

from qlint.flow.enums import is_enum
from qlint.flow.modules import is_module_class
from qlint.flow.values import Class, Function
from qlint.semantics import modules as known
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from qlint.flow.interpreter import Interpreter
    from qlint.program.project import Module

_WORD = re.compile(r"[^\W\d]\w*")
# What makes a model of others, or quantizes one.
# Only together with the word "quantization" do the steps mean what torch means by them.
_QUANTIZING = known.EAGER_STEP_NAMES | known.GRAPH_STEPS
_BUILDING = _QUANTIZING | frozenset(
    "Sequential ModuleList ModuleDict QuantWrapper QuantStub quantize_per_tensor "
    "quantize_per_channel".split()
)
_LOOKS_UP = re.compile(r"getattr|globals|locals|vars\(|__dict__|eval\(|import_module|modules\[")
# Comments, and strings on one or several lines.
_TEXT = re.compile(
    r"""#[^\n]*|\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'"""
)
_CHOICES = frozenset(range(-1, 9))
# Strings that say nothing of how a model is built: addresses, and what has several lines.
_PROSE = re.compile(r"\n|://")


def builders(
    modules: Sequence[Module], names: Sequence[Function | Class]
) -> list[tuple[Function, frozenset[str]]]:
    """The functions that can build a model or quantize one, with the names that say so.

    The others have nothing to say that the models themselves do not: what they do to a
    tensor shows when a model calls them.
    """
    functions = [each for each in names if isinstance(each, Function)]
    classes = [each for each in names if isinstance(each, Class) and is_module_class(each)]
    plain = [
        each
        for each in names
        if isinstance(each, Class) and not is_module_class(each) and "Quant" in each.module.text
    ]
    registered = frozenset(cls.name for cls in classes if cls.node.decorators)
    configs = {module: _configs(module, registered) for module in modules}
    mentioned = {
        function: _names_in(function, registered, configs[function.module])
        for function in functions
    }
    wanted = {cls.name for cls in classes} | _BUILDING
    wanted |= {cls.name for cls in plain if _names_in(cls, registered, {}) & _BUILDING}
    waiting = functions
    while True:
        found = [function for function in waiting if mentioned[function] & wanted]
        if not found:
            left = set(waiting)
            return [(each, mentioned[each] & wanted) for each in functions if each not in left]
        wanted.update(function.node.name for function in found if _is_def(function.node))
        chosen = set(found)
        waiting = [function for function in waiting if function not in chosen]


def called_by_classes(names: Sequence[Function | Class]) -> frozenset[str]:
    """Names that the code of module classes mentions: who calls such a function there knows what
    with.
    """  # noqa: D205
    classes = [each for each in names if isinstance(each, Class) and is_module_class(each)]
    return frozenset[str]().union(*(_names_in(each, frozenset(), {}) for each in classes))


def quantizes(method: Function) -> bool:
    """Whether the code of a method mentions a step of quantization."""
    if "quantiz" not in method.module.text:
        return False
    return any(model.last_name(node) in _QUANTIZING for node in model.walk(method.node.body))


def most_different_first(
    found: Iterable[tuple[Function, frozenset[str]]], interp: Interpreter
) -> list[tuple[int, Function]]:
    """Functions with their ranks: 0 if they are the first to mention certain names, and so on.

    A package may hold hundreds of functions that build one model in different sizes; should the
    steps run out, each kind has had its turn. Of those that differ in sizes alone the smallest, the
    largest and one between them show all there is.
    """
    seen: Counter[frozenset[str]] = Counter()
    mentioned = dict(found)
    codes = {function: _code_but_for_sizes(function, interp) for function in mentioned}
    shown = _shown(codes)
    by_file: dict[Module, dict[Function, frozenset[object]]] = {}
    for function in mentioned:
        if function in shown:
            by_file.setdefault(function.module, {})[function] = frozenset(codes[function][0])
    ranked = []
    for words in by_file.values():
        for function in _most_new_first(words):
            ranked.append((seen[mentioned[function]], function))
            seen[mentioned[function]] += 1
    return sorted(ranked, key=lambda each: each[0])


def _most_new_first(words: Mapping[Function, frozenset[object]]) -> Iterator[Function]:
    """Functions in such an order that each one has the most words that none before it has."""
    waiting, seen = list(words), frozenset[object]()
    while waiting:
        new = [len(words[each] - seen) for each in waiting]
        if not any(new):
            yield from waiting
            return
        chosen = waiting.pop(new.index(max(new)))
        seen |= words[chosen]
        yield chosen


def _shown(codes: Mapping[Function, tuple[tuple[object, ...], list[float]]]) -> set[Function]:
    """Functions of all codes: of those that have one but for sizes, up to three."""
    alike: dict[tuple[object, ...], list[Function]] = {}
    for function, (code, _) in codes.items():
        alike.setdefault(code, []).append(function)
    shown: set[Function] = set()
    for functions in alike.values():
        by_size = sorted(functions, key=lambda each: codes[each][1])
        shown |= {by_size[0], by_size[len(by_size) // 2], by_size[-1]}
    return shown


def _code_but_for_sizes(
    function: Function, interp: Interpreter
) -> tuple[tuple[object, ...], list[float]]:
    """The code of a function but for sizes, its own name, enumerations and documentation; and the
    sizes.

    A small number that is an argument may be a choice. To the code of ``def net_a(): return
    make("net_a")`` belongs what a table of its file holds under that name.
    """  # noqa: D205
    node, namespace = function.node, interp.namespace(function.module)
    parameters = (*node.parameters.positional, *node.parameters.keyword_only)
    code: list[object] = [function.module, *(each.name for each in parameters)]
    sizes: list[float] = []
    own_name = node.name if isinstance(node, model.FunctionDef) else ""
    defaults = tuple(one.default for one in parameters)
    for each in model.walk((defaults, node.body, _tables(function.module.file).get(own_name))):
        word: object = None
        if isinstance(each, model.Name):
            value = interp.global_name(each.id, namespace)
            is_plain = isinstance(value, Class) and is_enum(value)
            word = None if is_plain else each.id
        elif isinstance(each, model.Attribute):
            word = each.name
        elif isinstance(each, model.Argument):
            given = each.value.value if isinstance(each.value, model.Constant) else None
            choice = given if isinstance(given, int) and given in _CHOICES else None
            word = (each.keyword, each.stars, choice)
        elif isinstance(each, (model.BinaryOp, model.UnaryOp)):
            word = each.op
        elif isinstance(each, model.Compare):
            word = each.ops
        elif isinstance(each, model.Constant) and type(each.value) in (int, float):
            sizes.append(float(each.value))  # type: ignore[arg-type]
        elif isinstance(each, model.Constant):
            is_text = isinstance(each.value, str) and _PROSE.search(each.value) is not None
            word = None if is_text or each.value == own_name else each.value
        code += (type(each), word)
    return tuple(code), sizes


@lru_cache(maxsize=256)
def _tables(file: model.File) -> dict[str, tuple[model.Expression, ...]]:
    """What the dicts at the top level of a file hold under names: ``cfgs = dict(net_a=...)``."""
    found: dict[str, tuple[model.Expression, ...]] = {}
    for statement in file.body:
        if not isinstance(statement, model.Assign):
            continue
        value = statement.value
        items: list[tuple[object, model.Expression]] = []
        if isinstance(value, model.Dict):
            items = [(getattr(key, "value", None), each) for key, each in value.items]
        elif isinstance(value, model.Call) and model.last_name(value.func) == "dict":
            items = [(each.keyword, each.value) for each in value.arguments]
        for name, each in items:
            if isinstance(name, str):
                found[name] = (*found.get(name, ()), each)
    return found


def _configs(module: Module, registered: frozenset[str]) -> dict[str, frozenset[str]]:
    """The global names of a module whose values spell out names of registered classes."""
    configs = {}
    for statement in module.file.body if registered else ():
        if isinstance(statement, model.Assign) and isinstance(statement.targets[0], model.Name):
            words = _WORD.findall(module.text[statement.start : statement.end])
            found = registered.intersection(words)
            if found:
                configs[statement.targets[0].id] = found
    return configs


def _names_in(
    function: Function | Class, registered: frozenset[str], configs: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """The words in the code of a function or class at the top level of its file.

    Words in strings count if the function looks things up by their names, or if they are names of
    ``registered`` classes, which anybody can look up. Those that the ``configs`` of the file hold
    count where the function mentions the config.
    """
    node, text = function.node, function.module.text
    behind = [each.start for each in function.module.file.body if each.start > node.start]
    source = text[node.start : min(behind, default=len(text))]
    code = _TEXT.sub("", source)
    words = _WORD.findall(code)
    if _is_def(node) and node.name in words:
        words.remove(node.name)
    if _LOOKS_UP.search(code):
        words += _WORD.findall(source)
    elif registered:
        words += registered.intersection(_WORD.findall(source))
    for config in configs.keys() & set(words):
        words += configs[config]
    return frozenset(words) if "quantiz" in text else frozenset(words) - known.EAGER_STEP_NAMES


def _is_def(node: model.Node) -> TypeGuard[model.FunctionDef]:
    return isinstance(node, model.FunctionDef)
