"""assert_matches_converted: healthy models agree on each engine, each kind of damage is named."""

from __future__ import annotations

import pytest
import torch
import torch.ao.quantization as tq
from models import ENGINES, Net, batch, ptq, qat, seeded
from torch import nn
from torchvision_stub import import_torchvision

from pytest_qcheck import ConversionReport, assert_matches_converted


@pytest.fixture(params=[e for e in ENGINES if e in torch.backends.quantized.supported_engines])
def engine(request: pytest.FixtureRequest) -> object:
    before = torch.backends.quantized.engine
    torch.backends.quantized.engine = request.param
    yield request.param
    torch.backends.quantized.engine = before


class TestHealthy:
    def test_ptq(self, engine: str) -> None:
        report = assert_matches_converted(ptq(engine), batch())
        assert isinstance(report, ConversionReport)
        assert report.engine == engine
        assert report.max_lsb <= 1
        assert [layer.name for layer in report.layers] == [
            "quant", "conv1", "conv2", "skip", "fc",
        ]  # fmt: skip
        assert report.sqnr_db > 20
        assert "conv1" in str(report)

    def test_qat(self, engine: str) -> None:
        assert assert_matches_converted(qat(engine), batch()).max_lsb <= 1

    @pytest.mark.parametrize("inputs", [batch(), (batch(),), {"x": batch()}])
    def test_kinds_of_inputs(self, inputs: object) -> None:
        assert_matches_converted(ptq(), inputs)

    def test_given_converted(self) -> None:
        prepared = ptq()
        assert_matches_converted(prepared, batch(), converted=tq.convert(prepared))

    def test_quantized_output(self) -> None:
        model = nn.Sequential(tq.QuantStub(), nn.Conv2d(3, 3, 1)).eval()
        model.qconfig = tq.get_default_qconfig("x86")
        prepared = tq.prepare(model)
        prepared(batch())
        assert_matches_converted(prepared, batch())

    def test_wrapped(self) -> None:
        assert_matches_converted(nn.DataParallel(ptq()), batch())

    @pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
    def test_torchvision(self, engine: str, name: str) -> None:
        models = import_torchvision("torchvision.models.quantization")
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = getattr(models, name)(weights=None, quantize=False).eval()
            inputs = torch.randn(2, 3, 64, 64)
        model.fuse_model(is_qat=False)
        model.qconfig = tq.get_default_qconfig(engine)
        prepared = tq.prepare(model)
        with torch.no_grad():
            prepared(inputs)
        assert assert_matches_converted(prepared, inputs).max_lsb <= 1

    @pytest.mark.parametrize("version", [0, 1])
    def test_inputs_beyond_the_trained_range(self, engine: str, version: int) -> None:
        """With reduce_range a fake-quant clamps at 127, int8 at 255.

        The layer adds no products, which could saturate in int16 on a CPU without VNNI.
        """
        layer = nn.Conv2d(3, 3, 1, groups=3)
        model = nn.Sequential(tq.QuantStub(), layer, tq.DeQuantStub()).train()
        model.qconfig = tq.get_default_qat_qconfig(engine, version=version)
        prepared = tq.prepare_qat(model)
        prepared(batch())
        prepared.apply(tq.disable_observer)
        report = assert_matches_converted(prepared, batch() * 1.2, min_sqnr_db=0)
        assert (report.layer("0").clipped > 0) is _reduces_range(prepared[0])
        if _reduces_range(prepared[0]):
            with pytest.raises(AssertionError, match="asked for 150") as failure:
                assert_matches_converted(prepared, batch() * 1.2, min_sqnr_db=150)
            assert "clamps values beyond its reduced" in str(failure.value).replace("\n", " ")

    def test_saturation_beyond_the_trained_range(self, engine: str) -> None:
        """What the twin's fake-quant clamps does not hide that int16 saturates."""
        if engine == "qnnpack":
            pytest.skip("adds in int32")
        model = nn.Sequential(tq.QuantStub(), nn.Conv2d(3, 8, 3), tq.DeQuantStub()).train()
        model.qconfig = tq.get_default_qat_qconfig(engine, version=0)
        prepared = tq.prepare_qat(model)
        prepared(batch())
        prepared.apply(tq.disable_observer)
        try:
            assert_matches_converted(prepared, batch() * 1.2, min_sqnr_db=0)
        except AssertionError as failure:  # on a CPU without VNNI
            assert "int16 saturation of the engine" in str(failure)  # noqa: PT017

    def test_scalar_functionals(self, engine: str) -> None:
        class Scalars(Net):
            def forward(self, x: torch.Tensor) -> torch.Tensor:
                x = self.conv1(self.quant(x))
                return self.dequant(self.skip.mul_scalar(self.skip.add_scalar(x, 0.3), -2.0))

        model = seeded(Scalars)
        model.qconfig = tq.get_default_qconfig(engine)
        prepared = tq.prepare(model)
        prepared(batch())
        assert assert_matches_converted(prepared, batch()).max_lsb <= 1

    @pytest.mark.parametrize(
        "layer",
        [nn.ELU(), nn.Hardswish(), nn.LeakyReLU(0.2), nn.Sigmoid(), nn.Tanh(), nn.Dropout(),
         nn.GroupNorm(2, 8), nn.InstanceNorm2d(8), nn.BatchNorm2d(8), nn.LayerNorm(12)],
        ids=lambda layer: type(layer).__name__,
    )  # fmt: skip
    @pytest.mark.parametrize("kind", ["ptq", "qat"])
    def test_layers(self, engine: str, layer: nn.Module, kind: str) -> None:
        convolution = nn.Conv2d(3, 8, 3, padding=1)
        model = nn.Sequential(tq.QuantStub(), convolution, layer, tq.DeQuantStub())
        if kind == "ptq":
            model.eval().qconfig = tq.get_default_qconfig(engine)
            prepared = tq.prepare(model)
        else:
            model.train().qconfig = tq.get_default_qat_qconfig(engine)
            prepared = tq.prepare_qat(model)
        prepared(batch())
        prepared.eval().apply(tq.disable_observer)
        assert assert_matches_converted(prepared, batch()).max_lsb <= 1


def _reduces_range(stub: nn.Module) -> bool:
    return bool(stub.activation_post_process.quant_max == 127)


class TestWrongKernels:
    """Kernels of torch 2.13 that give silently wrong results."""

    def test_relu6_of_qnnpack(self) -> None:
        report = self._failure("qnnpack", nn.ReLU6())
        assert "misreads channels_last" in report

    def test_prelu(self) -> None:
        weight = tq.MinMaxObserver.with_args(dtype=torch.quint8)
        prelu = nn.PReLU()
        prelu.qconfig = tq.QConfig(activation=tq.default_observer, weight=weight)
        assert "the engine's kernel is wrong" in self._failure("fbgemm", prelu)

    @pytest.mark.parametrize("name", [e for e in ENGINES if e != "qnnpack"])
    def test_transposed_convolution(self, name: str) -> None:
        """Wrong with oneDNN on some CPUs: either it passes, or the kernel is named."""
        transposed = nn.ConvTranspose2d(8, 4, 3)
        weight = tq.default_weight_observer
        transposed.qconfig = tq.QConfig(activation=tq.default_observer, weight=weight)
        report = self._failure(name, transposed)
        assert not report or "the engine's kernel is wrong" in report

    def _failure(self, name: str, layer: nn.Module) -> str:
        before = torch.backends.quantized.engine
        torch.backends.quantized.engine = name
        try:
            convolution = nn.Conv2d(3, 8, 3)
            model = nn.Sequential(tq.QuantStub(), convolution, layer, tq.DeQuantStub()).eval()
            model.qconfig = tq.get_default_qconfig(name)
            with torch.random.fork_rng():
                torch.manual_seed(0)
                convolution.reset_parameters()
            prepared = tq.prepare(model)
            prepared(batch() - 0.5)
            assert_matches_converted(prepared, batch() - 0.5)
        except AssertionError as error:
            return str(error)
        finally:
            torch.backends.quantized.engine = before
        return ""


class TestBroken:
    def test_scale_changed_after_convert(self) -> None:
        prepared = ptq()
        converted = tq.convert(prepared)
        converted.conv2.scale *= 0.25
        with pytest.raises(AssertionError, match=r"the first is `conv2`"):
            assert_matches_converted(prepared, batch(), converted=converted)

    def test_observers_moved_after_convert(self) -> None:
        prepared = qat(train=False).eval()
        prepared(batch())
        converted = tq.convert(prepared)
        prepared(batch(3) * 8)
        with pytest.raises(AssertionError, match="LSB of the fake-quant twin"):
            assert_matches_converted(prepared, batch(), converted=converted)

    def test_fake_quant_switched_off(self) -> None:
        # One large weight makes the weight grid coarse, so that rounding the others shows.
        with torch.random.fork_rng():
            torch.manual_seed(2)
            model = nn.Sequential(tq.QuantStub(), nn.Linear(2048, 64), tq.DeQuantStub()).train()
        with torch.no_grad():
            model[1].weight[:, 0] *= 100
        inputs = torch.rand(8, 2048, generator=torch.Generator().manual_seed(0))
        model.qconfig = tq.get_default_qat_qconfig("x86")
        fused = tq.prepare_qat(model)
        fused(inputs)
        # The fused kernel's weight scale is a little off its observer's, in every model.
        assert_matches_converted(fused.apply(tq.disable_observer), inputs)
        model.qconfig = tq.get_default_qat_qconfig("x86", version=0)
        prepared = tq.prepare_qat(model)
        prepared(inputs)
        prepared.apply(tq.disable_observer)
        assert_matches_converted(prepared, inputs)
        prepared[1].weight_fake_quant.disable_fake_quant()
        with pytest.raises(AssertionError, match="the first is `1`") as failure:
            assert_matches_converted(prepared, inputs)
        assert "fake-quant is off" in str(failure.value)

    def test_raw_addition(self) -> None:
        class Raw(Net):
            def forward(self, x: torch.Tensor) -> torch.Tensor:
                x = self.conv1(self.quant(x))
                return self.dequant(x + self.conv2(x))

        model = seeded(Raw)
        model.qconfig = tq.get_default_qconfig("x86")
        prepared = tq.prepare(model)
        prepared(batch())
        with pytest.raises(AssertionError, match="converted model fails in `Raw` at ") as failure:
            assert_matches_converted(prepared, batch())
        assert "return self.dequant(x + self.conv2(x))" in str(failure.value)
        assert "FloatFunctional" in str(failure.value)

    def test_missing_quant_stub(self) -> None:
        model = nn.Sequential(nn.Conv2d(3, 3, 1)).eval()
        model.qconfig = tq.get_default_qconfig("x86")
        prepared = tq.prepare(model)
        prepared(batch())
        with pytest.raises(AssertionError, match="converted model fails in `0`") as failure:
            assert_matches_converted(prepared, batch())
        assert "QuantStub" in str(failure.value)

    def test_cat_of_different_scales(self) -> None:
        class Cat(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.small, self.large = tq.QuantStub(), tq.QuantStub()
                self.dequant = tq.DeQuantStub()

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return self.dequant(torch.cat([self.small(x), self.large(x * 30)], 1))

        model = Cat().eval()
        model.qconfig = tq.get_default_qconfig("x86")
        prepared = tq.prepare(model)
        prepared(batch())
        with pytest.raises(AssertionError, match=r"`output` of the converted model") as failure:
            assert_matches_converted(prepared, batch())
        assert "torch.cat" in str(failure.value)

    def test_range_of_four_bits(self) -> None:
        model = nn.Sequential(tq.QuantStub(), nn.Conv2d(3, 8, 3), tq.DeQuantStub()).train()
        activation = tq.FakeQuantize.with_args(
            observer=tq.MinMaxObserver, quant_min=0, quant_max=15, dtype=torch.quint8
        )
        model.qconfig = tq.QConfig(activation=activation, weight=tq.default_weight_fake_quant)
        prepared = tq.prepare_qat(model)
        prepared(batch())
        prepared.apply(tq.disable_observer)
        assert_matches_converted(prepared, batch(), min_sqnr_db=0)
        with pytest.raises(AssertionError, match="fake-quant clips at 15"):
            assert_matches_converted(prepared, batch() * 2, min_sqnr_db=0)

    def test_never_calibrated(self) -> None:
        with pytest.raises(AssertionError, match="never calibrated"):
            assert_matches_converted(ptq(calibrate=False), batch())

    def test_not_prepared(self) -> None:
        with pytest.raises(AssertionError, match="has no quantizer"):
            assert_matches_converted(seeded(Net), batch())

    def test_tolerances_are_used(self) -> None:
        prepared = ptq()
        converted = tq.convert(prepared)
        converted.conv2.scale *= 1.02
        with pytest.raises(AssertionError, match="beyond 0 LSB"):
            assert_matches_converted(prepared, batch(), converted=converted, max_lsb=0)
        assert_matches_converted(prepared, batch(), converted=converted, max_lsb=255)
        with pytest.raises(AssertionError, match="asked for 90"):
            assert_matches_converted(prepared, batch(), min_sqnr_db=90.0)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"inputs": [1]}, TypeError),
        ({"max_lsb": "1"}, TypeError),
        ({"max_lsb": -1}, ValueError),
        ({"max_mismatch": 2}, ValueError),
        ({"converted": 3}, TypeError),
        ({"converted": nn.Linear(1, 1)}, ValueError),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        assert_matches_converted(ptq(), **{"inputs": batch(), **arguments})  # type: ignore[arg-type]
