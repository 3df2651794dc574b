"""How each kind of expression evaluates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qlint.flow import conditions, layer_attributes, narrowing, special_methods, texts
from qlint.flow.arguments import Arguments
from qlint.flow.classes import make_super
from qlint.flow.containers import (
    MORE,
    data_of,
    known_items,
    known_pairs,
    new_dict,
    new_list,
)
from qlint.flow.operators import unary
from qlint.flow.scopes import Frame, Outcome
from qlint.flow.statements import define_function
from qlint.flow.truth import truth
from qlint.flow.usage import note_reading
from qlint.flow.values import (
    NONE,
    NOT_TENSOR,
    UNKNOWN,
    Constant,
    Dict,
    External,
    Lazy,
    NotTensor,
    SomeSlice,
    Tuple,
    Union,
    Unknown,
    Value,
    join,
    options_of,
)
from qlint.semantics import layers
from qlint.semantics.names import looks_like_class
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable

    from qlint.flow.flags import Parts
    from qlint.flow.interpreter import Interpreter

# Where the classes of layers lie.
_NAMESPACES = ("torch.nn.", "torch.ao.nn.quantized.")


def _constant(interp: Interpreter, node: model.Constant, frame: Frame) -> Value:
    found = interp.constants.get(node)
    if found is None:
        found = interp.constants[node] = Constant(node.value)
    return found


def _name(interp: Interpreter, node: model.Name, frame: Frame) -> Value:
    value = frame.names.get(node.id)
    if value is None or type(value) in (Lazy, Union) or node.id in frame.declared_global:
        value = interp.lookup(node.id, frame)
    if interp.written_epoch == interp.epoch:
        note_reading(interp, value)
    if type(value) is External and value.at is None and value.name[:6] == "torch.":
        return _class_named(interp, value, node, frame)
    return value


def _class_named(
    interp: Interpreter, value: External, node: model.Expression, frame: Frame
) -> Value:
    """A class of torch's, with the place where it is named first."""
    if value.name.startswith(_NAMESPACES) and looks_like_class(value.name):
        return External(value.name, value.of, interp.site(node, frame))
    return value


def _attribute(interp: Interpreter, node: model.Attribute, frame: Frame) -> Value:
    value = interp.evaluate(node.value, frame)
    layer_attributes.check_parameter(interp, node.value, frame)
    found = interp.get_attribute(value, node.name, interp.site(node, frame))
    if interp.written_epoch == interp.epoch:
        note_reading(interp, found)
    if type(found) is External and found.at is None and found.name[:6] == "torch.":
        return _class_named(interp, found, node, frame)
    return found


def _subscript(interp: Interpreter, node: model.Subscript, frame: Frame) -> Value:
    value = interp.evaluate(node.value, frame)
    layer_attributes.check_parameter(interp, node.value, frame)
    index = interp.evaluate(node.index, frame)
    found = special_methods.get_item(interp, value, index, interp.site(node, frame))
    if interp.written_epoch == interp.epoch:
        note_reading(interp, found)
    return found


def _slice(interp: Interpreter, node: model.Slice, frame: Frame) -> Value:
    bounds = [
        NONE if each is None else interp.evaluate(each, frame)
        for each in (node.lower, node.upper, node.step)
    ]
    if all(_is_index(each) for each in bounds) and bounds[2] != Constant(0):
        return Constant(slice(*(each.value for each in bounds if isinstance(each, Constant))))
    return SomeSlice()


def _is_index(value: Value) -> bool:
    return isinstance(value, Constant) and (value.value is None or isinstance(value.value, int))


def _call(interp: Interpreter, node: model.Call, frame: Frame) -> Value:
    site = interp.site(node, frame)
    if isinstance(node.func, model.Name) and node.func.id == "super" and not node.arguments:
        return _zero_argument_super(interp, frame)
    function = interp.evaluate(node.func, frame)
    arguments = evaluate_arguments(interp, node.arguments, frame)
    arguments.spelled = frame.module.text[node.func.start : node.func.end]
    arguments.frame = frame
    if isinstance(node.func, model.Attribute) and node.func.name in layers.LOST_METHODS:
        layer_attributes.check_method(interp, node.func, frame)
    layer_attributes.check_arguments(interp, function, node.arguments, frame)
    narrowing.assume_float(interp, function, node.arguments, frame)
    return interp.call(function, arguments, site)


def _zero_argument_super(interp: Interpreter, frame: Frame) -> Value:
    scope: Frame | None = frame
    while scope is not None:
        if scope.function is not None and scope.function.owner is not None:
            return make_super(scope.receiver, scope.function.owner)
        scope = scope.parent
    return UNKNOWN


def evaluate_arguments(
    interp: Interpreter, nodes: tuple[model.Argument, ...], frame: Frame
) -> Arguments:
    """Evaluate the arguments of a call, ``*`` and ``**`` unpacked as far as they are known."""
    args: list[Value] = []
    kwargs: dict[str, Value] = {}
    more = False
    for node in nodes:
        value = interp.evaluate(node.value, frame)
        if node.stars == 1:
            items, uncertain = known_items(interp, value)
            more = more or uncertain
            args += items
        elif node.stars == 2:
            value = data_of(value)
            if isinstance(value, Dict):
                known = {k: v for k, v in value.slots.items() if k != "?"}
                kwargs.update(known)
                more = more or value.open
            else:
                more = True
        elif node.keyword is not None:
            kwargs[node.keyword] = value
        else:
            args.append(value)
    return Arguments(tuple(args), kwargs, more)


def _binary(interp: Interpreter, node: model.BinaryOp, frame: Frame) -> Value:
    left = interp.evaluate(node.left, frame)
    right = interp.evaluate(node.right, frame)
    for operand in (node.left, node.right):
        layer_attributes.check_parameter(interp, operand, frame)
    site = interp.site(node, frame)
    return special_methods.binary(interp, node.op, left, right, site, "operator")


def _unary(interp: Interpreter, node: model.UnaryOp, frame: Frame) -> Value:
    operand = interp.evaluate(node.operand, frame)
    if node.op != "not":
        layer_attributes.check_parameter(interp, node.operand, frame)
    return unary(interp, node.op, operand, truth(interp, operand), interp.site(node, frame))


def _boolean(interp: Interpreter, node: model.BooleanOp, frame: Frame) -> Value:
    left = interp.evaluate(node.left, frame)
    decided = truth(interp, left)
    if decided is not None:
        return left if decided is (node.op == "or") else interp.evaluate(node.right, frame)
    results: list[Value] = []

    def right() -> Outcome:
        narrowing.assume(interp, node.left, node.op == "and", frame)
        results.append(interp.evaluate(node.right, frame))
        return Outcome.FALLS_THROUGH

    interp.fork(frame, [right, lambda: Outcome.FALLS_THROUGH])
    decided = truth(interp, results[0])
    if decided is (node.op == "and"):
        return left  # `flag and True` is as true as the flag
    if decided is False:
        return results[0]  # `anything and False`: what matters is that it is not true
    if decided and _is_question(left):
        return results[0]  # `a == b or True`
    if node.op == "or":  # what was false is not the value
        left = join(each for each in options_of(left) if truth(interp, each) is not False)
    if isinstance(left, Unknown) and results[0] == NOT_TENSOR:
        return NOT_TENSOR
    return join([left, *results])


def _is_question(value: Value) -> bool:
    """Whether only the truth of a value can matter: the result of a comparison, a flag."""
    return all(
        isinstance(each, NotTensor) or (isinstance(each, Constant) and isinstance(each.value, bool))
        for each in options_of(value)
    )


def _compare(interp: Interpreter, node: model.Compare, frame: Frame) -> Value:
    left = interp.evaluate(node.left, frame)
    result: Value = NOT_TENSOR
    holds = True
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        right = interp.evaluate(comparator, frame)
        result = special_methods.compare(interp, op, left, right, interp.site(node, frame))
        decided = truth(interp, result)
        if decided is False:
            return result
        holds = holds and decided is True
        left = right
    return result if len(node.ops) == 1 or holds else NOT_TENSOR


def _conditional(interp: Interpreter, node: model.Conditional, frame: Frame) -> Value:
    test, decided = conditions.decide(interp, node.test, frame)
    if decided is not None:
        return interp.evaluate(node.body if decided else node.orelse, frame)
    results: list[Value] = []
    met: list[Parts] = []

    def taking(branch: model.Expression, positive: bool) -> Callable[[], Outcome]:
        def run() -> Outcome:
            narrowing.assume(interp, node.test, positive, frame)
            with interp.flags.branch(interp, test, positive, met):
                results.append(interp.evaluate(branch, frame))
            return Outcome.FALLS_THROUGH

        return run

    interp.fork(frame, [taking(node.body, True), taking(node.orelse, False)])
    interp.flags.compare(test, met)
    return join(results)


def _lambda(interp: Interpreter, node: model.Lambda, frame: Frame) -> Value:
    return define_function(interp, node, frame)


def _sequence(interp: Interpreter, node: model.Sequence, frame: Frame) -> Value:
    items: list[Value] = []
    more = False
    for element in node.elements:
        if isinstance(element, model.Starred):
            unpacked, uncertain = known_items(interp, interp.evaluate(element.value, frame))
            items += unpacked
            more = more or uncertain
        else:
            items.append(interp.evaluate(element, frame))
    if node.kind == "tuple":
        return Tuple(tuple(items), more)
    return new_list(dict.fromkeys(items) if node.kind == "set" else items, more=more)


def _dict(interp: Interpreter, node: model.Dict, frame: Frame) -> Value:
    pairs: list[tuple[Value, Value]] = []
    for key, value in node.items:
        evaluated = interp.evaluate(value, frame)
        if key is not None:
            pairs.append((interp.evaluate(key, frame), evaluated))
        elif isinstance(evaluated := data_of(evaluated), Dict):
            pairs += known_pairs(evaluated)
            if evaluated.open:
                pairs.append((UNKNOWN, evaluated.slots.get("?", UNKNOWN)))
        else:
            pairs.append((UNKNOWN, UNKNOWN))
    made = new_dict(pairs)
    made.is_table = len(pairs) > 1
    return made


def _starred(interp: Interpreter, node: model.Starred, frame: Frame) -> Value:
    return interp.evaluate(node.value, frame)


def _comprehension(interp: Interpreter, node: model.Comprehension, frame: Frame) -> Value:
    inner = Frame(
        frame.namespace,
        {},
        parent=frame,
        function=frame.function,
        receiver=frame.receiver,
        owner=frame.owner,
        statement=frame.statement,
        forward_of=frame.forward_of,
    )
    keys: list[Value] = []
    elements: list[Value] = []
    more = False

    def element() -> None:
        if node.key is not None:
            keys.append(interp.evaluate(node.key, inner))
        elements.append(interp.evaluate(node.element, inner))

    def clause(index: int) -> None:
        nonlocal more
        if index == len(node.clauses):
            element()
            return
        each = node.clauses[index]
        # Python evaluates the first iterable outside of the comprehension's own scope.
        scope = frame if index == 0 else inner
        with interp.mentioning(node, each.iterable):
            iterable = interp.evaluate(each.iterable, scope)
        site = interp.site(each.iterable, scope)
        for item in special_methods.iterate(interp, iterable, site):
            if item is MORE or interp.budget.exhausted:
                more = True
                continue
            interp.bind(each.target, item, inner)
            tests = [truth(interp, interp.evaluate(test, inner)) for test in each.conditions]
            if False in tests:
                continue
            more = more or None in tests
            for test in each.conditions:
                narrowing.assume(interp, test, True, inner)
            clause(index + 1)

    clause(0)
    if node.kind == "dict":
        made = new_dict(zip(keys, elements, strict=True))
        made.open = made.open or more
        return made
    return new_list(elements, more=more)


def _named(interp: Interpreter, node: model.NamedExpr, frame: Frame) -> Value:
    value = interp.evaluate(node.value, frame)
    interp.bind(node.target, value, frame)
    return value


def _await(interp: Interpreter, node: model.Await, frame: Frame) -> Value:
    return interp.evaluate(node.value, frame)


def _yield(interp: Interpreter, node: model.Yield, frame: Frame) -> Value:
    if interp.heap.depth > frame.depth or frame.left:
        frame.yields_more = True
    if node.value is not None:
        value = interp.evaluate(node.value, frame)
        if node.is_from:
            items, more = known_items(interp, value)
            frame.yielded += items
            frame.yields_more = frame.yields_more or more
        else:
            frame.yielded.append(value)
            if frame.at_yield is not None:
                frame.at_yield(value)
    elif frame.at_yield is not None:
        frame.at_yield(NONE)
    return UNKNOWN


def _formatted(interp: Interpreter, node: model.FormattedString, frame: Frame) -> Value:
    if not node.parts:
        return NOT_TENSOR
    parts: list[Value] = []
    for part in node.parts:
        if isinstance(part, str):
            parts.append(Constant(part))
            continue
        value = interp.evaluate(part, frame)
        # How a value is formatted is not looked at, but in the plainest case.
        plain = not isinstance(part, model.FormattedString)
        parts.append(value if plain else NOT_TENSOR)
    return texts.joined(parts)


EVALUATORS: dict[type[model.Expression], Callable[[Interpreter, Any, Frame], Value]] = {
    model.Constant: _constant,
    model.Name: _name,
    model.Attribute: _attribute,
    model.Subscript: _subscript,
    model.Slice: _slice,
    model.Call: _call,
    model.BinaryOp: _binary,
    model.UnaryOp: _unary,
    model.BooleanOp: _boolean,
    model.Compare: _compare,
    model.Conditional: _conditional,
    model.Lambda: _lambda,
    model.Sequence: _sequence,
    model.Dict: _dict,
    model.Starred: _starred,
    model.Comprehension: _comprehension,
    model.NamedExpr: _named,
    model.Await: _await,
    model.Yield: _yield,
    model.FormattedString: _formatted,
}
