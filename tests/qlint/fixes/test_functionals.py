"""Raw arithmetic and concatenation become FloatFunctionals; the float model stays the same."""

from __future__ import annotations

import linecache
import textwrap

import pytest
import torch

from tests.qlint.fixes.repaired import HEAD, assert_same_float, make, repair, run_int8

X = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def net(*lines: str, init: str = "") -> str:
    """A model whose forward consists of some lines."""
    body = textwrap.indent("\n".join(lines), " " * 8)
    more = textwrap.indent(textwrap.dedent(init).strip(), " " * 8)
    return f"""{HEAD}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.conv2 = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()
{more}

    def forward(self, x):
        y = self.conv(x)
        z = self.conv2(x)
{body}
"""


FORMS = {
    "y + z": "self.add.add(y, z)",
    "y - z": "self.sub.add(y, self.neg.mul_scalar(z, -1.0))",
    "y * z": "self.mul.mul(y, z)",
    "y @ z": "self.matmul.matmul(y, z)",
    "y+z": "self.add.add(y, z)",
    "(y + z)": "(self.add.add(y, z))",
    "(y) + (z)": "self.add.add((y), (z))",
    "y + (z)": "self.add.add(y, (z))",
    "-1 * y": "self.scale.mul_scalar(y, -1.0)",
    "y + 1": "self.shift.add_scalar(y, 1.0)",
    "1 + y": "self.shift.add_scalar(y, 1.0)",
    "y - 0.5": "self.shift.add_scalar(y, -0.5)",
    "y - (1 + 2)": "self.shift.add_scalar(y, -float(1 + 2))",
    "1 - y": "self.shift.add_scalar(self.neg.mul_scalar(y, -1.0), 1.0)",
    "y * 0.3": "self.scale.mul_scalar(y, 0.3)",
    "y / 2": "self.scale.mul_scalar(y, 1 / 2)",
    "y / 0.25": "self.scale.mul_scalar(y, 1 / 0.25)",
    "torch.add(y, z)": "self.add.add(y, z)",
    "torch.add(input=y, other=z)": "self.add.add(y, z)",
    "torch.add(other=y, input=z)": "self.add.add(z, y)",
    "torch.add(y, 3)": "self.shift.add_scalar(y, 3.0)",
    "torch.add(y, z, alpha=2)": "self.add.add(y, self.scale.mul_scalar(z, 2.0))",
    "torch.sub(y, z)": "self.sub.add(y, self.neg.mul_scalar(z, -1.0))",
    "torch.rsub(y, z)": "self.sub.add(z, self.neg.mul_scalar(y, -1.0))",
    "torch.mul(y, z)": "self.mul.mul(y, z)",
    "torch.mul(y, 2.5)": "self.scale.mul_scalar(y, 2.5)",
    "torch.div(y, 4)": "self.scale.mul_scalar(y, 1 / 4)",
    "torch.matmul(y, z)": "self.matmul.matmul(y, z)",
    "y.add(z)": "self.add.add(y, z)",
    "y.add(other=z)": "self.add.add(y, z)",
    "y.sub(z)": "self.sub.add(y, self.neg.mul_scalar(z, -1.0))",
    "y.mul(0.1)": "self.scale.mul_scalar(y, 0.1)",
    "y.matmul(z)": "self.matmul.matmul(y, z)",
    "y.add_(z)": "self.add.add(y, z)",
    "operator.add(y, z)": "self.add.add(y, z)",
    "operator.mul(y, z)": "self.mul.mul(y, z)",
    "sum([y, z])": "self.add.add(y, z)",
    "sum((y, z, y))": "self.add_1.add(self.add.add(y, z), y)",
    "y + z + y": "self.add_1.add(self.add.add(y, z), y)",
    "(y + z) * y": "self.mul.mul((self.add.add(y, z)), y)",
    "torch.cat([y, z], 1)": "self.cat.cat([y, z], 1)",
    "torch.cat((y, z), dim=1)": "self.cat.cat((y, z), dim=1)",
    "torch.cat(tensors=[y, z], axis=1)": "self.cat.cat(x=[y, z], dim=1)",
    "torch.concat([y, z])": "self.cat.cat([y, z])",
    "torch.stack([y, z], 1)": "self.cat.cat([each.unsqueeze(1) for each in [y, z]], dim=1)",
    "torch.stack([y, z], dim=-1)": "self.cat.cat([each.unsqueeze(-1) for each in [y, z]], dim=-1)",
    "F.relu(y + z)": "self.add_relu.add_relu(y, z)",
    "self.relu(y + z)": "self.add_relu.add_relu(y, z)",
    "torch.relu((y + z))": "self.add_relu.add_relu(y, z)",
    "F.relu(y + z, inplace=True)": "self.add_relu.add_relu(y, z)",
}


@pytest.mark.parametrize("form", FORMS)
def test_an_expression(form: str) -> None:
    repaired = repair(net(f"return {form}"))
    assert f"        return {FORMS[form]}\n" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)
    assert repaired.codes_left == []


STATEMENTS = {
    "y += z": "y = self.add.add(y, z)",
    "y -= z": "y = self.sub.add(y, self.neg.mul_scalar(z, -1.0))",
    "y *= z": "y = self.mul.mul(y, z)",
    "y += 1": "y = self.shift.add_scalar(y, 1.0)",
    "y -= 1": "y = self.shift.add_scalar(y, -1.0)",
    "y *= 3": "y = self.scale.mul_scalar(y, 3.0)",
    "y /= 8": "y = self.scale.mul_scalar(y, 1 / 8)",
    "y += z if x.dim() else x": "y = self.add.add(y, z if x.dim() else x)",
    "y += (z)": "y = self.add.add(y, (z))",
    "y.add_(z)": "y = self.add.add(y, z)",
    "y.mul_(2)": "y = self.scale.mul_scalar(y, 2.0)",
    "y = y + z  # why": "y = self.add.add(y, z)  # why",
    "y = y + \\\n    z": "y = self.add.add(y, \\\n            z)",
    "y = (\n    y  # one\n    + z  # two\n)": (
        "y = (\n            self.add.add(y,  # one\n            z)  # two\n        )"
    ),
    "y = (\n    y +  # one\n    z\n)": (
        "y = (\n            self.add.add(y,  # one\n            z)\n        )"
    ),
    "y = (\n    y\n    - z\n)": (
        "y = (\n            self.sub.add(y,\n            self.neg.mul_scalar(z, -1.0))\n        )"
    ),
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement(statement: str) -> None:
    repaired = repair(net(*statement.split("\n"), "return y"))
    assert f"        {STATEMENTS[statement]}\n" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)
    assert repaired.codes_left == []


def test_a_sum_and_the_relu_behind_it_are_one() -> None:
    repaired = repair(net("y += z", "y = self.relu(y)", "return y"))
    assert repaired.after.count("self.relu(") == 0
    assert "y = self.add_relu.add_relu(y, z)\n        return y\n" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


def test_a_relu_that_is_returned() -> None:
    repaired = repair(net("y = y + z", "return F.relu(y)"))
    assert "y = self.add_relu.add_relu(y, z)\n        return y\n" in repaired.after
    assert_same_float(repaired, X)


def test_a_comment_behind_a_relu_stays() -> None:
    repaired = repair(net("y = y + z", "y = self.relu(y)  # at last", "return y"))
    assert "y = self.add_relu.add_relu(y, z)\n        # at last\n" in repaired.after
    assert_same_float(repaired, X)


@pytest.mark.parametrize(
    "lines",
    [
        ("s = y + z", "t = self.relu(s)", "return torch.cat([s, t], 1)"),
        ("y = y + z", "if self.training:", "    y = self.relu(y)", "return y"),
        ("y = y + z", "y = self.relu(self.conv(y))", "return y"),
        ("y = y + z", "y = F.relu6(y)", "return y"),
    ],
)
def test_a_relu_that_serves_something_else_stays(lines: tuple[str, ...]) -> None:
    repaired = repair(net(*lines))
    assert "add_relu" not in repaired.after
    assert_same_float(repaired, X)


def test_a_relu_that_may_be_another_activation_stays() -> None:
    source = (
        net("return self.act(y + z)")
        .replace("def __init__(self):", "def __init__(self, act=nn.ReLU):")
        .replace("self.relu = nn.ReLU()", "self.act = act()")
    )
    repaired = repair(source)
    assert "return self.act(self.add.add(y, z))" in repaired.after
    assert_same_float(repaired, X)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("a = y", "y += z", "return torch.cat([a, y], 1)"), "in place"),
        (("a = y.view(-1)", "y += z", "return y.view(-1), a"), "in place"),
        (("a = [y]", "y.add_(z)", "return a[0] * y"), "in place"),
        (('a = {"y": y}', "y += z", 'return a["y"] * y'), "in place"),
        (("a = [[y]]", "y += z", "return a[0][0] * y"), "in place"),
        (("a = self.drop(y)", "a += z", "return a * y"), "in place"),
        (("for _ in range(y.dim()):", "    y = y + z", "return y"), "loop"),
        (("return [y * each for each in (y, z)]",), "loop"),
        (("return sum(each for each in (y, z))",), "not written out"),
        (("return torch.hstack([y, z])",), "few dimensions"),
        (("return torch.add(*(y, z))",), "not written out"),
    ],
)
def test_what_takes_a_human_is_left_with_a_reason(lines: tuple[str, ...], reason: str) -> None:
    repaired = repair(net(*lines, init="self.drop = nn.Dropout()"))
    assert reason in repaired.reasons
    assert_same_float(repaired, X)


def test_in_place_on_a_value_of_its_own_in_a_branch() -> None:
    repaired = repair(net("if x.size(0) > 1:", "    y += z", "return y"))
    assert "y = self.add.add(y, z)" in repaired.after
    assert_same_float(repaired, X)


def test_a_float_tensor_that_is_joined_gets_a_stub_of_its_own() -> None:
    source = net(
        "return torch.cat([self.token.expand(2, -1, -1, -1), y], 1)",
        init="self.token = nn.Parameter(torch.ones(1, 3, 4, 4))",
    )
    assert "FloatFunctional" not in repair(source).after
    repaired = repair(source, unsafe=True)
    joined = "self.cat.cat([self.cat_quant(self.token.expand(2, -1, -1, -1)), y], 1)"
    assert joined in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


def test_a_float_operand_gets_a_stub_of_its_own() -> None:
    source = net("return y + self.bias", init="self.bias = nn.Parameter(torch.ones(3, 1, 1))")
    assert "FloatFunctional" not in repair(source).after
    repaired = repair(source, unsafe=True)
    assert "return self.add.add(y, self.add_quant(self.bias))" in repaired.after
    assert "from torch.ao.quantization import QuantStub" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


MIXED = """
from torch.ao.quantization import DeQuantStub


class Swish(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)


class Join(nn.Module):
    def forward(self, xs):
        return torch.cat(xs, 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.swish1, self.swish2 = Swish(), Swish()
        self.join1, self.join2 = Join(), Join()
        self.dequant = DeQuantStub()
        QCONFIG

    def forward(self, x):
        x = self.conv(x)
        x = self.dequant(self.join1([x, self.swish1(x)]))
        return self.join2([self.swish2(x), x])
"""


def test_what_works_on_floats_as_well_takes_a_human() -> None:
    repaired = repair(HEAD + MIXED.replace("        QCONFIG\n", ""))
    assert repaired.after == repaired.before
    assert sorted(repaired.codes_left) == ["QL103", "QL106"]
    assert repaired.reasons.count("works on float tensors as well in the same forward pass") == 2


def test_what_works_on_floats_in_a_part_that_is_left_float_is_fixed() -> None:
    line = "self.swish2.qconfig = self.join2.qconfig = None"
    repaired = repair(HEAD + MIXED.replace("QCONFIG", line))
    assert repaired.codes_left == []
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


@pytest.mark.parametrize(
    ("operand", "dtype"),
    [
        ("(y > 0)", "whole numbers"),
        ("torch.arange(4)", "whole numbers"),
        ("torch.arange(4).unsqueeze(0)", "whole numbers"),
        ("torch.tensor([1, 2, 3, 4])", "whole numbers"),
        ("self.whole", "whole numbers"),
        ("self.wide", "another precision"),
        ("torch.linspace(0, 1, 4, dtype=torch.float64)", "another precision"),
        ("torch.ones(4).double().sin()", "another precision"),
        ("torch.randint(0, 2, (4,))", "whole numbers"),
    ],
)
@pytest.mark.parametrize("form", ["y = y + {}", "y += {}", "y = torch.cat([y, {} + y[:1]])"])
def test_an_operand_that_no_observer_takes(operand: str, dtype: str, form: str) -> None:
    lines = (form.format(operand), "return y")
    repaired = repair(of_dtypes(*lines), unsafe=True)
    assert repaired.after.count("_quant") == 0
    assert dtype in repaired.reasons


@pytest.mark.parametrize(
    "operand",
    [
        "(y > 0).float()",
        "torch.arange(4).float()",
        "torch.arange(4, dtype=torch.float32)",
        "torch.arange(0.0, 4.0)",
        "torch.tensor([1.0, 2.0, 3.0, 4.0])",
        "self.whole * 0.5",
        "self.whole / 2",
        "self.wide.to(torch.float)",
        "torch.linspace(0, 1, 4)",
        "torch.arange(4).sin()",
    ],
)
def test_an_operand_of_floats_is_quantized(operand: str) -> None:
    repaired = repair(of_dtypes(f"return y + {operand}"), unsafe=True)
    assert repaired.codes_left == []
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


def of_dtypes(*lines: str) -> str:
    return net(
        *lines,
        init="""
        self.register_buffer("whole", torch.arange(4))
        self.register_buffer("wide", torch.linspace(0, 1, 4, dtype=torch.float64))
        """,
    )


@pytest.mark.parametrize("call", ["self.op(y, x)", "op(y, x)", "self.act(y)", "self.join([y, x])"])
def test_a_function_that_may_be_another_one(call: str) -> None:
    source = f"""{HEAD}
op = torch.add


class Net(nn.Module):
    def __init__(self, op=torch.add, act=F.relu, join=torch.cat):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.op, self.act, self.join = op, act, join

    def forward(self, x):
        y = self.conv(x)
        return {call}
"""
    repaired = repair(source)
    assert repaired.after == source
    assert "may be another function elsewhere" in repaired.reasons


@pytest.mark.parametrize(
    "made",
    [
        "F.relu(y, True)",
        "F.relu6(y, True)",
        "F.hardtanh(y, -1.0, 1.0, True)",
        "F.leaky_relu(y, 0.1, True)",
        "F.threshold(y, 0.0, 0.0, True)",
        "F.hardswish(y, True)",
        "F.dropout(y, 0.5, False, True)",
        "torch.sigmoid(y, out=y)",
    ],
)
def test_in_place_on_what_is_the_same_tensor(made: str) -> None:
    repaired = repair(of_dtypes(f"z = {made}", "z += x", "return z, y"))
    assert "z += x" in repaired.after
    assert "may be, read under another name later" in repaired.reasons


@pytest.mark.parametrize("made", ["F.relu(y)", "F.hardtanh(y, -1.0, 1.0, False)", "F.relu6(y)"])
def test_in_place_on_what_is_another_tensor(made: str) -> None:
    repaired = repair(of_dtypes(f"z = {made}", "z += x", "return z, y"))
    assert "z += x" not in repaired.after
    assert_same_float(repaired, X)


@pytest.mark.parametrize("line", ["q += 1", "q *= 2", "q.add_(q)"])
def test_in_place_on_what_a_stub_hands_on(line: str) -> None:
    source = f"""{HEAD}
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant, self.conv = QuantStub(), DeQuantStub(), nn.Conv2d(3, 3, 1)

    def forward(self, x):
        q = self.quant(x)
        {line}
        return self.dequant(self.conv(q)) + x
"""
    repaired = repair(source, assume_quantized=False)
    assert repaired.after == source


def test_numbers_are_floats_for_torchscript(monkeypatch: pytest.MonkeyPatch) -> None:
    repaired = repair(of_dtypes("return (y * 2 - 1) * -3 + torch.add(y, y, alpha=2)"))
    lines = repaired.after.splitlines(keepends=True)
    monkeypatch.setitem(linecache.cache, "<Net>", (len(repaired.after), None, lines, "<Net>"))
    torch.jit.script(make(repaired.after))
    assert_same_float(repaired, X)


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("return y * self.k", ".mul_scalar(y, float(self.k))"),
        ("return self.k * y", ".mul_scalar(y, float(self.k))"),
        ("return y + len(self.parts)", ".add_scalar(y, float(len(self.parts)))"),
        ("return y - self.k", ".add_scalar(y, -float(self.k))"),
        ("return torch.mul(y, self.k)", ".mul_scalar(y, float(self.k))"),
        ("n = 2\nreturn y * n", ".mul_scalar(y, float(n))"),
        ("return y * self.part", ".mul_scalar(y, self.part)"),
    ],
)
def test_whole_numbers_by_names_are_made_floats(
    monkeypatch: pytest.MonkeyPatch, line: str, after: str
) -> None:
    source = of_dtypes(line).replace(
        "super().__init__()\n",
        "super().__init__()\n        self.k, self.part = 3, 0.5\n"
        "        self.parts = nn.ModuleList([nn.Identity(), nn.Identity()])\n",
    )
    repaired = repair(source)
    assert after in repaired.after
    lines = repaired.after.splitlines(keepends=True)
    monkeypatch.setitem(linecache.cache, "<Net>", (len(repaired.after), None, lines, "<Net>"))
    torch.jit.script(make(repaired.after))
    assert_same_float(repaired, X)


def test_the_size_of_a_tensor_is_no_number_for_torchscript() -> None:
    repaired = repair(of_dtypes("return y + y.size(1)"))
    assert "FloatFunctional" not in repaired.after


def test_joined_with_a_tensor_that_is_float_at_times() -> None:
    source = HEAD + (
        "\n\nclass Join(nn.Module):\n    def forward(self, x, y):\n"
        "        return torch.cat([x, y], dim=1)\n\n\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.token = nn.Parameter(torch.randn(2, 1, 8, 8))\n"
        "        self.one, self.two = nn.Conv2d(4, 3, 1), Join()\n"
        "        self.joins = nn.ModuleList([Join(), Join()])\n\n"
        "    def forward(self, x):\n        y = self.token\n"
        "        for join in self.joins:\n            z = self.two(x, x[:, :1])\n"
        "            y = join(y, self.one(z))\n        return y\n"
    )
    repaired = repair(source, unsafe=True)
    assert "torch.cat([x, y], dim=1)" in repaired.after
    assert "an operand is a float tensor at times, and int8 at others" in repaired.reasons


def test_joined_by_a_class_of_which_there_are_many_models() -> None:
    models = "".join(
        f"\n\nclass Net{n}(Base):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.first = nn.{name}(3)\n"
        for n, name in enumerate(
            [
                "BatchNorm2d",
                "InstanceNorm2d",
                "Hardswish",
                "Sigmoid",
                "Tanh",
                "GELU",
                "ReLU6",
                "ELU",
            ]
        )
    )
    source = HEAD + (
        "\n\nclass Base(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.token = nn.Parameter(torch.randn(2, 1, 8, 8))\n"
        "        self.first = nn.Conv2d(3, 3, 1)\n\n"
        "    def forward(self, x):\n"
        "        return torch.cat([self.token, self.first(x)], dim=1)\n"
        f"{models}"
    )
    repaired = repair(source, unsafe=True)
    assert repaired.codes_left == []
    assert repaired.after.count("QuantStub()") == 1


def test_layers_made_by_a_default_argument() -> None:
    """Whoever hands in another function to make layers with makes layers all the same."""
    source = HEAD + (
        "\n\ndef default_conv(i, o, k, bias=True):\n"
        "    return nn.Conv2d(i, o, k, padding=k // 2, bias=bias)\n\n\n"
        "class Net(nn.Module):\n    def __init__(self, conv=default_conv, act=nn.ReLU):\n"
        "        super().__init__()\n"
        "        self.head = nn.Sequential(conv(3, 8, 3), act())\n"
        "        self.body = nn.Sequential(*[conv(8, 8, 3) for _ in range(2)])\n\n"
        "    def forward(self, x):\n        x = self.head(x)\n        res = self.body(x)\n"
        "        res += x\n        return res\n"
    )
    repaired = repair(source)
    assert "        res = self.add.add(res, x)\n" in repaired.after
    assert repaired.codes_left == []
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


@pytest.mark.parametrize(
    "call", ["getattr(x, name)(x)", "(x.add if name else x.mul)(x)", "getattr(x, 'relu')()"]
)
def test_a_method_that_is_not_called_by_its_name(call: str) -> None:
    source = HEAD + (
        "\n\nclass Net(nn.Module):\n    def forward(self, x):\n        name = 'add'\n"
        f"        return {call}\n"
    )
    repaired = repair(source, unsafe=True)
    assert repaired.after == source
    assert repaired.codes_left


@pytest.mark.parametrize(
    ("returned", "fixed"),
    [
        ("super().forward(self.more(x))", True),
        ("super().forward(super().forward(x))", False),
    ],
)
def test_the_forward_of_a_base(returned: str, fixed: bool) -> None:
    source = (
        HEAD
        + f"""

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x) + x


class More(Block):
    def __init__(self):
        super().__init__()
        self.more = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return {returned}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Block(), More()

    def forward(self, x):
        return self.second(self.first(x))
"""
    )
    repaired = repair(source)
    assert ("self.add.add(self.conv(x), x)" in repaired.after) == fixed
    assert ("runs several times in one forward pass" in repaired.reasons) != fixed
    assert_same_float(repaired, X)
    if fixed:
        run_int8(repaired.after, X)
