"""Whole modules."""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from mha_lessons import MultiHeadAttention
from tests.exercises.answers import Answers

ANSWERS = Answers()
right, fails = ANSWERS.is_right, ANSWERS.fails
INF = float("inf")


def split(x, num_heads):
    return x.reshape(*x.shape[:2], num_heads, -1).transpose(1, 2)


def merge(z):
    return z.transpose(1, 2).flatten(2)


def softmax(scores, mask, dim=-1):
    if mask is None:
        return scores.softmax(dim)
    nothing = ~mask.any(-1, keepdim=True)
    return scores.masked_fill(~(mask | nothing), -INF).softmax(dim) * ~nothing


def attend(q, k, v, mask):
    return softmax(q @ k.mT / math.sqrt(q.shape[-1]), mask) @ v


class Weights(nn.Module):
    """The four weights; what is made of them differs."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        for name in ("w_q", "w_k", "w_v", "w_o"):
            setattr(self, name, nn.Parameter(torch.randn(d_model, d_model)))

    def heads(self, x):
        return tuple(split(x @ w, self.num_heads) for w in (self.w_q, self.w_k, self.w_v))


@right()
class Matmul(Weights):
    def forward(self, x, mask=None):
        return merge(attend(*self.heads(x), mask)) @ self.w_o


@right()
class Linears(nn.Module):
    def __init__(self, width, h):
        super().__init__()
        self.h = h
        self.w_q, self.w_k, self.w_v = (nn.Linear(width, width) for _ in range(3))
        self.w_o = nn.Linear(width, width, bias=False)

    def forward(self, x, mask=None):
        q, k, v = (split(w(x), self.h) for w in (self.w_q, self.w_k, self.w_v))
        return self.w_o(merge(F.scaled_dot_product_attention(q, k, v, attn_mask=mask)))


@right()
class Einsum(Weights):
    def forward(self, x, mask=None):
        w_q, w_k, w_v = (w.unflatten(1, (self.num_heads, -1)) for w in (self.w_q, self.w_k, self.w_v))
        q, k, v = (torch.einsum("bsm,mhd->bhsd", x, w) for w in (w_q, w_k, w_v))
        scores = torch.einsum("bhqd,bhkd->bhqk", q, k) * q.shape[-1] ** -0.5
        z = torch.einsum("bhqk,bhkd->bhqd", softmax(scores, mask), v)
        return torch.einsum("bhqd,hdm->bqm", z, self.w_o.unflatten(0, (self.num_heads, -1)))


@right()
class HeadByHead(Weights):
    def forward(self, x, mask=None):
        d_head = x.shape[-1] // self.num_heads
        output = torch.zeros_like(x)
        for head in range(self.num_heads):
            own = slice(head * d_head, (head + 1) * d_head)
            z = attend(x @ self.w_q[:, own], x @ self.w_k[:, own], x @ self.w_v[:, own], mask)
            output = output + z @ self.w_o[own]
        return output


@right()
class Ours(Weights):
    def __init__(self, d_model, num_heads, *, bias=False):
        super().__init__(d_model, num_heads)

    def forward(self, x, mask=None):
        layer = MultiHeadAttention(x.shape[-1], self.num_heads, bias=False)
        weights = {"w_qkv": torch.cat([self.w_q, self.w_k, self.w_v], 1), "w_o": self.w_o}
        return torch.func.functional_call(layer, weights, (x,), {"mask": mask})


def fails_with(stage, key=""):
    """A module of a function (self, x, mask)."""

    def take(forward):
        fails(stage, key)(type(forward.__name__, (Weights,), {"forward": forward}))
        return forward

    return take


@fails("shape", "unusable")
class NoParameters(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.w_q = torch.randn(d_model, d_model)

    def forward(self, x, mask=None):
        return x @ self.w_q


@fails("shape", "unusable")
class WrongSizes(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.w_q = nn.Parameter(torch.randn(d_model, d_model // num_heads))

    def forward(self, x, mask=None):
        return x


@fails_with("shape")
def heads_returned(self, x, mask=None):
    return attend(*self.heads(x), mask)


@fails_with("shape", "axes")
def tokens_first(self, x, mask=None):
    return (merge(attend(*self.heads(x), mask)) @ self.w_o).transpose(0, 1)


@fails_with("values", "split before projecting")
def cut_x(self, x, mask=None):
    slices, d_head = x.chunk(self.num_heads, -1), x.shape[-1] // self.num_heads
    found = []
    for head, own in enumerate(slices):
        part = slice(head * d_head, (head + 1) * d_head)
        q, k, v = (own @ w[part, part] for w in (self.w_q, self.w_k, self.w_v))
        found.append(attend(q, k, v, mask))
    return torch.cat(found, -1) @ self.w_o


@fails_with("values", "split before projecting")
def cut_x_by_einsum(self, x, mask=None):
    h = self.num_heads
    d = x.shape[-1] // h
    heads = torch.arange(h)
    own = [w.reshape(h, d, h, d)[heads, :, heads] for w in (self.w_q, self.w_k, self.w_v)]  # [head, d, d]
    q, k, v = (torch.einsum("bshd,hde->bhse", x.unflatten(-1, (h, d)), w) for w in own)
    return merge(attend(q, k, v, mask)) @ self.w_o


@fails_with("values", "view without transpose")
def viewed(self, x, mask=None):
    batch, seq, _ = x.shape
    q, k, v = ((x @ w).reshape(batch, self.num_heads, seq, -1) for w in (self.w_q, self.w_k, self.w_v))
    return merge(attend(q, k, v, mask)) @ self.w_o


@fails_with("values", "view without transpose")
def flat(self, x, mask=None):
    packed = torch.stack([x @ self.w_q, x @ self.w_k, x @ self.w_v])
    q, k, v = packed.flatten(2).unflatten(2, (self.num_heads, x.shape[1], -1))
    return merge(F.scaled_dot_product_attention(q, k, v, attn_mask=mask)) @ self.w_o


@fails_with("values", "interleaved")
def by_strides(self, x, mask=None):
    q, k, v = (
        torch.stack([(x @ w)[..., i :: self.num_heads] for i in range(self.num_heads)], 1)
        for w in (self.w_q, self.w_k, self.w_v)
    )
    return merge(attend(q, k, v, mask)) @ self.w_o


@fails_with("values", "interleaved")
def cut_the_other_way(self, x, mask=None):
    q, k, v = (
        (x @ w).unflatten(-1, (-1, self.num_heads)).permute(0, 3, 1, 2)
        for w in (self.w_q, self.w_k, self.w_v)
    )
    return merge(F.scaled_dot_product_attention(q, k, v, attn_mask=mask)) @ self.w_o


@fails_with("values", "merged without transpose")
def reshaped_back(self, x, mask=None):
    return attend(*self.heads(x), mask).reshape(x.shape) @ self.w_o


@fails_with("values", "merged without transpose")
def flat_back(self, x, mask=None):
    z = F.scaled_dot_product_attention(*self.heads(x), attn_mask=mask).contiguous()
    return z.flatten(1).unflatten(1, x.shape[1:]) @ self.w_o


@fails_with("values", "merged in the wrong order")
def last_head_first(self, x, mask=None):
    return torch.cat(attend(*self.heads(x), mask).unbind(1)[::-1], -1) @ self.w_o


@fails_with("values", "merged in the wrong order")
def rows_of_w_o_from_the_end(self, x, mask=None):
    w_o = self.w_o.unflatten(0, (self.num_heads, -1)).flip(0)
    return torch.einsum("bhqd,hdm->bqm", attend(*self.heads(x), mask), w_o)


@fails_with("values", "merged interleaved")
def permuted_back(self, x, mask=None):
    return attend(*self.heads(x), mask).permute(0, 2, 3, 1).reshape(x.shape) @ self.w_o


@fails_with("values", "merged interleaved")
def stacked_back(self, x, mask=None):
    return torch.stack(attend(*self.heads(x), mask).unbind(1), -1).flatten(2) @ self.w_o


@fails_with("values", "no W^O")
def no_w_o(self, x, mask=None):
    return merge(attend(*self.heads(x), mask))


@fails_with("values", "no W^O")
def concatenated(self, x, mask=None):
    return torch.cat(F.scaled_dot_product_attention(*self.heads(x), attn_mask=mask).unbind(1), -1)


@fails_with("values", "values not projected")
def values_of_x(self, x, mask=None):
    q, k, _ = self.heads(x)
    return merge(attend(q, k, split(x, self.num_heads), mask)) @ self.w_o


@fails_with("values", "values not projected")
def mixed_x(self, x, mask=None):
    q, k, _ = self.heads(x)
    attn = softmax(q @ k.mT / math.sqrt(q.shape[-1]), mask)
    own = x.chunk(self.num_heads, -1)
    return torch.cat([attn[:, i] @ part for i, part in enumerate(own)], -1) @ self.w_o


@fails_with("values", "no scale")
def unscaled(self, x, mask=None):
    q, k, v = self.heads(x)
    return merge(softmax(q @ k.mT, mask) @ v) @ self.w_o


@fails_with("values", "no scale")
def unscaled_by_torch(self, x, mask=None):
    return merge(F.scaled_dot_product_attention(*self.heads(x), attn_mask=mask, scale=1.0)) @ self.w_o


@fails_with("values", "scale by d_model")
def scaled_by_layer(self, x, mask=None):
    q, k, v = self.heads(x)
    return merge(softmax(q @ k.mT / math.sqrt(x.shape[-1]), mask) @ v) @ self.w_o


@fails_with("values", "scale by d_model")
def scaled_before_splitting(self, x, mask=None):
    q = split(x @ self.w_q / len(self.w_q) ** 0.5, self.num_heads)
    _, k, v = self.heads(x)
    return merge(softmax(torch.einsum("bhqd,bhkd->bhqk", q, k), mask) @ v) @ self.w_o


@fails_with("values", "queries and keys swapped")
def swapped(self, x, mask=None):
    q, k, v = self.heads(x)
    return merge(attend(k, q, v, mask)) @ self.w_o


@fails_with("values", "queries and keys swapped")
def swapped_in_the_weights(self, x, mask=None):
    packed = x @ torch.cat([self.w_k, self.w_q, self.w_v], 1)
    q, k, v = (split(each, self.num_heads) for each in packed.chunk(3, -1))
    return merge(F.scaled_dot_product_attention(q, k, v, attn_mask=mask)) @ self.w_o


@fails_with("values", "weights transposed")
def as_linear_does(self, x, mask=None):
    q, k, v = (split(F.linear(x, w), self.num_heads) for w in (self.w_q, self.w_k, self.w_v))
    return F.linear(merge(attend(q, k, v, mask)), self.w_o)


@fails_with("values", "weights transposed")
def from_the_left(self, x, mask=None):
    q, k, v = (split((w @ x.mT).mT, self.num_heads) for w in (self.w_q, self.w_k, self.w_v))
    return (self.w_o @ merge(attend(q, k, v, mask)).mT).mT


@fails_with("values", "one head")
def one_head(self, x, mask=None):
    return attend(x @ self.w_q, x @ self.w_k, x @ self.w_v, mask) @ self.w_o


@fails_with("values", "one head")
def one_wide_head(self, x, mask=None):
    q, k, v = (split(x @ w, 1) for w in (self.w_q, self.w_k, self.w_v))
    return merge(F.scaled_dot_product_attention(q, k, v, attn_mask=mask)) @ self.w_o


@fails_with("values", "softmax over the queries")
def over_queries(self, x, mask=None):
    q, k, v = self.heads(x)
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -INF)
    return merge(scores.softmax(2).nan_to_num(0) @ v) @ self.w_o


@fails_with("values", "softmax over the queries")
def over_queries_by_einsum(self, x, mask=None):
    q, k, v = self.heads(x)
    scores = torch.einsum("bhqd,bhkd->bhkq", q, k) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask.mT, -INF)
    return merge(torch.einsum("bhkq,bhkd->bhqd", scores.softmax(-1).nan_to_num(0), v)) @ self.w_o


@fails_with("values", "mask inverted")
def inverted(self, x, mask=None):
    return merge(attend(*self.heads(x), None if mask is None else ~mask)) @ self.w_o


@fails_with("values", "mask inverted")
def as_torchs_module(self, x, mask=None):
    q, k, v = self.heads(x)
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = torch.where(mask, -INF, scores)
    return merge(scores.softmax(-1).nan_to_num(0) @ v) @ self.w_o


@fails_with("values", "mask ignored")
def mask_ignored(self, x, mask=None):
    return merge(attend(*self.heads(x), None)) @ self.w_o


@fails_with("values", "mask ignored")
def mask_lost(self, x, mask=None):
    return merge(F.scaled_dot_product_attention(*self.heads(x))) @ self.w_o


@fails_with("edge cases", "0 by 0")
def careless(self, x, mask=None):
    q, k, v = self.heads(x)
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return merge((scores if mask is None else scores.masked_fill(~mask, -INF)).softmax(-1) @ v) @ self.w_o


@fails_with("edge cases", "0 by 0")
def careless_by_adding(self, x, mask=None):
    q, k, v = self.heads(x)
    added = 0 if mask is None else torch.where(mask, 0.0, -INF)
    return merge(F.softmax(q @ k.mT / q.shape[-1] ** 0.5 + added, -1) @ v) @ self.w_o


@fails_with("gradients", "detached")
def by_data(self, x, mask=None):
    q, k, v = (split(x @ w.data, self.num_heads) for w in (self.w_q, self.w_k, self.w_v))
    return merge(attend(q, k, v, mask)) @ self.w_o


@fails_with("gradients", "detached")
def without_gradient(self, x, mask=None):
    with torch.no_grad():
        z = attend(*self.heads(x), mask)
    return merge(z) @ self.w_o


@fails_with("gradients", "partly detached")
def half_of_the_heads_is_constant(self, x, mask=None):
    z = attend(*self.heads(x), mask)
    return merge((z + z.detach()) / 2) @ self.w_o


@fails_with("gradients", "partly detached")
def values_see_no_gradient_to_x(self, x, mask=None):
    q, k, _ = self.heads(x)
    return merge(attend(q, k, split(x.detach() @ self.w_v, self.num_heads), mask)) @ self.w_o
