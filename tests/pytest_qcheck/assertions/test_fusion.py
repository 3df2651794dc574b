"""The fusion assertions, on models where fusion went right and wrong."""

from __future__ import annotations

import pytest
import torch
import torch.ao.quantization as tq
from models import GROUPS, Block, Net, TwoReluBlock, batch, ptq, qat, seeded
from torch import nn
from torch.nn import functional
from torchvision_stub import import_torchvision

from pytest_qcheck import assert_fully_fused, assert_fused, assert_no_shared_fusion


class TestFused:
    @pytest.mark.parametrize("make", [ptq, qat])
    def test_prepared(self, make: object) -> None:
        assert_fused(make(), GROUPS)  # type: ignore[operator]

    def test_eval_and_train(self) -> None:
        assert_fused(tq.fuse_modules(seeded(Net), GROUPS), GROUPS)
        assert_fused(tq.fuse_modules_qat(seeded(Net).train(), GROUPS), GROUPS)

    def test_converted(self) -> None:
        assert_fused(tq.convert(ptq()), GROUPS)

    def test_one_group_given_flat(self) -> None:
        assert_fused(ptq(), GROUPS[0])

    def test_nested_names(self) -> None:
        model = nn.Sequential(nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())).eval()
        assert_fused(tq.fuse_modules(model, [["0.0", "0.1"]]), [["0.0", "0.1"]])
        with pytest.raises(AssertionError, match=r"0\.1 is still ReLU"):
            assert_fused(model, [["0.0", "0.1"]])

    def test_result_thrown_away(self) -> None:
        model = seeded(Net)
        tq.fuse_modules(model, GROUPS)
        with pytest.raises(AssertionError, match="2 of 2 groups not fused") as failure:
            assert_fused(model, GROUPS)
        assert "bn1 is still BatchNorm2d, relu1 is still ReLU" in str(failure.value)

    def test_renamed_module(self) -> None:
        with pytest.raises(AssertionError, match=r"no module is called 'relu_1'; did you mean"):
            assert_fused(ptq(), [["conv1", "bn1", "relu_1"]])

    def test_identity_of_another_group(self) -> None:
        """The article's Block: its one relu went into conv1, so conv2 has none."""
        model = tq.fuse_modules(seeded(Block), [["conv1", "relu"]])
        assert_fused(model, [["conv1", "relu"]])
        with pytest.raises(AssertionError, match="relu was fused into conv1, not into conv2"):
            assert_fused(model, [["conv2", "relu"]])

    def test_identity_that_was_a_relu(self) -> None:
        """A user's own Identity beside it leaves only the name to tell by."""
        model = tq.fuse_modules(seeded(TwoReluBlock), [["conv1", "relu1"]])
        model.relu2 = nn.Identity()
        with pytest.raises(AssertionError, match="conv2 is Conv2d, which holds no ReLU"):
            assert_fused(model, [["conv2", "relu2"]])

    def test_folded_batch_norms_beside_a_fused_relu(self) -> None:
        groups = [["conv1", "bn1", "relu1"], ["conv2", "bn2"]]
        assert_fused(tq.fuse_modules(seeded(Net), groups), groups)

    def test_qat_fusion_in_eval_mode_keeps_the_batch_norm(self) -> None:
        model = tq.fuse_modules_qat(seeded(Net), GROUPS)
        with pytest.raises(AssertionError, match="in eval mode and keeps its batch norm"):
            assert_fused(model, GROUPS)

    def test_fused_after_prepare(self) -> None:
        model = seeded(Net)
        model.qconfig = tq.get_default_qconfig("x86")
        prepared = tq.fuse_modules(tq.prepare(model), [["bn1", "relu1"]])
        with pytest.raises(AssertionError, match="fused after prepare"):
            assert_fused(prepared, [["bn1", "relu1"]])

    @pytest.mark.parametrize("groups", ["conv1", [1], [["conv1", 2]], 3])
    def test_wrong_types(self, groups: object) -> None:
        with pytest.raises(TypeError):
            assert_fused(ptq(), groups)  # type: ignore[arg-type]

    @pytest.mark.parametrize("groups", [[], [["conv1"]]])
    def test_nothing_to_check(self, groups: object) -> None:
        with pytest.raises(ValueError, match="group"):
            assert_fused(ptq(), groups)  # type: ignore[arg-type]


class TestNoSharedFusion:
    def test_the_articles_block(self) -> None:
        model = tq.fuse_modules(seeded(Block), [["conv1", "relu"]])
        with pytest.raises(AssertionError, match="fused away but still used") as failure:
            assert_no_shared_fusion(model, batch())
        message = str(failure.value)
        assert "relu" in message
        assert "conv1 (ConvReLU2d)" in message
        assert "models.py:" in message

    def test_healthy_twin_with_a_users_identity(self) -> None:
        model = tq.fuse_modules(seeded(TwoReluBlock), [["conv1", "relu1"]])
        assert_no_shared_fusion(model, batch())

    @pytest.mark.parametrize("make", [ptq, qat])
    def test_prepared(self, make: object) -> None:
        assert_no_shared_fusion(make(), batch())  # type: ignore[operator]

    def test_shared_over_blocks_in_a_loop(self) -> None:
        class Shared(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.convs = nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(3))
                self.act = nn.ReLU()

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                for conv in self.convs:
                    x = self.act(conv(x))
                return x

        model = tq.fuse_modules(Shared().eval(), [["convs.0", "act"]])
        with pytest.raises(AssertionError, match="act"):
            assert_no_shared_fusion(model, batch())
        assert_no_shared_fusion(Shared().eval(), batch())


class TestFullyFused:
    def test_fused(self) -> None:
        assert_fully_fused(ptq(), batch())
        assert_fully_fused(qat(), batch())

    def test_left_apart(self) -> None:
        with pytest.raises(AssertionError, match="2 fusible sequences not fused") as failure:
            assert_fully_fused(seeded(Net), batch())
        assert "conv1 + bn1 + relu1" in str(failure.value)
        assert "conv2 + bn2 + relu2" in str(failure.value)

    def test_half_fused(self) -> None:
        model = tq.fuse_modules(seeded(Net), [["conv1", "bn1"]])
        with pytest.raises(AssertionError, match=r"conv1 \+ relu1"):
            assert_fully_fused(model, batch(), ignore=["conv2", "bn2", "relu2"])

    def test_functional_relu_is_named_with_its_line(self) -> None:
        class Functional(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv = nn.Conv2d(3, 3, 1)

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return functional.relu(self.conv(x))

        with pytest.raises(AssertionError, match=r"relu\(\) at .*test_fusion\.py:\d+"):
            assert_fully_fused(Functional().eval(), batch())

    def test_second_consumer_forbids_fusion(self) -> None:
        class Both(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv, self.relu = nn.Conv2d(3, 3, 1), nn.ReLU()

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                x = self.conv(x)
                return x + self.relu(x)

        assert_fully_fused(Both().eval(), batch())

    def test_registration_order_does_not_matter(self) -> None:
        class Registered(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.relu, self.conv = nn.ReLU(), nn.Conv2d(3, 3, 1)

            def forward(self, x: torch.Tensor, reverse: bool = False) -> torch.Tensor:
                return self.conv(self.relu(x)) if reverse else self.relu(self.conv(x))

        assert_fully_fused(Registered().eval(), {"x": batch(), "reverse": True})
        with pytest.raises(AssertionError, match=r"conv \+ relu"):
            assert_fully_fused(Registered().eval(), (batch(),))

    def test_ignore_must_match(self) -> None:
        with pytest.raises(ValueError, match="'konv1' matches no name"):
            assert_fully_fused(seeded(Net), batch(), ignore="konv1")


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_torchvision(name: str) -> None:
    models = import_torchvision("torchvision.models.quantization")
    model = getattr(models, name)(weights=None, quantize=False).eval()
    inputs = torch.rand(1, 3, 64, 64)
    with pytest.raises(AssertionError, match="fusible sequences not fused"):
        assert_fully_fused(model, inputs)
    model.fuse_model(is_qat=False)
    assert_fully_fused(model, inputs)
    assert_no_shared_fusion(model, inputs)
