"""Toggles, calibration, optimizer and reuse, right and wrong."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.ao.quantization as tq
from models import Block, Net, TwoReluBlock, batch, learnable_qconfig, ptq, qat, seeded
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization._learnable_fake_quantize import _LearnableFakeQuantize

from pytest_qcheck import (
    assert_calibrated,
    assert_no_reused_modules,
    assert_qparams_in_optimizer,
    assert_toggles,
)


class TestToggles:
    def test_fake_quantize_and_fused_observer(self) -> None:
        model = qat()
        assert_toggles(model, fake_quant=True, observer=False)
        with pytest.raises(AssertionError, match=r"observer=True"):
            assert_toggles(model, observer=True)
        model.apply(tq.enable_observer)
        with pytest.raises(AssertionError, match="observer_enabled=1"):
            assert_toggles(model, observer=False)

    def test_eval_does_not_stop_observers(self) -> None:
        model = qat(train=False).eval()
        assert_toggles(model, observer=True)

    def test_one_layer_is_named(self) -> None:
        model = qat()
        model.conv2.activation_post_process.disable_fake_quant()
        with pytest.raises(AssertionError, match=r"1 of \d+ quantizers") as failure:
            assert_toggles(model, fake_quant=True)
        assert "conv2.activation_post_process" in str(failure.value)
        assert "conv1" not in str(failure.value)
        assert_toggles(model, fake_quant=True, ignore="conv2")
        assert_toggles(model, fake_quant=False, only="conv2.activation*")

    def test_learnable_reads_static_enabled(self) -> None:
        model = qat(qconfig=learnable_qconfig(), train=False)
        model.apply(tq.disable_observer)
        learnable = [m for m in model.modules() if isinstance(m, _LearnableFakeQuantize)]
        assert all(bool(each.observer_enabled) for each in learnable), "torch has changed"
        assert_toggles(model, observer=False)
        learnable[0].enable_static_observation()
        with pytest.raises(AssertionError, match="static_enabled=1"):
            assert_toggles(model, observer=False)

    def test_learning(self) -> None:
        model = qat(qconfig=learnable_qconfig(), train=False)
        with pytest.raises(AssertionError, match="learning_enabled=0"):
            assert_toggles(model, learning=True, only="*activation_post_process")
        for each in model.modules():
            if isinstance(each, _LearnableFakeQuantize):
                each.enable_param_learning()
        assert_toggles(model, learning=True, only="*activation_post_process")

    def test_fixed_qparams_have_no_observer(self) -> None:
        fixed = tq.default_fixed_qparams_range_0to1_fake_quant
        model = nn.Sequential(tq.QuantStub())
        model.qconfig = tq.QConfig(activation=fixed, weight=tq.default_weight_fake_quant)
        prepared = tq.prepare_qat(model.train())
        assert_toggles(prepared, fake_quant=True, observer=True)
        assert_toggles(prepared, fake_quant=True, observer=False)
        prepared.apply(tq.disable_fake_quant)
        with pytest.raises(AssertionError, match="fake_quant_enabled=0"):
            assert_toggles(prepared, fake_quant=True)

    def test_plain_observers_observe_and_never_fake_quantize(self) -> None:
        assert_toggles(ptq(), observer=True, fake_quant=False)
        with pytest.raises(AssertionError, match="always observes"):
            assert_toggles(ptq(), observer=False)
        with pytest.raises(AssertionError, match="QAT qconfig"):
            assert_toggles(ptq(), fake_quant=True)

    def test_no_quantizers(self) -> None:
        model = seeded(Net)
        with pytest.raises(AssertionError, match="has no quantizer"):
            assert_toggles(model, observer=False)
        model.qconfig = tq.get_default_qconfig("x86")
        tq.prepare(model)
        with pytest.raises(AssertionError, match="return a prepared copy"):
            assert_toggles(model, observer=False)

    def test_unknown_class_is_not_passed_over(self) -> None:
        class MyFakeQuant(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.fake_quant_enabled = torch.tensor([1])

        with pytest.raises(AssertionError, match="cannot read its class"):
            assert_toggles(nn.Sequential(MyFakeQuant()), fake_quant=True)

    def test_wrapped_model(self) -> None:
        wrapped = nn.DataParallel(qat())
        assert_toggles(wrapped, fake_quant=True, observer=False)
        assert_toggles(wrapped, fake_quant=True, only="module.conv1")
        wrapped.module.conv1.apply(tq.enable_observer)
        with pytest.raises(AssertionError) as failure:
            assert_toggles(wrapped, observer=False)
        assert "  conv1.weight_fake_quant" in str(failure.value)

    def test_wrong_arguments(self) -> None:
        with pytest.raises(TypeError, match="must be True, False or None"):
            assert_toggles(qat(), observer=1)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="at least one of"):
            assert_toggles(qat())
        with pytest.raises(ValueError, match="matches no name"):
            assert_toggles(qat(), observer=False, only="konv")
        with pytest.raises(TypeError, match=r"torch\.nn\.Module"):
            assert_toggles("model", observer=False)  # type: ignore[arg-type]


class TestCalibrated:
    @pytest.mark.parametrize("make", [ptq, qat])
    def test_calibrated(self, make: object) -> None:
        assert_calibrated(make())  # type: ignore[operator]

    def test_never_run(self) -> None:
        with pytest.raises(AssertionError, match=r"None of 5 observers has seen data"):
            assert_calibrated(ptq(calibrate=False))
        with pytest.raises(AssertionError, match="has seen data"):
            assert_calibrated(qat(train=False))

    def test_a_branch_that_never_ran(self) -> None:
        class Branch(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.quant, self.a, self.b = tq.QuantStub(), nn.Linear(3, 3), nn.Linear(3, 3)

            def forward(self, x: torch.Tensor, flag: bool = False) -> torch.Tensor:
                x = self.quant(x)
                return self.b(x) if flag else self.a(x)

        model = Branch().eval()
        model.qconfig = tq.get_default_qconfig("x86")
        prepared = tq.prepare(model)
        prepared(torch.rand(2, 3))
        with pytest.raises(AssertionError, match="1 of 3 observers has seen no data") as failure:
            assert_calibrated(prepared)
        assert "b.activation_post_process" in str(failure.value)
        prepared(torch.rand(2, 3), True)
        assert_calibrated(prepared)

    def test_a_functional_that_does_not_observe(self) -> None:
        """torchvision's MobileNetV2 has one in each block, and uses it in some."""

        class Unused(Net):
            def __init__(self) -> None:
                super().__init__()
                self.unused, self.scalar = FloatFunctional(), FloatFunctional()

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                x = self.scalar.mul_scalar(self.conv1(self.quant(x)), 2.0)
                return self.dequant(self.skip.add(x, self.conv2(x)))

        model = seeded(Unused)
        del model.fc, model.bn1, model.bn2
        model.qconfig = tq.get_default_qconfig("x86")
        prepared = tq.prepare(model)
        with pytest.raises(AssertionError, match="None of 6 observers has seen data"):
            assert_calibrated(prepared)
        prepared(batch())
        assert_calibrated(prepared)
        fresh = prepared.scalar.activation_post_process
        prepared.skip.activation_post_process = copy.deepcopy(fresh)
        prepared.conv1.activation_post_process = copy.deepcopy(fresh)
        with pytest.raises(AssertionError, match="1 of 6 observers") as failure:
            assert_calibrated(prepared)
        assert "conv1" in str(failure.value)

    @pytest.mark.parametrize(
        ("value", "found"), [(float("nan"), "NaN"), (float("inf"), "infinite"), (0.0, "zeros")]
    )
    def test_degenerate_data(self, value: float, found: str) -> None:
        model = nn.Sequential(tq.QuantStub())
        model.qconfig = tq.QConfig(tq.default_observer, tq.default_weight_observer)
        prepared = tq.prepare(model.eval())
        prepared(torch.full((2, 3), value))
        with pytest.raises(AssertionError, match=found):
            assert_calibrated(prepared)

    def test_prepare_without_qconfig(self) -> None:
        with pytest.warns(UserWarning, match="qconfig"):
            prepared = tq.prepare(seeded(Net))
        with pytest.raises(AssertionError, match="no module carries a qconfig"):
            assert_calibrated(prepared)

    def test_converted(self) -> None:
        with pytest.raises(AssertionError, match="converted already"):
            assert_calibrated(tq.convert(ptq()))


class TestOptimizer:
    def test_built_after_prepare(self) -> None:
        model = qat(qconfig=learnable_qconfig())
        assert_qparams_in_optimizer(model, torch.optim.SGD(model.parameters(), lr=0.1))

    def test_built_from_the_original(self) -> None:
        model = tq.fuse_modules_qat(seeded(Net).train(), [["conv1", "bn1", "relu1"]])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model.qconfig = learnable_qconfig()
        prepared = tq.prepare_qat(model)
        with pytest.raises(AssertionError, match=r"^0 of \d+ parameters of this model"):
            assert_qparams_in_optimizer(prepared, optimizer)

    def test_built_before_inplace_prepare(self) -> None:
        model = seeded(Net).train()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model.qconfig = learnable_qconfig()
        tq.prepare_qat(model, inplace=True)
        with pytest.raises(AssertionError, match="misses") as failure:
            assert_qparams_in_optimizer(model, optimizer)
        assert "All trainable qparams are missing" in " ".join(str(failure.value).split())
        assert "quant.activation_post_process.scale" in str(failure.value)

    def test_one_missing_and_ignored(self) -> None:
        model = qat(qconfig=learnable_qconfig())
        left_out = model.fc.activation_post_process.scale
        optimizer = torch.optim.SGD([p for p in model.parameters() if p is not left_out], lr=0.1)
        with pytest.raises(AssertionError, match="misses 1 of"):
            assert_qparams_in_optimizer(model, optimizer)
        assert_qparams_in_optimizer(model, optimizer, ignore="fc.*.scale")

    def test_twice(self) -> None:
        class Twice:
            def __init__(self, model: nn.Module) -> None:
                extra = model.fc.activation_post_process.scale
                self.param_groups = [{"params": list(model.parameters())}, {"params": [extra]}]

        model = qat(qconfig=learnable_qconfig())
        with pytest.raises(AssertionError, match="more than once"):
            assert_qparams_in_optimizer(model, Twice(model))

    def test_frozen_qparams_are_not_asked_for(self) -> None:
        model = qat(qconfig=learnable_qconfig())
        frozen = model.fc.activation_post_process
        for each in (frozen.scale, frozen.zero_point):
            each.requires_grad_(False)
        trained = [p for p in model.parameters() if p.requires_grad]
        assert_qparams_in_optimizer(model, torch.optim.SGD(trained, lr=0.1))

    def test_stale_weights_without_learnable_qparams(self) -> None:
        model = qat()
        assert_qparams_in_optimizer(model, torch.optim.Adam(model.parameters()))
        with pytest.raises(AssertionError, match="0 of"):
            assert_qparams_in_optimizer(model, torch.optim.Adam(seeded(Net).parameters()))

    def test_no_optimizer(self) -> None:
        with pytest.raises(TypeError, match="param_groups"):
            assert_qparams_in_optimizer(qat(), [1])


class TestReuse:
    def test_the_articles_block(self) -> None:
        with pytest.raises(AssertionError, match="1 module runs more than once") as failure:
            assert_no_reused_modules(seeded(Block), batch())
        assert "relu" in str(failure.value)
        assert_no_reused_modules(seeded(Block), batch(), ignore="relu")

    def test_healthy(self) -> None:
        assert_no_reused_modules(seeded(TwoReluBlock), batch())
        for model in (seeded(Net), ptq(), qat()):
            assert_no_reused_modules(model, batch())

    def test_functional_and_stub(self) -> None:
        class Functionals(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.quant, self.dequant = tq.QuantStub(), tq.DeQuantStub()
                self.ff, self.scalar = FloatFunctional(), FloatFunctional()
                self.pool, self.drop = nn.MaxPool2d(2), nn.Dropout()

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                x = self.scalar.mul_scalar(self.scalar.add_scalar(self.quant(x), 1.0), 2.0)
                x = self.drop(self.pool(self.drop(self.pool(x))))
                y = self.ff.add(x, x)
                return self.dequant(self.ff.mul(x, y)) + self.dequant(y)

        with pytest.raises(AssertionError) as failure:
            assert_no_reused_modules(Functionals().eval(), batch())
        rows = [line.split()[0] for line in str(failure.value).splitlines() if "  2  " in line]
        assert rows == ["ff"]

    def test_a_reused_block_is_reported_once(self) -> None:
        class Twice(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.block = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return self.block(self.block(x))

        with pytest.raises(AssertionError, match="1 module runs") as failure:
            assert_no_reused_modules(Twice().eval(), batch())
        assert "block  " in str(failure.value)
        assert "block.0" not in str(failure.value)
