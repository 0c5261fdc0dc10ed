"""Layers with fewer heads."""

import torch

from tests.exercises.answers import Answers

ANSWERS = Answers()
right, fails = ANSWERS.is_right, ANSWERS.fails


def columns(keep, width):
    return keep.repeat_interleave(width // len(keep))


@right()
def by_mask(w_q, w_k, w_v, w_o, keep):
    own = columns(keep, w_q.shape[1])
    return w_q[:, own], w_k[:, own], w_v[:, own], w_o[own]


@right()
def by_axes(w_q, w_k, w_v, w_o, keep):
    heads = len(keep)
    smaller = [w.unflatten(1, (heads, -1))[:, keep].flatten(1) for w in (w_q, w_k, w_v)]
    return *smaller, w_o.unflatten(0, (heads, -1))[keep].flatten(0, 1)


@right()
def by_slices(w_q, w_k, w_v, w_o, keep):
    d_head = w_q.shape[1] // len(keep)
    kept = [slice(i * d_head, (i + 1) * d_head) for i, each in enumerate(keep.tolist()) if each]
    if not kept:
        return w_q[:, :0], w_k[:, :0], w_v[:, :0], w_o[:0]
    cut = [torch.cat([w[:, own] for own in kept], 1) for w in (w_q, w_k, w_v)]
    return *cut, torch.cat([w_o[own] for own in kept])


@right()
def in_numpy(w_q, w_k, w_v, w_o, keep):
    own = keep.numpy().repeat(w_q.shape[1] // len(keep))
    return (*tuple(torch.from_numpy(w.numpy()[:, own]) for w in (w_q, w_k, w_v)), w_o[own])


@right()
def by_name(w_q, w_k, w_v, w_o, keep):
    smaller = by_mask(w_q, w_k, w_v, w_o, keep)
    return dict(zip(("w_q", "w_k", "w_v", "w_o"), smaller, strict=True))


@fails("shape", "zeros")
def zeroed(w_q, w_k, w_v, w_o, keep):
    own = columns(keep, w_q.shape[1])
    return w_q * own, w_k * own, w_v * own, w_o * own[:, None]


@fails("shape", "zeros")
def zeroed_by_fill(w_q, w_k, w_v, w_o, keep):
    gone = ~columns(keep, w_q.shape[1])
    filled = [w.masked_fill(gone, 0) for w in (w_q, w_k, w_v)]
    return *filled, w_o.masked_fill(gone[:, None], 0)


@fails("shape", "w_o whole")
def w_o_whole(w_q, w_k, w_v, w_o, keep):
    return *by_mask(w_q, w_k, w_v, w_o, keep)[:3], w_o


@fails("shape", "w_o whole")
def three_cut(w_q, w_k, w_v, w_o, keep):
    heads = len(keep)
    return *(w.unflatten(1, (heads, -1))[:, keep].flatten(1) for w in (w_q, w_k, w_v)), w_o.clone()


@fails("shape", "queries only")
def queries_only(w_q, w_k, w_v, w_o, keep):
    return w_q[:, columns(keep, w_q.shape[1])], w_k, w_v, w_o


@fails("shape", "queries only")
def queries_only_by_slices(w_q, w_k, w_v, w_o, keep):
    return by_slices(w_q, w_k, w_v, w_o, keep)[0], w_k.clone(), w_v.clone(), w_o.clone()


@fails("shape", "single columns")
def one_column_a_head(w_q, w_k, w_v, w_o, keep):
    places = [i for i, each in enumerate(keep) if each]
    return w_q[:, places], w_k[:, places], w_v[:, places], w_o[places]


@fails("shape", "single columns")
def one_column_by_index(w_q, w_k, w_v, w_o, keep):
    places = torch.nonzero(keep).flatten()
    return *(w.index_select(1, places) for w in (w_q, w_k, w_v)), w_o.index_select(0, places)


@fails("shape", "unusable")
def three_results(w_q, w_k, w_v, w_o, keep):
    return by_mask(w_q, w_k, w_v, w_o, keep)[:3]


@fails("shape", "keep inverted")
def inverted(w_q, w_k, w_v, w_o, keep):
    return by_mask(w_q, w_k, w_v, w_o, ~keep)


@fails("shape", "keep inverted")
def removed_the_kept(w_q, w_k, w_v, w_o, keep):
    return by_slices(w_q, w_k, w_v, w_o, torch.tensor([not each for each in keep.tolist()]))


@fails("values", "interleaved")
def repeated(w_q, w_k, w_v, w_o, keep):
    own = keep.repeat(w_q.shape[1] // len(keep))
    return w_q[:, own], w_k[:, own], w_v[:, own], w_o[own]


@fails("values", "interleaved")
def by_remainder(w_q, w_k, w_v, w_o, keep):
    own = torch.tensor([bool(keep[column % len(keep)]) for column in range(w_q.shape[1])])
    return w_q.T[own].T, w_k.T[own].T, w_v.T[own].T, w_o[own]


@fails("values", "first heads")
def first_ones(w_q, w_k, w_v, w_o, keep):
    width = int(keep.sum()) * (w_q.shape[1] // len(keep))
    return w_q[:, :width], w_k[:, :width], w_v[:, :width], w_o[:width]


@fails("values", "first heads")
def first_ones_by_chunks(w_q, w_k, w_v, w_o, keep):
    return by_mask(w_q, w_k, w_v, w_o, keep.sort(descending=True).values)


@fails("values", "first rows of w_o")
def first_rows(w_q, w_k, w_v, w_o, keep):
    smaller = by_axes(w_q, w_k, w_v, w_o, keep)
    return *smaller[:3], w_o[: smaller[0].shape[1]]


@fails("values", "first rows of w_o")
def w_o_by_sorted_heads(w_q, w_k, w_v, w_o, keep):
    ordered = keep.sort(descending=True).values
    return *by_mask(w_q, w_k, w_v, w_o, keep)[:3], by_mask(w_q, w_k, w_v, w_o, ordered)[3]


@fails("edge cases")
def cat_of_nothing(w_q, w_k, w_v, w_o, keep):
    d_head = w_q.shape[1] // len(keep)
    kept = [slice(i * d_head, (i + 1) * d_head) for i, each in enumerate(keep.tolist()) if each]
    cut = [torch.cat([w[:, own] for own in kept], 1) for w in (w_q, w_k, w_v)]
    return *cut, torch.cat([w_o[own] for own in kept])


@fails("edge cases")
def at_least_one_head(w_q, w_k, w_v, w_o, keep):
    if not keep.any():
        keep = keep.clone()
        keep[0] = True
    return by_mask(w_q, w_k, w_v, w_o, keep)
