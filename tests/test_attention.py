"""The layer against torch, against its own definition, and in every place where a layer has to work."""

import copy
import io
import math
import pickle
import shutil
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody gives it
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from mha_lessons import MultiHeadAttention, attend, causal_mask, from_torch, padding_mask

DOUBLE = torch.float64
NEAR = {"rtol": 0.0, "atol": 1e-12}


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = DOUBLE) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE).to(dtype)


def layer(
    d_model: int, num_heads: int, seed: int = 0, dtype: torch.dtype = DOUBLE, **kwargs
) -> MultiHeadAttention:
    made = MultiHeadAttention(d_model, num_heads, dtype=DOUBLE, **kwargs)
    for number, weight in enumerate(made.parameters()):
        with torch.no_grad():
            weight.copy_(normal(*weight.shape, seed=seed + number) / 2)
    return made.to(dtype)


@st.composite
def sizes(draw: st.DrawFn) -> dict:
    kv_heads, d_head = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    return {
        "num_kv_heads": kv_heads,
        "num_heads": kv_heads * draw(st.integers(1, 3)),
        "d_head": d_head,
        "d_model": draw(st.integers(1, 7)),
        "bias": draw(st.booleans()),
        "temperature": draw(st.sampled_from([0.5, 1.0, 3.0])),
        "batch": draw(st.integers(1, 3)),
        "queries": draw(st.integers(1, 6)),
        "keys": draw(st.sampled_from([1, 2, 5, 70])),  # on both sides of the short rows of the trace
        "seed": draw(st.integers(0, 10_000)),
    }


@st.composite
def masks(draw: st.DrawFn, case: dict) -> Tensor | None:
    """A mask of any kind and any shape that broadcasts, rows that may look nowhere among them."""
    full = (case["batch"], case["num_heads"], case["queries"], case["keys"])
    shape = [draw(st.sampled_from([1, size])) for size in full]
    number = draw(st.sampled_from([2, 3, 4]))
    shape = {2: shape[2:], 3: [shape[0], *shape[2:]], 4: shape}[number]
    noise = normal(*shape, seed=case["seed"] + 99)
    may = noise > draw(st.sampled_from([-1.0, 0.0, 1.0, 9.0]))
    kind = draw(st.sampled_from(["none", "bool", "float"]))
    return {"none": None, "bool": may, "float": noise.masked_fill(~may, -math.inf)}[kind]


def build(case: dict) -> tuple[MultiHeadAttention, Tensor, Tensor]:
    names = ("num_kv_heads", "d_head", "bias", "temperature")
    made = layer(
        case["d_model"], case["num_heads"], seed=case["seed"], **{name: case[name] for name in names}
    )
    x = normal(case["batch"], case["queries"], case["d_model"], seed=case["seed"] + 50)
    context = normal(case["batch"], case["keys"], case["d_model"], seed=case["seed"] + 51)
    return made, x, context


def by_hand(made: MultiHeadAttention, x: Tensor, context: Tensor, mask: Tensor | None, gates: Tensor) -> dict:
    """The definition, one head, one query at a time, in plain loops."""
    wide = (len(x), made.num_heads, x.shape[1], context.shape[1])
    if mask is None:
        mask = torch.ones((), dtype=torch.bool)
    if mask.dim() == 3:
        mask = mask[:, None]
    added = (
        torch.zeros(mask.shape, dtype=DOUBLE).masked_fill(~mask, -math.inf)
        if mask.dtype == torch.bool
        else mask
    )
    added = added.expand(wide)
    zero = torch.zeros(1, dtype=DOUBLE)
    b_q, b_k, b_v, b_o = (zero if b is None else b for b in (made.b_q, made.b_k, made.b_v, made.b_o))
    q, k, v = x @ made.w_q + b_q, context @ made.w_k + b_k, context @ made.w_v + b_v
    scores, attn = torch.empty(wide, dtype=DOUBLE), torch.zeros(wide, dtype=DOUBLE)
    contributions = torch.empty(*wide[:3], made.d_model, dtype=DOUBLE)
    for b in range(wide[0]):
        for i in range(made.num_heads):
            own = slice(i * made.d_head, (i + 1) * made.d_head)
            j = i // (made.num_heads // made.num_kv_heads)
            shared = slice(j * made.d_head, (j + 1) * made.d_head)
            for row in range(wide[2]):
                dots = torch.stack([q[b, row, own].dot(key[shared]) for key in k[b]])
                scores[b, i, row] = dots / (math.sqrt(made.d_head) * made.temperature) + added[b, i, row]
                if (scores[b, i, row] > -math.inf).any():
                    weights = (scores[b, i, row] - scores[b, i, row].max()).exp()
                    attn[b, i, row] = weights / weights.sum()
                z = sum(attn[b, i, row, key] * v[b, key, shared] for key in range(wide[3]))
                contributions[b, i, row] = gates.expand(wide[:2])[b, i] * (z @ made.w_o[own])
    return {
        "scores": scores,
        "attn": attn,
        "contributions": contributions,
        "output": contributions.sum(1) + b_o,
    }


@given(st.data())
def test_the_layer_is_its_definition_whatever_the_sizes_masks_and_gates(data: st.DataObject) -> None:
    case = data.draw(sizes().filter(lambda case: case["keys"] < 70 or case["queries"] < 3))
    made, x, context = build(case)
    mask = data.draw(masks(case))
    shape = data.draw(st.sampled_from([(case["num_heads"],), (case["batch"], case["num_heads"])]))
    gates = normal(*shape, seed=case["seed"] + 77)
    with torch.no_grad():
        want = by_hand(made, x, context, mask, gates)
        trace = made.trace(x, context, mask=mask, gates=gates)
        for name, tensor in want.items():
            torch.testing.assert_close(
                getattr(trace, name), tensor, msg=lambda m, n=name: f"{n}: {m}", **NEAR
            )
        torch.testing.assert_close(made(x, context, mask=mask, gates=gates), want["output"], **NEAR)


@given(st.data())
def test_outputs_and_weights_are_those_of_torch(data: st.DataObject) -> None:
    heads, batch, queries, keys = (data.draw(st.integers(1, n)) for n in (4, 3, 6, 6))
    bias, own = data.draw(st.booleans()), data.draw(st.booleans())
    keys = queries if own else keys
    theirs = nn.MultiheadAttention(heads * 3, heads, bias=bias, batch_first=True, dtype=DOUBLE).eval()
    for number, weight in enumerate(theirs.parameters()):
        nn.init.normal_(weight, generator=torch.Generator().manual_seed(number))
    ours = from_torch(theirs)
    x, context = normal(batch, queries, heads * 3, seed=1), normal(batch, keys, heads * 3, seed=2)
    context = x if own else context
    mask = normal(batch, heads, queries, keys, seed=data.draw(st.integers(0, 99))) > -0.3
    mask[..., 0] = True  # a row of nothing is NaN in torch
    hidden = data.draw(
        st.sampled_from([None, ~mask, torch.zeros(mask.shape, dtype=DOUBLE).masked_fill(~mask, -5)])
    )
    given_mask = None if hidden is None else ~hidden if hidden.dtype == torch.bool else hidden
    want, weights = theirs(
        x,
        context,
        context,
        attn_mask=None if hidden is None else hidden.flatten(0, 1),
        average_attn_weights=False,
    )
    arguments = (x,) if own else (x, context)
    trace = ours.trace(*arguments, mask=given_mask)
    torch.testing.assert_close(trace.attn, weights, **NEAR)
    torch.testing.assert_close(trace.output, want, **NEAR)
    torch.testing.assert_close(ours(*arguments, mask=given_mask), want, **NEAR)


@given(st.data())
def test_three_different_inputs_go_where_torch_puts_query_key_and_value(data: st.DataObject) -> None:
    heads, batch, queries, keys = (data.draw(st.integers(1, n)) for n in (4, 3, 6, 6))
    theirs = nn.MultiheadAttention(
        heads * 2, heads, bias=data.draw(st.booleans()), batch_first=True, dtype=DOUBLE
    )
    for number, weight in enumerate(theirs.eval().parameters()):
        nn.init.normal_(weight, generator=torch.Generator().manual_seed(number))
    ours = from_torch(theirs)
    own = data.draw(st.booleans())  # queries and keys of the same tokens, such as positions alone
    x, values = normal(batch, queries, heads * 2, seed=1), normal(batch, keys, heads * 2, seed=3)
    context = normal(batch, keys, heads * 2, seed=2)
    x = context if own else x
    arguments = (x, None, values) if own else (x, context, values)
    mask = normal(x.shape[1], keys, seed=data.draw(st.integers(0, 99))) > -0.3
    mask[:, 0] = True  # a row of nothing is NaN in torch
    want, weights = theirs(x, context, values, attn_mask=~mask, average_attn_weights=False)
    trace = ours.trace(*arguments, mask=mask)
    torch.testing.assert_close(trace.attn, weights, **NEAR)
    torch.testing.assert_close(trace.output, want, **NEAR)
    torch.testing.assert_close(ours(*arguments, mask=mask), want, **NEAR)


@pytest.mark.parametrize("num_kv_heads", [4, 2])
def test_naming_the_defaults_changes_nothing(num_kv_heads: int) -> None:
    made, x, context = (
        layer(6, 4, d_head=3, num_kv_heads=num_kv_heads),
        normal(2, 3, 6),
        normal(2, 5, 6, seed=1),
    )
    for short, long in [((x,), (x, x, x)), ((x,), (x, None, x)), ((x, context), (x, context, context))]:
        for mine, named in zip(made.project(*short), made.project(*long), strict=True):
            torch.testing.assert_close(mine, named, **NEAR)


def test_gradients_are_those_of_torch_on_both_paths() -> None:
    theirs = nn.MultiheadAttention(6, 3, batch_first=True, dtype=DOUBLE)
    mask = causal_mask(5)
    for path in ("output", "trace"):
        ours, x, y = from_torch(theirs), normal(2, 5, 6).requires_grad_(), normal(2, 5, 6).requires_grad_()
        out = ours(x, mask=mask) if path == "output" else ours.trace(x, mask=mask).output
        out.square().sum().backward()
        theirs.zero_grad()
        theirs(y, y, y, attn_mask=~mask)[0].square().sum().backward()
        torch.testing.assert_close(x.grad, y.grad, **NEAR)
        torch.testing.assert_close(ours.w_qkv.grad.T, theirs.in_proj_weight.grad, **NEAR)
        torch.testing.assert_close(ours.b_qkv.grad, theirs.in_proj_bias.grad, **NEAR)
        torch.testing.assert_close(ours.w_o.grad.T, theirs.out_proj.weight.grad, **NEAR)


def test_gradients_through_every_part_are_right_to_numerical_differences() -> None:
    made = layer(3, 4, d_head=2, num_kv_heads=2)
    mask = torch.tensor([[True, False], [False, False], [True, True]])

    def output(x: Tensor, context: Tensor, gates: Tensor) -> Tensor:
        return made(x, context, mask=mask, gates=gates)

    def contributions(x: Tensor, context: Tensor, gates: Tensor) -> Tensor:
        return made.trace(x, context, mask=mask, gates=gates).contributions

    inputs = tuple(normal(*s, seed=n).requires_grad_() for n, s in enumerate([(1, 3, 3), (1, 2, 3), (4,)]))
    assert torch.autograd.gradcheck(output, inputs)
    assert torch.autograd.gradcheck(contributions, inputs)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", ["bool", "float"])
@pytest.mark.parametrize("num_kv_heads", [4, 2])
def test_a_query_that_may_look_nowhere_gets_the_bias_and_no_nan_backward(
    dtype: torch.dtype, kind: str, num_kv_heads: int
) -> None:
    made = layer(8, 4, num_kv_heads=num_kv_heads, dtype=dtype)
    may = padding_mask([3, 0], seq=3) & causal_mask(3)
    mask = may if kind == "bool" else torch.zeros(may.shape, dtype=dtype).masked_fill(~may, -math.inf)
    for path in ("output", "trace"):
        x = normal(2, 3, 8, dtype=dtype).requires_grad_()
        if path == "output":
            out = made(x, mask=mask)
        else:
            trace = made.trace(x, mask=mask)
            for field in (trace.attn, trace.z, trace.contributions, trace.concat):
                assert not field[1].any()
            assert (trace.scores[1] == -math.inf).all()
            out = trace.output
        assert torch.equal(out[1], made.b_o.expand(3, 8))
        made.zero_grad()
        out.float().square().sum().backward()
        assert not x.grad[1].any()
        assert x.grad[0].any()
        assert all(weight.grad.isfinite().all() for weight in made.parameters())


@pytest.mark.parametrize(("dtype", "atol"), [(torch.float32, 1e-5), (torch.bfloat16, 0.2)])
def test_lower_precision_stays_near_double(dtype: torch.dtype, atol: float) -> None:
    exact, x = layer(6, 3), normal(2, 5, 6)
    rough = layer(6, 3, dtype=dtype)
    mask = causal_mask(5)
    want, trace = exact(x, mask=mask), rough.trace(x.to(dtype), mask=mask)
    assert trace.output.dtype == trace.attn.dtype == dtype
    torch.testing.assert_close(trace.output.double(), want, rtol=0, atol=atol)
    torch.testing.assert_close(rough(x.to(dtype), mask=mask).double(), want, rtol=0, atol=atol)


def test_a_head_switched_off_takes_exactly_its_contribution_with_it() -> None:
    made, x = layer(6, 3), normal(2, 5, 6)
    full = made.trace(x)
    for head in range(3):
        gates = torch.ones(3, dtype=DOUBLE)
        gates[head] = 0
        torch.testing.assert_close(made(x, gates=gates), full.output - full.contributions[:, head], **NEAR)


def test_gates_learn() -> None:
    made, x = layer(6, 3), normal(2, 5, 6)
    gates = torch.ones(2, 3, dtype=DOUBLE, requires_grad=True)
    made(x, gates=gates).sum().backward()
    torch.testing.assert_close(gates.grad, made.trace(x).contributions.sum((2, 3)), **NEAR)


def test_attention_does_not_care_for_the_order_of_the_keys() -> None:
    made, x, context = layer(6, 3), normal(2, 4, 6), normal(2, 5, 6, seed=1)
    order = torch.tensor([3, 1, 4, 0, 2])
    torch.testing.assert_close(made(x, context[:, order]), made(x, context), **NEAR)


def test_a_causal_output_does_not_change_when_the_future_does() -> None:
    made, x = layer(6, 3), normal(2, 5, 6)
    other = x.clone()
    other[:, 3:] += 1
    before, after = (made(t, mask=causal_mask(5)) for t in (x, other))
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3:], after[:, 3:])


def test_one_head_of_identity_weights_is_worked_by_hand() -> None:
    made = MultiHeadAttention.from_weights(*[torch.eye(2)] * 4, num_heads=1)
    trace = made.trace(torch.tensor([[[0.0, 0.0], [math.sqrt(2) * math.log(3), 0.0]]]))
    torch.testing.assert_close(trace.scores[0, 0, 0], torch.zeros(2))
    torch.testing.assert_close(trace.attn[0, 0, 0], torch.tensor([0.5, 0.5]))
    torch.testing.assert_close(trace.scores[0, 0, 1], torch.tensor([0.0, math.sqrt(2) * math.log(3) ** 2]))
    torch.testing.assert_close(trace.output[0, 0], torch.tensor([math.log(3) / math.sqrt(2), 0.0]))


def test_changing_the_head_count_only_cuts_the_same_projection_elsewhere() -> None:
    w = [normal(6, 6, seed=seed) for seed in range(4)]
    x = normal(2, 5, 6)
    traces = [MultiHeadAttention.from_weights(*w, num_heads=h).trace(x) for h in (1, 2, 3, 6)]
    for name in ("q", "k", "v"):
        joined = [getattr(trace, name).transpose(1, 2).flatten(2) for trace in traces]
        assert all(torch.equal(joined[0], other) for other in joined)
    assert not torch.allclose(traces[0].output, traces[1].output)


def test_head_i_owns_its_columns_of_w_q_and_its_rows_of_w_o() -> None:
    made, x = layer(6, 3), normal(1, 4, 6)
    before = made.trace(x)
    before.contributions  # noqa: B018 - read before the weights change
    with torch.no_grad():
        made.w_q[:, 2:4] += 1
        made.w_o[4:6] += 1
    after = made.trace(x)
    assert [torch.equal(before.q[:, i], after.q[:, i]) for i in range(3)] == [True, False, True]
    same = [torch.equal(before.contributions[:, i], after.contributions[:, i]) for i in range(3)]
    assert same == [True, False, False]


def test_weights_given_are_the_weights_used() -> None:
    shapes = {"w_q": (5, 12), "w_k": (5, 6), "w_v": (5, 6), "w_o": (12, 5), "b_q": (12,), "b_v": (6,)}
    given_ = {name: normal(*shape, seed=n) for n, (name, shape) in enumerate(shapes.items())}
    made = MultiHeadAttention.from_weights(**given_, num_heads=4, num_kv_heads=2, temperature=2.0)
    assert all(torch.equal(getattr(made, name), weight) for name, weight in given_.items())
    assert not made.b_k.any()
    assert not made.b_o.any()
    assert (made.d_head, made.temperature) == (3, 2.0)
    assert MultiHeadAttention.from_weights(*[torch.eye(4)] * 4, num_heads=2).b_o is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"w_q": torch.ones(4)}, "w_q should be [d_model, concat], got [4]"),
        ({"w_k": torch.ones(4, 5)}, "w_k should be [d_model=4, concat=4], got [4, 5]"),
        ({"w_o": torch.ones(5, 4)}, "w_o should be [concat=4, d_model=4], got [5, 4]"),
        ({"b_o": torch.ones(5)}, "b_o should be [d_model=4], got [5]"),
        ({"b_k": torch.ones(3)}, "b_k should be [concat=4], got [3]"),
        ({"num_heads": 3}, "w_q has 4 columns, which do not divide into num_heads=3: take 1, 2 or 4"),
        ({"num_heads": 0}, "w_q has 4 columns, which do not divide into num_heads=0: take 1, 2 or 4"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change: dict, sentence: str, unchecked: None) -> None:
    weights = {name: torch.eye(4) for name in ("w_q", "w_k", "w_v", "w_o")}
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared below
        MultiHeadAttention.from_weights(**weights | {"num_heads": 2} | change)
    assert str(refused.value) == sentence


def test_attending_alone_is_torchs_own_with_each_shared_key_repeated() -> None:
    q, k, v = normal(2, 4, 3, 5, seed=1), normal(2, 2, 4, 5, seed=2), normal(2, 2, 4, 5, seed=3)
    wanted = F.scaled_dot_product_attention(q, k.repeat_interleave(2, 1), v.repeat_interleave(2, 1))
    torch.testing.assert_close(attend(q, k, v), wanted, **NEAR)
    with pytest.raises(ValueError, match="k should have a head count that divides the 4 query heads, got 0"):
        attend(q, k[:, :0], v[:, :0])


ONE = torch.ones(2, 5, 8)


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        ({"x": ONE[..., :7]}, ValueError, "x should be [batch, seq, d_model=8], got [2, 5, 7]"),
        ({"x": ONE[0]}, ValueError, "x should be [batch, seq, d_model=8], got [5, 8]"),
        ({"x": ONE[None]}, ValueError, "x should be [batch, seq, d_model=8], got [1, 2, 5, 8]"),
        ({"x": [1.0]}, TypeError, "x should be a tensor [batch, seq, d_model=8], got list"),
        ({"x": ONE.double()}, TypeError, "x should be torch.float32 like the weights, got torch.float64"),
        ({"x": ONE.long()}, TypeError, "x should be torch.float32 like the weights, got torch.int64"),
        ({"x": ONE.to("meta")}, ValueError, "x should be on cpu like the weights, got meta"),
        (
            {"x": ONE, "context": ONE[..., 0]},
            ValueError,
            "context should be [batch, seq, d_model=8], got [2, 5]",
        ),
        ({"x": ONE, "context": ONE[:1]}, ValueError, "context should have the batch of x, 2, got 1"),
        (
            {"x": ONE, "values": ONE[:, :4]},
            ValueError,
            "values should be [batch=2, seq=5, d_model=8], got [2, 4, 8]",
        ),
        (
            {"x": ONE, "context": ONE[:, :4], "values": ONE},
            ValueError,
            "values should be [batch=2, seq=4, d_model=8], got [2, 5, 8]",
        ),
        (
            {"x": ONE, "context": ONE, "values": ONE[:1]},
            ValueError,
            "values should be [batch=2, seq=5, d_model=8], got [1, 5, 8]",
        ),
        (
            {"x": ONE, "values": ONE[..., :7]},
            ValueError,
            "values should be [batch, seq, d_model=8], got [2, 5, 7]",
        ),
        (
            {"x": ONE, "values": [1.0]},
            TypeError,
            "values should be a tensor [batch, seq, d_model=8], got list",
        ),
        (
            {"x": ONE, "context": ONE, "values": ONE * math.nan},
            ValueError,
            "values should hold no NaN, got one at [batch, seq, d_model] = [0, 0, 0]",
        ),
        (
            {"x": torch.where(torch.arange(80).view(2, 5, 8) == 50, math.nan, 1.0)},
            ValueError,
            "x should hold no NaN, got one at [batch, seq, d_model] = [1, 1, 2]",
        ),
        (
            {"x": ONE, "context": ONE * math.nan},
            ValueError,
            "context should hold no NaN, got one at [batch, seq, d_model] = [0, 0, 0]",
        ),
        (
            {"x": ONE, "gates": torch.ones(3)},
            ValueError,
            "gates should be a tensor [head=4] or [batch=2, head=4], got [3]",
        ),
        (
            {"x": torch.ones(2, 5, 7), "context": ONE},
            ValueError,
            "x should be [batch, seq, d_model=8], got [2, 5, 7]",
        ),
        (
            {"x": ONE, "gates": [1, 0, 1, 1]},
            ValueError,
            "gates should be a tensor [head=4] or [batch=2, head=4], got list",
        ),
        (
            {"x": ONE, "gates": torch.ones(4, device="meta")},
            ValueError,
            "gates should be on cpu like the weights, got meta",
        ),
        (
            {"x": ONE, "mask": torch.ones(5, 4) > 0},
            ValueError,
            "mask should be [query=5, key=5], [batch=2, query, key] or [batch, head=4, query, key], "
            "each axis full or 1, got [5, 4]",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_what_was_wanted(
    arguments: dict, kind: type[Exception], sentence: str, unchecked: None
) -> None:
    made = MultiHeadAttention(8, 4)
    for call in (made, made.trace):
        with pytest.raises(kind) as refused:
            call(**arguments)
        assert str(refused.value) == sentence


def test_infinities_that_cancel_are_not_taken_for_nan() -> None:
    x = ONE.clone()
    x[0, 0, 0], x[1, 1, 1] = math.inf, -math.inf
    assert MultiHeadAttention(8, 4)(x).shape == x.shape


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"dropout": 1.0}, "dropout should lie in [0, 1), got 1.0"),
        ({"dropout": -0.1}, "dropout should lie in [0, 1), got -0.1"),
        ({"temperature": 0.0}, "temperature should be above 0, got 0.0"),
        ({"temperature": math.inf}, "temperature should be above 0, got inf"),
    ],
)
def test_options_out_of_range_are_refused(options: dict, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared below
        MultiHeadAttention(8, 2, **options)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("shapes", "sentence"),
    [
        (
            ((2, 4, 5, 3), (2, 3, 6, 3), (2, 3, 6, 3)),
            "k should have a head count that divides the 4 query heads, got 3",
        ),
        (
            ((2, 4, 5, 3), (2, 4, 6, 2), (2, 4, 6, 2)),
            "k should be [batch=2, kv_head, key, d_head=3], got [2, 4, 6, 2]",
        ),
        (
            ((2, 4, 5, 3), (2, 4, 6, 3), (2, 4, 7, 3)),
            "v should be [batch=2, kv_head=4, key=6, d_head=3], got [2, 4, 7, 3]",
        ),
        (((4, 5, 3), (2, 4, 6, 3), (2, 4, 7, 3)), "q should be [batch, head, query, d_head], got [4, 5, 3]"),
    ],
)
def test_heads_that_do_not_fit_each_other_are_refused(shapes: tuple, sentence: str, unchecked: None) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared below
        attend(*(torch.ones(shape) for shape in shapes))
    assert str(refused.value) == sentence


def test_attend_is_the_z_of_the_trace() -> None:
    made, x = layer(6, 4, d_head=2, num_kv_heads=2, temperature=2.0), normal(2, 5, 6)
    trace = made.trace(x, mask=causal_mask(5))
    z = attend(trace.q, trace.k, trace.v, mask=causal_mask(5), temperature=2.0)
    torch.testing.assert_close(z, trace.z, **NEAR)


def test_dropout_works_in_training_only_and_keeps_the_mean() -> None:
    made, x = layer(6, 3, dropout=0.5, dtype=torch.float32), normal(2, 5, 6, dtype=torch.float32)
    torch.manual_seed(0)
    still = made.eval().trace(x)
    assert torch.equal(made(x), made(x))
    made.train()
    drops = [made.trace(x) for _ in range(400)]
    attn = torch.stack([trace.attn for trace in drops])
    assert abs(float((attn == 0).float().mean()) - 0.5) < 0.02
    torch.testing.assert_close(attn.mean(0), still.attn, rtol=0, atol=0.15)
    torch.testing.assert_close(drops[0].attn @ drops[0].v, drops[0].z)
    outputs = torch.stack([made(x) for _ in range(400)])
    assert not torch.equal(outputs[0], outputs[1])
    torch.testing.assert_close(outputs.mean(0), still.output, rtol=0, atol=0.4)


def test_fresh_weights_are_glorot_uniform_and_biases_zero() -> None:
    torch.manual_seed(0)
    made = MultiHeadAttention(64, 4)
    for weight in (made.w_qkv, made.w_o):
        bound = math.sqrt(6 / sum(weight.shape))
        assert bound * 0.99 < float(weight.detach().abs().max()) <= bound
    assert not made.b_qkv.any()
    assert not made.b_o.any()


def test_a_layer_without_bias_has_none() -> None:
    made = MultiHeadAttention(6, 3, bias=False)
    assert [name for name, _ in made.named_parameters()] == ["w_qkv", "w_o"]
    assert (made.b_q, made.b_k, made.b_v, made.b_o) == (None,) * 4


def test_repr_names_the_sizes() -> None:
    assert repr(MultiHeadAttention(6, 3)) == (
        "MultiHeadAttention(d_model=6, num_heads=3, d_head=2, num_kv_heads=3, bias=True)"
    )


@pytest.mark.parametrize("way", ["state_dict", "deepcopy", "pickle"])
def test_a_copy_of_the_layer_gives_the_same_numbers(way: str) -> None:
    made, x = layer(6, 4, d_head=3, num_kv_heads=2), normal(2, 5, 6)
    if way == "state_dict":
        file = io.BytesIO()
        torch.save(made.state_dict(), file)
        file.seek(0)
        other = layer(6, 4, d_head=3, num_kv_heads=2, seed=9)
        assert not torch.equal(other(x), made(x))
        other.load_state_dict(torch.load(file, weights_only=True))
    else:
        other = copy.deepcopy(made) if way == "deepcopy" else pickle.loads(pickle.dumps(made))
    assert torch.equal(other(x), made(x))
    with torch.no_grad():
        made.w_o.zero_()
    assert not torch.equal(other(x), made(x))


@pytest.mark.parametrize("name", ["w_qkv", "w_o", "b_qkv", "b_o"])
def test_a_weight_that_torch_takes_over_is_used_as_torch_has_it(name: str) -> None:
    made, x = layer(6, 3), normal(2, 5, 6)
    doubled = copy.deepcopy(made)
    with torch.no_grad():
        getattr(doubled, name).mul_(2)
    want = doubled(x)
    called = torch.func.functional_call(made, {name: 2 * getattr(made, name)}, (x,))
    torch.testing.assert_close(called, want, **NEAR)

    class Double(nn.Module):
        def forward(self, weight: Tensor) -> Tensor:
            return 2 * weight

    nn.utils.parametrize.register_parametrization(made, name, Double())
    torch.testing.assert_close(made(x), want, **NEAR)
    torch.testing.assert_close(made.trace(x).output, want, **NEAR)


def test_autocast_lowers_the_products_on_both_paths_and_after_it_has_ended() -> None:
    made, x = layer(6, 3, dtype=torch.float32), normal(2, 5, 6, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        out, trace = made(x, mask=causal_mask(5)), made.trace(x, mask=causal_mask(5))
    fields = (trace.attn, trace.z, trace.contributions, trace.output)  # read outside
    assert out.dtype == torch.bfloat16
    assert all(field.dtype == torch.bfloat16 for field in fields)
    for given_ in (out, trace.output):
        torch.testing.assert_close(given_.float(), made(x, mask=causal_mask(5)), rtol=0, atol=0.3)
    trace.output.sum().backward()
    assert made.w_qkv.grad.dtype == torch.float32


def compiled(backend: str) -> list[str]:
    run = [sys.executable, "-m", "tests.compiled", backend]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout.splitlines()


def test_the_compiled_layer_gives_the_same_numbers_and_gradients_without_a_graph_break() -> None:
    assert len(compiled("aot_eager")) == 6


@pytest.mark.second_tier
@pytest.mark.skipif(
    not (shutil.which("g++") or shutil.which("clang++")), reason="inductor needs a C++ compiler"
)
def test_the_layer_compiled_to_machine_code_gives_the_same_numbers_and_gradients() -> None:
    assert len(compiled("inductor")) == 6


def test_a_layer_can_be_made_elsewhere_and_counted_without_numbers() -> None:
    made = MultiHeadAttention(6, 3, device="meta", dtype=torch.bfloat16)
    assert made(torch.empty(2, 5, 6, device="meta", dtype=torch.bfloat16)).shape == (2, 5, 6)


def test_importing_the_package_imports_no_torch_and_names_are_found_when_used() -> None:
    program = (
        "import sys, mha_lessons; assert 'torch' not in sys.modules; dir(mha_lessons);"
        "import mha_lessons.cost, mha_lessons.shapes; assert 'torch' not in sys.modules;"
        "from mha_lessons import MultiHeadAttention, Trace, attend, causal_mask, padding_mask;"
        "assert MultiHeadAttention.__module__ == 'mha_lessons.attention'; assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    import mha_lessons

    with pytest.raises(AttributeError, match=r"^module 'mha_lessons' has no attribute 'Head'; it has Multi"):
        mha_lessons.Head  # noqa: B018


def test_attend_shares_a_single_key_value_head_among_all_query_heads() -> None:
    q, k, v = torch.randn(2, 3, 5, 4), torch.randn(2, 1, 7, 4), torch.randn(2, 1, 7, 4)
    every = attend(q, k.expand(-1, 3, -1, -1), v.expand(-1, 3, -1, -1))
    torch.testing.assert_close(attend(q, k, v), every)
