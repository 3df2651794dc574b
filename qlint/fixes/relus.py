"""ReLUs: modules in the place of functions, and ``add_relu``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.fixes.imports import meaning
from qlint.fixes.instances import assignments, number_of_layer
from qlint.fixes.reasons import NotFixableError
from qlint.semantics.modules import RELU
from qlint.semantics.names import FUNCTIONAL, NN
from qlint.syntax import model

if TYPE_CHECKING:
    from qlint.diagnostics import Edit
    from qlint.fixes.build import Made, Place
    from qlint.repairs import UseModule

_FUNCTIONS = frozenset({"torch.relu", "torch.relu_", FUNCTIONAL + "relu", FUNCTIONAL + "relu_"})


# Functions in the place of which a module is called


def use_module(place: Place, repair: UseModule) -> Made:
    """What to say, how safe it is, and the edits.

    Raises:
        NotFixableError: The call does more than a module would.
    """
    node, source = place.node, place.source
    if not isinstance(node, model.Call):
        raise NotFixableError("it is written in a way that qlint cannot edit")
    place.require_plain_arguments(node)
    event = place.event_of_operation()
    if event.form != "method":
        place.require_torch(node)
    if NN + repair.name in place.builder.program.swapped:
        raise NotFixableError(
            f"the program replaces each nn.{repair.name} that it finds by another"
        )
    edits: list[Edit] = []
    tensor, option = _tensor_and_option(node, is_method=event.form == "method")
    in_place = event.name.endswith("_")
    if option is not None:
        written = source.of(option.value)
        if written not in ("True", "False"):
            raise NotFixableError("whether it works in place is not written out")
        in_place = in_place or written == "True"
    if place.builder.program.sets_inplace and not in_place and not _is_fresh(place, tensor):
        raise NotFixableError(
            "the program makes modules work in place, and this one would overwrite what it gets"
        )
    wish = repair.name.lower() + number_of_layer(tensor)
    called = place.give(wish, NN + repair.name, edits, "inplace=True" if in_place else "")
    if event.form == "method":
        if source.has_comment(node.start, node.end):
            raise NotFixableError("a comment stands inside of it, and would be lost")
        start, end = source.whole(tensor)
        edits.append(source.edit(node.start, start, f"{called}(", 1, node.start - node.end, 0))
        edits.append(source.edit(end, node.end, ")"))
    else:
        edits.append(source.edit(node.func.start, node.func.end, called))
        if option is not None:
            edits.append(_without(place, node, option))
    return f"make it a module, `{called}`", "safe", tuple(edits)


def _is_fresh(place: Place, tensor: model.Expression) -> bool:
    """Whether a tensor is what a layer puts out, so that no name stands for it."""
    func = tensor.func if isinstance(tensor, model.Call) else None
    return isinstance(func, model.Attribute) and model.is_name(func.value, place.owner.this)


def _tensor_and_option(
    node: model.Call, *, is_method: bool
) -> tuple[model.Expression, model.Argument | None]:
    """The tensor that an activation gets, and its argument ``inplace``."""
    arguments = list(node.arguments)
    if is_method:
        if arguments or not isinstance(node.func, model.Attribute):
            raise NotFixableError("it is called in a way of its own")
        return node.func.value, None
    named = {each.keyword or str(index): each for index, each in enumerate(arguments)}
    tensor, option = named.pop("0", None) or named.pop("input", None), None
    option = named.pop("1", None) or named.pop("inplace", None)
    if tensor is None or named:
        raise NotFixableError("it is called in a way of its own")
    return tensor.value, option


def _without(place: Place, node: model.Call, argument: model.Argument) -> Edit:
    """An edit that takes an argument out of a call, with the comma in front of it."""
    source = place.source
    index = node.arguments.index(argument)
    if index == 0:
        raise NotFixableError("it is called in a way of its own")
    before = node.arguments[index - 1]
    start = source.whole(before.value)[1]
    if source.has_comment(start, argument.end):
        raise NotFixableError("a comment stands inside of it, and would be lost")
    return source.edit(start, source.whole(argument.value)[1], "")


# add_relu


def followed_by_relu(place: Place, node: model.Node, edits: list[Edit]) -> bool:
    """Whether the result of an addition goes into a relu and nowhere else. If so, the edits take
    that relu away.
    """  # noqa: D205
    statement = place.source.statement(node)
    around = place.source.parent(node)
    if isinstance(around, model.Argument):
        call = place.source.parent(around)
        if isinstance(call, model.Call) and _is_relu_of(place, call, node):
            return _strip_call(place, call, edits)
        return False
    name = _bound_by(statement, node)
    if statement is None or name is None:
        return False
    block = place.source.block(statement)
    index = block.index(statement)
    following = block[index + 1] if index + 1 < len(block) else None
    if isinstance(following, model.Return):
        return _strip_return(place, following, name, edits)
    if isinstance(following, model.Assign) and following.annotation is None:
        same = len(following.targets) == 1 and model.is_name(following.targets[0], name)
        value = following.value
        if same and isinstance(value, model.Call) and _is_relu_of_name(place, value, name):
            return _delete(place, following, edits)
    return False


def _bound_by(statement: model.Statement | None, node: model.Node) -> str | None:
    """The one name that a statement gives to what an expression computes."""
    if isinstance(statement, model.AugmentedAssign) and statement is node:
        target = statement.target
    elif isinstance(statement, model.Assign) and statement.value is node:
        target = statement.targets[0]
        if len(statement.targets) > 1:
            return None
    else:
        return None
    return target.id if isinstance(target, model.Name) else None


def _is_relu_of_name(place: Place, call: model.Call, name: str) -> bool:
    return (
        bool(call.arguments)
        and model.is_name(call.arguments[0].value, name)
        and _calls_relu(place, call)
    )


def _is_relu_of(place: Place, call: model.Call, node: model.Node) -> bool:
    return bool(call.arguments) and call.arguments[0].value is node and _calls_relu(place, call)


def _calls_relu(place: Place, call: model.Call) -> bool:
    """Whether a call is ``relu`` for sure: the function, or a module that is never another one."""
    first, *others = call.arguments
    if first.stars or first.keyword is not None:
        return False
    if meaning(place.source, call.func) in _FUNCTIONS:
        plain = [each.keyword for each in others] in ([], ["inplace"])
        return plain and all(place.source.of(each.value) in ("True", "False") for each in others)
    func = call.func
    if (
        others
        or not isinstance(func, model.Attribute)
        or not model.is_name(func.value, place.owner.this)
    ):
        return False
    program = place.builder.program
    if RELU in program.swapped or program.may_be_hooked(func.name):
        return False
    made = list(assignments(place.owner.cls, func.name))
    if not made or not all(place.makes(RELU, cls, each.value) for cls, each in made):
        return False
    return place.only_calls(call, RELU)


def _strip_call(place: Place, call: model.Call, edits: list[Edit]) -> bool:
    """``relu(a + b)`` becomes ``a + b``."""
    source = place.source
    start, end = call.arguments[0].value.start, call.arguments[0].value.end
    if source.has_comment(call.start, start) or source.has_comment(end, call.end):
        return False
    edits.append(source.edit(call.start, start, "", 1, call.start - call.end))
    edits.append(source.edit(end, call.end, "", 0, call.end - call.start))
    return True


def _strip_return(place: Place, statement: model.Return, name: str, edits: list[Edit]) -> bool:
    """``return relu(out)`` becomes ``return out``."""
    call = statement.value
    if not isinstance(call, model.Call) or not _is_relu_of_name(place, call, name):
        return False
    if place.source.has_comment(call.start, call.end):
        return False
    edits.append(place.source.edit(call.start, call.end, name))
    return True


def _delete(place: Place, statement: model.Statement, edits: list[Edit]) -> bool:
    """Take a statement away, but no comment behind it."""
    source = place.source
    if source.indentation(statement) is None or source.has_comment(statement.start, statement.end):
        return False
    end = source.end_of_line(statement)
    rest = source.text[statement.end : end].strip()
    if rest and not rest.startswith("#"):
        return False
    if rest:
        edits.append(source.edit(statement.start, source.skip_blanks(statement.end), ""))
        return True
    behind = min(len(source.text), end + len(source.line_end))
    edits.append(source.edit(source.start_of_row(statement.start), behind, ""))
    return True
