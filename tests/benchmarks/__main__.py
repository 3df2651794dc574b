"""``python -m tests.benchmarks``: how fast qlint lints torchvision, what the plugin costs."""

from __future__ import annotations

import importlib.util
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 3


def seconds(command: list[str], folder: Path) -> float:
    """Median wall-clock time of a command in fresh processes, in seconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def lint_throughput() -> None:
    """Time qlint on the installed torchvision, cold, in both modes."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        print("torchvision is not installed: no lint throughput")
        return
    package = Path(spec.origin).parent
    lines = sum(path.read_bytes().count(b"\n") for path in package.rglob("*.py"))
    for options in ([], ["--assume-quantized"]):
        command = [sys.executable, "-m", "qlint", "--isolated", "--exit-zero", *options]
        time_taken = seconds([*command, str(package)], package.parent)
        name = " ".join(["qlint", *options, "torchvision"])
        print(f"{name}: {time_taken:.2f} s, {lines / 1000 / time_taken:.1f} kLOC/s")
    torchfix = shutil.which("torchfix")
    if torchfix is None:
        print("torchfix is not installed: no comparison (pip install torchfix==0.7.0)")
        return
    start = time.perf_counter()
    command = [torchfix, "--select", "ALL", "--jobs", "1", str(package)]
    subprocess.run(command, check=False, capture_output=True)
    theirs = time.perf_counter() - start
    print(f"torchfix --jobs 1 torchvision: {theirs:.2f} s, {theirs / time_taken:.1f} times that")


def plugin_cost() -> None:
    """Time a pytest session that uses nothing of the plugin, with and without it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_empty.py").write_text("def test_nothing():\n    pass\n")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        without = seconds([*command, "-p", "no:qcheck"], folder)
        with_it = seconds(command, folder)
    print(f"pytest: {without:.3f} s without the plugin, {with_it:.3f} s with it")
    code = (
        "import time, pytest; start = time.perf_counter(); import pytest_qcheck.plugin;"
        "print(f'import pytest_qcheck.plugin: {1000 * (time.perf_counter() - start):.1f} ms')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


if __name__ == "__main__":
    lint_throughput()
    plugin_cost()
