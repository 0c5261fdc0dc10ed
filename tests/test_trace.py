"""What a trace promises about when, how often and under which grad mode its fields are computed."""

import copy
import math
import pickle
from collections import Counter
from itertools import permutations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from mha_lessons import MultiHeadAttention, Trace, causal_mask
from mha_lessons.trace import SHORT_ROW

PRODUCTS = ("bmm", "mm", "addmm", "baddbmm", "_softmax")


class Counted(TorchDispatchMode):
    """Counts matrix products and softmaxes, and adds up the bytes of the tensors they make."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        if name in PRODUCTS:
            self.calls[name] += 1
        return func(*args, **(kwargs or {}))


def taken(**kwargs) -> tuple[MultiHeadAttention, Tensor, Trace]:
    torch.manual_seed(0)
    made, x = MultiHeadAttention(6, 3, dtype=torch.float64), torch.randn(2, 5, 6, dtype=torch.float64)
    return made, x, made.trace(x, **kwargs)


def test_fields_have_the_shapes_the_book_names() -> None:
    made = MultiHeadAttention(7, 6, d_head=2, num_kv_heads=3)
    trace = made.trace(torch.randn(2, 5, 7), torch.randn(2, 4, 7))
    shapes = {name: tuple(getattr(trace, name).shape) for name in Trace.FIELDS}
    assert shapes == {
        "q": (2, 6, 5, 2),
        "k": (2, 3, 4, 2),
        "v": (2, 3, 4, 2),
        "scores": (2, 6, 5, 4),
        "attn": (2, 6, 5, 4),
        "z": (2, 6, 5, 2),
        "contributions": (2, 6, 5, 7),
        "output": (2, 5, 7),
        "concat": (2, 5, 12),
    }


@given(st.integers(0, 999), st.sampled_from([5, SHORT_ROW - 1, SHORT_ROW, SHORT_ROW + 1]), st.booleans())
def test_the_fields_of_a_trace_agree_with_each_other(seed: int, keys: int, masked: bool) -> None:
    torch.manual_seed(seed)
    made = MultiHeadAttention(6, 4, d_head=3, num_kv_heads=2, dtype=torch.float64)
    x, context = torch.randn(2, 5, 6, dtype=torch.float64), torch.randn(2, keys, 6, dtype=torch.float64)
    mask = torch.rand(2, 1, 5, keys) > 0.5 if masked else None
    gates = torch.rand(4, dtype=torch.float64)
    trace = made.trace(x, context, mask=mask, gates=gates)
    alive = torch.ones(2, 4, 5, dtype=torch.bool) if mask is None else mask.any(-1).expand(2, 4, 5)
    k, v = (t.repeat_interleave(2, dim=1) for t in (trace.k, trace.v))
    looked = trace.q @ k.mT / math.sqrt(3)
    looked = looked if mask is None else looked.masked_fill(~mask, -math.inf)
    w_o = made.w_o.view(4, 3, 6)
    near = {"rtol": 0.0, "atol": 1e-12}
    torch.testing.assert_close(trace.scores, looked, **near)
    torch.testing.assert_close(trace.attn[alive], trace.scores.softmax(-1)[alive], **near)
    torch.testing.assert_close(trace.attn.sum(-1), alive.double(), **near)
    torch.testing.assert_close(trace.z, trace.attn @ v, **near)
    gated = trace.z * gates.view(4, 1, 1)
    torch.testing.assert_close(trace.concat, gated.transpose(1, 2).flatten(2), **near)
    torch.testing.assert_close(trace.contributions, gated @ w_o, **near)
    torch.testing.assert_close(trace.output, trace.contributions.sum(1) + made.b_o, **near)
    torch.testing.assert_close(trace.output, trace.concat @ made.w_o + made.b_o, **near)


def test_each_tensor_is_computed_once_in_whatever_order_the_fields_are_read() -> None:
    made, x, _ = taken()
    names = ("scores", "attn", "z", "contributions", "output")
    for order in permutations(names):
        with Counted() as counted, torch.no_grad():
            trace = made.trace(x)
            for name in order * 2:
                assert getattr(trace, name) is getattr(trace, name)
        assert counted.calls["_softmax"] == 1
        assert counted.calls["bmm"] == 3  # scores, z, contributions
        # the joint projection; W^O once more only where output was asked for before contributions
        assert counted.calls["addmm"] == 1 + (order.index("output") < order.index("contributions"))


def test_a_long_row_of_scores_is_scaled_in_the_product_that_makes_it() -> None:
    made, x, _ = taken()
    with Counted() as counted, torch.no_grad():
        scores = made.trace(x, torch.ones(2, SHORT_ROW, 6, dtype=torch.float64)).scores
    assert counted.calls == {"addmm": 2, "baddbmm": 1}
    assert scores.is_contiguous()


def test_taking_a_trace_projects_and_computes_nothing_else() -> None:
    made, x, _ = taken()
    other = x + 1
    for inputs, products in [((), 1), ((other,), 2), ((None, other), 2), ((x, other), 3)]:
        with Counted() as counted:
            made.trace(x, *inputs)
        assert counted.calls == {"addmm": products}


@pytest.mark.parametrize(
    ("read", "held"),
    [
        ("q", set()),
        ("scores", {"scores"}),
        ("attn", {"scores", "attn"}),
        ("z", {"scores", "attn", "z"}),
        ("output", {"scores", "attn", "z", "concat", "output"}),
        ("contributions", {"scores", "attn", "z", "contributions"}),
    ],
)
def test_a_trace_holds_what_was_read_and_what_that_is_made_of(read: str, held: set[str]) -> None:
    trace = taken()[2]
    getattr(trace, read)
    assert {name for name in Trace.FIELDS if name in vars(trace)} == {"q", "k", "v"} | held


def test_a_field_is_computed_under_the_grad_mode_of_its_trace() -> None:
    made, x, with_grad = taken()
    with torch.no_grad():
        without = made.trace(x)
        assert with_grad.output.requires_grad
    for name in ("scores", "attn", "z", "contributions", "output"):
        assert not getattr(without, name).requires_grad
    with torch.inference_mode():
        inferred = made.trace(x)
    torch.testing.assert_close(inferred.output, with_grad.output)


def test_gradients_reach_the_weights_from_every_field() -> None:
    for name in ("scores", "attn", "z", "concat", "contributions", "output"):
        made, _, trace = taken(mask=causal_mask(5))
        field = getattr(trace, name)
        field[field.isfinite()].square().sum().backward()
        assert made.w_qkv.grad.isfinite().all()
        assert made.w_qkv.grad.any()
        reads_w_o = name in ("contributions", "output")
        assert (made.w_o.grad is not None) == reads_w_o


@pytest.mark.parametrize("name", ["contributions", "output"])
def test_a_trace_older_than_its_w_o_says_so(name: str) -> None:
    made, _, trace = taken()
    assert trace.z is not None
    with torch.no_grad():
        made.w_o += 1
    with pytest.raises(
        RuntimeError, match=r"^W\^O has changed since this trace was taken: read contributions and"
    ):
        getattr(trace, name)


@pytest.mark.parametrize("num_heads", [1, 3])
def test_reading_a_trace_changes_neither_the_input_nor_the_mask_nor_what_was_read(num_heads: int) -> None:
    x = taken()[1]
    made = MultiHeadAttention(6, num_heads, dtype=torch.float64)
    nn.init.ones_(made.b_o)
    for mask in (
        causal_mask(5),
        torch.zeros(5, 5, dtype=torch.float64).masked_fill(~causal_mask(5), -math.inf),
    ):
        before = x.clone(), mask.clone()
        trace = made.trace(x, mask=mask)
        fields = {
            name: getattr(trace, name).clone() for name in ("q", "scores", "attn", "z", "contributions")
        }
        trace.output  # noqa: B018 - read for its effects
        assert torch.equal(x, before[0])
        assert torch.equal(mask, before[1])
        assert all(torch.equal(getattr(trace, name), field) for name, field in fields.items())


def test_a_trace_without_gradients_can_be_copied_and_pickled() -> None:
    made, x, _ = taken()
    with torch.no_grad():
        trace = made.trace(x, mask=causal_mask(5))
    for copied in (copy.deepcopy(trace), pickle.loads(pickle.dumps(trace))):
        assert torch.equal(copied.output, trace.output)
    with torch.no_grad():
        made.w_o += 1
    with pytest.raises(RuntimeError, match="has changed"):
        copy.deepcopy(trace).contributions  # noqa: B018


def test_fields_explain_themselves() -> None:
    assert "[batch, head, query, key]" in Trace.attn.__doc__
    table = Trace.__doc__.split("|---|")[-1]
    assert all(f"`{name}`" in table for name in Trace.FIELDS)
