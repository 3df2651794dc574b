"""Calling Python's builtins, a few functions of its library, and methods of its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qlint.flow import attributes
from qlint.flow.containers import (
    MORE,
    extend,
    get_item,
    items_of,
    iterate,
    known_items,
    known_pairs,
    new_dict,
    new_list,
    set_item,
    set_items,
    slot_of,
)
from qlint.flow.operators import binary, compare
from qlint.flow.truth import truth
from qlint.flow.values import (
    NONE,
    NOT_TENSOR,
    SUBMODULE,
    UNKNOWN,
    Class,
    Constant,
    Dict,
    External,
    Function,
    HeapObject,
    Instance,
    List,
    NotTensor,
    Partial,
    Tensor,
    Tuple,
    Unknown,
    Value,
    join,
    options_of,
)
from qlint.semantics.names import canonical
from qlint.semantics.operations import OPERATOR_MODULE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from qlint.flow.calls import Arguments
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
    "typing.",
    "typing_extensions.",
    "warnings.",
    "logging.",
    "os.",
    "sys.",
)
# A loop over a long range shows nothing new after its first rounds; the last one may differ.
_FIRST_ROUNDS = 3


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
    if package in ("math", "warnings", "logging", "os", "sys", "os.path"):
        return NOT_TENSOR
    if package == "builtins":
        return UNKNOWN
    return None


# Builtins


def _range(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    numbers = [each.value for each in arguments.args if isinstance(each, Constant)]
    if len(numbers) != len(arguments.args) or not numbers:
        return Tuple((NOT_TENSOR, NOT_TENSOR), open=True)
    try:
        rounds = range(*numbers)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return Tuple((NOT_TENSOR, NOT_TENSOR), open=True)
    if len(rounds) > _FIRST_ROUNDS + 1:
        shown: Iterable[int] = (*rounds[:_FIRST_ROUNDS], rounds[-1])
    else:
        shown = rounds
    return Tuple(tuple(Constant(each) for each in shown))


def _len(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    from qlint.flow.modules import children, is_module

    value = arguments.args[0] if arguments.args else UNKNOWN
    items = items_of(value)
    if items is not None:
        return NOT_TENSOR if items.open else Constant(len(items.items))
    if isinstance(value, Instance) and is_module(value):
        return Constant(len(children(value)))
    if isinstance(value, Dict) and not value.open:
        return Constant(len(value.slots))
    if isinstance(value, Constant) and isinstance(value.value, (str, bytes)):
        return Constant(len(value.value))
    return NOT_TENSOR


def _enumerate(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if not arguments.args:
        return UNKNOWN
    first = arguments.get(1, "start")
    start = first.value if isinstance(first, Constant) and isinstance(first.value, int) else 0
    items, more = known_items(interp, arguments.args[0])
    pairs = [
        Tuple((NOT_TENSOR if more else Constant(start + i), item)) for i, item in enumerate(items)
    ]
    return Tuple(tuple(pairs), more)


def _zip(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    columns = [known_items(interp, each) for each in arguments.args]
    exact = [items for items, more in columns if not more]
    if exact:
        length = min(len(items) for items in exact)
    else:
        length = max((len(items) for items, _ in columns), default=0)
    rows = []
    for i in range(length):
        row = [
            items[i] if i < len(items) else (join(items) if items else UNKNOWN)
            for items, _ in columns
        ]
        rows.append(Tuple(tuple(row)))
    return Tuple(tuple(rows), not exact)


def _sum(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    from qlint.flow.operators import report_arithmetic
    from qlint.flow.values import quantized_in
    from qlint.semantics.operations import Op

    values, _ = known_items(interp, arguments.args[0]) if arguments.args else ((), False)
    tensor = quantized_in(each for each in values if isinstance(each, Tensor))
    if tensor is not None:
        report_arithmetic(interp, Op.ADD, "function", "sum", site, values[:2], tensor)
        return tensor
    if any(isinstance(each, Tensor) for value in values for each in options_of(value)):
        return join(values)
    return UNKNOWN if any(isinstance(each, Unknown) for each in values) else NOT_TENSOR


def _isinstance(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) != 2:
        return NOT_TENSOR
    value, classes = arguments.args
    wanted = list(classes.items) if isinstance(classes, Tuple) else list(options_of(classes))
    answers = {_is_any_instance(each, wanted) for each in options_of(value)}
    answer = answers.pop() if len(answers) == 1 else None
    return NOT_TENSOR if answer is None else Constant(answer)


def _is_any_instance(value: Value, classes: list[Value]) -> bool | None:
    answers = [_is_instance(value, each) for each in classes]
    if True in answers:
        return True
    return None if None in answers else False


_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float,),
    "str": (str,),
    "bool": (bool,),
    "bytes": (bytes,),
    "complex": (complex,),
}
_CONTAINER_TYPES = {
    "list": (List,),
    "tuple": (Tuple,),
    "dict": (Dict,),
    "Sequence": (List, Tuple),
    "Iterable": (List, Tuple, Dict),
    "Mapping": (Dict,),
    "OrderedDict": (Dict,),
    "MutableSequence": (List,),
    "set": (List,),
}


def _is_instance(value: Value, cls: Value) -> bool | None:
    if isinstance(value, (Unknown, NotTensor)) or not isinstance(cls, (Class, External)):
        return None
    if isinstance(value, Instance):
        return _instance_is(value, cls)
    if isinstance(cls, Class):
        return False
    short = cls.name.rpartition(".")[2]
    if canonical(cls.name) in ("torch.Tensor", "torch.nn.Parameter"):
        return isinstance(value, Tensor)
    if isinstance(value, Constant) and short in _PYTHON_TYPES:
        return isinstance(value.value, _PYTHON_TYPES[short])
    if isinstance(value, (List, Tuple, Dict)) and short in _CONTAINER_TYPES:
        return isinstance(value, _CONTAINER_TYPES[short])
    return None if isinstance(value, HeapObject) else False


def _instance_is(value: Instance, cls: Class | External) -> bool | None:
    if isinstance(value.cls, Class):
        if cls in value.cls.mro:
            return True
        names = {canonical(each) for each in value.cls.external_bases()}
    else:
        names = {canonical(value.cls.name)}
    if isinstance(cls, Class):
        return False
    wanted = canonical(cls.name)
    if wanted in names:
        return True
    if wanted == "torch.nn.Module":
        from qlint.flow.modules import is_module

        return is_module(value)
    return None if any(not each.startswith("torch.") for each in names) else False


def _getattr(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    from qlint.flow.modules import children, is_module

    if len(arguments.args) < 2:
        return UNKNOWN
    value, name, *default = arguments.args
    if isinstance(name, Constant) and isinstance(name.value, str):
        if default and isinstance(value, Instance) and _has(value, name.value) is False:
            return default[0]
        return interp.get_attribute(value, name.value, site)
    if isinstance(value, Instance) and is_module(value):
        return join([SUBMODULE, *(child for _, child in children(value))])
    return UNKNOWN


def _has(value: Value, name: str) -> bool | None:
    if isinstance(value, Instance):
        if name in value.slots:
            return True
        if isinstance(value.cls, Class):
            if value.cls.lookup(name) is not None:
                return True
            known_bases = all(
                each.startswith("torch.nn.Module") for each in value.cls.external_bases()
            )
            return False if known_bases else None
    return None


def _hasattr(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) == 2 and isinstance(arguments.args[1], Constant):
        answer = _has(arguments.args[0], str(arguments.args[1].value))
        if answer is not None:
            return Constant(answer)
    return NOT_TENSOR


def _setattr(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    from qlint.flow.modules import attach

    if len(arguments.args) == 3:
        target, name, value = arguments.args
        for each in options_of(target):
            if isinstance(name, Constant):
                attributes.set_(interp, each, str(name.value), value)
            elif isinstance(each, Instance):
                attach(each, value)
    return NONE


def _super(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    from qlint.flow.classes import make_super

    if len(arguments.args) == 2 and isinstance(arguments.args[0], Class):
        return make_super(arguments.args[1], arguments.args[0])
    return UNKNOWN


def _type(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    value = arguments.args[0] if len(arguments.args) == 1 else UNKNOWN
    return value.cls if isinstance(value, Instance) else UNKNOWN


def _list(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if not arguments.args:
        return new_list(())
    items, more = known_items(interp, arguments.args[0])
    return new_list(items, more=more)


def _tuple(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if not arguments.args:
        return Tuple(())
    return Tuple(*known_items(interp, arguments.args[0]))


def _reversed(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, more = known_items(interp, arguments.args[0]) if arguments.args else ((), True)
    return Tuple(items[::-1], more)


def _sorted(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return _list(interp, arguments, site)


def _iter(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return arguments.args[0] if arguments.args else UNKNOWN


def _next(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, _ = known_items(interp, arguments.args[0]) if arguments.args else ((), True)
    return join(items) if items else UNKNOWN


def _map(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) < 2:
        return UNKNOWN
    function, *iterables = arguments.args
    rows = _zip(interp, type(arguments)(tuple(iterables)), site)
    assert isinstance(rows, Tuple)
    results = [
        interp.call(function, type(arguments)(row.items), site)
        for row in rows.items
        if isinstance(row, Tuple)
    ]
    return Tuple(tuple(results), rows.open)


def _filter(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) != 2:
        return UNKNOWN
    function, iterable = arguments.args
    items, more = known_items(interp, iterable)
    kept = []
    for item in items:
        none = isinstance(function, Constant)
        test = item if none else interp.call(function, type(arguments)((item,)), site)
        decided = truth(interp, test)
        more = more or decided is None
        if decided is not False:
            kept.append(item)
    return Tuple(tuple(kept), more)


def _dict(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    made = new_dict(())
    if arguments.args:
        _update(interp, made, arguments.args[0])
    for name, value in arguments.kwargs.items():
        set_item(interp, made, Constant(name), value)
    made.open = made.open or arguments.more
    return made


def _update(interp: Interpreter, target: Dict, source: Value) -> None:
    if isinstance(source, Dict):
        for key, value in known_pairs(source):
            set_item(interp, target, key, value)
        target.open = target.open or source.open
        return
    items, more = known_items(interp, source)
    target.open = target.open or more
    for pair in items:
        if isinstance(pair, Tuple) and len(pair.items) == 2:
            set_item(interp, target, *pair.items)
        else:
            target.open = True


def _minmax(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    values = arguments.args
    if len(values) == 1:
        values = known_items(interp, values[0])[0]
    numbers = [each.value for each in values if isinstance(each, Constant)]
    if len(numbers) == len(values) and numbers and not arguments.more:
        function: Any = min if arguments.spelled == "min" else max
        try:
            return Constant(function(numbers))
        except TypeError:
            return NOT_TENSOR
    return NOT_TENSOR if not any(isinstance(each, Tensor) for each in values) else join(values)


def _convert(function: Callable[[Any], Any]) -> Callable[..., Value]:
    def convert(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
        value = arguments.args[0] if len(arguments.args) == 1 else NOT_TENSOR
        if isinstance(value, Constant) and value.value is not ...:
            try:
                return Constant(function(value.value))
            except Exception:  # noqa: BLE001 - whatever the conversion raises in the program
                return NOT_TENSOR
        return NOT_TENSOR

    return convert


def _bool(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    decided = truth(interp, arguments.args[0]) if arguments.args else False
    return NOT_TENSOR if decided is None else Constant(decided)


def _not_tensor(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return NOT_TENSOR


def _none(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return NONE


def _callable(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    value = arguments.args[0] if arguments.args else UNKNOWN
    if isinstance(value, (Function, Class, Partial, External, Instance)):
        return Constant(True)
    return Constant(False) if isinstance(value, (Constant, List, Dict, Tuple)) else NOT_TENSOR


def _all_any(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, more = known_items(interp, arguments.args[0]) if arguments.args else ((), True)
    answers = [truth(interp, each) for each in items]
    wanted = arguments.spelled == "any"
    if wanted in answers and not more:
        return Constant(wanted)
    return NOT_TENSOR if more or None in answers else Constant(not wanted)


# The library


def _partial(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if not arguments.args:
        return UNKNOWN
    return Partial(arguments.args[0], arguments.args[1:], dict(arguments.kwargs))


def _reduce(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) < 2:
        return UNKNOWN
    items = list(known_items(interp, arguments.args[1])[0])
    if len(arguments.args) == 3:
        items.insert(0, arguments.args[2])
    if not items:
        return UNKNOWN
    result = items[0]
    for item in items[1:]:
        inner = type(arguments)((result, item), spelled=arguments.spelled)
        result = interp.call(arguments.args[0], inner, site)
    return result


def _first(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return arguments.args[-1] if arguments.args else UNKNOWN


def _chain(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items: list[Value] = []
    more = arguments.more
    for each in arguments.args:
        found, uncertain = known_items(interp, each)
        items += found
        more = more or uncertain
    return Tuple(tuple(items), more)


def _repeat(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return Tuple(arguments.args[:1] * 2, open=True)


def _copy(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return _deep_copy(arguments.args[0], {}) if arguments.args else UNKNOWN


def _deep_copy(value: Value, done: dict[int, Value]) -> Value:
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, Tuple):
        return Tuple(tuple(_deep_copy(each, done) for each in value.items), value.open)
    if not isinstance(value, HeapObject):
        return (
            join(_deep_copy(each, done) for each in options_of(value))
            if (len(options_of(value)) > 1)
            else value
        )
    twin: HeapObject
    if isinstance(value, Instance):
        twin = Instance(cls=value.cls)
    elif isinstance(value, Dict):
        twin = Dict(keys=dict(value.keys), open=value.open)
    else:
        twin = List()
    done[id(value)] = twin
    for slot, each in value.slots.items():
        twin.slots[slot] = _deep_copy(each, done)
    return twin


_FUNCTIONS: dict[str, Callable[[Interpreter, Arguments, Site], Value]] = {
    "builtins.range": _range,
    "builtins.len": _len,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.sum": _sum,
    "builtins.isinstance": _isinstance,
    "builtins.issubclass": _not_tensor,
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
    "builtins.setattr": _setattr,
    "builtins.super": _super,
    "builtins.type": _type,
    "builtins.list": _list,
    "builtins.set": _list,
    "builtins.tuple": _tuple,
    "builtins.frozenset": _list,
    "builtins.dict": _dict,
    "builtins.reversed": _reversed,
    "builtins.sorted": _sorted,
    "builtins.iter": _iter,
    "builtins.next": _next,
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.min": _minmax,
    "builtins.max": _minmax,
    "builtins.int": _convert(int),
    "builtins.float": _convert(float),
    "builtins.str": _convert(str),
    "builtins.round": _convert(round),
    "builtins.abs": _convert(abs),
    "builtins.bool": _bool,
    "builtins.any": _all_any,
    "builtins.all": _all_any,
    "builtins.callable": _callable,
    "builtins.print": _none,
    "builtins.repr": _not_tensor,
    "builtins.id": _not_tensor,
    "builtins.hash": _not_tensor,
    "builtins.format": _not_tensor,
    "builtins.pow": _not_tensor,
    "builtins.divmod": _not_tensor,
    "functools.partial": _partial,
    "functools.reduce": _reduce,
    "typing.cast": _first,
    "itertools.chain": _chain,
    "itertools.repeat": _repeat,
    "collections.OrderedDict": _dict,
    "collections.defaultdict": lambda interp, arguments, site: _open_dict(),
    "copy.deepcopy": _copy,
    "copy.copy": _copy,
}


def _open_dict() -> Dict:
    made = new_dict(())
    made.open = True
    return made


# Methods of containers and constants


def call_method(
    interp: Interpreter, receiver: Value, name: str, arguments: Arguments, site: Site
) -> Value:
    """Call a method of a list, tuple, dict or constant."""
    if isinstance(receiver, List):
        return _list_method(interp, receiver, name, arguments)
    if isinstance(receiver, Dict):
        return _dict_method(interp, receiver, name, arguments)
    if isinstance(receiver, Tuple):
        return NOT_TENSOR if name in ("index", "count", "numel") else UNKNOWN
    if isinstance(receiver, Constant):
        return _constant_method(receiver.value, name, arguments)
    return UNKNOWN


_QUESTIONS = frozenset("index count issubset issuperset isdisjoint".split())


def _list_method(interp: Interpreter, target: List, name: str, arguments: Arguments) -> Value:
    items = items_of(target) or Tuple(())
    args = arguments.args
    if name in ("append", "add") and args:
        set_items(interp, target, [*items.items, args[0]], more=items.open)
    elif name in ("extend", "update") and args:
        extend(interp, target, args[0])
    elif name == "insert" and len(args) == 2:
        at = args[0].value if isinstance(args[0], Constant) else 0
        known = list(items.items)
        known.insert(at if isinstance(at, int) else 0, args[1])
        set_items(interp, target, known, more=items.open)
    elif name == "pop":
        index = args[0] if args else Constant(-1)
        taken = get_item(interp, target, index) if items.items else UNKNOWN
        if isinstance(index, Constant) and isinstance(index.value, int) and items.items:
            known = list(items.items)
            if -len(known) <= index.value < len(known):
                del known[index.value]
            set_items(interp, target, known, more=items.open)
        return taken
    elif name == "reverse":
        set_items(interp, target, items.items[::-1], more=items.open)
    elif name == "clear":
        set_items(interp, target, (), more=False)
    elif name == "copy":
        return new_list(items.items, more=items.open)
    elif name in ("remove", "discard", "sort"):
        return NONE
    else:
        return NOT_TENSOR if name in _QUESTIONS else UNKNOWN
    return NONE


def _dict_method(interp: Interpreter, target: Dict, name: str, arguments: Arguments) -> Value:
    pairs = known_pairs(target)
    if target.open:
        pairs.append((NOT_TENSOR, target.slots.get("?", UNKNOWN)))
    if name == "items":
        return Tuple(tuple(Tuple(pair) for pair in pairs), target.open)
    if name == "keys":
        return Tuple(tuple(key for key, _ in pairs), target.open)
    if name == "values":
        return Tuple(tuple(value for _, value in pairs), target.open)
    if name in ("get", "pop", "setdefault") and arguments.args:
        key = arguments.args[0]
        default = arguments.args[1] if len(arguments.args) > 1 else NONE
        if isinstance(key, Constant):
            found = target.slots.get(slot_of(key))
            if found is not None:
                return found
            if name == "setdefault":
                set_item(interp, target, key, default)
            return join([default, UNKNOWN]) if target.open else default
        return join([default, *(value for _, value in pairs)])
    if name == "update":
        if arguments.args:
            _update(interp, target, arguments.args[0])
        for keyword, value in arguments.kwargs.items():
            set_item(interp, target, Constant(keyword), value)
        return NONE
    if name == "copy":
        return new_dict(pairs)
    return UNKNOWN


_TEXT_METHODS = frozenset(
    "format join split rsplit strip lstrip rstrip lower upper startswith endswith replace title "
    "removeprefix removesuffix partition rpartition capitalize isdigit find count".split()
)


def _constant_method(value: object, name: str, arguments: Arguments) -> Value:
    if not isinstance(value, str) or name not in _TEXT_METHODS:
        return NOT_TENSOR
    plain = [each.value for each in arguments.args if isinstance(each, Constant)]
    if len(plain) != len(arguments.args) or arguments.kwargs or arguments.more:
        return NOT_TENSOR
    try:
        result = getattr(value, name)(*plain)
    except Exception:  # noqa: BLE001 - whatever the program's own call would raise
        return NOT_TENSOR
    if isinstance(result, list):
        return new_list(Constant(each) for each in result)
    if isinstance(result, tuple):
        return Tuple(tuple(Constant(each) for each in result))
    return Constant(result)


__all__ = ["MODULES", "MORE", "call", "call_method", "compare", "iterate"]
