"""The class that a fix changes: what its instances are given in ``__init__``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from qlint.fixes.families import derived, family
from qlint.fixes.listings import minds_one_more
from qlint.fixes.reasons import InFunctionError, NotFixableError
from qlint.flow.modules import is_module_class
from qlint.flow.values import Class, External, Function
from qlint.semantics import modules as known
from qlint.semantics.names import canonical
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qlint.diagnostics import Edit
    from qlint.fixes.build import FixBuilder
    from qlint.fixes.source import Source
    from qlint.flow.events import Site
    from qlint.flow.values import Value

_STATIC = frozenset({"staticmethod", "classmethod"})
_RECORDS = ("dataclass", "define", "frozen", "attrs", "attr.s")
# Methods of a module that are told of each attribute.
_TOLD = frozenset({"__setattr__", "add_module", "register_module"})
# `for name, value in given.items(): setattr(self, name, value)`.
_SETS_ANY = re.compile(
    r"\bfor\s+(\w+)\s*,\s*\w+\s+in\s+[^\n]*\.items\(\)\s*:[^\n]*\n?\s*(?:if\b[^\n]*\n\s*)?"
    r"setattr\(\s*self\s*,\s*\1\s*,"
    r"|\bself\.__dict__\.update\(|\bvars\(self\)\.update\("
)
_FIRST_NAME = re.compile(r"\w+")
# Methods of containers that count what is there.
_BY_LENGTH = frozenset({"append", "extend", "insert", "pop"})
_LISTS = frozenset({"children", "named_children", "items", "values"})
# New lines stand behind what opens and closes brackets at the same place.
_SKELETON, _LINE, _LAST_LINE, _TAIL = (2, 0), (2, 1), (2, 2), (2, 3)


@dataclass(frozen=True, slots=True)
class Owner:
    """The module class in whose method something stands, and how that names the instance."""

    builder: FixBuilder
    source: Source
    cls: Class
    this: str
    method: model.FunctionDef

    @classmethod
    def of(cls, builder: FixBuilder, source: Source, node: model.Node) -> Owner:
        """The class in whose method a node stands.

        Raises:
            NotFixableError: There is none that could be given an attribute.
        """
        below = node
        method: model.FunctionDef | None = None
        for each in source.around(node):
            if isinstance(each, model.ClassDef):
                break
            if isinstance(each, model.FunctionDef):
                method = each
            below = each
        else:
            where = "a plain function" if method is not None else "no class"
            raise InFunctionError(
                f"this is in {where}, and what observes it must be an attribute of a module: "
                "make it a method, or hand the FloatFunctional in"
            )
        value = builder.usage.classes.get(each)
        if method is None or method is not below or value is None:
            raise NotFixableError("this is not in a method of a class")
        if method.name == "__init__":
            raise NotFixableError(
                "this is a function made in __init__, which a copy of the module, such as prepare "
                "makes, would share with the original: make it a method"
            )
        if not is_module_class(value):
            raise InFunctionError(
                f"`{value.name}` is no nn.Module, and convert finds modules only in modules"
            )
        positional = method.parameters.by_position
        decorators = {model.last_name(each) for each in method.decorators}
        if not positional or decorators & _STATIC:
            raise NotFixableError(f"`{method.name}` knows no instance: make it a method")
        owner = cls(builder, source, value, positional[0].name, method)
        owner._check_shadows(node)
        if value not in source.refused:
            source.refused[value] = owner._refused_for_class() or owner._refused_for_children()
        if source.refused[value]:
            raise NotFixableError(source.refused[value])
        return owner

    def _check_shadows(self, node: model.Node) -> None:
        """Refuse where a function between the method and the node has a parameter ``self``."""
        for each in self.source.around(node):
            if isinstance(each, model.ClassDef):
                return
            if isinstance(each, (model.FunctionDef, model.Lambda)):
                outer = self.source.parent(each)
                is_method = isinstance(each, model.FunctionDef) and isinstance(
                    outer, model.ClassDef
                )
                names = {
                    part.name
                    for part in model.walk(each.parameters)
                    if isinstance(part, model.Parameter)
                }
                if self.this in names and not is_method:
                    raise NotFixableError(f"`{self.this}` is another thing here")

    def _refused_for_class(self) -> str:
        """Why no instance of a class can be counted on to be made as it says; empty if it can."""
        lent = self.builder.program.lent
        if "" in lent or any(each.name in lent for each in self._family):
            return f"instances of other classes get the methods of `{self.cls.name}`"
        for cls in family(self.cls):
            for name in _TOLD & cls.namespace.keys():
                return f"`{cls.name}.{name}` would hear of a new attribute"
            text = self.builder.source(cls.module).text
            if _SETS_ANY.search(text, cls.node.start, model.end_of(cls.node)):
                return (
                    f"`{cls.name}` gets attributes whose names are not known here, and a new one "
                    "may have the same"
                )
        return ""

    def _refused_for_children(self) -> str:
        """Why a class is refused whose instances are gone through by themselves, but for plain
        loops, or by others; empty if it is not.
        """  # noqa: D205
        bases = {canonical(name) for name in self.cls.external_bases}
        if known.SEQUENTIAL in bases and not self._runs_itself():
            return (
                f"`{self.cls.name}` is an nn.Sequential, which would run a new attribute as one of "
                "its layers"
            )
        container = bool(bases & known.CONTAINERS)
        for cls in family(self.cls):
            lists = set(_listings(cls.node, self.this, container=container))
            loops = {loop.iterable for loop in self._loops(cls)} if cls is self.cls else set()
            if lists - loops:
                return (
                    f"`{cls.name}` goes through its own children, and a new attribute would be one "
                    "of them"
                )
        own = {(loop.iterable.start, loop.iterable.end) for loop in self._loops(self.cls)}
        for cls in self._family:
            for site in sorted(self.builder.usage.listed.get(cls, ()), key=_place):
                if site.module is self.cls.module and (site.start, site.end) in own:
                    continue
                source = self.builder.source(site.module)
                listing = source.find(site, model.Call) or source.find(site, model.Attribute)
                if listing is None or minds_one_more(source, listing, self.builder.program):
                    row = site.module.position(site.start).row
                    return (
                        f"{site.module.path.name}, line {row}, runs, keeps, counts or asks the "
                        f"children of `{cls.name}`, and a new attribute would be one of them"
                    )
        return ""

    @property
    def _family(self) -> list[Class]:
        return derived(self.cls)

    def _runs_itself(self) -> bool:
        """Whether a class has a forward of its own that does not hand on to that of its base."""
        return "forward" in self.cls.namespace and not any(
            isinstance(each, model.Attribute)
            and each.name == "forward"
            and isinstance(each.value, model.Call)
            for each in model.walk(self.cls.node.body)
        )

    def _loops(self, cls: Class) -> Iterator[model.For]:
        """The loops over the children of an instance in which a line can skip one of them."""
        in_dict = known.MODULE_DICT in map(canonical, cls.external_bases)
        for each in _for_loops(cls.node):
            if not _is_listing(each.iterable, self.this):
                continue
            keys = in_dict and isinstance(each.iterable, model.Name)
            plain = each.body and self.source.indentation(each.body[0]) is not None
            if plain and not keys and _module_in(each) is not None:
                yield each

    def _skip(self, name: str) -> Iterator[Edit]:
        """Lines by which the loops over the children of an instance leave one out."""
        source = self.source
        for loop in self._loops(self.cls):
            indentation = source.indentation(loop.body[0]) or ""
            inner = indentation + _step(indentation)
            lines = (
                f"if {_module_in(loop)} is {self.this}.{name}:  # no layer",
                f"{inner}continue",
                indentation,
            )
            start = loop.body[0].start
            yield source.edit(start, start, source.line_end.join(lines), *_LINE)

    def give(self, name: str, made: str) -> list[Edit]:
        """Edits by which ``__init__`` gives each instance a new attribute.

        Raises:
            NotFixableError: There is no place for it.
        """
        init, skips = self._init(), list(self._skip(name))
        self._check_hidden(made)
        self._check_early_runs(behind=self.cls)
        if init is None:
            return [*self._new_init([f"self.{name} = {made}"]), *skips]
        for statement in init.body:
            if self._calls_base(statement):
                return [*self.behind(statement, f"{_first(init)}.{name} = {made}"), *skips]
        raise NotFixableError(
            f"the __init__ of `{self.cls.name}` does not call that of its base at its top level"
        )

    def give_last(self, name: str, made: str) -> list[Edit]:
        """The same as the last thing that ``__init__`` does.

        Raises:
            NotFixableError: There is no place for it.
        """
        init, skips = self._init(), list(self._skip(name))
        self._check_hidden(made)
        self._check_early_runs(behind=None)
        last = None if init is None else init.body[-1]
        indentation = None if last is None else self.source.indentation(last)
        if init is None or last is None or indentation is None:
            raise NotFixableError(f"`{self.cls.name}` has no __init__ to count the rounds in")
        leaves = isinstance(last, model.Raise) or any(
            isinstance(each, model.Return) for each in model.walk(init.body)
        )
        if _first(init) != self.this or leaves:
            raise NotFixableError(f"the __init__ of `{self.cls.name}` has no plain end")
        end, line_end = self.source.end_of_block(last), self.source.line_end
        text = f"{line_end}{indentation}{self.this}.{name} = {made}"
        return [self.source.edit(end, end, text, *_LAST_LINE), *skips]

    def only_in_init(self, statements: Sequence[model.Statement], change: re.Pattern[str]) -> bool:
        """Whether only the constructor of the class itself, and of none derived from it, has the
        statements, one of them in any case, and what a pattern finds.
        """  # noqa: D205
        init = self._init()
        inside = () if init is None else tuple(model.walk(init.body))
        if init is None or not all(any(one is each for each in inside) for one in statements):
            return False
        if not any(one is each for each in init.body for one in statements):
            return False
        everywhere = 0
        for cls in family(self.cls):
            text = self.builder.source(cls.module).text
            everywhere += len(change.findall(text, cls.node.start, model.end_of(cls.node)))
        end = model.end_of(init)
        return everywhere == len(change.findall(self.source.text, init.start, end))

    def keep_float(self, stubs: list[str], except_for: str) -> list[Edit]:
        """Edits by which the last thing that ``__init__`` does is to leave all layers float, and
        to add stubs that are not.

        Raises:
            NotFixableError: There is no place for it.
        """  # noqa: D205
        init = self._init()
        self._check_early_runs(behind=None)
        for stub in stubs:
            self._check_hidden(stub.rpartition(" = ")[2])
        for each in self.cls.subclasses:
            if "forward" in each.namespace:
                continue
            for name, value in each.namespace.items():
                if isinstance(value, Function) and name in _methods(self.cls) - {"__init__"}:
                    raise NotFixableError(f"`{each.name}` has a `{name}` of its own")
            if "__init__" in each.namespace:
                raise NotFixableError(f"`{each.name}` adds layers to `{self.cls.name}`")
        source = self.source
        first = self.cls.node.body[0] if init is None else init.body[0]
        indentation = source.indentation(first)
        last = None if init is None else init.body[-1]
        if indentation is None or isinstance(last, (model.Return, model.Raise)):
            raise NotFixableError(f"the __init__ of `{self.cls.name}` has no plain end")
        this = "self" if init is None else _first(init)
        step, line_end = _step(indentation), source.line_end
        lines = [
            f"for layer in {this}.children():  # what works on float tensors stays float",
            f"{step}if not isinstance(layer, {except_for}):",
            f"{step}{step}layer.qconfig = None",
            *(f"{this}.{each}" for each in stubs),
        ]
        if last is None:
            return self._new_init(lines[3:] if self._is_plain else lines, last=True)
        end = source.end_of_block(last)
        text = "".join(f"{line_end}{indentation}{line}" for line in lines)
        return [source.edit(end, end, text, *_LAST_LINE, once=True)]

    def behind(self, statement: model.Statement, line: str) -> list[Edit]:
        """Edits that put a line behind a simple statement."""
        source = self.source
        indentation = source.indentation(_first_on_line(source, statement))
        if indentation is None:  # `def __init__(self): super().__init__()`
            return [source.edit(statement.end, statement.end, f"; {line}", *_LINE)]
        end = source.end_of_line(statement)
        return [source.edit(end, end, f"{source.line_end}{indentation}{line}", *_LINE)]

    def _init(self) -> model.FunctionDef | None:
        self._check_subclasses()
        if "__init__" not in self.cls.namespace:
            return None
        for each in self.cls.node.body:
            if isinstance(each, model.FunctionDef) and each.name == "__init__":
                return each
        raise NotFixableError(f"the __init__ of `{self.cls.name}` is not a plain method")

    def _check_subclasses(self) -> None:
        """Refuse a class from which another is derived whose constructor does without its own."""
        for each in derived(self.cls)[1:]:
            names = {self.cls.name, *_names_between(each, self.cls)}
            for part in each.node.body:
                is_init = isinstance(part, model.FunctionDef) and part.name == "__init__"
                if is_init and not _calls_init_of(part, names):
                    raise NotFixableError(
                        f"`{each.name}` is derived from `{self.cls.name}` and does not call its "
                        "__init__"
                    )

    def hidden(self) -> frozenset[str]:
        """The names of the file that mean something else in the constructor."""
        init = self._init()
        if init is None:
            return frozenset()
        return bound_in(init)

    def _check_hidden(self, made: str) -> None:
        """Refuse what begins with a name that means something else in the constructor."""
        found = _FIRST_NAME.match(made)
        if found is not None and found[0] in self.hidden():
            raise NotFixableError(f"`{found[0]}` means something else in the constructor")

    def _check_early_runs(self, behind: Class | None) -> None:
        """Refuse a method that a constructor runs before the new attribute is there: that of a
        class ``behind`` which this stands in line, or that of the class itself if None.
        """  # noqa: D205
        early = self.builder.usage.early.get(self.method, set())
        for cls in self._family:
            start = 0 if behind is None else cls.mro.index(behind) + 1
            for each in cls.mro[start:]:
                init = each.namespace.get("__init__") if isinstance(each, Class) else None
                if isinstance(init, Function) and (
                    each in early or self.method in _run_by(cls, init)
                ):
                    raise NotFixableError(
                        f"`{init.qualname}` runs `{self.method.name}`, and the attribute "
                        "would not be there yet"
                    )

    def _calls_base(self, statement: model.Statement) -> bool:
        """Whether a statement calls the constructor that leads to that of nn.Module."""
        if not isinstance(statement, (model.ExpressionStatement, model.Assign)):
            return False
        return any(
            _is_init_call(each) and not self._is_of_mixin(each) for each in model.walk(statement)
        )

    def _is_of_mixin(self, call: model.Node) -> bool:
        """Whether a call of ``X.__init__`` is one of a class that is no module and hands on to
        none.
        """  # noqa: D205
        func = call.func if isinstance(call, model.Call) else None
        assert isinstance(func, model.Attribute)
        bases = [each for each in self.cls.mro[1:] if isinstance(each, Class)]
        if isinstance(func.value, model.Call):  # super()
            bases = [each for each in bases if "__init__" in each.namespace][:1]
        else:
            bases = [each for each in bases if each.name == model.last_name(func.value)]
        return bool(bases) and not any(
            is_module_class(each) or _hands_on(each.namespace.get("__init__")) for each in bases
        )

    @property
    def _is_plain(self) -> bool:
        """Whether no other class of the program stands between this one and nn.Module."""
        return all(
            isinstance(each, External) and canonical(each.name) in (known.MODULE, "builtins.object")
            for each in self.cls.mro[1:]
        )

    def _new_init(self, lines: list[str], *, last: bool = False) -> list[Edit]:
        source, node = self.source, self.cls.node
        if self.builder.program.reads_signatures and not self._is_plain:
            raise NotFixableError(
                f"`{self.cls.name}` has no __init__ of its own, and the program reads the "
                "parameters of constructors"
            )
        decorators = [source.of(each) for each in node.decorators]
        if any(word in each for each in decorators for word in _RECORDS):
            raise NotFixableError(f"the __init__ of `{self.cls.name}` is made by a decorator")
        head: model.Statement | None = None
        for each in node.body:
            if not isinstance(each, (model.ExpressionStatement, model.Assign)):
                break
            head = each
        first = node.body[0] if node.body else None
        indentation = None if first is None else source.indentation(first)
        if first is None or indentation is None:
            raise NotFixableError(f"`{self.cls.name}` is written on one line")
        colon = source.token(":", node.end, len(source.text))
        end = source.end_of_line(head) if head is not None else source.end_of_row(colon)
        line_end = source.line_end
        parameters = (
            ("self", "") if self._is_plain else ("self, *args, **kwargs", "*args, **kwargs")
        )
        inner = indentation + _step(indentation)
        skeleton = (
            f"{line_end if head is not None else ''}{line_end}"
            f"{indentation}def __init__({parameters[0]}):{line_end}"
            f"{inner}super().__init__({parameters[1]})"
        )
        text = "".join(f"{line_end}{inner}{each}" for each in lines)
        edits = [
            source.edit(end, end, skeleton, *_SKELETON, once=True),
            source.edit(end, end, text, *(_LAST_LINE if last else _LINE), once=last),
        ]
        blank = source.text[end:].lstrip(" \t")
        if not blank.startswith((line_end * 2, "\n\n")) and len(node.body) > 0 and blank.strip():
            edits.append(source.edit(end, end, line_end, *_TAIL, once=True))
        return edits


def _methods(cls: Class) -> set[str]:
    """The names of the methods that a class has from the program's own classes."""
    return {
        name
        for each in cls.mro
        if isinstance(each, Class)
        for name, value in each.namespace.items()
        if isinstance(value, Function)
    }


def _place(site: Site) -> tuple[str, int]:
    return str(site.module.path), site.start


def _hands_on(init: Value | None) -> bool:
    """Whether a constructor calls another one."""
    return isinstance(init, Function) and any(map(_is_init_call, model.walk(init.node.body)))


def _run_by(cls: Class, init: Function) -> set[model.Node]:
    """The methods that a constructor runs for an instance of a class, and those that they run."""
    found: set[model.Node] = set()
    waiting: list[Function] = [init]
    while waiting:
        function = waiting.pop()
        if function.node in found:
            continue
        found.add(function.node)
        this = function.node.parameters.by_position[:1]
        for node in model.walk(function.node.body):
            if isinstance(node, model.Call) and this:
                method = cls.lookup(_method_called(node.func, this[0].name))
                waiting += [method] if isinstance(method, Function) else []
    return found


def _method_called(func: model.Expression, this: str) -> str:
    """``run`` of ``self.run``, ``forward`` of ``self`` itself."""
    if isinstance(func, model.Attribute):
        return func.name if model.is_name(func.value, this) else ""
    return "forward" if model.is_name(func, this) else ""


def _listings(node: model.ClassDef, this: str, *, container: bool) -> Iterator[model.Expression]:
    """Where the code of a class goes through what an instance holds, or asks how much that is."""
    for each in model.walk(node.body):
        listed = isinstance(each, model.Call) and _is_listing(each, this)
        if listed or (isinstance(each, model.Attribute) and each.name == "_modules"):
            assert isinstance(each, model.Expression)
            yield each
        elif container and isinstance(each, (model.For, model.ForClause)):
            if model.is_name(each.iterable, this):
                yield each.iterable
        elif container and isinstance(each, model.Call):
            yield from (part.value for part in each.arguments if model.is_name(part.value, this))
            func = each.func
            if isinstance(func, model.Attribute) and model.is_name(func.value, this):
                yield from (func,) if func.name in _BY_LENGTH else ()
        elif container and isinstance(each, model.AugmentedAssign):
            yield from (each.target,) if model.is_name(each.target, this) else ()
        elif container and isinstance(each, model.Subscript) and model.is_name(each.value, this):
            yield each.value


@lru_cache(maxsize=256)
def bound_in(function: model.FunctionDef) -> frozenset[str]:
    """The names that a function binds, which each fix in its class asks a constructor for."""
    nodes = model.walk((function.parameters, function.body))
    return frozenset(name for node in nodes for name in model.bound_names(node))


@lru_cache(maxsize=256)
def _for_loops(node: model.ClassDef) -> tuple[model.For, ...]:
    """The loops in the code of a class, which each of its fixes asks for."""
    return tuple(each for each in model.walk(node.body) if isinstance(each, model.For))


def _is_listing(node: model.Expression, this: str) -> bool:
    """``self``, ``self.children()``, ``self.items()`` and the like."""
    if isinstance(node, model.Call) and isinstance(node.func, model.Attribute):
        return node.func.name in _LISTS and model.is_name(node.func.value, this)
    return model.is_name(node, this)


def _module_in(loop: model.For) -> str | None:
    """The name of the module in each round of a loop over children."""
    target = loop.target
    if isinstance(target, model.Sequence):
        target = target.elements[-1]
    return target.id if isinstance(target, model.Name) else None


def _first(function: model.FunctionDef) -> str:
    """How a constructor names the instance."""
    parameters = function.parameters.by_position
    return parameters[0].name if parameters else "self"


def _is_init_call(node: model.Node) -> bool:
    """``super().__init__()``, ``super(Net, self).__init__()``, ``Base.__init__(self)``."""
    func = node.func if isinstance(node, model.Call) else None
    return isinstance(func, model.Attribute) and func.name == "__init__"


def _calls_init_of(init: model.Statement, names: set[str]) -> bool:
    """Whether a constructor calls that of one of some classes, or of the next one in line."""
    for node in model.walk((init, *getattr(init, "body", ()))):
        if not _is_init_call(node):
            continue
        assert isinstance(node, model.Call)
        assert isinstance(node.func, model.Attribute)
        receiver = node.func.value
        if isinstance(receiver, model.Call) and model.last_name(receiver.func) == "super":
            given = receiver.arguments[0].value if receiver.arguments else None
            if given is None or model.last_name(given) not in names:
                return True
        elif model.last_name(receiver) in names:
            return True
    return False


def _names_between(derived: Class, base: Class) -> set[str]:
    """The names of the classes that stand between two in the line of inheritance."""
    names = [each.name for each in derived.mro if isinstance(each, Class)]
    return set(names[1 : names.index(base.name)]) if base.name in names else set()


def _first_on_line(source: Source, statement: model.Statement) -> model.Statement:
    """The statement that begins the line on which one stands: ``a = 1; b = 2``."""
    row = source.module.position(statement.start).row
    block = source.block(statement)
    same = [each for each in block if source.module.position(each.end).row == row]
    return min([*same, statement], key=lambda each: each.start)


def _step(indentation: str) -> str:
    return "\t" if indentation.endswith("\t") else "    "
