"""What is asked of each of many modules, and whether a new one is left out by the answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from qlint.syntax import model

# The classes of what fixes add, and of what is in that.
RELU = frozenset({"ReLU"})
_NEW = RELU | {"FloatFunctional", "QuantStub", "DeQuantStub", "Identity", "Module"}
# How texts are searched.
_FINDS = frozenset({"find", "startswith", "endswith"})
_OPPOSITES = {"!=": "==", "not in": "in", "is not": "is"}
PARAMETERS = frozenset("parameters named_parameters buffers named_buffers".split())
# What every module has.
OF_ALL = PARAMETERS | frozenset(
    "training children modules named_children named_modules apply train eval requires_grad_ "
    "zero_grad to to_empty cpu cuda float half double bfloat16 type share_memory forward "
    "state_dict load_state_dict register_buffer register_parameter register_module add_module "
    "get_submodule get_parameter get_buffer extra_repr _modules _parameters _buffers "
    "_get_name _apply".split()
)


@dataclass(slots=True)
class Asked:
    """The names that stand for a module, for its name, for its class, and for what it has."""

    modules: set[str]
    labels: set[str]
    kinds: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    # The classes of new modules that what is looked at now is done with.
    new: frozenset[str] = _NEW

    def leaves_out(self, test: model.Expression) -> bool:
        """Whether what fixes add does not meet a condition."""
        if isinstance(test, model.BooleanOp):
            sides = (self.leaves_out(test.left), self.leaves_out(test.right))
            return any(sides) if test.op == "and" else all(sides)
        if isinstance(test, model.UnaryOp) and test.op == "not":
            return self.takes_in(test.operand)
        if isinstance(test, model.Call):
            return self._asks(test)
        if isinstance(test, model.Compare) and len(test.ops) == 1:
            left, right = test.left, test.comparators[0]
            if test.ops[0] == "in" and isinstance(right, model.Name) and right.id in self.labels:
                return False  # part of a name
            if test.ops[0] in ("==", "in", "is"):
                return self._is_of_others(left, right) or self._is_of_others(right, left)
            if self._finds_others(left):  # `kind.find("Conv") != -1`
                return test.ops[0] in ("!=", ">", ">=")
            nothing = isinstance(right, model.Constant) and right.value is None
            return test.ops[0] == "is not" and nothing and self._is_part(left)
        return self._is_part(test)

    def takes_in(self, test: model.Expression) -> bool:
        """Whether what fixes add meets a condition for sure."""
        if isinstance(test, model.BooleanOp):
            sides = (self.takes_in(test.left), self.takes_in(test.right))
            return all(sides) if test.op == "and" else any(sides)
        if isinstance(test, model.UnaryOp) and test.op == "not":
            return self.leaves_out(test.operand)
        if isinstance(test, model.Compare) and test.ops[0] in _OPPOSITES and len(test.ops) == 1:
            opposite = (_OPPOSITES[test.ops[0]],)
            return self.leaves_out(
                model.Compare(test.start, test.end, test.left, opposite, test.comparators)
            )
        return False

    def takes_parts(self, node: object) -> bool:
        """Whether nothing of the modules is used but their parameters, of which new ones have none:
        ``sum(p.numel() for m in model.modules() for p in m.parameters())``.
        """  # noqa: D205
        names = self.modules | self.labels
        inside = list(model.walk(node))
        used = [each for each in inside if isinstance(each, model.Name) and each.id in names]
        clauses = [each for each in inside if isinstance(each, model.ForClause)]
        targets = [each for clause in clauses for each in model.walk(clause.target)]
        taken = [self.asked_for(each, PARAMETERS) for each in inside]
        rest = [each for each in used if each not in targets]
        return bool(rest) and all(each in taken for each in rest)

    def asked_for(self, node: model.Node, what: frozenset[str]) -> model.Expression | None:
        """The module in ``m.parameters()``."""
        if not isinstance(node, model.Call) or not isinstance(node.func, model.Attribute):
            return None
        owner = node.func.value
        return owner if node.func.name in what and self.is_module(owner) else None

    def _asks(self, test: model.Call) -> bool:
        """``isinstance(m, nn.Conv2d)``, ``hasattr(m, "weight")``, ``kind.startswith("Conv")``."""
        if self._finds_others(test):
            return model.last_name(test.func) != "find"
        if self._is_part(test):
            return True
        name = model.last_name(test.func)
        given = [each.value for each in test.arguments]
        if len(given) != 2 or not self.is_module(given[0]):
            return False
        if name == "hasattr":
            return True  # such names are taken
        return name == "isinstance" and self._names_others(given[1])

    def _finds_others(self, node: model.Expression) -> bool:
        """``m.__class__.__name__.find("Conv")``."""
        if not isinstance(node, model.Call) or len(node.arguments) != 1:
            return False
        func = node.func
        finds = isinstance(func, model.Attribute) and func.name in _FINDS
        if not isinstance(func, model.Attribute) or not finds:
            return False
        return self.is_kind(func.value) and self._names_others(node.arguments[0].value)

    def _is_of_others(self, asked: model.Expression, known: model.Expression) -> bool:
        """Whether something that is asked of a module is not so for what fixes add."""
        if isinstance(asked, model.Name) and asked.id in self.labels:
            return True  # such names are taken
        if self.is_kind(asked):
            return self._names_others(known)
        return False

    def _names_others(self, classes: model.Expression) -> bool:
        """Whether classes are written out, as names or texts, and no new module is of any."""
        if isinstance(classes, model.Sequence):
            return all(map(self._names_others, classes.elements))
        if isinstance(classes, model.BinaryOp):
            return self._names_others(classes.left) and self._names_others(classes.right)
        if isinstance(classes, model.Constant):
            text = classes.value
            return isinstance(text, str) and not any(text in each for each in self.new)
        name = model.last_name(classes)
        return bool(name) and name not in self.new

    def is_module(self, node: model.Expression) -> bool:
        """Whether an expression is a module itself."""
        return isinstance(node, model.Name) and node.id in self.modules

    def is_kind(self, node: model.Expression) -> bool:
        """``type(m)``, ``m.__class__.__name__``, or a name for it."""
        if isinstance(node, model.Name):
            return node.id in self.kinds
        if isinstance(node, model.Attribute) and node.name == "__name__":
            return self.is_kind(node.value)
        if isinstance(node, model.Attribute) and node.name == "__class__":
            return self.is_module(node.value)
        if not isinstance(node, model.Call) or not model.is_name(node.func, "type"):
            return False
        return self.is_module(node.arguments[0].value)

    def _is_part(self, node: model.Expression) -> bool:
        """``getattr(m, "weight", None)``, or a name for it."""
        if isinstance(node, model.Name):
            return node.id in self.parts
        if not isinstance(node, model.Call):
            return False
        if model.is_name(node.func, "callable"):
            return any(self._is_part(each.value) for each in node.arguments)
        if not model.is_name(node.func, "getattr") or len(node.arguments) != 3:
            return False
        name = node.arguments[1].value
        return not isinstance(name, model.Constant) or name.value not in OF_ALL | {"inplace"}

    def learn(self, statement: model.Statement) -> None:
        """``kind = type(m).__name__``, ``weight = getattr(m, "weight", None)``."""
        if not isinstance(statement, model.Assign) or statement.value is None:
            return
        names = {each.id for each in statement.targets if isinstance(each, model.Name)}
        for known, holds in ((self.kinds, self.is_kind), (self.parts, self._is_part)):
            known -= names
            if holds(statement.value):
                known |= names

    def depends(self, node: model.Expression) -> bool:
        """Whether an expression may be something else for another module."""
        names = self.modules | self.labels | self.kinds | self.parts
        return any(
            isinstance(each, (model.Call, model.Await))
            or (isinstance(each, model.Name) and each.id in names)
            for each in model.walk(node)
        )

    def is_held(self, node: model.Node | None) -> bool:
        """Whether an expression is a module itself, or its name."""
        return isinstance(node, model.Name) and node.id in self.modules | self.labels

    def is_told(self, node: model.Expression) -> bool:
        """Whether an expression is a module, its name or its class."""
        return self.is_held(node) or self.is_kind(node)
