"""``python -m tests.benchmarks.fixed_models``: what ``qlint --fix`` makes of torchvision's models.

Fixes copies of torchvision, once with the safe fixes and once with all; then wraps, fuses,
calibrates, converts and runs each model in int8 for real, with the weights of the untouched one,
and compares with what FX graph mode quantization makes of that. Prints a table for the docs.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MODELS = (
    "alexnet convnext_tiny densenet121 efficientnet_b0 efficientnet_v2_s googlenet inception_v3 "
    "maxvit_t mnasnet0_5 mobilenet_v2 mobilenet_v3_small mobilenet_v3_large regnet_x_400mf "
    "regnet_y_400mf resnet18 resnet50 resnext50_32x4d shufflenet_v2_x0_5 shufflenet_v2_x1_0 "
    "squeezenet1_0 squeezenet1_1 swin_t swin_v2_t vgg11 vgg11_bn vit_b_32 wide_resnet50_2"
).split()
VARIANTS = {"untouched": None, "--fix": [], "--unsafe-fixes": ["--unsafe-fixes"]}
ENGINE = "fbgemm"
SIZES = {"inception_v3": 299}
_IMAGES = 2
_BATCHES = 4


def main() -> None:
    """Measure all models, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--in", dest="folder", help="measure one model in this folder (internal)")
    parser.add_argument("--kind", choices=["eager", "fx"], default="eager")
    parser.add_argument("--extend-select", default="", help="rules to fix that are off by default")
    parser.add_argument("--keep", help="put the fixed copies here, and keep them")
    options = parser.parse_args()
    if options.folder is not None:
        sys.path.insert(0, options.folder)
        print(json.dumps(_measure(options.models[0], options.kind, Path(options.folder))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(options.keep or temporary)
        folders = {
            name: _copy(place / str(n), how, options.extend_select)
            for n, (name, how) in enumerate(VARIANTS.items())
        }
        print("| model | FX | " + " | ".join(f"`{name}`" for name in VARIANTS) + " |")
        print("| --- " * (len(VARIANTS) + 2) + "|")
        for name in options.models:
            cells = [_in_process(name, folders["untouched"], "fx")]
            cells += [_in_process(name, folder, "eager") for folder in folders.values()]
            print(f"| {name} | " + " | ".join(_cell(each) for each in cells) + " |", flush=True)


def _copy(folder: Path, how: list[str] | None, extend_select: str) -> Path:
    """A copy of torchvision, fixed in some way."""
    spec = importlib.util.find_spec("torchvision")
    assert spec is not None
    assert spec.origin is not None
    package = folder / "torchvision"
    if not package.exists():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(Path(spec.origin).parent, package, ignore=ignored)
        if how is not None:
            command = [sys.executable, "-m", "qlint", "--isolated", "--assume-quantized", "--fix"]
            if extend_select:
                command += ["--extend-select", extend_select]
            subprocess.run([*command, *how, "--statistics", str(package)], cwd=ROOT, check=False)
    return folder


def _in_process(name: str, folder: Path, kind: str) -> dict[str, Any]:
    """Measure in a process of its own: each has another torchvision."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.fixed_models"]
    result = subprocess.run(
        [*command, "--in", str(folder), "--kind", kind, name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
    )
    try:
        return dict(json.loads(result.stdout.splitlines()[-1]))
    except (IndexError, ValueError):
        return {"error": result.stderr.strip().splitlines()[-1][:80] if result.stderr else "?"}


def _cell(measured: dict[str, Any]) -> str:
    if "error" in measured:
        return f"fails: {measured['error']}"
    changed = "" if measured["same"] else " (float output differs)"
    return f"{measured['sqnr']:.1f}{changed}"


def _measure(name: str, kind: str, folder: Path) -> dict[str, Any]:
    """SQNR of the int8 model against the untouched float one, and whether the float one that was
    quantized puts out the very same.
    """
    import torch

    from tests.torchvision_stub import import_torchvision

    warnings.simplefilter("ignore")
    torch.backends.quantized.engine = ENGINE
    torch.set_num_threads(1)  # float sums come out the same in each process
    models = import_torchvision("torchvision.models")
    assert Path(models.__file__).is_relative_to(folder), models.__file__
    torch.manual_seed(0)
    model = getattr(models, name)(weights=None, **_options(name))
    size = SIZES.get(name, 224)
    generator = torch.Generator().manual_seed(1)
    batches = [torch.randn(_IMAGES, 3, size, size, generator=generator) for _ in range(_BATCHES)]
    reference = _reference(name, model, batches, folder)
    model.load_state_dict(reference["weights"])
    model.eval()
    try:
        with torch.no_grad():
            same = bool(torch.equal(model(batches[0]), reference["output"]))
            output = (_eager if kind == "eager" else _fx)(model, batches)
    except Exception as error:
        return {"error": _where(error, folder)}
    from pytest_qcheck.numerics import sqnr_db

    return {"same": same, "sqnr": float(sqnr_db(reference["output"], output))}


def _options(name: str) -> dict[str, Any]:
    return {"aux_logits": False, "init_weights": True} if "inc" in name or "goog" in name else {}


def _reference(name: str, model: Any, batches: list[Any], folder: Path) -> dict[str, Any]:
    """Weights and float output of the untouched model, made when it is measured first."""
    import torch

    path = folder.parent / f"{name}.pt"
    if not path.exists():
        model.train()  # batch norms that have seen data, and heads that are not zero
        with torch.no_grad():
            for weights in model.parameters():
                if not weights.any() and weights.dim() > 1:
                    weights.normal_(std=0.02)
            for batch in batches:
                model(batch)
        model.eval()
        with torch.no_grad():
            torch.save({"weights": model.state_dict(), "output": model(batches[0])}, path)
    return dict(torch.load(path))


def _eager(model: Any, batches: list[Any]) -> Any:
    """Wrap, fuse, calibrate, convert and run."""
    from torch.ao import quantization

    from pytest_qcheck.assertions.full_fusion import _unfused_sequences
    from pytest_qcheck.tracing import trace

    sequences = _unfused_sequences(trace(model, batches[0]), training=False)
    groups = [[step.name for step in each.steps] for each in sequences if not each.note]
    if groups:
        model = quantization.fuse_modules(model, groups)
    model = quantization.QuantWrapper(model)
    model.qconfig = quantization.get_default_qconfig(ENGINE)
    prepared = quantization.prepare(model)
    for batch in batches:
        prepared(batch)
    return quantization.convert(prepared)(batches[0])


def _fx(model: Any, batches: list[Any]) -> Any:
    from torch.ao.quantization import get_default_qconfig_mapping, quantize_fx

    prepared = quantize_fx.prepare_fx(model, get_default_qconfig_mapping(ENGINE), (batches[0],))
    for batch in batches:
        prepared(batch)
    return quantize_fx.convert_fx(prepared)(batches[0])


def _where(error: Exception, folder: Path) -> str:
    """The kind of an error, and the line of torchvision that it comes from."""
    place, trace = "", error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if path.startswith(str(folder)):
            place = f" at {Path(path).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}{place}"


if __name__ == "__main__":
    main()
