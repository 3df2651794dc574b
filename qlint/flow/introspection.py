"""Builtins that ask or change what an object is and has: isinstance, getattr, super and so on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeGuard

from qlint.flow import attributes, builtin_bases, texts
from qlint.flow.classes import make_super
from qlint.flow.containers import new_list
from qlint.flow.heap import unsure_slots
from qlint.flow.layer_attributes import changes_class
from qlint.flow.module_methods import has_method
from qlint.flow.modules import attach, children, is_module, is_module_class
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
    ModuleValue,
    NotTensor,
    Partial,
    State,
    Tensor,
    Tuple,
    Union,
    Unknown,
    Value,
    join,
    one_of,
    options_of,
    verdict,
)
from qlint.semantics import kernels
from qlint.semantics.names import FUNCTIONAL, canonical, looks_like_class
from qlint.syntax import model

if TYPE_CHECKING:
    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter
    from qlint.program.project import Module


def py_isinstance(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) != 2:
        return NOT_TENSOR
    value, classes = arguments.args
    wanted = list(classes.items) if isinstance(classes, Tuple) else list(options_of(classes))
    answers = {_is_any_instance(interp, each, wanted) for each in options_of(value)}
    answer = answers.pop() if len(answers) == 1 else None
    return verdict(answer)


def _is_any_instance(interp: Interpreter, value: Value, classes: list[Value]) -> bool | None:
    if isinstance(value, Instance) and changes_class(interp, value):
        own = canonical(value.cls.name)
        classes = [e for e in classes if not isinstance(e, External) or canonical(e.name) != own]
    answers = [is_instance(value, each) for each in classes]
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
_TYPES = {*_PYTHON_TYPES, *_CONTAINER_TYPES}


def is_instance(value: Value, cls: Value) -> bool | None:
    """Whether a value (not a union) is an instance of a class, None if it cannot be known."""
    if isinstance(value, (Unknown, NotTensor)) or not isinstance(cls, (Class, External)):
        return None
    if isinstance(value, Instance):
        return _instance_is(value, cls)
    if isinstance(cls, Class):
        return False
    short = cls.name.rpartition(".")[2]
    if canonical(cls.name) in ("torch.Tensor", "torch.nn.Parameter"):
        return isinstance(value, Tensor)
    if isinstance(value, Tuple) and cls.name == "torch.Size":
        return True if value.open and value.items == (NOT_TENSOR,) else None
    if isinstance(value, Constant) and short in _PYTHON_TYPES:
        return isinstance(value.value, _PYTHON_TYPES[short])
    if isinstance(value, (List, Tuple, Dict)) and short in _TYPES:
        return isinstance(value, _CONTAINER_TYPES.get(short, ()))
    return None if isinstance(value, HeapObject) else False


def _instance_is(value: Instance, cls: Class | External) -> bool | None:
    if isinstance(value.cls, Class):
        if cls in value.cls.mro:
            return True
        names = {canonical(each) for each in value.cls.external_bases}
    else:
        names = {canonical(value.cls.name)}
    if isinstance(cls, Class):
        return False
    wanted = canonical(cls.name)
    if wanted in names:
        return True
    short = wanted.rpartition(".")[2]
    if value.data is not None and short in _CONTAINER_TYPES:
        return isinstance(value.data, _CONTAINER_TYPES[short])
    if wanted == "torch.nn.Module":
        return is_module(value)
    return None if any(not each.startswith("torch.") for each in names) else False


def py_getattr(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) < 2:
        return UNKNOWN
    value, name, *default = arguments.args
    known = [each.value for each in options_of(name) if isinstance(each, Constant)]
    if known:  # of a name that is one of several, those that are spelled out
        found = [_attribute(interp, value, str(each), default, site) for each in known]
        return found[0] if len(options_of(name)) == 1 else one_of(found)
    if isinstance(value, ModuleValue):
        return factories(interp, value.module)
    if isinstance(value, Instance) and is_module(value):
        named = dict(children(value))
        found = [named[each] for each in texts.fitting(name, named)]
        if isinstance(value.cls, Class) and isinstance(name, NotTensor) and name.glob is not None:
            methods = dict.fromkeys(each for cls in value.cls.mro for each in _names_of(cls))
            found += [
                interp.get_attribute(value, each, site) for each in texts.fitting(name, methods)
            ]
            return one_of(found) if found else SUBMODULE
        if isinstance(name, Unknown):  # it may be of a module that came by an unknown name, too
            return SUBMODULE
        return join([SUBMODULE, *found])
    return UNKNOWN


def factories(interp: Interpreter, module: Module) -> Value:
    """One of the functions and classes that a module hands out, which nobody can tell by its name.

    ``getattr(models, name)()``: of the functions of one file that make one model in several sizes
    the first stands for all.
    """
    first: dict[object, Value] = {}
    namespaces = [interp.namespace(module)]
    for each in namespaces:
        for name in list(each.names):
            found = UNKNOWN if name.startswith("_") else interp.force(each.names, name)
            if isinstance(found, Class) and is_module_class(found) and not _asks_for_more(found):
                first[found] = found
            elif _is_factory(found):
                first.setdefault((found.module.path, _names_used(found)), found)
        namespaces += [
            other
            for source in each.star_imports
            if isinstance(source, ModuleValue)
            and (other := interp.namespace(source.module)) not in namespaces
        ]
    return one_of(first.values()) if 0 < len(first) <= _MOST_FACTORIES else UNKNOWN


def by_unknown_name(interp: Interpreter, module: Module) -> Value:
    """What a module's dict of global names has under a name that nobody knows."""
    namespace = interp.namespace(module)
    if not namespace.star_imports:
        values = [interp.force(namespace.names, name) for name in list(namespace.names)]
        found = one_of(each for each in values if _can_be_called(each))
        if found != UNKNOWN:
            return found
    return factories(interp, module)


def _can_be_called(value: Value) -> bool:
    if isinstance(value, External):
        return looks_like_class(value.name)
    return isinstance(value, (Class, Function, Partial))


def _is_factory(value: Value) -> TypeGuard[Function]:
    """Whether a value is a function that can build a model as it is."""
    if not isinstance(value, Function) or _asks_for_more(value):
        return False
    return value.module.linted and "Module" in value.module.text


def _asks_for_more(maker: Function | Class) -> bool:
    """Whether a function or constructor cannot be called without arguments."""
    function = maker.lookup("__init__") if isinstance(maker, Class) else maker
    if not isinstance(function, Function):
        return False
    bound = isinstance(maker, Class)
    return any(each.default is None for each in function.node.parameters.positional[bound:])


def _names_used(function: Function) -> frozenset[str]:
    nodes = model.walk(function.node.body)
    return frozenset(each.id for each in nodes if isinstance(each, model.Name))


def _names_of(cls: Class | External) -> list[str]:
    return list(cls.namespace) if isinstance(cls, Class) else []


def _attribute(
    interp: Interpreter, value: Value, name: str, default: list[Value], site: Site
) -> Value:
    if default and isinstance(value, (Instance, Class)):
        if _has(value, name) is False:
            return default[0]
        if isinstance(value, Instance) and name in unsure_slots(value):
            return join([interp.get_attribute(value, name, site), default[0]])
    return interp.get_attribute(value, name, site)


def _has(value: Value, name: str) -> bool | None:
    if not isinstance(value, (Instance, Class)) or name.startswith("__"):
        return None
    cls = value.cls if isinstance(value, Instance) else value
    if isinstance(value, Instance):
        if name in value.slots:
            return None if name in unsure_slots(value) else True
        if has_method(value, name) or (name == "training" and is_module(value)):
            return True
        if isinstance(value.data, Dict) and name in value.data.slots:
            return None  # if keys are attributes, too
    if isinstance(cls, Class) and cls.lookup(name) is not None:
        return True
    return False if builtin_bases.has_only_known(value) else None


def py_globals(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return attributes.global_names(interp, site.module)


def py_vars(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if not arguments.args:
        return UNKNOWN
    return interp.get_attribute(arguments.args[0], "__dict__", site)


def py_dir(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``dir(module)``: names of what an object and its classes in the program have, sorted."""
    value = arguments.args[0] if arguments.args else UNKNOWN
    if not isinstance(value, Instance):
        return UNKNOWN
    classes = value.cls.mro if isinstance(value.cls, Class) else ()
    names = {*value.slots, *(name for cls in classes for name in _names_of(cls))}
    return new_list(Constant(name) for name in sorted(names) if name.isidentifier())


def py_eval(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``eval`` of a dotted name, which picks a class by its name."""
    source = arguments.args[0] if len(arguments.args) == 1 else UNKNOWN
    if not (isinstance(source, Constant) and isinstance(source.value, str)):
        return UNKNOWN
    first, *rest = source.value.strip().split(".")
    if arguments.frame is None or not all(name.isidentifier() for name in (first, *rest)):
        return UNKNOWN
    value = interp.lookup(first, arguments.frame)
    for name in rest:
        value = interp.get_attribute(value, name, site)
    return value


def py_import_module(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    name = arguments.get(0, "name")
    if not (isinstance(name, Constant) and isinstance(name.value, str)):
        return UNKNOWN
    dotted = name.value.lstrip(".")
    level = len(name.value) - len(dotted)
    found = interp.load(interp.project.find_imported(site.module.path, level, dotted))
    if found is None:
        return UNKNOWN if level else External(dotted)
    return found


def py_is_class(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    value = arguments.args[0] if arguments.args else UNKNOWN
    if isinstance(value, (Unknown, NotTensor, Union)):
        return NOT_TENSOR
    return NOT_TENSOR if isinstance(value, External) else Constant(isinstance(value, Class))


def py_is_subclass(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) != 2 or not isinstance(arguments.args[0], Class):
        return NOT_TENSOR
    # A class is below another if an instance of it is one of the other's.
    made = Instance(cls=arguments.args[0])
    return py_isinstance(interp, type(arguments)((made, arguments.args[1])), site)


_MOST_FACTORIES = 12
# Attributes that every tensor has, beside what has been measured.
_OF_TENSORS = frozenset("is_quantized dequantize int_repr device dtype shape grad data".split())
_OF_TORCH = frozenset({"torch", "torch.Tensor", FUNCTIONAL.rstrip(".")})


def py_hasattr(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) == 2 and isinstance(arguments.args[1], Constant):
        value, name = arguments.args[0], str(arguments.args[1].value)
        if isinstance(value, External) and value.name in _OF_TORCH and kernels.is_measured(name):
            return Constant(True)
        tensors = all(isinstance(each, Tensor) for each in options_of(value))
        if tensors and (kernels.is_measured(name) or name in _OF_TENSORS):
            return Constant(True)
        answer = _has(value, name)
        if answer is not None:
            return Constant(answer)
    return NOT_TENSOR


def py_property(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    reader = arguments.get(0, "fget")
    writer = arguments.get(1, "fset")
    if not isinstance(reader, Function):
        return UNKNOWN
    setter = writer if isinstance(writer, Function) else None
    return replace(reader, kind="property", setter=setter)


def py_setattr(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) == 3:
        target, name, value = arguments.args
        for each in options_of(target):
            if isinstance(name, Constant):
                attributes.set_(interp, each, str(name.value), value, site)
            elif isinstance(each, Instance):
                attach(each, value)
                builtin_bases.may_have_others(interp, each)
    return NONE


def py_delattr(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) == 2 and isinstance(arguments.args[1], Constant):
        for each in options_of(arguments.args[0]):
            if isinstance(each, Instance):
                interp.heap.delete(each, str(arguments.args[1].value))
    return NONE


def py_super(interp: Interpreter, arguments: Arguments, site: Site) -> Value:

    if len(arguments.args) == 2 and isinstance(arguments.args[0], Class):
        return make_super(arguments.args[1], arguments.args[0])
    return UNKNOWN


def py_type(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) != 1:
        return UNKNOWN
    return join(_type_of(interp, each) for each in options_of(arguments.args[0]))


def _type_of(interp: Interpreter, value: Value) -> Value:
    if isinstance(value, Instance):
        if not changes_class(interp, value):
            return value.cls
        # Convert has put one of its own classes there, which has the same name.
        return External(f"torch.ao.nn.quantized.{value.cls.name.rpartition('.')[2]}")
    if isinstance(value, Tensor) and value.state is State.QUANTIZED:
        return External("torch.Tensor")
    if isinstance(value, Tuple) and not value.names:
        return External("builtins.tuple")
    if isinstance(value, Constant) and type(value.value) in (str, int, float, bool):
        return External(f"builtins.{type(value.value).__name__}")
    return UNKNOWN
