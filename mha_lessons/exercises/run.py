"""Runs an answer on cases. Judges nothing, and knows no right answer.

Needs torch, numpy, `case.py` and `look.py` alone, so that the three can be copied to where answers run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

# relative, so that the files also work as another package
from .case import Case, Outcome, Value, plain
from .look import BY_NAME, is_empty, is_students, line, parameters, what, words


def run(answers: Mapping[str, object], cases: Iterable[Case]) -> list[Outcome]:
    """One outcome for each case. Nothing an answer raises comes through, `KeyboardInterrupt` excepted.

    Args:
        answers: what the student defined, by name; a notebook's whole namespace will do.
        cases: each is run on fresh copies of its arrays.

    >>> case = Case("values", "double", args={"x": np.ones((2, 3), "float32")})
    >>> (outcome,) = run({"double": lambda x: x * 2}, [case])
    >>> outcome.kind, float(outcome.arrays["0"].sum()), outcome.parameters
    ('ok', 12.0, ('x',))
    """
    return [_run(answers, case) for case in cases]


def _run(answers: Mapping[str, object], case: Case) -> Outcome:
    if case.answer not in answers:
        return Outcome("missing")
    answer = answers[case.answer]
    if answer is Ellipsis or (answer is None and case.call == "value"):
        return Outcome("not attempted")
    said: dict[str, Any] = {"what": what(answer), "parameters": parameters(answer)}
    given = {name: _tensor(value, case.strided) for name, value in case.args.items()}
    before = {name: value.clone() for name, value in given.items() if isinstance(value, Tensor)}
    weights: dict[str, Tensor] = {}
    turned: set[str] = set()
    try:
        with torch.enable_grad():
            called = answer
            if case.call == "module":
                called = _call(answer, case.build)
                if isinstance(called, nn.Module):
                    called.eval()
                weights, turned = _load(called, case.state)
            leaves = {name: given[name].requires_grad_() for name in case.gradient_of if name in given}
            result = _value(answer) if case.call == "value" else _call(called, given)
            if result is Ellipsis or (result is None and is_empty(answer)):
                return Outcome("not attempted", **said)
            arrays = _arrays(result)
            if case.gradient_of:
                arrays |= _gradients(result, case, leaves | weights, turned)
    except KeyboardInterrupt:
        raise
    except NotImplementedError as error:
        if is_students(error):
            return Outcome("not attempted", **said)
        return Outcome("raised", error=words(error), line=line(error), **said)
    except _UnusableError as error:
        return Outcome("unusable", error=plain(str(error)), **said)
    except BaseException as error:  # SystemExit, too, is a result
        return Outcome("raised", error=words(error), line=line(error), **said)
    changed = tuple(name for name, value in before.items() if not _same(value, given[name]))
    return Outcome("ok", arrays, changed=changed, **said)


def _value(answer: Any) -> Any:
    """The value itself, or what a function of no arguments gives."""
    value = answer() if callable(answer) and not isinstance(answer, Tensor) else answer
    return list(value) if isinstance(value, tuple) else value  # rows of numbers, not several results


def _call(answer: Any, given: Mapping[str, Any]) -> Any:
    """By position, so that a student may name things as they like; by name where the answer insists."""
    target = answer.forward if isinstance(answer, nn.Module) else answer
    by_name = {each.removesuffix(BY_NAME) for each in parameters(target) or () if each.endswith(BY_NAME)}
    named = {name: given[name] for name in by_name & given.keys()}
    return answer(*(value for name, value in given.items() if name not in named), **named)


def _tensor(value: Value, strided: bool) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    tensor = torch.from_numpy(np.array(value))
    if strided and tensor.dim() > 1:
        return tensor.mT.contiguous().mT  # the same numbers, laid out by columns
    return tensor


def _load(module: Any, state: Mapping[str, np.ndarray]) -> tuple[dict[str, Tensor], set[str]]:
    """Put weights into a module; gives its parameters, and the names of those that lie turned round.

    A `nn.Linear` of that name will do, too: its weights are turned round, and its bias is set to 0.
    """
    weights: dict[str, Tensor] = {}
    turned: set[str] = set()
    with torch.no_grad():
        for name, array in state.items():
            own = getattr(module, name, None)
            target: Any
            if isinstance(own, nn.Linear):
                if own.bias is not None:
                    own.bias.zero_()
                target, wanted = own.weight, torch.from_numpy(array.T.copy())
                turned.add(name)
            else:
                target, wanted = own, torch.from_numpy(array.copy())
            if not isinstance(target, nn.Parameter):
                got = "nothing" if own is None else f"a {type(own).__name__}"
                raise _UnusableError(
                    f"{name} should be a torch.nn.Parameter [{', '.join(map(str, array.shape))}], got {got}"
                )
            if target.shape != wanted.shape:
                raise _UnusableError(f"{name} should be {list(array.shape)}, got {list(target.shape)}")
            target.copy_(wanted)
            weights[name] = target
    return weights, turned


def _arrays(result: Any) -> dict[str, np.ndarray]:
    if isinstance(result, dict):
        return {str(name): _array(each) for name, each in result.items()}
    if isinstance(result, tuple):
        return {str(place): _array(each) for place, each in enumerate(result)}
    return {"0": _array(result)}


def _array(value: Any) -> np.ndarray:
    if isinstance(value, Tensor):
        tensor = value.detach().cpu().to_dense().resolve_conj().resolve_neg()
        if tensor.is_complex():
            raise _UnusableError("a tensor of complex numbers")
        return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy().copy()
    if isinstance(value, list | tuple) and any(isinstance(each, Tensor) for each in value):
        raise _UnusableError(f"a {type(value).__name__} of tensors")
    try:
        array: np.ndarray = np.array(value)
    except ValueError:
        raise _UnusableError("a list of rows of different lengths") from None
    if array.dtype.kind not in "fiub":
        raise _UnusableError("None" if value is None else f"a {type(value).__name__}")
    return array


def _gradients(
    result: Any, case: Case, leaves: Mapping[str, Tensor], turned: set[str]
) -> dict[str, np.ndarray]:
    """Gradients by name; none where the result does not depend on any of them in torch's eyes."""
    if not isinstance(result, Tensor) or not result.requires_grad or case.probe is None:
        return {}
    if result.shape != case.probe.shape:
        return {}  # a wrong shape is said where shapes are looked at
    (result * torch.from_numpy(case.probe).to(result.dtype)).sum().backward()
    found = {}
    for name in case.gradient_of:
        gradient = leaves[name].grad
        if gradient is None:
            continue
        array = gradient.numpy().copy()
        found[f"gradient of {name}"] = array.T if name in turned else array
    return found


def _same(before: Tensor, after: Tensor) -> bool:
    if before.shape != after.shape or before.dtype != after.dtype:
        return False
    if before.is_floating_point():  # NaN is the same as NaN here
        before, after = before.nan_to_num(7e7), after.detach().nan_to_num(7e7)
    return bool(torch.equal(before, after))


class _UnusableError(Exception):
    """What came back cannot be turned into arrays."""
