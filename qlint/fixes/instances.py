"""One more instance of a module without parameters for each use: ReLUs and FloatFunctionals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qlint.fixes.families import family
from qlint.fixes.imports import meaning
from qlint.fixes.reasons import NotFixableError
from qlint.flow.events import ModuleCall
from qlint.semantics.modules import FLOAT_FUNCTIONAL, RELU
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.diagnostics import Edit
    from qlint.fixes.build import Made, Place
    from qlint.flow.values import Class

_NUMBER = re.compile(r"(_?\d[\d_]*)$")


def own_instance(place: Place) -> Made:
    """What to say, how safe it is, and the edits.

    Raises:
        NotFixableError: The instance is not made where it can be made once more.
    """
    node, owner = place.node, place.owner
    func = node.func if isinstance(node, model.Call) else None
    classes = {each.cls for each in place.events if isinstance(each, ModuleCall)}
    if len(classes) != 1:
        raise NotFixableError("what is called here is not the same each time")
    (kind,) = classes
    relu = kind == RELU
    if kind == FLOAT_FUNCTIONAL and isinstance(func, model.Attribute):
        func = func.value  # of `self.functional.add`
    if not isinstance(node, model.Call) or not isinstance(func, model.Attribute):
        raise NotFixableError("what is called here is no attribute")
    if not isinstance(func.value, model.Name) or func.value.id != owner.this:
        raise NotFixableError(f"`{place.source.of(func)}` belongs to another module")
    if kind != FLOAT_FUNCTIONAL and place.builder.program.may_be_hooked(func.name):
        raise NotFixableError(f"a hook may hang on `{func.name}`, which sees all its calls")
    if place.called_again_here:
        raise NotFixableError(
            "this one call runs several times in a forward pass; it takes an nn.ModuleList with "
            "one instance for each"
        )
    made = list(assignments(owner.cls, func.name))
    if len(made) != 1:
        raise NotFixableError(f"`{func.name}` is not made in one place of `{owner.cls.name}`")
    cls, statement = made[0]
    if not cls.module.linted:
        raise NotFixableError(
            f"`{func.name}` is made in `{cls.name}`, in {cls.module.path}, which is not among the "
            "given files"
        )
    if not isinstance(statement.value, model.Call) or not _makes(place, kind, cls, statement):
        known = {RELU: "an nn.ReLU", FLOAT_FUNCTIONAL: "a FloatFunctional"}
        what = known.get(kind, f"a {kind}")
        raise NotFixableError(f"it is not written out that `{func.name}` is {what}")
    argument = node.arguments[0].value if node.arguments and relu else None
    number = "" if argument is None else number_of_layer(place.layer_of(argument))
    base = _NUMBER.sub("", func.name)
    wish = base + number if number else func.name
    called, edits = _one_more(place, cls, statement, statement.value, wish)
    edits.append(place.source.edit(func.start, func.end, called))
    return f"give this use a module of its own, `{called}`", "safe", tuple(edits)


def _makes(place: Place, kind: str, cls: Class, statement: model.Assign) -> bool:
    """Whether a statement makes a module of that class: one of torch's, or of the same file."""
    made = statement.value
    if not isinstance(made, model.Call) or kind in (RELU, FLOAT_FUNCTIONAL):
        return place.makes(kind, cls, made)
    is_defined = any(
        isinstance(each, model.ClassDef) and each.name == kind
        for each in place.builder.source(cls.module).body
    )
    plain = all(isinstance(each.value, model.Constant) for each in made.arguments)
    is_named = isinstance(made.func, model.Name) and made.func.id == kind
    return is_named and is_defined and plain and cls is place.owner.cls


def _one_more(
    place: Place, cls: Class, statement: model.Assign, made: model.Call, wish: str
) -> tuple[str, list[Edit]]:
    """One more module like one that a statement makes: behind that, or in the class at hand if it
    is made in one that this is derived from.
    """  # noqa: D205
    owner, source = place.owner, place.builder.source(cls.module)
    arguments = ", ".join(source.of(each) for each in made.arguments)
    if "\n" in arguments or "\r" in arguments:
        raise NotFixableError("the one that is shared is made on several lines")
    edits: list[Edit] = []
    if cls is not owner.cls:
        if not all(isinstance(each.value, model.Constant) for each in made.arguments):
            raise NotFixableError(f"how it is made depends on `{cls.name}`")
        dotted = meaning(source, made.func)
        return place.give(wish, dotted, edits, arguments), edits
    name = place.names.new(owner.cls, wish)
    target = next(each for each in statement.targets if isinstance(each, model.Attribute))
    line = f"{source.of(target.value)}.{name} = {source.of(made.func)}({arguments})"
    return f"{owner.this}.{name}", owner.behind(statement, line)


def assignments(cls: Class, name: str) -> Iterator[tuple[Class, model.Assign]]:
    """Where the code of a class, or of those it is derived from or that are derived from it, gives
    an attribute to its instances.
    """  # noqa: D205
    for each in family(cls):
        for node in model.walk(each.node.body):
            targets = node.targets if isinstance(node, model.Assign) else ()
            if any(_is_attribute(target, name) for target in targets):
                assert isinstance(node, model.Assign)
                yield each, node


def _is_attribute(target: model.Expression, name: str) -> bool:
    plain = isinstance(target, model.Attribute) and isinstance(target.value, model.Name)
    return plain and model.last_name(target) == name


def number_of_layer(tensor: model.Expression) -> str:
    """The number in the name of the layer that a tensor comes from: ``2`` of ``self.bn2(x)``."""
    if isinstance(tensor, model.Call) and isinstance(tensor.func, model.Attribute):
        found = _NUMBER.search(tensor.func.name)
        return found[1] if found is not None else ""
    return ""
