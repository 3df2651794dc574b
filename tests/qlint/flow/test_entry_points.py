"""Which models of a program are quantized, and by which flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marked import HEAD, check

from qlint.config import Settings
from qlint.engine import lint

if TYPE_CHECKING:
    from pathlib import Path

_FLOAT_NET = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x) + x{mark}


"""
_FOUND = _FLOAT_NET.format(mark="  # QL101")
_CLEAN = _FLOAT_NET.format(mark="")


def test_a_float_program_has_no_findings(tmp_path: Path) -> None:
    check(tmp_path, _CLEAN + "model = Net()\nmodel(torch.zeros(1, 3, 8, 8))\n")


def test_assume_quantized(tmp_path: Path) -> None:
    check(tmp_path, _FOUND, assume_quantized=True)


def test_assume_quantized_starts_at_the_top_models(tmp_path: Path) -> None:
    source = """\
class Inner(nn.Module):
    def forward(self, x):
        return x + x


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.dequant, self.inner = DeQuantStub(), Inner()

    def forward(self, x):
        return self.inner(self.dequant(x))
"""
    check(tmp_path, source, assume_quantized=True)


def test_quant_wrapper_at_top_level(tmp_path: Path) -> None:
    check(tmp_path, _FOUND + "model = QuantWrapper(Net())\n")


def test_quant_wrapper_in_main(tmp_path: Path) -> None:
    check(
        tmp_path,
        _FOUND
        + "def main():\n    model = QuantWrapper(Net().eval())\n    model(torch.zeros(1))\n\n\n"
        + 'if __name__ == "__main__":\n    main()\n',
    )


def test_quant_wrapper_of_an_argument(tmp_path: Path) -> None:
    check(
        tmp_path,
        _FOUND
        + "def quantize(model):\n    return QuantWrapper(model)\n\n\n"
        + "def main():\n    return quantize(Net())\n",
    )


def test_prepare_of_a_whole_model_without_stubs(tmp_path: Path) -> None:
    check(
        tmp_path,
        _FOUND
        + "def main():\n    model = Net()\n"
        + "    torch.ao.quantization.prepare(model, inplace=True)\n",
    )


def test_prepare_of_a_model_with_stubs_starts_at_the_stub(tmp_path: Path) -> None:
    source = """\
from torch.ao.quantization import prepare_qat


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()

    def forward(self, x):
        x = x + 1
        return self.dequant(self.quant(x)) + 1


model = prepare_qat(Net().train())
"""
    check(tmp_path, source)


def test_fx_and_dynamic_flows_may_use_raw_ops(tmp_path: Path) -> None:
    check(
        tmp_path,
        _CLEAN
        + "from torch.ao.quantization import quantize_dynamic\n"
        + "from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx\n\n\n"
        + "def main(mapping, inputs):\n"
        + "    model = prepare_fx(Net().eval(), mapping, inputs)\n"
        + "    return convert_fx(model), quantize_dynamic(Net())\n",
    )


def test_comment_on_the_class(tmp_path: Path) -> None:
    check(tmp_path, _FOUND.replace("Module):", "Module):  # qlint: quantized"))


def test_pattern_in_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("# qlint\n" + HEAD + _CLEAN + _CLEAN.replace("Net", "Other"))
    found = lint([path], Settings(root=tmp_path, quantized=("net.Net",)))
    assert [(each.code, each.location.row) for each in found] == [("QL101", 15)]


def test_functional_quantization(tmp_path: Path) -> None:
    check(
        tmp_path,
        """\
class Net(nn.Module):
    def forward(self, x):
        y = torch.quantize_per_tensor(x, 0.1, 0, torch.quint8)
        z = y + y  # QL101
        return z.dequantize() + x
""",
    )


def test_methods_other_than_forward(tmp_path: Path) -> None:
    check(
        tmp_path,
        """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()

    def encode(self, x):
        return self.quant(x) + 1  # QL107
""",
    )


def test_traces_tell_the_way(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        HEAD
        + """\
def shift(value):
    return value + 1


class Inner(nn.Module):
    def forward(self, y):
        return shift(y)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.inner = QuantStub(), Inner()

    def forward(self, x):
        x = self.quant(x)
        return self.inner(x)
"""
    )
    (found,) = lint([path], Settings(root=tmp_path))
    assert (found.location.row, found.location.column) == (9, 12)
    assert (found.end_location.row, found.end_location.column) == (9, 21)
    assert [(step.location.row, step.message) for step in found.trace] == [
        (23, "quantized here by `self.quant`"),
        (24, "passed to Inner.forward as `y`"),
        (14, "passed to shift as `value`"),
        (9, "used here"),
    ]


def test_an_attribute_that_is_a_slice_does_no_harm(tmp_path: Path) -> None:
    source = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.part, self.parts = QuantStub(), slice(1, 3), [slice(0, 1)]

    def forward(self, x):
        if self.part:
            return self.quant(x)[:, self.part] * 2  # QL107
        return x


net = Net()
"""
    check(tmp_path, source)
