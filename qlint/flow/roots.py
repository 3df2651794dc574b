"""Which code is run to see a whole program: its top levels, functions and module classes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING

from qlint.flow.arguments import Arguments
from qlint.flow.builders import builders, called_by_classes, most_different_first, quantizes
from qlint.flow.events import Site
from qlint.flow.idle_parts import is_idle
from qlint.flow.inputs import float_input
from qlint.flow.interpreter import Interpreter
from qlint.flow.module_calls import call_instance, forward_of, signature
from qlint.flow.modules import classes_in, external_base, is_module_class
from qlint.flow.shapes import classes_of, shape_of
from qlint.flow.stubs import Checked, has_qconfig
from qlint.flow.values import (
    FLOAT,
    Class,
    Function,
    Instance,
    Value,
)
from qlint.semantics import modules as known
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from qlint.flow.events import Sighting
    from qlint.flow.flags import Model
    from qlint.flow.usage import Usage
    from qlint.program.project import Module, Project


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was seen, where the analysis itself broke down, what was too much for it, the patterns
    of quantized classes that no class has, and what there is to know of places to repair them.
    """  # noqa: D205

    sightings: list[Sighting]
    crashes: list[tuple[Module, Exception]]
    cut_short: list[Module]
    unmatched: list[str]
    usage: Usage


# `@REGISTRY.register()`, `@register_model`, `REGISTRY.register(Net)`, `TABLE["net"] = Net`.
_REGISTERS = re.compile(
    r"^@[\w.]*regist|^[\w.]*regist\w*\(|^[\w.]+\[[^\]\n]+\][ \t]*=", re.MULTILINE | re.IGNORECASE
)
_MARK = re.compile(r"#\s*qlint:\s*quantized\b", re.IGNORECASE)
# Methods that only training calls.
_TRAINS = re.compile(r"^(train|training)_step$|(^|_)loss(es)?$|^fit$|^backward$")
# So many flags may decide, one after the other, whether what one entry point runs is quantized.
_MOST_SPLITS = 3
# Methods that test frameworks call before the others.
_SETTING_UP = ("setUp", "setup_method")


def analyse(
    project: Project,
    modules: Sequence[Module],
    *,
    assume_quantized: bool = False,
    quantized: Sequence[str] = (),
) -> Analysis:
    """Everything that happens to quantized tensors in a program.

    Runs the top level and all functions of ``modules``, then the forward of each model that was
    built there, then the classes that nothing has built or called. ``quantized`` are patterns of
    class names whose inputs are quantized, ``assume_quantized`` says so of all top models.
    """
    lines = sum(len(module.file.line_starts) for module in modules)
    runner = _Runner(Interpreter(project, lines, assume_quantized=assume_quantized), modules)
    runner.run_all(quantized)
    unmatched = [each for each in quantized if not runner.has_class(each)]
    interp = runner.interp
    cut_short = list(runner.cut_short)
    return Analysis(interp.sightings, runner.crashes, cut_short, unmatched, interp.usage)


class _Runner:
    """Runs one entry point after the other; one that fails does not stop the others."""

    def __init__(self, interp: Interpreter, modules: Sequence[Module]) -> None:
        self.interp = interp
        self.modules = modules
        self.crashes: list[tuple[Module, Exception]] = []
        # The files of entry points that ran out of steps.
        self.cut_short: dict[Module, None] = {}
        self.shapes: set[object] = set()
        # The prepared models whose stubs have been looked at.
        self.checked: set[int] = set()
        # The functions that were called by such as were cut short.
        self.tried: set[int] = set()

    def run_all(self, quantized: Sequence[str]) -> None:
        """Run everything there is, what builds models before what was built."""
        # An import runs a file in Python; here it is read when something of it is asked for, so
        # what registers itself has to be there before anybody looks it up by its name.
        for module in sorted(self.modules, key=lambda each: not _REGISTERS.search(each.text)):
            self._load(module)
        self.interp.budget.grant()
        # A helper stands before its callers, as a rule, and they know what to call it with.
        found = builders(self.modules, self._names())
        ranked = most_different_first(reversed(found), self.interp)
        mentioned = called_by_classes(self._names())
        helpers = [each for each in ranked if each[1].qualname in mentioned]
        ranked = [each for each in ranked if each not in helpers]
        starved = [each for each in ranked if not self._build(*each)]
        self.interp.budget.release()
        self._run_methods()
        self._run_models()
        self._build_again([function for _, function in (*helpers, *starved)])
        for prepared in list(self.interp.prepared):
            checked = self._check_stubs(prepared)
            # Without a QuantStub in it, int8 starts at the input of what is prepared.
            if not classes_in(prepared.instance) & known.MAKE_INT8:
                self.interp.checked = checked if checked and checked.got_float else None
                self._run_assumed(prepared)
                self.interp.checked = None
        for cls in self._classes():
            if _is_declared(cls, quantized):
                for made in self._construct(cls):
                    self._run_assumed(made)

    def has_class(self, pattern: str) -> bool:
        """Whether a module class has a name of a pattern."""
        return any(_is_named(cls, (pattern,)) for cls in self._classes())

    def _build(self, rank: int, function: Function) -> bool:
        """Run a function that builds models; False if there were too few steps for all it does."""
        if id(function.node) in self.interp.ran or id(function.node) in self.tried:
            return True
        if rank > 0 and self.interp.budget.spent:
            return False
        before = set(self.interp.ran)
        self._enter(function.module, partial(self._run_function, function))
        if self.interp.budget.exhausted:  # what it called may have been cut short as well
            self.tried |= self.interp.ran - before - {id(function.node)}
            self.interp.ran = before
        return not self.interp.budget.starved

    def _run_methods(self) -> None:
        """Run the methods of plain classes that quantize something and that nothing has called."""
        for cls in self._names():
            if not isinstance(cls, Class) or is_module_class(cls):
                continue
            for name, method in cls.namespace.items():
                if not isinstance(method, Function) or name == "__init__":
                    continue
                if id(method.node) not in self.interp.ran and quantizes(method):
                    self._enter(cls.module, partial(self._run_method, cls, method))

    def _run_method(self, cls: Class, method: Function) -> None:
        """Call a method of an object as a test runner or the user of a library would."""
        site = Site.of(method)
        instance = self.interp.call(cls, Arguments((), more=True), site)
        for name in _SETTING_UP:
            set_up = cls.lookup(name)
            if isinstance(set_up, Function):
                self.interp.call(set_up, Arguments((instance,), more=True), site)
        receivers: dict[str, Value | None] = {"static": None, "class": cls}
        self._run_function(method, receivers.get(method.kind, instance))

    def _build_again(self, starved: Sequence[Function]) -> None:
        """Share what steps the models have left among the functions that were cut short: first one
        of each file, then the second one of each.
        """  # noqa: D205
        turns: Counter[Module] = Counter()
        by_turn: dict[int, list[Function]] = {}
        for function in starved:
            by_turn.setdefault(turns[function.module], []).append(function)
            turns[function.module] += 1
        for functions in by_turn.values():
            self._share(functions)

    def _share(self, functions: Sequence[Function]) -> None:
        """Build what functions build, and run that; each gets a part of all steps that are left."""
        for number, function in enumerate(functions):
            self.interp.budget.share(len(functions) - number)
            before = len(self.interp.models)
            self._build(1, function)
            self._run_built(self._different_models(self.interp.models[before:]))
        self.interp.budget.release()

    def _run_models(self) -> None:
        """Run the models that were built, then the classes that none of them has run."""
        models = self._different_models(self.interp.models)
        for each in models:  # first those that show something new
            if not classes_of(each.instance) <= self.interp.ran_forward:
                self._run_model(each)
        self._run_classes()
        self._run_built(models)

    def _run_built(self, models: Iterable[Model]) -> None:
        for each in models:
            if not self.interp.budget.spent:
                self._run_model(each)
            elif id(each.instance) not in self.interp.forwarded:
                self.cut_short[each.made_at.module] = None

    def _different_models(self, models: Iterable[Model]) -> list[Model]:
        """The models that are part of no other and of another shape than all before them."""
        different = []
        changed = self._replaced_by_copies()
        for top in models:
            if id(top.instance) in changed:
                continue
            if not top.instance.attached and self._is_model(top.instance):
                # What a wrapper makes of an installed model is said where it is wrapped.
                wrapper = external_base(top.instance) == known.QUANT_WRAPPER
                shape = (shape_of(top.instance), top.made_at if wrapper else None)
                if shape not in self.shapes:
                    self.shapes.add(shape)
                    different.append(top)
        return different

    def _replaced_by_copies(self) -> set[int]:
        """The modules that stay as they are, and that nothing stands for any more, while copies of
        them are made ready for int8.
        """  # noqa: D205
        if not self.interp.copies:
            return set()
        spaces = (self.interp.namespace(module) for module in self.modules)
        held = {id(value) for space in spaces for value in space.names.values()}
        return {
            id(source)
            for source, shape, copy in self.interp.copies
            if shape_of(source) == shape != shape_of(copy)
        } - (held | self.interp.kept)

    def _enter(
        self,
        module: Module,
        run: Callable[[], object],
        flags: dict[object, bool] | None = None,
        splits: int = _MOST_SPLITS,
    ) -> None:
        """Run an entry point; again for each value of a flag that decides on quantization."""
        before = self._begin(flags or {})
        self._run_safely(module, run)
        if self.interp.budget.exhausted:
            self.cut_short[module] = None
        undecided = self.interp.flags.undecided[:splits]
        if not undecided:
            self.interp.log.keep()
            return
        self._take_back(before)
        for value in (True, False):
            self._enter(module, run, {**(flags or {}), undecided[0]: value}, splits - 1)

    def _load(self, module: Module) -> None:
        """Run the top level of a file: only once, so that what flags decide has to wait."""
        before, ran = self._begin({}), set(self.interp.ran)
        self._run_safely(module, lambda: self.interp.namespace(module))
        if self.interp.flags.undecided:
            self._take_back(before)
        if self.interp.flags.undecided or self.interp.budget.exhausted:
            self.interp.ran = ran
        self.interp.log.keep()

    def _begin(self, flags: dict[object, bool]) -> tuple[int, int]:
        self.interp.start(flags)
        return len(self.interp.models), len(self.interp.prepared)

    def _take_back(self, before: tuple[int, int]) -> None:
        self.interp.log.take_back()
        del self.interp.models[before[0] :], self.interp.prepared[before[1] :]

    def _run_safely(self, module: Module, run: Callable[[], object]) -> None:
        try:
            run()
        except Exception as error:
            self.crashes.append((module, error))

    def _classes(self) -> list[Class]:
        return [each for each in self._names() if isinstance(each, Class) and is_module_class(each)]

    def _names(self) -> list[Function | Class]:
        return [
            value
            for module in self.modules
            for value in self.interp.namespace(module).names.values()
            if isinstance(value, (Function, Class)) and value.module is module
        ]

    def _run_function(self, function: Function, receiver: Value | None = None) -> None:
        if receiver is not None:
            arguments = _float_arguments(function, skip=1).with_first(receiver)
        else:
            arguments = _default_arguments(function)
        self.interp.call(function, arguments, Site.of(function))

    def _is_model(self, top: Instance) -> bool:
        """Whether what is part of nothing is worth running: a torch container may be just a part
        that is put in place later, unless int8 begins in it.
        """  # noqa: D205
        if isinstance(top.cls, Class) or self.interp.assume_quantized:
            return True
        return bool(classes_in(top) & known.MAKE_INT8)

    def _run_model(self, made: Model) -> None:
        """Run a model that has not run yet."""
        instance = made.instance
        if id(instance) in self.interp.forwarded:
            return
        forward = forward_of(instance)
        if forward is not None:
            function, bound = signature(forward)
            arguments = _float_arguments(function, skip=bound)
            star = function.node.parameters.star
            if star is not None:
                arguments.args = (*arguments.args, float_input(function, star))
            site = Site.of(function)
        elif not isinstance(instance.cls, Class) or external_base(instance) in known.HAND_ON:
            arguments, site = Arguments(()), made.made_at
        else:
            return

        def run() -> None:
            call_instance(self.interp, instance, arguments, site)

        self._enter(made.made_at.module, run, made.flags)

    def _construct(self, cls: Class) -> list[Model]:
        """Instances of a class, one for each value of the flags that decide on quantization."""
        init = cls.lookup("__init__")
        arguments = Arguments((), more=True)
        if isinstance(init, Function):
            arguments = _float_arguments(init, skip=1)
        site = Site.of(cls)
        before = len(self.interp.models)
        self._enter(cls.module, lambda: self.interp.call(cls, arguments, site))
        return [
            made
            for made in self.interp.models[before:]
            if made.instance.cls is cls and made.made_at == site
        ]

    def _run_classes(self) -> None:
        """Run the module classes that no model has run, the ones that use others first."""
        shown = self._shown_off() if self.interp.assume_quantized else set()
        classes = [cls for cls in self._classes() if cls not in self.interp.ran_forward - shown]
        made: dict[Class, list[Model]] = {}
        used: set[Class] = set()
        for number, cls in enumerate(classes):
            self.interp.budget.ration(2 * (len(classes) - number))  # and as much for what they do
            before = set(self.interp.instantiated)
            self.interp.instantiated.clear()
            made[cls] = self._construct(cls)
            used |= self.interp.instantiated - {cls}
            self.interp.instantiated |= before
        self.interp.budget.release()
        instances: dict[object, list[Instance]] = {}
        for model_made in self.interp.models:
            instances.setdefault(model_made.instance.cls, []).append(model_made.instance)
        for cls in sorted(made, key=lambda each: each in used):
            if cls in self.interp.ran_forward - shown:
                continue
            if self.interp.assume_quantized and is_idle(self.interp, instances.get(cls, ())):
                continue
            for each in made[cls]:
                self._run_model(each)
        if not self.interp.assume_quantized:
            for cls, models in made.items():
                for each in models:
                    self._run_other_methods(cls, each)

    def _shown_off(self) -> set[Class]:
        """The classes that are only built to show them off, in the main block of their file.

        Whoever imports such a class builds it with other arguments.
        """
        places: dict[Class, list[Site]] = {}
        for made in self.interp.models:
            if isinstance(made.instance.cls, Class):
                places.setdefault(made.instance.cls, []).append(made.made_at)
        return {
            cls
            for cls, sites in places.items()
            if all(site.module is cls.module and _in_main_block(site) for site in sites)
        }

    def _run_other_methods(self, cls: Class, made: Model) -> None:
        for name, value in cls.namespace.items():
            if not isinstance(value, Function) or value.kind != "function" or name == "__init__":
                continue
            if _TRAINS.search(name):  # nobody calls it once the model is int8
                continue
            if id(value.node) not in self.interp.ran:

                def run(method: Function = value) -> None:
                    self.interp.forward_depth += 1
                    self._run_function(method, made.instance)

                self._enter(cls.module, run, made.flags)

    def _check_stubs(self, prepared: Model) -> Checked | None:
        """Look where int8 begins and ends in a model that gets floats; what came of it, None if
        there is nothing to look at.
        """  # noqa: D205
        instance, site = prepared.instance, prepared.made_at
        quantizes = "quantize_per" in site.module.text  # its inputs, maybe
        if self.interp.assume_quantized or quantizes or id(instance) in self.checked:
            return None
        self.checked.add(id(instance))
        if not has_qconfig(instance):
            return None
        forward = forward_of(instance)
        function, bound = (None, 0) if forward is None else signature(forward)
        inputs = () if function is None else function.node.parameters.by_position[bound:]
        tensors = [FLOAT for each in inputs if each.default is None] or [FLOAT]
        self.interp.checked = checked = Checked(instance, function)

        def run() -> None:
            call_instance(self.interp, instance, Arguments(tuple(tensors)), site)

        self._enter(site.module, run, prepared.flags)
        self.interp.checked = None
        return checked

    def _run_assumed(self, made: Model) -> None:
        outer, self.interp.assume_quantized = self.interp.assume_quantized, True
        self.interp.forwarded.discard(id(made.instance))
        self._run_model(made)
        self.interp.assume_quantized = outer


def _default_arguments(function: Function) -> Arguments:
    """Arguments for a function as its simplest caller would give them: defaults stay defaults.

    What a builder makes with its defaults is a model that exists; a mixture of all that it could
    make is not.
    """
    parameters = function.node.parameters
    positional = parameters.by_position
    args = tuple(float_input(function, each) for each in positional if each.default is None)
    kwargs = {
        each.name: float_input(function, each)
        for each in parameters.keyword_only
        if each.default is None
    }
    return Arguments(args, kwargs)


def _float_arguments(function: Function, *, skip: int) -> Arguments:
    """Arguments for an entry point that nothing is known of but its own parameters."""
    parameters = function.node.parameters
    positional = parameters.by_position[skip:]
    args = tuple(float_input(function, each) for each in positional)
    kwargs = {each.name: float_input(function, each) for each in parameters.keyword_only}
    # What is handed on by `**kwargs` alone is left at its defaults.
    return Arguments(args, kwargs, more=parameters.star is not None)


def _in_main_block(site: Site) -> bool:
    """Whether a place is directly in the ``if __name__ == "__main__":`` of its file."""
    holder = [each for each in site.module.file.body if each.start <= site.start][-1]
    return (
        isinstance(holder, model.If)
        and isinstance(holder.test, model.Compare)
        and isinstance(holder.test.left, model.Name)
        and holder.test.left.id == "__name__"
    )


def _is_declared(cls: Class, patterns: Sequence[str]) -> bool:
    return _is_named(cls, patterns) or _is_marked(cls)


def _is_named(cls: Class, patterns: Sequence[str]) -> bool:
    names = (f"{cls.module.name}.{cls.name}", cls.name)
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _is_marked(cls: Class) -> bool:
    """Whether a ``# qlint: quantized`` comment stands on the class's first line."""
    rows = cls.module.rows(cls.node)
    return any(
        cls.module.position(comment.start).row in rows and _MARK.search(comment.text) is not None
        for comment in cls.module.file.comments
    )
