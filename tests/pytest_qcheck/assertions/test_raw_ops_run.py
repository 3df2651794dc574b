"""assert_no_raw_ops: one run shows all, whatever happens in it, and leaves nothing behind."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import torch
import torch.ao.nn.quantized as nnq
import torch.ao.quantization as tq
from models import Between, batch, seeded
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.nn import functional

import pytest_qcheck as q
from pytest_qcheck.int8_run import find_raw_ops

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_qcheck.raw_op import RawOp

    Code = Callable[[Between, torch.Tensor], Any]


def _between(code: Code, **modules: nn.Module) -> nn.Module:
    model = seeded(lambda: Between(lambda m, x: x))
    for name, module in modules.items():
        setattr(model, name, module)
    model.code = code
    return model.eval()


def _found(code: Code, **modules: nn.Module) -> list[RawOp]:
    return find_raw_ops(_between(code, **modules), batch())


def _seen(code: Code, **modules: nn.Module) -> list[tuple[str, str, str]]:
    return [(op.name, op.outcome, op.module) for op in _found(code, **modules)]


# What ends the run


class EndsInInt8(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.is_quantized:
            raise RuntimeError("no " + "int8 " * 100)
        return x


def _then_ends(m: Between, x: torch.Tensor) -> torch.Tensor:
    y = m.conv(x) + x
    return m.ends(y)


def test_what_ends_the_run_does_not_lose_the_rest() -> None:
    add, end = _found(_then_ends, ends=EndsInInt8())
    assert (add.name, add.outcome) == ("add", "fails")
    assert (end.outcome, end.module) == ("ends", "ends")
    first = EndsInInt8.forward.__code__.co_firstlineno
    assert (end.file, end.line) == (__file__, first + 2)
    with pytest.raises(AssertionError) as failure:
        q.assert_no_raw_ops(_between(_then_ends, ends=EndsInInt8()), batch())
    message = str(failure.value)
    assert "1 raw operation between the stubs of Between: 1 fails on int8 tensors." in message
    assert f"Then the run ends at {end.place}, and what follows is not checked." in message
    assert "(ends the run)" in message
    assert max(map(len, message.splitlines())) < 260


def test_what_ends_the_run_cannot_be_ignored() -> None:
    model = _between(_then_ends, ends=EndsInInt8())
    with pytest.raises(AssertionError, match="The converted Between fails on these inputs in `end"):
        q.assert_no_raw_ops(model, batch(), ignore=("", "ends"))


def test_python_code_that_only_the_converted_model_fails_in() -> None:
    (end,) = _found(lambda m, x: x.to(next(m.conv.parameters()).device))
    assert (end.outcome, end.reason) == ("ends", "StopIteration: (no message)")


def test_another_thread_is_named_by_its_line() -> None:
    def code(m: Between, x: torch.Tensor) -> torch.Tensor:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: x + x).result()

    (end,) = _found(code)
    assert (end.outcome, end.line) == ("ends", code.__code__.co_firstlineno + 2)


def test_a_caught_exception_does_not_move_what_follows() -> None:
    class Bad(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise ValueError

    def caught(m: Between, x: torch.Tensor) -> torch.Tensor:
        try:
            m.bad(x)
        except ValueError:
            return x + x
        return x

    assert _seen(caught, bad=Bad()) == [("add", "fails", "")]
    with pytest.raises(AssertionError, match="1 raw operation"):
        q.assert_no_raw_ops(_between(caught, bad=Bad()), batch(), ignore="bad")


# Values that are not what the next operation takes


CONTINUES: dict[str, tuple[Code, list[str]]] = {
    "values of a return type": (lambda m, x: x.mode(1).values * 2, ["mode", "mul"]),
    "float into a functional": (
        lambda m, x: m.functional.add(x, torch.zeros_like(x)) + x,
        ["zeros_like", "add"],
    ),
    "dequantized into a functional": (
        lambda m, x: (m.functional.cat([m.dequant(x), m.dequant(x)], 1) * 2, x * 2)[1],
        ["mul"],
    ),
    "layers behind the stub": (
        lambda m, x: m.quant(nn.functional.softmax(m.conv(m.dequant(x)), 1)) + x,
        ["add"],
    ),
    "keyword of a layer": (lambda m, x: m.conv(input=m.dequant(x)) + x, ["add"]),
    "dtype of a factory": (
        lambda m, x: m.functional.add(x, torch.zeros(x.shape, dtype=x.dtype)) + x,
        ["zeros", "add"],
    ),
    "infinite": (lambda m, x: m.conv(x * float("inf")) + x, ["mul", "add"]),
    "dynamic layer": (lambda m, x: m.dynamic(x) + x, ["linear_dynamic", "add"]),
}


@pytest.mark.parametrize("name", CONTINUES)
def test_the_run_goes_on(name: str) -> None:
    code, names = CONTINUES[name]
    modules = {"dynamic": nnq.dynamic.Linear(12, 12)} if name == "dynamic layer" else {}
    assert [op.name for op in _found(code, **modules)] == names


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN, nn.GRUCell, nn.LSTMCell, nn.RNNCell])
def test_recurrent_layers_without_int8_form(kind: type[nn.Module]) -> None:
    layer = kind(12, 12)
    layer.qconfig = None
    one = layer if "Cell" not in kind.__name__ else None

    def code(m: Between, x: torch.Tensor) -> torch.Tensor:
        y = m.layer(x[:, 0] if one is not None else x[:, 0, 0])
        while isinstance(y, tuple):
            y = y[0]
        return y * 2

    expected = [(kind.__name__, "fails", "layer"), ("mul", "fails", "")]
    assert _seen(code, layer=layer) == expected
    if kind not in (nn.LSTM,):  # which has an int8 form
        del layer.qconfig
        assert _seen(code, layer=layer) == expected


# Converted layers


def test_weight_of_a_layer() -> None:
    assert _found(lambda m, x: x[:, : m.conv.weight.shape[0]])[0].name == "shape"
    assert _seen(lambda m, x: functional.conv2d(x, m.conv.weight, m.conv.bias)) == [
        ("conv2d", "fails", "")
    ]

    def right(m: Between, x: torch.Tensor) -> torch.Tensor:
        weight = m.conv.weight() if isinstance(m.conv, nnq.Conv2d) else m.conv.weight
        return x[:, : weight.shape[0]]

    assert _found(right) == []


def test_conv3d_of_qnnpack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.quantized, "engine", "qnnpack")
    assert _found(lambda m, x: m.conv3(x[:, :, None]), conv3=nn.Conv3d(3, 3, 1)) == []
    assert [
        op.name for op in _found(lambda m, x: m.conv3(x[:, :, None]) * 2, conv3=nn.Conv3d(3, 3, 1))
    ] == ["mul"]


@pytest.mark.parametrize("how", ["mask", "need_weights", "keywords"])
def test_float_arguments_of_attention_stay_float(how: str) -> None:
    def code(m: Between, x: torch.Tensor) -> torch.Tensor:
        x = x[:, 0]
        if how == "mask":
            return m.attention(x, x, x, None, True, torch.zeros(4, 4))[0]
        if how == "keywords":
            y = m.dequant(x)
            return m.attention(query=y, key=y, value=y, attn_mask=torch.zeros(4, 4))[0]
        return m.attention(x, x, x, need_weights=False)[0]

    assert _found(code, attention=nn.MultiheadAttention(12, 3)) == []


def test_a_functional_that_was_not_prepared() -> None:
    functional_ = FloatFunctional()
    functional_.qconfig = None
    for code in (
        lambda m, x: m.unprepared.add(m.conv(x), x),
        lambda m, x: FloatFunctional().add(m.conv(x), x),
    ):
        with pytest.raises(AssertionError, match="make each FloatFunctional in __init__"):
            q.assert_no_raw_ops(_between(code, unprepared=functional_), batch())


def test_scripted_submodules() -> None:
    class Sigmoid(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.sigmoid(x)

    class Twice(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + x

    assert _found(lambda m, x: m.part(x), part=torch.jit.script(Sigmoid())) == []
    traced = torch.jit.trace(Sigmoid(), batch())
    assert [op.name for op in _found(lambda m, x: m.part(x) * 2, part=traced)] == ["mul"]
    mul, end = _found(lambda m, x: m.part(x * 2), part=torch.jit.script(Twice()))
    assert (mul.name, end.outcome, end.file) == ("mul", "ends", __file__)
    assert "aten::add" in end.reason


def test_a_compiled_submodule_is_one_operation() -> None:
    compiled = torch.compile(nn.Conv2d(3, 3, 1), backend="eager")
    assert [op.name for op in _found(lambda m, x: m.part(x), part=compiled)] == ["conv2d"]


# Rows


def test_one_row_for_a_line() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(x) + x

    model = _between(
        lambda m, x: m.blocks(x) * 2, blocks=nn.Sequential(*[Residual() for _ in range(12)])
    )
    with pytest.raises(AssertionError) as failure:
        q.assert_no_raw_ops(model, batch())
    message = str(failure.value)
    assert "13 raw operations between the stubs of Between: 13 fail on int8 tensors." in message
    assert "add (12 times)  blocks.0 and 11 more" in message
    assert "mul             (top)" in message
    assert "more\n" not in message.replace("11 more", "")


def test_no_more_than_ten_rows() -> None:
    source = "def code(m, x):\n" + "    x = x * 2\n" * 14 + "    return x\n"
    space: dict[str, Any] = {}
    exec(compile(source, "many.py", "exec"), space)
    with pytest.raises(AssertionError) as failure:
        q.assert_no_raw_ops(_between(space["code"]), batch())
    assert "... and 4 more" in str(failure.value)


# What is handed in


@dataclasses.dataclass(frozen=True)
class Sample:
    image: torch.Tensor
    more: dict[str, torch.Tensor]
    later: object = dataclasses.field(init=False)


class Record(OrderedDict[str, torch.Tensor]):
    @property
    def image(self) -> torch.Tensor:
        return self["image"]


class Pair(tuple[torch.Tensor, ...]):
    @property
    def image(self) -> torch.Tensor:
        return self[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda x: Sample(x, {"again": x}),
        lambda x: Record(image=x, other=x),
        lambda x: Pair((x, x)),
        lambda x: torch.return_types.max((x, x)),
    ],
)
def test_inputs_keep_their_class_and_their_values(make: Callable[[torch.Tensor], Any]) -> None:
    class Changes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.quant = tq.QuantStub()

        def forward(self, sample: Any) -> torch.Tensor:
            assert type(sample) is type(given)
            image = sample.values if hasattr(sample, "indices") else sample.image
            return self.quant(image.add_(1))

    image = batch()
    given = make(image)
    q.assert_no_raw_ops(Changes(), (given,))
    assert torch.equal(image, batch())


@pytest.mark.parametrize(
    "layer", [nn.LSTM(12, 4), nn.MultiheadAttention(12, 3), nn.PReLU(), nn.Linear(12, 4)]
)
def test_random_state_stays(layer: nn.Module) -> None:
    def code(m: Between, x: torch.Tensor) -> Any:
        x = x[:, 0]
        return m.layer(x, x, x)[0] if isinstance(layer, nn.MultiheadAttention) else m.layer(x)

    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.quant, self.layer = tq.QuantStub(), layer

        def forward(self, x: torch.Tensor) -> Any:
            return code(self, self.quant(x))  # type: ignore[arg-type]

    before = torch.get_rng_state()
    find_raw_ops(Whole(), batch())
    assert torch.equal(before, torch.get_rng_state())


def test_wrong_arguments_before_anything_else() -> None:
    model = _between(lambda m, x: m.conv(x))
    graph = torch.fx.symbolic_trace(nn.Sequential(nn.ReLU()))
    for each in (model, graph):
        with pytest.raises(TypeError, match=r"inputs must be .* got int"):
            q.assert_no_raw_ops(each, 5)
        with pytest.raises(TypeError, match=r"got a dict with the key 0, which is no string"):
            q.assert_no_raw_ops(each, {0: batch()})
        with pytest.raises(TypeError, match="ignore must be"):
            q.assert_no_raw_ops(each, batch(), ignore=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"model is TorchScript \(RecursiveScriptModule\)"):
        q.assert_no_raw_ops(torch.jit.script(nn.Sequential(nn.ReLU())), batch())


def test_a_model_that_fails_itself() -> None:
    model = _between(lambda m, x: x.reshape(7))
    with pytest.raises(AssertionError, match="The model fails on these inputs") as failure:
        q.assert_no_raw_ops(model, batch())
    assert "eval mode" in str(failure.value)


# Memory formats


def test_a_view_of_channels_last_does_not_hide_what_follows() -> None:
    def code(m: Between, x: torch.Tensor) -> torch.Tensor:
        y = m.conv(x)
        flat = y.view(y.size(0), -1)
        return flat.reshape(y.shape) + x

    view, add = _found(code)
    assert (view.name, view.outcome, add.name) == ("view", "fails", "add")
    assert "use .reshape()" in view.reason
