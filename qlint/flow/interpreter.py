"""The hub of the interpreter: evaluation by node type, branches, names and events."""

from __future__ import annotations

import builtins
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow import assignment, attributes, calls, containers, expressions, statements
from qlint.flow.arguments import Arguments
from qlint.flow.budget import Budget
from qlint.flow.events import (
    CoarseActivation,
    Operation,
    Site,
    Step,
    UnsupportedModule,
    UnsupportedOperation,
)
from qlint.flow.flags import Flags, Model
from qlint.flow.heap import Heap
from qlint.flow.known_answers import KnownAnswers
from qlint.flow.log import Log
from qlint.flow.modules import children
from qlint.flow.scopes import Exit, Frame, Namespace, Outcome
from qlint.flow.usage import Usage, note_join, note_operands, note_way, own_storage, stale_names
from qlint.flow.values import (
    UNKNOWN,
    Class,
    Constant,
    External,
    ExternalMethod,
    Function,
    Instance,
    Lazy,
    ModuleValue,
    NotTensor,
    State,
    Tensor,
    Union,
    Unknown,
    Value,
    is_one_of,
    join,
    options_of,
)
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from qlint.flow.conditions import Question
    from qlint.flow.events import FlowEvent, Sighting
    from qlint.flow.heap import Changes
    from qlint.flow.reach import Running
    from qlint.flow.stubs import Checked
    from qlint.program.project import Module, Project

# How deep calls may nest.
_CALL_DEPTH = 80
_SAME_FUNCTION_DEPTH = 3
_LIKE_FUNCTION_DEPTH = 6
# Methods of different objects, such as the forward of a block in a block, and constructors.
_LIKE_METHOD_DEPTH = 16
_LIKE_CONSTRUCTOR_DEPTH = 10
_TREE_DEPTH = 32
_COUNTED_DEPTH = 16
_BUILTINS = {name: External(f"builtins.{name}") for name in dir(builtins)}
_EVALUATORS = expressions.EVALUATORS
_EXECUTORS = statements.EXECUTORS


class Interpreter:
    """Runs code on what is known of values; collects events for the rules.

    One interpreter serves a whole program: module namespaces are evaluated once and kept.
    """

    def __init__(self, project: Project, lines: int, *, assume_quantized: bool = False) -> None:
        self.project = project
        self.assume_quantized = assume_quantized
        self.heap = Heap()
        self.log = Log()
        self.flags = Flags()
        # The classes whose forward passes are running, one in the other.
        self.forwarding: list[Class] = []
        # Modules of derived classes whose inherited forward got int8.
        self.unswapped: set[int] = set()
        # The modules that are being called, one in the other.
        self.running: list[Running] = []
        # The modules that were read from where convert does not look.
        self.kept_aside: set[int] = set()
        self.plain_containers: set[int] = set()
        # The modules that functions know which are running and were made in their constructors.
        self.captured: list[Instance] = []
        # What those have read from them, in which nothing is converted.
        self.originals: set[int] = set()
        self.instantiated: set[Class] = set()
        # Classes whose metaclasses are making them, one in the other.
        self.being_defined: list[Class] = []
        self.ran_forward: set[Class] = set()
        self.models: list[Model] = []
        self.prepared: list[Model] = []
        self.checked: Checked | None = None
        self.graph_models: set[object] = set()
        self.forwarded: set[int] = set()
        self.ran: set[int] = set()
        self.epoch = 0
        # The forward pass in which dimensions were put together that may be those of a batch.
        self.folded = -1
        # The forward pass in which something was quantized last.
        self.int8_epoch = -1
        self._on_int8: list[tuple[int, UnsupportedOperation]] = []
        # The forward pass in which something was written into a tensor last.
        self.written_epoch = -1
        self.usage = Usage()
        self.repeating = 0
        self.selecting = 0
        self.trying = 0
        self.forward_depth = 0
        # The modules whose constructors are running, and the classes that those are of: nothing is
        # converted yet.
        self.under_construction: list[tuple[Instance, Class]] = []
        self._installed: dict[str, Value | None] = {}
        # Whether an expression inside of a `try` has raised an error.
        self.raised = False
        self.known_answers = KnownAnswers(self)
        # Modules that were copied, what they were like then, and the copies; and those of them that
        # a local name still stands for at the end of a function.
        self.copies: list[tuple[Instance, object, Instance]] = []
        self.kept: set[int] = set()
        # Installed packages in which nothing can be found with so many steps.
        self.too_large: set[str] = set()
        self._namespaces: dict[Path, Namespace] = {}
        self._resolving: set[tuple[Path, str]] = set()
        self._asked: set[tuple[Path, str]] = set()
        # The numbers in the body of the loop whose iterable is being evaluated.
        self.mentioned: frozenset[int] = frozenset()
        self._numbers: dict[model.Node, frozenset[int]] = {}
        # The assignments of files whose values have been given flags.
        self.switches: set[model.Node] = set()
        self.constants: dict[model.Constant, Constant] = {}
        # The conditions that the program asks, as far as they stay the same.
        self.conditions: dict[model.Node, Question | None] = {}
        self.ways: dict[object, int] = {}
        # The activation that runs.
        self.frame: Frame | None = None
        self._sites: dict[model.Node, Site] = {}
        # The arguments of the functions that are running.
        self.running_with: dict[Function, tuple[Value, ...]] = {}
        # How often an entry point has given a parameter a flag at a place.
        self.named: Counter[object] = Counter()
        # How often each function was entered.
        self.entered: Counter[model.Node] = Counter()
        self._stack: list[tuple[object, model.Node]] = []
        self._on_stack: Counter[object] = Counter()
        self.budget = Budget(lines)

    @property
    def sightings(self) -> list[Sighting]:
        """What was reported, each place once for each kind of operation.

        Models that are only quantized as graphs may do what eager quantization does not allow.
        """
        prepared: set[object] = set()
        for each in self.prepared:
            wrapper = isinstance(each.instance.cls, External)
            inner = children(each.instance) if wrapper else ()
            parts = (each.instance, *(part for _, part in inner))
            prepared |= {part.cls for part in parts if isinstance(part, Instance)}
        return self.log.outside(self.graph_models, prepared)

    @property
    def assumes_int8(self) -> bool:
        """Whether models are taken to be converted: not while their constructors run."""
        return self.assume_quantized and not self.under_construction

    # Entry points

    def start(self, flags: dict[object, bool]) -> None:
        """Begin a new entry point with a fresh budget and a fresh count of module calls."""
        self.flags.start(flags)
        self.budget.start()
        self.epoch += 1
        self.raised = False
        self.repeating = self.selecting = self.trying = self.forward_depth = 0
        self.under_construction.clear()
        self.captured.clear()
        self.running_with.clear()
        self.named.clear()
        self._stack.clear()
        self._on_stack.clear()
        self.frame = None
        self.forwarding.clear()
        self.running.clear()
        self.being_defined.clear()
        self._resolving.clear()
        self._asked.clear()
        self.heap.settle()

    def namespace(self, module: Module) -> Namespace:
        """The global names of a module, evaluating its top level the first time."""
        found = self._namespaces.get(module.path)
        if found is None:
            if self.budget.exhausted and not module.linted:
                return Namespace(module)
            found = self._namespaces[module.path] = Namespace(module)
            self.execute(module.file.body, Frame(found, found.names, is_top_level=True))
            found.complete = True
        return found

    # Evaluation

    def evaluate(self, node: model.Expression, frame: Frame) -> Value:
        """The value of an expression."""
        self.budget.steps += 1
        return _EVALUATORS[type(node)](self, node, frame)

    def execute(self, block: Sequence[model.Statement], frame: Frame) -> Outcome:
        """Run statements until one leaves the block."""
        for statement in block:
            self.budget.steps += 1
            outer, frame.statement = frame.statement, statement
            outcome = _EXECUTORS[type(statement)](self, statement, frame)
            frame.statement = outer
            if self.raised:
                self.raised = False
                return Outcome.RAISES
            if outcome is not Outcome.FALLS_THROUGH:
                return outcome
        return Outcome.FALLS_THROUGH

    def bind(self, target: model.Expression, value: Value, frame: Frame) -> None:
        """Assign to a target expression."""
        assignment.bind(self, target, value, frame)

    def get_attribute(self, value: Value, name: str, site: Site) -> Value:
        """The value of ``value.name``."""
        if not isinstance(value, Union):
            return attributes.get(self, value, name, site)
        return join(attributes.get(self, each, name, site) for each in value.options)

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value:
        """The value of a call; several possible functions are all called."""
        if not isinstance(function, (Union, Constant)):
            arguments.definite = isinstance(function, (Instance, ExternalMethod))
            return calls.call(self, function, arguments, site)
        # A number cannot be called, whatever else it may be.
        plain = (Constant, NotTensor)
        options = [each for each in options_of(function) if not isinstance(each, plain)]
        # Which of several modules runs is not known, so none of them counts as used twice.
        modules = sum(isinstance(each, (Instance, ExternalMethod)) for each in options)
        arguments.definite = modules == len(options) == 1 and not is_one_of(function)
        if len(options) == 1:
            return calls.call(self, options[0], arguments, site)
        results: list[Value] = []

        def calling(option: Value) -> Callable[[], Outcome]:
            def run() -> Outcome:
                results.append(calls.call(self, option, arguments, site))
                return Outcome.FALLS_THROUGH

            return run

        self._fork_heap([calling(each) for each in options])
        return _of_one_callee(results)

    def enter(
        self,
        function: Function,
        receiver: Value | None,
        subject: Instance | None,
        *,
        counts: bool,
    ) -> bool:
        """Note that a function is being called; False if it must be cut short.

        A method of another instance is another function, and so is one made by another call. One
        that goes down a tree of modules comes to an end, the ``subject`` being the next module; and
        so does one that ``counts`` its calls.
        """
        node = function.node
        who: object = (id(receiver), node) if isinstance(receiver, Instance) else function
        if subject is not None:
            who = (who, id(subject))
        same, alike = self._on_stack[who], self._on_stack[node]
        if self.budget.exhausted or len(self._stack) >= _CALL_DEPTH:
            return False
        deepest = _LIKE_FUNCTION_DEPTH
        if subject is not None:
            deepest = _TREE_DEPTH
        elif isinstance(receiver, Instance):
            is_constructor = function.qualname.endswith("__init__")
            deepest = _LIKE_CONSTRUCTOR_DEPTH if is_constructor else _LIKE_METHOD_DEPTH
        most = _SAME_FUNCTION_DEPTH
        if counts:
            most, deepest = _COUNTED_DEPTH, max(deepest, _COUNTED_DEPTH)
        if same >= most or alike >= deepest:
            return False
        self._stack.append((who, node))
        self._on_stack[who] = same + 1
        self._on_stack[node] = alike + 1
        self.entered[node] += 1
        self.ran.add(id(function.node))
        return True

    def leave(self) -> None:
        """Note that the function last entered has returned."""
        for each in self._stack.pop():
            self._on_stack[each] -= 1

    @contextmanager
    def mentioning(self, loop: model.Node, iterable: model.Expression) -> Iterator[None]:
        """Evaluate the iterable of a loop, knowing the numbers that the loop mentions."""
        if isinstance(iterable, model.Call):
            if loop not in self._numbers:
                self._numbers[loop] = _numbers_in(loop)
            self.mentioned = self._numbers[loop]
        yield
        self.mentioned = frozenset()

    # Branches

    def fork(
        self,
        frame: Frame,
        branches: Sequence[Callable[[], Outcome]],
        *,
        conditional: bool = True,
    ) -> Outcome:
        """Run one of several branches, it is not known which, and join what they leave.

        A branch that returns, breaks or continues does not reach the code behind; its state
        waits in the frame for the end of the function or loop. ``conditional`` says that a
        condition chooses, which other conditions in the code may go together with.
        """
        before = frame.names
        passed: list[Exit] = []
        self.heap.conditions += conditional
        for branch in branches:
            frame.hold(dict(before))
            mark = self.heap.begin()
            outcome = branch()
            stale = stale_names(self, frame.names)
            frame.leave(outcome, Exit(frame.names, self.heap.rollback(mark), stale), passed)
        self.heap.conditions -= conditional
        frame.left = frame.left or len(passed) < len(branches)
        if not passed:
            frame.hold(before)
            return Outcome.RAISES
        note_join(self, passed)
        frame.hold(join_names([each.names for each in passed]))
        self._join_heap([each.changes for each in passed])
        return Outcome.FALLS_THROUGH

    def attempt(
        self,
        frame: Frame,
        tried: Callable[[], Outcome],
        handlers: Sequence[Callable[[], Outcome]],
    ) -> Outcome:
        """Run what is meant to succeed: should it fail, names may be others behind its handlers,
        but objects are taken to be as it leaves them.
        """  # noqa: D205
        before = dict(frame.names)
        outcome = tried()
        passed = [Exit(frame.names, {})] if outcome is Outcome.FALLS_THROUGH else []
        for handler in handlers:
            frame.hold(dict(before))
            mark = self.heap.begin()
            handled = handler()
            frame.leave(handled, Exit(frame.names, self.heap.rollback(mark)), passed)
        if not passed:
            return outcome
        frame.hold(join_names([each.names for each in passed]))
        return Outcome.FALLS_THROUGH

    def _join_heap(self, branches: list[Changes]) -> None:
        self.budget.steps += sum(map(len, branches)) // 2
        self.heap.join(branches, exhaustive=True)

    def _fork_heap(self, branches: Sequence[Callable[[], Outcome]]) -> None:
        changes = []
        for branch in branches:
            mark = self.heap.begin()
            branch()
            changes.append(self.heap.rollback(mark))
        self._join_heap(changes)

    def rejoin(self, frame: Frame, exits: list[Exit], *, reached: bool) -> None:
        """Join states that left early into the present one, which may be ``reached`` or not."""
        if not exits:
            return
        names = [each.names for each in exits]
        if exits is not frame.returns:  # behind those, no name is read any more
            here = Exit(frame.names, {}, stale_names(self, frame.names))
            note_join(self, [here, *exits] if reached else exits)
        frame.hold(join_names([frame.names, *names] if reached else names))
        self.heap.join([each.changes for each in exits], exhaustive=False)
        exits.clear()

    # Names

    def lookup(self, name: str, frame: Frame) -> Value:
        """The value of a name, as Python's scoping finds it."""
        scope: Frame | None = frame
        if name in frame.declared_global:
            return self.global_name(name, frame.namespace)
        while scope is not None:
            if name in scope.names and (scope is frame or not scope.is_class_body):
                return self.force(scope.names, name)
            scope = scope.parent
        return self.global_name(name, frame.namespace)

    def global_name(self, name: str, namespace: Namespace) -> Value:
        """The value of a module's global name or of a builtin."""
        found = namespace.names.get(name)
        if found is None or type(found) in (Lazy, Union):
            found = self._own_name(namespace, name)
        if found is not None:
            return found
        if name in ("__name__", "__file__"):
            return Constant("__main__" if name == "__name__" else str(namespace.module.path))
        return _BUILTINS.get(name, UNKNOWN)

    def module_attribute(self, module: Module, name: str) -> Value | None:
        """A name of a module as seen from outside: its own, or a submodule's."""
        key = (module.path, name)
        if key in self._resolving:  # modules that import the name from each other
            return None
        self._resolving.add(key)
        try:
            found = self._own_name(self.namespace(module), name)
        finally:
            self._resolving.discard(key)
        if found is None and module.path.name == "__init__.py":
            found = self.load(self.project.find_relative(module.path, 1, name))
        return self._lazily(module, name) if found is None else found

    def _lazily(self, module: Module, name: str) -> Value | None:
        """What a module's own ``__getattr__`` finds, which imports its parts when first used."""
        method = self.namespace(module).names.get("__getattr__")
        if not isinstance(method, Function) or name.startswith("__"):
            return None
        found = self.call(method, Arguments((Constant(name),)), Site.of(method))
        return None if isinstance(found, Unknown) else found

    def _own_name(self, namespace: Namespace, name: str) -> Value | None:
        if name in namespace.names:
            return self._forced(namespace.names, name)
        # Files that import everything from each other are each asked once.
        asked, outermost = (namespace.module.path, name), not self._asked
        if asked in self._asked:
            return None
        try:
            # The last one wins, and what an outside package has under a name is only a guess.
            sources = [*reversed(namespace.star_imports)]
            sources.sort(key=_is_outside)
            for source in sources:
                if namespace.complete:
                    self._asked.add(asked)
                found = self._star_name(source, name)
                if found is not None:
                    return found
        finally:
            if outermost:
                self._asked.clear()
        return None

    def load(self, path: Path | None) -> Value | None:
        """The module at a path, if there is one that can be read."""
        module = None if path is None else self.project.load(path)
        return None if module is None else ModuleValue(module)

    def installed(self, dotted: str) -> Value | None:
        """The value of a dotted name of an installed package, if it can be read there."""
        if dotted not in self._installed:
            self._installed[dotted] = self._look_up_installed(dotted)
        return self._installed[dotted]

    def _look_up_installed(self, dotted: str) -> Value | None:
        found = self.project.find_installed(dotted)
        module = None if found is None else self.project.load(found[0])
        if found is None or module is None:
            return None
        value: Value | None = ModuleValue(module)
        for name in found[1]:
            if not isinstance(value, ModuleValue):
                return None
            value = self.module_attribute(value.module, name)
        return value

    def force(self, names: dict[str, Value], name: str) -> Value:
        """The value of a name in a scope, resolving an import that was put off."""
        found = self._forced(names, name)
        return UNKNOWN if found is None else found

    def _forced(self, names: dict[str, Value], name: str) -> Value | None:
        value = names[name]
        if type(value) not in (Lazy, Union):
            return value
        if not any(isinstance(each, Lazy) for each in options_of(value)):
            return value
        resolved = [
            self._resolve(each) if isinstance(each, Lazy) else each for each in options_of(value)
        ]
        found = [each for each in resolved if each is not None]
        if not found:
            return None
        names[name] = join(found)
        return names[name]

    def _resolve(self, lazy: Lazy) -> Value | None:
        module = self.project.load(lazy.path)
        if module is None:
            return None
        return self.module_attribute(module, lazy.name) if lazy.name else ModuleValue(module)

    def _star_name(self, source: Value, name: str) -> Value | None:
        if name.startswith("__"):
            return None
        if isinstance(source, Lazy):
            if not self.project.mentions(source.path, name):
                return None
            source = self._resolve(source) or UNKNOWN
        if isinstance(source, ModuleValue):
            listed = self._listed(source.module)
            hidden = name.startswith("_") if listed is None else name not in listed
            return None if hidden else self.module_attribute(source.module, name)
        is_public = not name.startswith("_")
        if isinstance(source, External) and is_public and not hasattr(builtins, name):
            return External(f"{source.name}.{name}")
        return None

    def _listed(self, module: Module) -> frozenset[object] | None:
        """The names in the ``__all__`` of a module, None if it has none or not all are known."""
        value = self.namespace(module).names.get("__all__")
        listed = None if value is None else containers.items_of(value)
        if listed is None or listed.open:
            return None
        return frozenset(each.value for each in listed.items if isinstance(each, Constant))

    # Events

    def site(self, node: model.Node, frame: Frame) -> Site:
        """Where a node stands."""
        found = self._sites.get(node)
        if found is None:
            found = self._sites[node] = _site(node, frame)
        return found

    def model(self, instance: Instance, site: Site) -> Model:
        """An instance, with the values that flags have here."""
        return Model(instance, site, dict(self.flags.values))

    def quantized(self, site: Site, message: str, grid: object = None) -> Tensor:
        """A tensor that becomes quantized here."""
        if self.int8_epoch != self.epoch:
            self.int8_epoch = self.epoch
            waiting, self._on_int8 = self._on_int8, []
            for epoch, event in waiting:
                if epoch == self.epoch:
                    self.report(event)
        within = self.forwarding[-1] if self.forwarding else None
        step = Step(site, message, within=within)
        return Tensor(State.QUANTIZED, step, grid, storages=own_storage())

    def report_on_int8(self, event: UnsupportedOperation) -> None:
        """Report what happens in a forward pass on int8 only, where it may come before the first
        int8 tensor.
        """  # noqa: D205
        if self.int8_epoch == self.epoch:
            self.report(event)
        else:
            self._on_int8.append((self.epoch, event))

    def report(self, event: FlowEvent) -> None:
        """Tell the rules about an event in a linted file, or in an installed package that one
        calls.
        """  # noqa: D205
        if event.site.module.linted:
            note_way(self, event.site)
            if isinstance(event, (Operation, UnsupportedOperation)):
                note_operands(self, event)
            elif isinstance(event, UnsupportedModule):
                self.usage.named[event.site, event.callee].add(event.named_at)
            elif isinstance(event, CoarseActivation):
                note_operands(self, event)
                self.usage.named[event.site, event.spelled].add(event.named_at)
            self.log.add(event, self.forwarding)
        elif event.site.module.installed and not self.assume_quantized:
            call = self._linted_call()
            if call is not None:
                self.log.add(event, self.forwarding, call)

    def _linted_call(self) -> Site | None:
        """The call in a linted file that led to where the interpreter is."""
        frame = self.frame
        while frame is not None and frame.called_at is not None:
            if frame.called_at.module.linted:
                return self._origin(frame.called_at)
            frame = frame.caller
        return None

    def _origin(self, call: Site) -> Site:
        """Where the QuantWrapper or Sequential was made that is called here, if it is one: there
        it was said what is to be int8.
        """  # noqa: D205
        outermost = self.running[0] if self.running else None
        if outermost is None or outermost.site != call:
            return call
        if not isinstance(outermost.instance.cls, External):
            return call
        made = (each.made_at for each in self.models if each.instance is outermost.instance)
        return next((site for site in made if site.module.linted), call)


def _is_outside(source: Value) -> bool:
    return isinstance(source, External)


def _of_one_callee(results: list[Value]) -> Value:
    """What one of several functions returns; called again, it is the same one."""
    joined = join(results)
    grids = [each.grid for each in results if isinstance(each, Tensor)]
    if isinstance(joined, Tensor) and len(grids) == len(results) and None not in grids:
        return replace(joined, grid=("one of", frozenset(grids)))
    return joined


def _site(node: model.Node, frame: Frame) -> Site:
    statement = frame.statement
    if statement is None or not statement.start <= node.start <= statement.end:
        return Site(frame.module, node.start, node.end, node.start, node.end)
    end = max(statement.end, node.end)
    return Site(frame.module, node.start, node.end, statement.start, end)


def _numbers_in(loop: model.Node) -> frozenset[int]:
    """The whole numbers that a loop or comprehension compares something with."""
    return frozenset(
        number
        for node in model.walk(loop.body if isinstance(loop, model.For) else loop)
        if isinstance(node, model.Compare)
        for each in model.walk((node.left, node.comparators))
        if isinstance(each, model.Constant) and isinstance(number := each.value, int)
    )


def join_names(scopes: list[dict[str, Value]]) -> dict[str, Value]:
    """Join what several paths know of the names in a scope."""
    if len(scopes) == 1:
        return scopes[0]
    first, *others = scopes
    joined = dict(first)
    different: dict[str, list[Value]] = {}
    for scope in others:
        for name, value in scope.items():
            if first.get(name) is not value:
                different.setdefault(name, []).append(value)
    for name, values in different.items():
        joined[name] = join([first[name], *values] if name in first else values)
    return joined
