"""Attention in many styles, right and wrong."""

import functools
import math

import torch
import torch.nn.functional as F  # noqa: N812

from mha_lessons import attend
from tests.exercises.answers import Answers

ANSWERS = Answers()
right, fails = ANSWERS.is_right, ANSWERS.fails
INF = float("inf")

right()(attend)  # its mask is given by name


def softmax(scores, mask, dim=-1):
    """A softmax that is right, for answers that are wrong elsewhere."""
    if mask is None:
        return scores.softmax(dim)
    nothing = ~mask.any(-1, keepdim=True)
    return scores.masked_fill(~(mask | nothing), -INF).softmax(dim) * ~nothing


@right()
def einsum(q, k, v, mask=None):
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k) * q.size(-1) ** -0.5
    return torch.einsum("bhqk,bhkd->bhqd", softmax(scores, mask), v)


@right()
def torchs_own(queries, keys, values, allowed=None, dropout=0.0):
    return F.scaled_dot_product_attention(queries, keys, values, attn_mask=allowed, dropout_p=dropout)


@right()
def loops(q, k, v, mask=None):
    batch, heads, seq, d_head = q.shape
    if mask is not None:
        mask = mask.expand(batch, heads, seq, k.shape[2])
    rows = []
    for b in range(batch):
        for h in range(heads):
            for i in range(seq):
                scores = torch.stack([q[b, h, i] @ key for key in k[b, h]]) / math.sqrt(d_head)
                rows.append(softmax(scores, None if mask is None else mask[b, h, i]) @ v[b, h])
    return torch.stack(rows).view(batch, heads, seq, -1)


@right()
def in_place_on_copies(q, k, v, mask=None):
    scores = torch.matmul(q / math.sqrt(q.shape[-1]), k.transpose(2, 3))
    if mask is not None:
        nothing = ~mask.any(-1, keepdim=True)
        scores = scores.clone()
        scores.masked_fill_(~(mask | nothing), -INF)
        return torch.matmul(scores.softmax(-1).masked_fill(nothing, 0), v)
    return torch.matmul(scores.softmax(-1), v)


def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@right()
@traced
def decorated(q, k, v, mask=None):
    return einsum(q, k, v, mask)


right()(lambda q, k, v, mask=None: einsum(q, k, v, mask))


class Layer:
    def attend(self, q, k, v, mask=None):
        return einsum(q, k, v, mask)

    def __call__(self, *tensors):
        return einsum(*tensors)


right()(Layer().attend)
right()(Layer())
right()(functools.partial(einsum))


@fails("shape", "axes")
def heads_last(q, k, v, mask=None):
    return einsum(q, k, v, mask).transpose(1, 2)


@fails("shape", "axes")
def width_first(q, k, v, mask=None):
    return torch.einsum("bhqd->bhdq", einsum(q, k, v, mask))


@fails("shape")
def weights_alone(q, k, v, mask=None):
    return softmax(q @ k.mT / q.shape[-1] ** 0.5, mask)


@fails("shape", "unusable")
def both(q, k, v, mask=None):
    return einsum(q, k, v, mask), softmax(q @ k.mT, mask)


@fails("shape", "no return")
def nothing_returned(q, k, v, mask=None):
    z = einsum(q, k, v, mask)
    print(end="" if z.numel() else "empty")


@fails("shape")
def raises(q, k, v, mask=None):
    return q @ k @ v


@fails("rows sum to one", "softmax over the queries")
def over_queries(q, k, v, mask=None):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -INF)
    return scores.softmax(-2) @ v


@fails("rows sum to one", "softmax over the queries")
def over_queries_by_einsum(q, k, v, mask=None):
    scores = torch.einsum("bhqd,bhkd->bhkq", q, k) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = torch.where(mask.mT, scores, -INF)
    return torch.einsum("bhkq,bhkd->bhqd", scores.softmax(-1), v)


@fails("rows sum to one", "softmax over the heads")
def over_heads(q, k, v, mask=None):
    scores = q @ k.mT / q.shape[-1] ** 0.5
    return F.softmax(scores if mask is None else scores.masked_fill(~mask, -INF), dim=1) @ v


@fails("rows sum to one", "softmax over the heads")
def over_heads_by_hand(q, k, v, mask=None):
    parts = torch.exp(torch.einsum("bhqd,bhkd->bhqk", q, k) / math.sqrt(q.shape[-1]))
    return parts / parts.sum(1, keepdim=True) @ v


@fails("rows sum to one", "no softmax")
def scores_as_weights(q, k, v, mask=None):
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return (scores if mask is None else scores * mask) @ v


@fails("rows sum to one", "no softmax")
def linear(q, k, v, mask=None):
    weights = torch.einsum("bhqd,bhkd->bhqk", q * q.shape[-1] ** -0.5, k)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0)
    return torch.einsum("bhqk,bhkd->bhqd", weights, v)


@fails("rows sum to one", "mean of the keys")
def keys_for_values(q, k, v, mask=None):
    return einsum(q, k, k, mask)


@fails("rows sum to one", "mean of the keys")
def keys_for_values_by_torch(q, k, v, mask=None):
    return F.scaled_dot_product_attention(q, k, k, attn_mask=mask)


@fails("values", "no scale")
def unscaled(q, k, v, mask=None):
    return softmax(q @ k.mT, mask) @ v


@fails("values", "no scale")
def unscaled_by_torch(q, k, v, mask=None):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=1.0)


@fails("values", "scale without root")
def rootless(q, k, v, mask=None):
    return softmax(q @ k.mT / q.shape[-1], mask) @ v


@fails("values", "scale without root")
def both_scaled(q, k, v, mask=None):
    root = q.shape[-1] ** 0.5
    return softmax((q / root) @ (k / root).mT, mask) @ v


@fails("values", "scale the wrong way")
def multiplied(q, k, v, mask=None):
    return softmax(q @ k.mT * math.sqrt(q.shape[-1]), mask) @ v


@fails("values", "scale the wrong way")
def divided_by_the_reciprocal(q, k, v, mask=None):
    return softmax(torch.einsum("bhqd,bhkd->bhqk", q, k) / q.shape[-1] ** -0.5, mask) @ v


@fails("values", "scale by the keys")
def scaled_by_length(q, k, v, mask=None):
    return softmax(q @ k.mT / math.sqrt(k.shape[-2]), mask) @ v


@fails("values", "scale by the keys")
def scaled_by_the_width_of_the_scores(q, k, v, mask=None):
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k)
    return torch.einsum("bhqk,bhkd->bhqd", softmax(scores * scores.size(-1) ** -0.5, mask), v)


@fails("rows sum to one", "scale after softmax")
def scaled_late(q, k, v, mask=None):
    return softmax(q @ k.mT, mask) / math.sqrt(q.shape[-1]) @ v


@fails("rows sum to one", "scale after softmax")
def result_scaled(q, k, v, mask=None):
    return torch.matmul(softmax(torch.matmul(q, k.mT), mask), v) * q.shape[-1] ** -0.5


@fails("values", "mask inverted")
def inverted(q, k, v, mask=None):
    return einsum(q, k, v, None if mask is None else ~mask)


@fails("values", "mask inverted")
def filled_where_true(q, k, v, mask=None):
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return (scores if mask is None else scores.masked_fill(mask, -INF)).softmax(-1).nan_to_num() @ v


@fails("values", "mask ignored")
def mask_ignored(q, k, v, mask=None):
    return F.scaled_dot_product_attention(q, k, v)


@fails("values", "mask ignored")
def fill_forgotten(q, k, v, mask=None):
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores.masked_fill(~mask, -INF)
    return scores.softmax(-1) @ v


@fails("rows sum to one", "mask after softmax")
def masked_late(q, k, v, mask=None):
    attn = softmax(q @ k.mT / math.sqrt(q.shape[-1]), None)
    return (attn if mask is None else attn.masked_fill(~mask, 0)) @ v


@fails("rows sum to one", "mask after softmax")
def masked_late_by_product(q, k, v, mask=None):
    attn = F.softmax(torch.einsum("bhqd,bhkd->bhqk", q, k) / q.shape[-1] ** 0.5, -1)
    return torch.einsum("bhqk,bhkd->bhqd", attn if mask is None else attn * mask.float(), v)


@fails("values", "masked scores are 0")
def scores_times_mask(q, k, v, mask=None):
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return (scores if mask is None else scores * mask).softmax(-1) @ v


@fails("values", "masked scores are 0")
def filled_with_zero(q, k, v, mask=None):
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k) / q.shape[-1] ** 0.5
    return (scores if mask is None else torch.where(mask, scores, 0.0)).softmax(-1) @ v


@fails("edge cases", "overflow")
def naive(q, k, v, mask=None):
    parts = (q @ k.mT / math.sqrt(q.shape[-1])).exp()
    parts = parts if mask is None else parts * mask
    return parts / parts.sum(-1, keepdim=True).clamp(min=1e-30) @ v


@fails("edge cases", "overflow")
def naive_einsum(q, k, v, mask=None):
    parts = torch.exp(torch.einsum("bhqd,bhkd->bhqk", q, k) / q.shape[-1] ** 0.5)
    if mask is not None:
        parts = parts.masked_fill(~mask, 0)
    total = parts.sum(-1, keepdim=True)
    return torch.einsum("bhqk,bhkd->bhqd", parts / (total + (total == 0)), v)


@fails("edge cases", "0 by 0")
def careless(q, k, v, mask=None):
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return (scores if mask is None else scores.masked_fill(~mask, -INF)).softmax(-1) @ v


@fails("edge cases", "0 by 0")
def careless_by_adding(q, k, v, mask=None):
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores + torch.where(mask, 0.0, -INF)
    return torch.einsum("bhqk,bhkd->bhqd", F.softmax(scores, -1), v)


@fails("edge cases", "mean of all")
def billion(q, k, v, mask=None):
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return (scores if mask is None else scores.masked_fill(~mask, -1e9)).softmax(-1) @ v


@fails("edge cases", "mean of all")
def lowest(q, k, v, mask=None):
    scores = torch.matmul(q, k.mT) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = torch.where(mask, scores, torch.finfo(scores.dtype).min)
    return torch.matmul(F.softmax(scores, dim=-1), v)


@fails("edge cases", "view")
def viewed(q, k, v, mask=None):
    lengths = k.view(-1, k.shape[-1]).norm(dim=-1)
    return einsum(q, k, v, mask) * (lengths >= 0).all()


@fails("edge cases", "view")
def viewed_flat(q, k, v, mask=None):
    flat = q.view(-1, q.shape[-1])
    return einsum(flat.reshape(q.shape), k, v, mask)


@fails("edge cases", "in place")
def scales_its_argument(q, k, v, mask=None):
    with torch.no_grad():
        q /= math.sqrt(q.shape[-1])
    return softmax(q @ k.mT, mask) @ v


@fails("edge cases", "in place")
def fills_its_mask(q, k, v, mask=None):
    z = einsum(q, k, v, mask)
    if mask is not None:
        mask |= True
    return z


@fails("gradients", "in place")
def scales_its_argument_with_gradient(q, k, v, mask=None):
    if q.requires_grad:
        q.mul_(1.0)
    return einsum(q, k, v, mask)


@fails("gradients", "in place")
def fills_weights_that_are_needed(q, k, v, mask=None):
    attn = softmax(q @ k.mT / math.sqrt(q.shape[-1]), mask)
    z = attn @ v
    attn.mul_(1.0)
    return z


@fails("gradients", "detached")
def detached(q, k, v, mask=None):
    return einsum(q.detach(), k.detach(), v.detach(), mask)


@fails("gradients", "detached")
def by_numpy(q, k, v, mask=None):
    return torch.from_numpy(einsum(q, k, v, mask).detach().numpy().copy())


@fails("gradients", "detached")
def weights_are_constant(q, k, v, mask=None):
    return softmax((q @ k.mT).data / math.sqrt(q.shape[-1]), mask) @ v


@fails("gradients", "partly detached")
def largest_part_is_constant(q, k, v, mask=None):
    attn = softmax(q @ k.mT / math.sqrt(q.shape[-1]), mask)
    return (attn.detach() + attn) / 2 @ v


@fails("gradients", "partly detached")
def sum_is_constant(q, k, v, mask=None):
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e30)
    parts = (scores - scores.amax(-1, keepdim=True)).exp()
    parts = parts if mask is None else parts * mask
    return parts / parts.sum(-1, keepdim=True).clamp(min=1e-30).detach() @ v


@fails("gradients", "nan backward")
def replaced_in_the_result(q, k, v, mask=None):
    return careless(q, k, v, mask).nan_to_num(0)


@fails("gradients", "nan backward")
def replaced_by_where(q, k, v, mask=None):
    z = careless_by_adding(q, k, v, mask)
    return z if mask is None else torch.where(mask.any(-1, keepdim=True), z, torch.zeros(()))
