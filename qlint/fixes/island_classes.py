"""Modules without an int8 form become float islands: classes derived from them, with stubs.

A class keeps the names of all parameters, works in every container and in loops, and each instance
has a quantizer of its own. Convert swaps exact types only, so that what is inside stays float.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.fixes.imports import DEQUANT_STUB, QUANT_STUB, below_imports, meaning, spell
from qlint.fixes.reasons import NotFixableError
from qlint.semantics.modules import REPARAMETRIZED
from qlint.semantics.names import NN
from qlint.semantics.operations import PACKED
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from qlint.diagnostics import Edit
    from qlint.fixes.build import FixBuilder, Made
    from qlint.fixes.source import Source
    from qlint.flow.events import Site, UnsupportedModule

# What runs between the stubs, for modules that do not just map one tensor to one.
_RECURRENT = """\
    def forward(self, input, hx=None):
        if hx is not None:
            hx = self.dequant(hx)
        output, state = super().forward(self.dequant(input), hx)
        return self.quant(output), self.quant_state(state)
"""
_LSTM = """\
    def forward(self, input, hx=None):
        if hx is not None:
            hx = self.dequant(hx[0]), self.dequant(hx[1])
        output, (hidden, cell) = super().forward(self.dequant(input), hx)
        return self.quant(output), (self.quant_state(hidden), self.quant_cell(cell))
"""
_ATTENTION = """\
    def forward(self, query, key, value, *args, **kwargs):
        query, key, value = self.dequant(query), self.dequant(key), self.dequant(value)
        output, weights = super().forward(query, key, value, *args, **kwargs)
        return self.quant(output), weights
"""
_PLAIN = """\
    def forward(self, input):
        return self.quant(super().forward(self.dequant(input)))
"""
_FORWARDS = {
    NN + "GRU": _RECURRENT,
    NN + "RNN": _RECURRENT,
    NN + "LSTM": _LSTM,
    NN + "MultiheadAttention": _ATTENTION,
}
# What they return beside that has stubs of its own: it has other values.
_STUBS = {
    NN + "GRU": ("quant_state",),
    NN + "RNN": ("quant_state",),
    NN + "LSTM": ("quant_state", "quant_cell"),
}
# Layers in them that convert would swap.
_LAYERS = {NN + "MultiheadAttention": "        self.out_proj.qconfig = None\n"}
_OTHERS = frozenset(
    NN + name
    for name in (
        "Bilinear CosineSimilarity PairwiseDistance MaxUnpool1d MaxUnpool2d MaxUnpool3d "
        "ConvTranspose1d ConvTranspose2d ConvTranspose3d Transformer TransformerEncoder "
        "TransformerDecoder TransformerEncoderLayer TransformerDecoderLayer GRUCell LSTMCell "
        "RNNCell AdaptiveLogSoftmaxWithLoss Embedding EmbeddingBag"
    ).split()
)


def island_class(builder: FixBuilder, events: Sequence[UnsupportedModule]) -> Made:
    """What to say, how safe it is, and the edits, some of them perhaps in other files.

    Raises:
        NotFixableError: The class is not named in the given files, or does something of its own.
    """
    for event in events:
        if event.out_of_reach:
            raise NotFixableError("convert does not find this module: register it")
        if event.option == PACKED:
            raise NotFixableError("stubs take no PackedSequence")
        if event.option in REPARAMETRIZED:
            raise NotFixableError(f"its {event.option} is to be taken off before prepare")
        if event.base in _OTHERS or "return_indices" in event.option:
            raise NotFixableError(
                f"`{event.base}` takes an island written by hand: it gets or returns several "
                "tensors, or has layers inside that convert would swap"
            )
    return islands_of(builder, [(each.site, each.callee) for each in events])


def islands_of(builder: FixBuilder, calls: Sequence[tuple[Site, str]]) -> Made:
    """The same for calls of modules, given where and of what, that map one tensor to one.

    Raises:
        NotFixableError: The class of one is not named in the given files, or asked for.
    """
    edits: list[Edit] = []
    made: dict[str, None] = {}
    for call in calls:
        for site in _sorted(builder.usage.named.get(call, set())):
            if builder.usage.is_mixed(site):
                raise NotFixableError(
                    "what is made where it is named works on float tensors as well: give those a "
                    "module of their own"
                )
            source = builder.source(site.module)
            node = source.find(site, model.Expression)
            base = "" if node is None else meaning(source, node)
            if node is None or not base.startswith(NN) or base in _OTHERS:
                raise NotFixableError("its class is not named by the module that it comes from")
            if builder.program.asks_for_type(base):
                raise NotFixableError(
                    f"the program compares types with `{base}`, which does not know classes "
                    "derived from it: compare by isinstance"
                )
            name, definition = _definition(builder, source, node, base)
            made[name] = None
            edits += [*definition, source.edit(node.start, node.end, name)]
    names = ", ".join(f"`{name}`" for name in made)
    return f"make it a float island, {names}", "unsafe", tuple(edits)


def _sorted(places: Collection[Site | None]) -> list[Site]:
    """The places, in order.

    Raises:
        NotFixableError: One of them is not known, or not in the given files.
    """
    sites = [each for each in places if each is not None and each.module.linted]
    if len(sites) != len(places) or not sites:
        raise NotFixableError("its class is named outside of the given files")
    return sorted(sites, key=lambda each: (str(each.module.path), each.start))


def _definition(
    builder: FixBuilder, source: Source, node: model.Expression, base: str
) -> tuple[str, list[Edit]]:
    """The name of the island in a file, and the edits that define it if need be."""
    key = (source.module.path, base)
    if key not in builder.islands:
        short = base.rpartition(".")[2]
        name = f"Float{short}"
        if _defines(source, name, base):
            builder.islands[key] = (name, [])
            return name, []
        while name in source.names:
            name += "_"
        quant, imports = spell(source, QUANT_STUB)
        dequant, more = spell(source, DEQUANT_STUB)
        more_stubs = "".join(f"        self.{each} = {quant}()\n" for each in _STUBS.get(base, ()))
        lines = (
            f"class {name}({source.of(node)}):\n"
            f'    """A {short} that works on float tensors: int8 has no good kernel for it."""\n\n'
            "    def __init__(self, *args, **kwargs):\n"
            "        super().__init__(*args, **kwargs)\n"
            f"{_LAYERS.get(base, '')}"
            f"        self.dequant = {dequant}()\n"
            f"        self.quant = {quant}()\n"
            f"{more_stubs}\n"
            f"{_FORWARDS.get(base, _PLAIN)}"
        )
        needed = frozenset(each.partition(".")[0] for each in (source.of(node), quant, dequant))
        lines = lines.replace("\n", source.line_end)
        edits = [*imports, *more, below_imports(source, lines, needed)]
        builder.islands[key] = (name, edits)
    return builder.islands[key]


def _defines(source: Source, name: str, base: str) -> bool:
    """Whether a file has the island already."""
    return any(
        isinstance(each, model.ClassDef)
        and each.name == name
        and any(meaning(source, argument.value) == base for argument in each.bases)
        for each in source.body
    )
