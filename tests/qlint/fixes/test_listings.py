"""Code that goes through the children of a module: whether it minds one more of them."""

from __future__ import annotations

import pytest
import torch

from tests.qlint.fixes.repaired import HEAD, assert_same_float, repair

X = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))

SOURCE = (
    HEAD
    + """

class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 3, 1)
        self.conv2 = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv2(self.conv1(x)) + x


def call(module, x):
    return module(x)


def init_it(module):
    module.tag = 1


def find(named):
    return [m for n, m in named if n == "conv1"]


def walk(body):
    yield body
    for child in body.children():
        yield from walk(child)


def use(body):
    LINES


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = Body()
        self.used = use(self.body)

    def forward(self, x):
        used = self.used
        return self.body(x), used if isinstance(used, torch.Tensor) else torch.zeros(1)
"""
)


def source_with(*lines: str) -> str:
    return SOURCE.replace("LINES", "\n    ".join(lines))


@pytest.mark.parametrize(
    "lines",
    [
        ("return nn.Sequential(*list(body.children())[:-1])",),
        ("return nn.Sequential(*body.children())",),
        ("return torch.full((1,), float(len(list(body.modules()))))",),
        ("leaves = [m for m in body.modules() if not list(m.children())]", "return leaves"),
        ("x = torch.ones(1, 3, 2, 2)", "for c in body.children():", "    x = c(x)", "return x"),
        ("found = []", "for c in body.children():", "    found.append(c)", "return found"),
        ("found = {}", "for n, c in body.named_children():", "    found[n] = c", "return found"),
        (
            "count = 0",
            "for c in body.children():",
            "    count += 1",
            "    if count < 2:",
            "        c.requires_grad_(False)",
            "return torch.full((1,), float(count))",
        ),
        ("return next(body.children())",),
        ("return nn.Sequential(*[c for n, c in body.named_children() if n != 'fc'])",),
        ("return nn.Sequential(*[c for c in body.children() if not isinstance(c, nn.Linear)])",),
        ("return nn.Sequential(*(c for n, c in body.named_children() if 'conv' in n))",),
        (
            "x = torch.ones(1, 3, 2, 2)",
            "for c in body.children():",
            "    x = c.forward(x)",
            "return x",
        ),
        (
            "x = torch.ones(1, 3, 2, 2)",
            "for c in body.children():",
            "    x = call(c, x)",
            "return x",
        ),
        (
            "x = torch.ones(1, 3, 2, 2)",
            "for c in body.children():",
            "    child = c",
            "    x = child(x)",
            "return x",
        ),
        ("found = []", "for c in body.children():", "    found = found + [c]", "return found"),
        (
            "found = []",
            "for n, c in body.named_children():",
            "    found.append((n, c))",
            "return found",
        ),
        (
            "for n, c in body.named_children():",
            "    if n.startswith('conv'):",
            "        call(c, 1)",
        ),
        (
            "for n, c in body.named_children():",
            "    if n not in ('a',) and n != 'b':",
            "        call(c, 1)",
        ),
        ("for c in body.children():", "    if isinstance(c, nn.ReLU):", "        call(c, 1)"),
        (
            "for c in body.children():",
            "    if isinstance(c, nn.Linear):",
            "        continue",
            "    call(c, 1)",
        ),
        (
            "count = 0",
            "for c in body.children():",
            "    count = count + 1",
            "return torch.ones(count)",
        ),
        ("return all(isinstance(m, nn.Conv2d) for m in body.children())",),
        ("return list(enumerate(body.named_children()))",),
        ("return list(body._modules.values())[0]",),
        ("for c in body.children():", "    return c"),
        ("for m in body.modules():", "    m.register_forward_hook(print)"),
        (
            "found = []",
            "for c in body.modules():",
            "    if not isinstance(c, nn.Conv2d):",
            "        found.append(c)",
            "return found",
        ),
        (
            "for m in body.modules():",
            "    if isinstance(m, nn.Conv2d):",
            "        nn.init.ones_(m.weight)",
            "    elif not isinstance(m, Body):",
            "        raise NotImplementedError",
        ),
        ("for m in body.modules():", "    assert isinstance(m, (nn.Conv2d, Body))"),
        ("for m in body.modules():", "    if m is not body:", "        nn.init.ones_(m.weight)"),
        (
            "def init(m):",
            "    if isinstance(m, nn.Conv2d):",
            "        nn.init.ones_(m.weight)",
            "    elif m is not body:",
            "        raise ValueError(m)",
            "body.apply(init)",
        ),
        ("body.apply(lambda m: m is body or nn.init.ones_(m.weight))",),
        ("body.apply(body.unknown)",),
        ("assert sum(1 for m in body.modules()) == 3",),
        ("body.apply(lambda m: None if m is body else nn.init.ones_(m.weight))",),
        (
            "for m in body.modules():",
            "    if m.__class__.__name__.startswith('Float'):",
            "        raise ValueError(m)",
        ),
        (
            "def init_one(tag, m):",
            "    if m is not body:",
            "        m.weight.data.zero_()",
            "for m in body.modules():",
            "    init_one(1, m)",
        ),
        (
            "seen = []",
            "body.apply(lambda m: seen.append(type(m).__name__))",
            "assert len(seen) == 3",
        ),
        (
            "def fail():",
            "    raise TypeError",
            "for m in body.modules():",
            "    if not isinstance(m, (nn.Conv2d, Body)):",
            "        fail()",
        ),
        (
            "counts = {}",
            "for m in body.modules():",
            "    counts[type(m).__name__] = 1",
            "return torch.full((1,), float(len(counts)))",
        ),
        (
            "def check(m, kind):",
            "    if isinstance(m, Body) or isinstance(m, nn.Conv2d):",
            "        return",
            "    if kind != 'plain':",
            "        raise ValueError(kind)",
            "for m in body.modules():",
            "    check(m, 'other')",
        ),
    ],
)
def test_minds(lines: tuple[str, ...]) -> None:
    source = source_with(*lines)
    repaired = repair(source)
    assert repaired.after == source
    assert "runs, keeps, counts or asks the children of `Body`" in repaired.reasons


@pytest.mark.parametrize(
    "lines",
    [
        (
            "for m in body.modules():",
            "    if isinstance(m, nn.Conv2d):",
            "        nn.init.ones_(m.weight)",
        ),
        (
            "for name, m in body.named_children():",
            "    if isinstance(m, nn.ReLU6):",
            "        setattr(body, name, nn.ReLU())",
            "    else:",
            "        use(m)",
        ),
        ("for m in body.modules():", "    m.tag = 1"),
        (
            "for m in body.modules():",
            "    kind = m.__class__.__name__",
            "    if kind == 'Conv2d':",
            "        m.weight.data *= 1",
        ),
        ("for m in body.children():", "    for p in m.parameters():", "        p.requires_grad_()"),
        ("return [m for m in body.modules() if isinstance(m, nn.Conv2d)]",),
        ("return any(isinstance(m, nn.Conv2d) for m in body.modules())",),
        ("return sum(p.numel() for m in body.modules() for p in m.parameters()) * torch.ones(1)",),
        (
            "for m in body.modules():",
            "    w = getattr(m, 'weight', None)",
            "    if w is not None:",
            "        return w",
        ),
        (
            "for m in body.modules():",
            "    if hasattr(m, 'bias') and m.bias is not None:",
            "        m.bias.data.zero_()",
        ),
        ("for m in body.modules():", "    if isinstance(m, nn.ReLU):", "        m.inplace = True"),
        (
            "for m in body.children():",
            "    try:",
            "        init_it(m)",
            "    except ValueError:",
            "        pass",
        ),
        ("return dict(body.named_modules())['conv1']",),
        (
            "new = {}",
            "for name, m in body.named_children():",
            "    use(m)",
            "    if type(m) is nn.ReLU or type(m) is nn.ReLU6:",
            "        new[name] = nn.ReLU()",
            "for name, m in new.items():",
            "    body._modules[name] = m",
        ),
        ("return find(body.named_modules())",),
        ("return list(walk(body))[:1]",),
        ("return body._modules['conv1']",),
        ("return torch.zeros(1) if 'conv1' in body._modules else None",),
        (
            "found = []",
            "for m in body.modules():",
            "    if not isinstance(m, nn.Conv2d):",
            "        continue",
            "    found.append(m)",
            "return found",
        ),
        (
            "for name, m in body.named_children():",
            "    if name == 'conv2':",
            "        break",
        ),
        (
            "def init(m):",
            "    if isinstance(m, nn.Conv2d) and m.bias is not None:",
            "        nn.init.ones_(m.weight)",
            "    elif isinstance(m, nn.LSTM):",
            "        raise ValueError(m)",
            "    assert not isinstance(m, nn.GRU)",
            "body.apply(init)",
        ),
        (
            "def init(m):",
            "    if not isinstance(m, nn.Conv2d):",
            "        return None",
            "    m.weight.data.zero_()",
            "body.apply(init)",
        ),
        (
            "def init(m):",
            "    name = m.__class__.__name__",
            "    if name.find('Conv') != -1:",
            "        nn.init.normal_(m.weight.data, 0.0, 0.02)",
            "    elif name.find('BatchNorm') != -1:",
            "        nn.init.constant_(m.bias.data, 0)",
            "body.apply(init)",
        ),
        ("body.apply(lambda m: isinstance(m, nn.Conv2d) and nn.init.ones_(m.weight))",),
        ("body.apply(torch.ao.quantization.disable_observer)",),
        ("body.apply(lambda m: nn.init.ones_(m.weight) if isinstance(m, nn.Conv2d) else None)",),
        (
            "def init(m):",
            "    kind = m.__class__.__name__",
            "    if kind.startswith('Conv') or kind.endswith('Norm2d'):",
            "        nn.init.ones_(m.weight)",
            "body.apply(init)",
        ),
        (
            "for m in body.modules():",
            "    w = m.weight if isinstance(m, nn.Conv2d) else None",
            "    if w is not None:",
            "        nn.init.ones_(w)",
        ),
        (
            "def init_one(tag, m):",
            "    if hasattr(m, 'weight'):",
            "        m.weight.data.zero_()",
            "for m in body.modules():",
            "    init_one(1, m)",
        ),
        (
            "def named_apply(fn, module, name='', include_root=False):",
            "    for child_name, child in module.named_children():",
            "        child_name = '.'.join((name, child_name)) if name else child_name",
            "        named_apply(fn=fn, module=child, name=child_name, include_root=True)",
            "    if include_root:",
            "        fn(module=module, name=name)",
            "    return module",
            "def init(module, name='', scheme=''):",
            "    if isinstance(module, nn.Conv2d):",
            "        nn.init.ones_(module.weight)",
            "    elif hasattr(module, 'init_weights'):",
            "        module.init_weights()",
            "from functools import partial",
            "named_apply(partial(init, scheme='x'), body)",
        ),
        (
            "def init(m, kind):",
            "    if kind not in ('normal', 'zeros'):",
            "        raise ValueError(kind)",
            "    if isinstance(m, nn.Conv2d):",
            "        nn.init.ones_(m.weight)",
            "body.apply(lambda m: init(m, 'zeros'))",
        ),
        (
            "for m in body.modules():",
            "    reset = getattr(m, 'reset_parameters', None)",
            "    if callable(reset):",
            "        reset()",
        ),
        (
            "n = 0",
            "for m in body.children():",
            "    n += sum(p.numel() for p in m.parameters())",
            "return torch.full((1,), float(n))",
        ),
    ],
)
def test_does_not_mind(lines: tuple[str, ...]) -> None:
    repaired = repair(source_with(*lines))
    assert "self.add = FloatFunctional()" in repaired.after
    assert_same_float(repaired, X)
