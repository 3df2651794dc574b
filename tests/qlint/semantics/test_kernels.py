"""The table of kernels against the installed torch, and against the tables written by hand."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import measure
import pytest

from qlint.semantics import kernels, operations
from qlint.semantics.kernels import Outcome
from qlint.semantics.names import FUNCTIONAL, NN

TABLE = json.loads(measure.TABLE.read_text())
WORKING = [name for name, entry in TABLE["functions"].items() if entry["result"] != "fails"]


@pytest.fixture(scope="module")
def measured() -> dict:
    return json.loads(measure.as_text(measure.measure()))


def test_table_is_of_the_torch_that_the_tests_pin(measured: dict) -> None:
    assert TABLE["torch"] == measured["torch"]


@pytest.mark.parametrize("part", ["functions", "modules"])
def test_installed_torch_agrees(measured: dict, part: str) -> None:
    differences = {
        name: (TABLE[part].get(name), measured[part].get(name))
        for name in TABLE[part].keys() | measured[part].keys()
        if TABLE[part].get(name) != measured[part].get(name)
    }
    assert not differences, "run: python tests/qlint/semantics/measure.py"


def test_what_has_a_rule_of_its_own_needs_it() -> None:
    for name, family in operations.OP_OF_NAME.items():
        if name in TABLE["functions"] and family is not operations.Op.RELU:
            assert TABLE["functions"][name]["result"] in ("fails", "wrong"), name


@pytest.mark.parametrize("name", WORKING)
def test_hand_written_tables_agree(name: str) -> None:
    result = TABLE["functions"][name]["result"]
    if result == "int8, same qparams":
        assert operations.result_of(name) not in (
            operations.Result.FLOAT,
            operations.Result.NOT_TENSOR,
        )
    elif result == "not quantized":
        assert operations.result_of(name) is operations.Result.FLOAT
    elif result == "int8":
        assert name not in operations.KEEP_GRID


def _outcome(name: str, namespace: str = "torch.", **given: str) -> Outcome | None:
    return kernels.of_operation(name, namespace, lambda option: given.get(option[0], ""))


def test_options_decide() -> None:
    assert _outcome("interpolate") is Outcome.SAME_QPARAMS
    assert _outcome("interpolate", mode="bicubic") is Outcome.FAILS
    assert _outcome("interpolate", mode="unheard-of") is Outcome.SAME_QPARAMS
    assert _outcome("dropout") is Outcome.FAILS  # training=True is the default
    assert _outcome("dropout", training="False") is Outcome.SAME_QPARAMS
    assert _outcome("mean") is Outcome.WRONG
    assert _outcome("mean", dim="1") is Outcome.SAME_QPARAMS


def test_a_function_and_a_method_of_one_name_can_differ() -> None:
    assert _outcome("unfold", FUNCTIONAL) is Outcome.FAILS
    assert _outcome("unfold") is Outcome.SAME_QPARAMS


def test_in_place_forms_are_known() -> None:
    assert _outcome("exp_") is _outcome("exp") is Outcome.FAILS
    assert _outcome("no_such_operation") is None


def test_subclasses_of_swapped_modules_fail() -> None:
    assert kernels.of_module(NN + "LayerNorm") is Outcome.INT8
    assert kernels.of_module(NN + "LayerNorm", subclass=True) is Outcome.FAILS
    assert kernels.of_module(NN + "ReLU", subclass=True) is Outcome.SAME_QPARAMS
    assert kernels.is_swapped(NN + "Conv2d")
    assert not kernels.is_swapped(NN + "ReLU")
    assert kernels.of_module("elsewhere.LayerNorm") is None


def test_agrees_with_the_table_the_project_started_from() -> None:
    """``start_table.json`` was measured by others, with calls of their own."""
    start = json.loads((Path(__file__).parent / "start_table.json").read_text())
    assert importlib.util.find_spec("torch") is not None
    for name, result in start["modules"].items():
        ours = TABLE["modules"].get(name.partition(" ")[0])
        if ours is not None and not name.startswith("ConvTranspose"):
            assert (ours["converted"] in ("fails", "wrong")) == (result == "fails"), name
    for name, result in start["functions"].items():
        ours = TABLE["functions"][name]
        assert (ours.get("functional", ours["result"]) == "fails") == (result == "fails"), name
