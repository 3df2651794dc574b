"""From a finding and what its rule proposes to a fix, or to the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qlint import repairs
from qlint.diagnostics import Fix
from qlint.fixes import (
    class_islands,
    functionals,
    instances,
    island_classes,
    islands,
    registering,
    relus,
    renaming,
    stubs,
    views,
)
from qlint.fixes.families import Names
from qlint.fixes.imports import meaning, spell
from qlint.fixes.owners import Owner
from qlint.fixes.program import Program
from qlint.fixes.reasons import InFunctionError, NoFunctionalError, NotFixableError
from qlint.fixes.rounds import rounds_of
from qlint.fixes.source import Source
from qlint.flow.events import (
    CoarseActivation,
    FloatInput,
    LegacyName,
    ModuleCall,
    Operation,
    QuantizedOutput,
    UnsupportedModule,
    UnsupportedOperation,
)
from qlint.semantics.modules import MODULE_LIST
from qlint.semantics.names import NN
from qlint.semantics.operations import METHOD_OF_OPERATOR
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from qlint.diagnostics import Applicability, Edit, Stretch
    from qlint.fixes.rounds import Rounds
    from qlint.flow.events import Event, Site
    from qlint.flow.usage import Usage
    from qlint.flow.values import Class, Function, Value
    from qlint.program.project import Module
    from qlint.repairs import Repair

    # What to say, how safe it is, and the edits.
    Made: TypeAlias = "tuple[str, Applicability, tuple[Edit, ...]]"


# What does not say that something is computed there, or that it cannot be in int8.
_NOT_COMPUTED = (FloatInput, QuantizedOutput, LegacyName, CoarseActivation)


class FixBuilder:
    """Makes the fixes of one run; they go together, for no two use one new name."""

    def __init__(
        self,
        usage: Usage,
        events: Sequence[Event],
        untouchable: Mapping[str, Collection[int]],
        modules: Sequence[Module],
        others: Sequence[str],
    ) -> None:
        self.usage = usage
        # The rows of each file that are to stay as they are.
        self._untouchable = untouchable
        self._by_name: dict[str, Source] = {}
        # The modules that become attributes, by the calls that make them.
        self.registered: dict[model.Call, tuple[str, list[Edit]]] = {}
        self.class_islands: dict[Function, list[Edit] | NotFixableError] = {}
        # The island classes of each file, and the edits that define them.
        self.islands: dict[tuple[Path, str], tuple[str, list[Edit]]] = {}
        self._sources: dict[Module, Source] = {}
        self.program = Program([self.source(each) for each in modules], others)
        self.names = Names(self.program)
        self._called: dict[tuple[Module, int, int], list[set[str]]] = {}
        self._events: dict[Site, list[Event]] = {}
        # Those of them that are about something that is computed there.
        self._operations: dict[Site, list[Event]] = {}
        for event in events:
            self._events.setdefault(event.site, []).append(event)
            if not isinstance(event, _NOT_COMPUTED):
                self._operations.setdefault(event.site, []).append(event)

    def build(self, site: Site, repair: Repair) -> Fix:
        """The fix of a finding.

        Raises:
            NotFixableError: It takes a human, and why.
        """
        given, shared = self.names.given(), self._shared()
        try:
            fix = Fix(*self._build(site, repair), self._called_code(site, repair))
            self._check_rows(fix)
        except NotFixableError:
            if self._shared() == shared:  # what stays for others keeps its names
                self.names.restore(given)
            raise
        return fix

    def _called_code(self, site: Site, repair: Repair) -> tuple[Stretch, ...]:
        """Where the classes are whose code an island around a call would make float."""
        calls = [each for each in self._events[site] if isinstance(each, UnsupportedModule)]
        names = {each.cls for each in calls if each.cls is not None}
        return islands.code_of(self, names) if isinstance(repair, repairs.FloatIsland) else ()

    def _shared(self) -> int:
        """How many parts of fixes there are that several can have."""
        islands = [each for each in self.class_islands.values() if isinstance(each, list)]
        return len(self.registered) + len(islands)

    def _check_rows(self, fix: Fix) -> None:
        """Refuse to edit statements on whose rows a suppression stands."""
        for each in fix.edits:
            untouchable = self._untouchable.get(each.filename)
            source = self._by_name[each.filename]
            if not untouchable or each.content.startswith(source.line_end):  # one more line
                continue
            if not source.rows_around(each).isdisjoint(untouchable):
                raise NotFixableError("a comment says to leave one of the lines as it is")

    def _build(self, site: Site, repair: Repair) -> Made:
        source, events = self.source(site.module), self._events[site]
        if isinstance(repair, repairs.CallInstead):
            return views.call_instead(source, site, repair)
        if isinstance(repair, repairs.Rename):
            return renaming.rename(source, site, repair)
        if isinstance(repair, repairs.QuantizeInput):
            return stubs.quantize_input(self, events)
        if isinstance(repair, repairs.DequantizeOutput):
            return stubs.dequantize_output(self, source, site, events)
        if isinstance(repair, repairs.FinerScale):
            coarse = [each for each in events if isinstance(each, CoarseActivation)]
            return self._of_activation(source, site, coarse)
        return self._of_operation(source, site, repair)

    def _of_activation(
        self, source: Source, site: Site, events: Sequence[CoarseActivation]
    ) -> Made:
        """The island of an activation that puts out int8 on a scale too coarse for it."""
        if site in self._operations:
            raise NotFixableError("what is done here is not the same each time")
        names = {each.name for each in events}
        if all(name.startswith(NN) for name in names):
            return island_classes.islands_of(self, [(each.site, each.spelled) for each in events])
        place = Place(self, source, site, [*events])
        place.require_one_run()
        place.require_int8()
        return islands.float_island(place, names.pop())

    def _of_operation(self, source: Source, site: Site, repair: Repair) -> Made:
        """The fix of something that tensors cannot go through."""
        events = self._operations[site]
        modules = [each for each in events if isinstance(each, UnsupportedModule)]
        if isinstance(repair, repairs.FloatIsland) and modules:
            return self._of_modules(source, site, modules)
        try:
            place = Place(self, source, site, events)
        except InFunctionError as error:
            if not isinstance(repair, (repairs.UseFunctional, repairs.FloatIsland)):
                raise
            try:
                return class_islands.class_islands(self, site)
            except NotFixableError as other:
                raise NotFixableError(f"{error} ({other})") from None
        if isinstance(repair, repairs.OwnInstance):
            return instances.own_instance(place)
        place.require_one_run()
        said, applicability, edits = self._with_modules(place, repair)
        # Which rounds there are is a conclusion; TorchScript could not index a list by them.
        return said, applicability if place.rounds is None else "unsafe", edits

    def _with_modules(self, place: Place, repair: Repair) -> Made:
        """The fix of an operation by a module, or several, in its place or around it."""
        if isinstance(repair, repairs.UseModule):
            return relus.use_module(place, repair)
        place.require_int8()
        if isinstance(repair, repairs.FloatIsland):
            return islands.float_island(place, place.name_of_operation())
        try:
            return functionals.use_functional(place)
        except NoFunctionalError:
            return islands.float_island(place, place.name_of_operation())

    def _of_modules(self, source: Source, site: Site, modules: Sequence[UnsupportedModule]) -> Made:
        """The fix of a call of modules that do not run on int8."""
        calls = [each for each in self._operations[site] if isinstance(each, ModuleCall)]
        if any(call.site == site for each in calls for call in each.earlier):
            raise NotFixableError(
                f"`{modules[0].callee}` is one instance that is called several times here, and its "
                "one quantizer would merge the ranges of all: make one for each"
            )
        if len(modules) + len(calls) < len(self._operations[site]):
            raise NotFixableError("what is done here is not the same each time")
        if all(each.out_of_reach for each in modules):
            return registering.register(self, modules)
        if any(each.cls is None for each in modules):
            return island_classes.island_class(self, modules)
        place = Place(self, source, site, [*modules])
        place.require_one_run()
        place.require_int8()
        return islands.module_island(place, modules[0].callee)

    def source(self, module: Module) -> Source:
        """A file, for editing."""
        if module not in self._sources:
            source = self._sources[module] = Source(module)
            self._by_name[str(module.path)] = source
        return self._sources[module]

    def called_at(self, module: Module, call: model.Call) -> list[set[str]]:
        """The classes of the modules that have been called at a place, for each way to see it."""
        if not self._called:
            for site, names in self.usage.called.items():
                self._called.setdefault((site.module, site.start, site.end), []).append(names)
        return self._called.get((module, call.start, call.end), [])


@dataclass(slots=True)
class Place:
    """Where a fix is to be made, and all that is known of the place."""

    builder: FixBuilder
    source: Source
    site: Site
    events: list[Event]
    node: model.Node = field(init=False)
    owner: Owner = field(init=False)
    rounds: Rounds | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        for kind in (model.Expression, model.Statement):
            node = self.source.find(self.site, kind)
            if node is not None:
                self.node = node
                self.owner = Owner.of(self.builder, self.source, node)
                return
        raise NotFixableError("it is written in a way that qlint cannot edit")

    @property
    def names(self) -> Names:
        """The names for new attributes."""
        return self.builder.names

    @property
    def called_again_here(self) -> bool:
        """Whether the module called here is called again at the very same place."""
        calls = [each for each in self.events if isinstance(each, ModuleCall)]
        again = any(call.site == self.site for each in calls for call in each.earlier)
        return again or self.site.is_in_loop

    def event_of_operation(self) -> Operation:
        """The one operation that is done here.

        Raises:
            NotFixableError: It is another one at other times.
        """
        found = {
            (each.op, each.with_scalar): each for each in self.events if isinstance(each, Operation)
        }
        if len(found) != 1:
            raise NotFixableError("what is done here is not the same each time")
        return next(iter(found.values()))

    def name_of_operation(self) -> str:
        """Torch's name of the one operation that is done here.

        Raises:
            NotFixableError: It is another one at other times.
        """
        names = {each.name for each in self.events if isinstance(each, UnsupportedOperation)}
        if any(isinstance(each, Operation) for each in self.events):
            spelled = self.event_of_operation().name
            method = METHOD_OF_OPERATOR.get(spelled.rstrip("=") or spelled, spelled)
            names.add(method.removeprefix("true"))
        if len(names) != 1:
            raise NotFixableError("what is done here is not the same each time")
        return names.pop()

    def require_one_run(self) -> None:
        """Refuse what runs several times in one forward pass, but for the rounds of a loop that
        can be counted.

        Raises:
            NotFixableError: It does.
        """  # noqa: D205
        if self.site.is_in_loop:
            self.rounds = rounds_of(self.source, self.node, self.owner, self.builder.program)
        ways = self.builder.usage.ways.get(self.site, set())
        loops = any(each.is_in_loop for _, way in ways for each in way)
        if len(ways) > len({cls for cls, _ in ways}) or loops:
            raise NotFixableError(
                "it runs several times in one forward pass, and one instance would merge the "
                "ranges of all of them"
            )

    def require_int8(self) -> None:
        """Refuse what gets float tensors as well, which it could not work on any more.

        Raises:
            NotFixableError: It does.
        """
        if self.builder.usage.is_mixed(self.site):
            raise NotFixableError(
                "it works on float tensors as well in the same forward pass, which the int8 form "
                "could not: give the float part an operation or a module of its own"
            )

    def require_torch(self, node: model.Call) -> None:
        """Refuse the call of a function that is not named here, so that it may be another one.

        Raises:
            NotFixableError: It is.
        """
        name = meaning(self.source, node.func) or model.last_name(node.func)
        if not name.startswith(("torch.", "operator.")) and name != "sum":
            raise NotFixableError(
                f"`{self.source.of(node.func)}` may be another function elsewhere"
            )

    def require_unshared(self) -> None:
        """Refuse to replace an in-place operation whose effect is seen elsewhere.

        Raises:
            NotFixableError: It may be.
        """
        if self.site in self.builder.usage.shared or self._asks_for_training():
            raise NotFixableError(
                "it works in place on a tensor that is, or may be, read under another name later"
            )

    def _asks_for_training(self) -> bool:
        """Whether the function around has branches for training, which have not been followed."""
        function = next(
            each for each in self.source.around(self.node) if isinstance(each, model.FunctionDef)
        )
        tests = [
            each.test
            for each in model.walk(function.body)
            if isinstance(each, (model.If, model.Conditional))
        ]
        return any(
            isinstance(each, model.Attribute) and each.name == "training"
            for each in model.walk(tuple(tests))
        )

    def require_plain_arguments(self, node: model.Call) -> None:
        """Refuse a call with ``*args`` or ``out=``.

        Raises:
            NotFixableError: It has one.
        """
        if any(each.stars or each.keyword == "out" for each in node.arguments):
            raise NotFixableError("its arguments are not written out")

    def give(self, wish: str, dotted: str, edits: list[Edit], arguments: str = "") -> str:
        """Give the instances of the class a new module of a class of torch's; the source of it.

        Raises:
            NotFixableError: There is no place for it.
        """
        spelled, imports = spell(self.source, dotted, self.owner.hidden())
        name = self.names.new(self.owner.cls, wish)
        made = f"{spelled}({arguments})"
        edits += imports
        if self.rounds is None:
            edits += self.owner.give(name, made)
            return f"{self.owner.this}.{name}"
        modules, more = spell(self.source, MODULE_LIST, self.owner.hidden())
        made = self.rounds.list_of(made, modules)
        edits += [*more, *self.rounds.edits, *self.owner.give_last(name, made)]
        return f"{self.owner.this}.{name}{self.rounds.index}"

    def operator_of(self, node: model.AugmentedAssign) -> tuple[int, int]:
        """From where to where the operator of ``a += b`` stands, with the blanks behind it, where
        it can be replaced.

        Raises:
            NotFixableError: What is changed in place is seen elsewhere, or has no name.
        """  # noqa: D205
        if not isinstance(node.target, (model.Name, model.Attribute)):
            raise NotFixableError("what is changed in place is part of something else")
        self.require_unshared()
        word = f"{node.op}="
        at = self.source.token(word, node.target.end, node.value.start)
        return at, self.source.skip_blanks(at + len(word))

    def operands(self) -> tuple[Value, ...]:
        """All that the operation has been seen to get."""
        return self.builder.usage.operands.get(self.site, ())

    def written_operands(self) -> list[tuple[model.Expression, Value]]:
        """The operands as they are written, with all that each has been seen to be.

        Raises:
            NotFixableError: What is written does not go together with what was seen.
        """
        node, values = self.node, self.operands()
        operands: list[model.Expression]
        if isinstance(node, model.BinaryOp):
            operands = [node.left, node.right]
        elif isinstance(node, model.UnaryOp):
            operands = [node.operand]
        elif isinstance(node, model.AugmentedAssign):
            operands = [node.target, node.value]
        elif isinstance(node, model.Call):
            positional = [each.value for each in node.arguments if each.keyword is None]
            operands = [*positional, *(each.value for each in node.arguments if each.keyword)]
            if len(values) == len(operands) + 1 and isinstance(node.func, model.Attribute):
                operands.insert(0, node.func.value)
        else:
            operands = []
        if len(operands) != len(values) or not operands:
            raise NotFixableError("what it gets is not written out, or differs from call to call")
        return list(zip(operands, values, strict=True))

    def only_calls(self, call: model.Call, name: str) -> bool:
        """Whether nothing else has been called at a place than modules of one class."""
        called = self.builder.called_at(self.site.module, call)
        return all(names == {name} for names in called)

    def makes(self, dotted: str, cls: Class, value: model.Expression | None) -> bool:
        """Whether an expression in the code of a class makes a module of torch's for sure."""
        if not isinstance(value, model.Call):
            return False
        return meaning(self.builder.source(cls.module), value.func) == dotted

    def layer_of(self, tensor: model.Expression) -> model.Expression:
        """The call of the layer that a tensor comes from: itself, or what its name was last bound
        to in the same block.
        """  # noqa: D205
        statement = self.source.statement(tensor)
        if not isinstance(tensor, model.Name) or statement is None:
            return tensor
        block = self.source.block(statement)
        for each in reversed(block[: block.index(statement)]):
            if not isinstance(each, model.Assign) or each.value is None:
                continue
            if any(model.last_name(target) == tensor.id for target in each.targets):
                return each.value
        return tensor
