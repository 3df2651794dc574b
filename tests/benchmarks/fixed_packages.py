"""``python -m tests.benchmarks.fixed_packages timm ...``: whether fixed models compute the same.

Fixes copies of installed packages with all fixes there are; then builds their models from the
untouched and from the fixed code and compares what the float models put out, bit by bit, in eval
and in train mode, given the same weights. Prints a row for each package, and what differs.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import importlib
import importlib.util
import inspect
import io
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Recipe = tuple[str, Callable[[], Any], tuple[int, ...]]

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "timm segmentation_models_pytorch torchreid vit_pytorch super_image efficientnet_pytorch"
).split()
_SMALL = "test_ atto femto pico nano xxs tiny _s_ 18 small _b0 _xs".split()
# What constructors of vit_pytorch ask for, by the names of their parameters.
_SIZES = {
    "image_size": 64,
    "patch_size": 8,
    "num_classes": 10,
    "dim": 64,
    "depth": 2,
    "cls_depth": 1,
    "heads": 2,
    "mlp_dim": 64,
    "mlp_mult": 2,
    "freq_patch_size": 8,
    "num_residual_streams": 2,
    "max_tokens_per_depth": (32, 16),
    "sm_dim": 32,
    "lg_dim": 64,
    "num_slots": 8,
    "num_hierarchies": 3,
    "block_repeats": (1, 1, 2),
}


def main() -> None:
    """Measure all packages, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--in", dest="folder", help="run the models in this folder (internal)")
    parser.add_argument("--keep", help="put the fixed copies here, and keep them")
    options = parser.parse_args()
    if options.folder is not None:
        sys.path.insert(0, options.folder)
        _run(options.packages[0], Path(options.folder))
        return
    print("| package | fixes | models | same float outputs | fails untouched as well |")
    print("| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as temporary:
        for package in options.packages:
            _compare(package, Path(options.keep or temporary))


def _compare(package: str, place: Path) -> None:
    """Print a row about a package, and a line for each model that has changed."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        print(f"| {package} | not installed | | | |")
        return
    copies = [place / package / kind for kind in ("untouched", "fixed")]
    for copy in copies:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(Path(spec.origin).parent, copy / package, ignore=ignored)
    fixes = _fix(copies[1] / package)
    before, after = (_in_process(package, copy) for copy in copies)
    ran = {name for name, output in before.items() if not output.startswith("fails")}
    changed = {name for name in ran if after.get(name) != before[name]}
    same = len(ran) - len(changed)
    print(f"| {package} | {fixes} | {len(ran)} | {same} | {len(before) - len(ran)} |", flush=True)
    for name in sorted(changed):
        print(f"    {name}: {after.get(name, 'not run')}", flush=True)


def _fix(folder: Path) -> str:
    """How many fixes there are in a package, once all are carried out."""
    command = [sys.executable, "-m", "qlint", "--isolated", "--assume-quantized", "--fix"]
    command += ["--unsafe-fixes", "--statistics", str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    found = re.search(r"(\d+) fixed", done.stdout)
    return found[1] if found else "0"


def _in_process(package: str, folder: Path) -> dict[str, str]:
    """The outputs of the models of the copy in a folder, in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.fixed_packages"]
    path = os.pathsep.join([str(folder), str(ROOT), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(
        [*command, "--in", str(folder), package],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
    )
    return dict(json.loads(line) for line in result.stdout.splitlines())


def _run(package: str, folder: Path) -> None:
    """Print what each model of a package puts out: a line of JSON each, as soon as it is known."""
    import torch

    from tests.torchvision_stub import import_torchvision

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)  # float sums come out the same in each process
    import_torchvision("torchvision.models")
    module = importlib.import_module(package)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(folder), module.__file__
    for name, make, shape in _RECIPES[package](module):
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                output = _output(make, shape)
            except Exception as error:
                output = f"fails: {type(error).__name__}: {error}"[:200]
        print(json.dumps([name, output]), flush=True)


def _output(make: Callable[[], Any], shape: tuple[int, ...]) -> str:
    """A digest of what a model puts out in eval and in train mode."""
    import torch

    torch.manual_seed(0)
    model = make()
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():  # heads and scales that start at zero hide much
        if not parameter.any():
            with torch.no_grad():
                parameter.normal_(std=0.02, generator=generator)
    inputs = torch.randn(shape, generator=generator)
    digest = hashlib.sha256()
    for training in (False, True):
        torch.manual_seed(2)
        with torch.no_grad():
            for tensor in _tensors(model.train(training)(inputs)):
                digest.update(tensor.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _tensors(value: Any) -> Iterator[Any]:
    if hasattr(value, "detach"):
        yield value
    elif isinstance(value, dict):
        yield from (tensor for each in value.values() for tensor in _tensors(each))
    elif isinstance(value, (list, tuple)):
        yield from (tensor for each in value for tensor in _tensors(each))


def _timm(timm: Any) -> Iterator[Recipe]:
    """One small model of each file."""
    for module in timm.list_modules():
        names = timm.list_models(module=module)
        ranks = {
            name: next((n for n, word in enumerate(_SMALL) if word in name), len(_SMALL))
            for name in names
        }
        for name in sorted(names, key=lambda each: (ranks[each], len(each), each))[:1]:
            size = timm.models.get_pretrained_cfg(name, allow_unregistered=True)
            shape = (2, *(size.input_size if size is not None else (3, 224, 224)))
            yield name, functools.partial(timm.create_model, name), shape


def _segmentation(package: Any) -> Iterator[Recipe]:
    """Each decoder on some encoders, and each small encoder below one decoder."""
    encoders = package.encoders.encoders
    small = [
        n for n in encoders if any(each in n for each in ("18", "b0", "_s0", "11", "v2", "50"))
    ]
    pairs = [("Unet", name) for name in small if not name.startswith("timm-")]
    decoders = "UnetPlusPlus MAnet Linknet FPN PSPNet DeepLabV3 DeepLabV3Plus PAN UPerNet Segformer"
    pairs += [(name, "resnet18") for name in decoders.split()]
    pairs += [(name, "efficientnet-b0") for name in decoders.split()]
    for decoder, encoder in pairs:
        made = getattr(package, decoder, None)
        if made is not None:
            yield (
                f"{decoder} {encoder}",
                functools.partial(made, encoder, encoder_weights=None),
                (2, 3, 64, 64),
            )


def _torchreid(torchreid: Any) -> Iterator[Recipe]:
    models = importlib.import_module("torchreid.reid.models")
    for name in inspect.getclosurevars(models.build_model).globals["__model_factory"]:
        size = 299 if "inception" in name or "xception" in name or "nasnet" in name else 128
        yield (
            name,
            functools.partial(models.build_model, name, num_classes=10, pretrained=False),
            (2, 3, 256 if "mlfn" in name or size == 128 else size, size),
        )


def _vit_pytorch(package: Any) -> Iterator[Recipe]:
    """Each classifier whose constructor asks for nothing unheard of."""
    for info in pkgutil.iter_modules(package.__path__):
        try:
            module = importlib.import_module(f"{package.__name__}.{info.name}")
        except ImportError:
            continue
        for name, cls in vars(module).items():
            if not isinstance(cls, type) or cls.__module__ != module.__name__:
                continue
            parameters = list(inspect.signature(cls).parameters.values())
            required = {each.name for each in parameters if each.default is each.empty}
            if "num_classes" in required and required <= set(_SIZES):
                made = functools.partial(cls, **{each: _SIZES[each] for each in required})
                yield f"{info.name}.{name}", made, (2, 3, 64, 64)


def _super_image(package: Any) -> Iterator[Recipe]:
    for name in dir(package):
        config = getattr(package, name.replace("Model", "Config"), None)
        if name.endswith("Model") and config is not None and name != "PreTrainedModel":
            made = functools.partial(_make_of, getattr(package, name), config)
            yield name, made, (1, 3, 16, 16)


def _make_of(cls: Any, config: Any) -> Any:
    return cls(config(scale=2))


def _efficientnet(package: Any) -> Iterator[Recipe]:
    for name in ("efficientnet-b0", "efficientnet-b1"):
        yield name, functools.partial(package.EfficientNet.from_name, name), (2, 3, 64, 64)


_RECIPES: dict[str, Callable[[Any], Iterator[Recipe]]] = {
    "timm": _timm,
    "segmentation_models_pytorch": _segmentation,
    "torchreid": _torchreid,
    "vit_pytorch": _vit_pytorch,
    "super_image": _super_image,
    "efficientnet_pytorch": _efficientnet,
}


if __name__ == "__main__":
    main()
