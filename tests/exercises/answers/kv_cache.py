"""Steps of decoding."""

import math

import torch
import torch.nn.functional as F  # noqa: N812

from mha_lessons import attend, causal_mask
from tests.exercises.answers import Answers

ANSWERS = Answers()
right, fails = ANSWERS.is_right, ANSWERS.fails
INF = float("inf")


@right()
def ours(q, k, v, k_cache, v_cache):
    keys, values = torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)
    return attend(q, keys, values, mask=causal_mask(q.shape[2], keys.shape[2])), keys, values


@right()
def by_torch(q, k, v, k_cache, v_cache):
    keys, values = torch.cat((k_cache, k), dim=-2), torch.cat((v_cache, v), dim=-2)
    mask = torch.ones(q.shape[2], keys.shape[2], dtype=torch.bool).tril(k_cache.shape[2])
    return F.scaled_dot_product_attention(q, keys, values, attn_mask=mask, enable_gqa=True), keys, values


@right()
def by_einsum(q, k, v, past_keys, past_values):
    keys, values = torch.cat([past_keys, k], 2), torch.cat([past_values, v], 2)
    grouped = q.unflatten(1, (k.shape[1], -1))  # [batch, kv_head, group, new, d_head]
    scores = torch.einsum("bgrnd,bgsd->bgrns", grouped, keys) / math.sqrt(q.shape[-1])
    places = torch.arange(keys.shape[2])
    ahead = places > past_keys.shape[2] + torch.arange(q.shape[2])[:, None]
    z = torch.einsum("bgrns,bgsd->bgrnd", scores.masked_fill(ahead, -INF).softmax(-1), values)
    return z.flatten(1, 2), keys, values


@right()
def token_by_token(q, k, v, k_cache, v_cache):
    group, found = q.shape[1] // k.shape[1], []
    for new in range(q.shape[2]):
        k_cache, v_cache = torch.cat([k_cache, k[:, :, [new]]], 2), torch.cat([v_cache, v[:, :, [new]]], 2)
        keys, values = (each.repeat_interleave(group, 1) for each in (k_cache, v_cache))
        found.append((q[:, :, [new]] @ keys.mT / q.shape[-1] ** 0.5).softmax(-1) @ values)
    return torch.cat(found, 2), k_cache, v_cache


@right()
def by_name(q, k, v, k_cache, v_cache):
    return dict(zip(("z", "k_cache", "v_cache"), by_torch(q, k, v, k_cache, v_cache), strict=True))


@fails("shape", "unusable")
def z_alone(q, k, v, k_cache, v_cache):
    return ours(q, k, v, k_cache, v_cache)[0]


@fails("shape")
def raises(q, k, v, k_cache, v_cache):
    return (q @ torch.cat([k_cache, k], 2).mT).softmax(-1) @ v, k, v


@fails("shape", "wide cache")
def wide(q, k, v, k_cache, v_cache):
    group = q.shape[1] // k.shape[1]
    return ours(q, *(each.repeat_interleave(group, 1) for each in (k, v, k_cache, v_cache)))


@fails("shape", "wide cache")
def wide_by_torch(q, k, v, k_cache, v_cache):
    z, keys, values = by_torch(q, k, v, k_cache, v_cache)
    heads = torch.arange(q.shape[1]) // (q.shape[1] // k.shape[1])
    return z, keys[:, heads], values[:, heads]


@fails("shape", "cache as it was")
def forgets_the_new(q, k, v, k_cache, v_cache):
    return ours(q, k, v, k_cache, v_cache)[0], k_cache, v_cache


@fails("shape", "cache as it was")
def assigned_to_other_names(q, k, v, k_cache, v_cache):
    z, _, _ = token_by_token(q, k, v, k_cache, v_cache)
    return z, k_cache.clone(), v_cache.clone()


@fails("shape", "new alone kept")
def forgets_the_old(q, k, v, k_cache, v_cache):
    return by_torch(q, k, v, k_cache, v_cache)[0], k, v


@fails("shape", "new alone kept")
def last_ones(q, k, v, k_cache, v_cache):
    z, keys, values = by_einsum(q, k, v, k_cache, v_cache)
    return z, keys[:, :, -k.shape[2] :], values[:, :, -v.shape[2] :]


@fails("values", "looks ahead")
def unmasked(q, k, v, k_cache, v_cache):
    keys, values = torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)
    return attend(q, keys, values), keys, values


@fails("values", "looks ahead")
def unmasked_by_torch(q, k, v, k_cache, v_cache):
    keys, values = torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)
    return F.scaled_dot_product_attention(q, keys, values, enable_gqa=True), keys, values


@fails("values", "queries taken for the first")
def is_causal(q, k, v, k_cache, v_cache):
    keys, values = torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)
    return F.scaled_dot_product_attention(q, keys, values, is_causal=True, enable_gqa=True), keys, values


@fails("values", "queries taken for the first")
def plain_triangle(q, k, v, k_cache, v_cache):
    keys, values = torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)
    return attend(q, keys, values, mask=torch.ones(q.shape[2], keys.shape[2]).tril() > 0), keys, values


@fails("values", "heads dealt out")
def repeated(q, k, v, k_cache, v_cache):
    keys, values = torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)
    group = q.shape[1] // k.shape[1]
    mask = causal_mask(q.shape[2], keys.shape[2])
    return attend(q, keys.repeat(1, group, 1, 1), values.repeat(1, group, 1, 1), mask=mask), keys, values


@fails("values", "heads dealt out")
def by_remainder(q, k, v, k_cache, v_cache):
    keys, values = torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)
    own = torch.arange(q.shape[1]) % k.shape[1]
    mask = torch.ones(q.shape[2], keys.shape[2], dtype=torch.bool).tril(k_cache.shape[2])
    return F.scaled_dot_product_attention(q, keys[:, own], values[:, own], attn_mask=mask), keys, values


@fails("values", "cache not used")
def new_alone(q, k, v, k_cache, v_cache):
    z = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
    return z, torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)


@fails("values", "cache not used")
def new_alone_by_slices(q, k, v, k_cache, v_cache):
    _, keys, values = ours(q, k, v, k_cache, v_cache)
    old = k_cache.shape[2]
    return attend(q, keys[:, :, old:], values[:, :, old:], mask=causal_mask(q.shape[2])), keys, values


@fails("values", "itself not seen")
def appended_too_late(q, k, v, k_cache, v_cache):
    z = attend(q, k_cache, v_cache)
    return z, torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)


@fails("values", "itself not seen")
def appended_too_late_by_torch(q, k, v, k_cache, v_cache):
    z = F.scaled_dot_product_attention(q, k_cache, v_cache, enable_gqa=True)
    _, keys, values = by_torch(q, k, v, k_cache, v_cache)
    return z, keys, values


@fails("values", "new first")
def cat_the_other_way(q, k, v, k_cache, v_cache):
    keys, values = torch.cat([k, k_cache], 2), torch.cat([v, v_cache], 2)
    mask = causal_mask(q.shape[2], keys.shape[2])
    return attend(q, keys, values, mask=mask), keys, values


@fails("values", "new first")
def given_back_the_other_way(q, k, v, k_cache, v_cache):
    z = by_einsum(q, k, v, k_cache, v_cache)[0]
    return z, torch.cat([k, k_cache], -2), torch.cat([v, v_cache], -2)


@fails("values", "new first")
def cat_the_other_way_without_mask(q, k, v, k_cache, v_cache):
    keys, values = torch.cat([k, k_cache], 2), torch.cat([v, v_cache], 2)
    return F.scaled_dot_product_attention(q, keys, values, enable_gqa=True), keys, values


@fails("values", "no scale")
def unscaled(q, k, v, k_cache, v_cache):
    keys, values = torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)
    mask = causal_mask(q.shape[2], keys.shape[2])
    z = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask, scale=1.0, enable_gqa=True)
    return z, keys, values


@fails("values", "no scale")
def unscaled_by_hand(q, k, v, k_cache, v_cache):
    keys, values = torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)
    group = q.shape[1] // k.shape[1]
    scores = q @ keys.repeat_interleave(group, 1).mT
    scores = scores.masked_fill(~causal_mask(q.shape[2], keys.shape[2]), -INF)
    return scores.softmax(-1) @ values.repeat_interleave(group, 1), keys, values


@fails("values", "keys and values swapped")
def swapped(q, k, v, k_cache, v_cache):
    z, keys, values = ours(q, k, v, k_cache, v_cache)
    return z, values, keys


@fails("values", "keys and values swapped")
def swapped_by_torch(q, k, v, k_cache, v_cache):
    z = by_torch(q, k, v, k_cache, v_cache)[0]
    return z, torch.cat([v_cache, v], 2), torch.cat([k_cache, k], 2)


@fails("edge cases")
def needs_groups(q, k, v, k_cache, v_cache):
    z, keys, values = by_einsum(q, k, v, k_cache, v_cache)
    return (z if k.shape[1] > 1 else z.squeeze(1)), keys, values * (k.shape[1] > 1)


@fails("edge cases", "view")
def viewed(q, k, v, k_cache, v_cache):
    return ours(q.view(*q.shape[:2], -1).reshape(q.shape), k, v, k_cache, v_cache)
