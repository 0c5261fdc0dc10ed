"""Splitting and merging."""

import torch

from tests.exercises.answers import Answers

ANSWERS = Answers()


def right(of):
    return ANSWERS.is_right(of)


def fails(stage, key="", of="split"):
    return ANSWERS.fails(stage, key, of)


@right("split")
def by_reshape(x, num_heads):
    batch, seq, d_model = x.shape
    return x.reshape(batch, seq, num_heads, d_model // num_heads).transpose(1, 2)


@right("merge")
def back_by_reshape(z):
    batch, heads, seq, d_head = z.shape
    return z.permute(0, 2, 1, 3).contiguous().view(batch, seq, heads * d_head)


@right("split")
def by_chunks(x, n):
    return torch.stack(x.chunk(n, dim=-1), dim=1)


@right("merge")
def by_cat(heads):
    return torch.cat(list(heads.unbind(1)), dim=-1)


@right("split")
def by_slices(x, num_heads):
    d_head = x.shape[-1] // num_heads
    heads = [x[:, None, :, i * d_head : (i + 1) * d_head] for i in range(num_heads)]
    return torch.cat(heads, dim=1)


@right("merge")
def back_by_einsum(z):
    return torch.einsum("bhsd->bshd", z).flatten(2)


@right("split")
def by_numpy(x, num_heads):
    array = x.numpy()
    cut = array.reshape(*array.shape[:2], num_heads, -1)
    return torch.from_numpy(cut.swapaxes(1, 2).copy())


@right("merge")
def back_by_loop(z):
    result = torch.empty(len(z), z.shape[2], z.shape[1] * z.shape[3])
    for head in range(z.shape[1]):
        result[..., head * z.shape[3] : (head + 1) * z.shape[3]] = z[:, head]
    return result


@fails("shape", "heads after tokens")
def no_transpose(x, num_heads):
    return x.reshape(*x.shape[:2], num_heads, -1)


@fails("shape", "heads after tokens")
def stacked_late(x, num_heads):
    return torch.stack(x.chunk(num_heads, -1), dim=2)


@fails("shape", "axes")
def heads_first(x, num_heads):
    return torch.stack(x.chunk(num_heads, -1))


@fails("shape", "axes", "merge")
def tokens_first(z):
    return back_by_reshape(z).transpose(0, 1)


@fails("values", "view without transpose")
def viewed(x, num_heads):
    batch, seq, d_model = x.shape
    return x.reshape(batch, num_heads, seq, d_model // num_heads)


@fails("values", "view without transpose")
def flat(x, num_heads):
    numbers = x.flatten(1)
    return numbers.unflatten(1, (num_heads, x.shape[1], -1))


@fails("values", "interleaved")
def by_strides(x, num_heads):
    return torch.stack([x[..., head::num_heads] for head in range(num_heads)], dim=1)


@fails("values", "interleaved")
def cut_the_other_way(x, num_heads):
    return torch.einsum("bsdh->bhsd", x.unflatten(-1, (-1, num_heads)))


@fails("values", "heads reversed")
def from_the_end(x, num_heads):
    return torch.stack(x.chunk(num_heads, -1)[::-1], dim=1)


@fails("values", "heads reversed")
def flipped(x, num_heads):
    return by_reshape(x, num_heads)[:, torch.arange(num_heads - 1, -1, -1)]


@fails("values", "factor")
def scaled(x, num_heads):
    return by_reshape(x, num_heads) / 2


@fails("values", "factor", "merge")
def scaled_back(z):
    return back_by_reshape(z) * 3


@fails("values", "view without transpose", "merge")
def viewed_back(z):
    return z.reshape(z.shape[0], z.shape[2], -1)


@fails("values", "view without transpose", "merge")
def flat_back(z):
    return z.flatten(1).unflatten(1, (z.shape[2], -1))


@fails("values", "interleaved", "merge")
def permuted_back(z):
    return z.permute(0, 2, 3, 1).reshape(z.shape[0], z.shape[2], -1)


@fails("values", "interleaved", "merge")
def stacked_back(z):
    return torch.stack(list(z.unbind(1)), dim=-1).flatten(2)


@fails("values", "heads reversed", "merge")
def cat_reversed(z):
    return torch.cat(list(z.unbind(1))[::-1], dim=-1)


@fails("values", "heads reversed", "merge")
def flipped_back(z):
    return back_by_reshape(z.flip(1))


@fails("shape", "heads added", "merge")
def added(z):
    return z.sum(dim=1)


@fails("shape", "heads added", "merge")
def added_by_einsum(z):
    return torch.einsum("bhsd->bsd", z)


@fails("edge cases", "view")
def needs_neighbours(x, num_heads):
    heads = x.view(-1, num_heads, x.shape[-1] // num_heads)
    return heads.unflatten(0, x.shape[:2]).transpose(1, 2)


@fails("shape", "view", "merge")
def view_after_transpose(z):
    return z.transpose(1, 2).view(z.shape[0], z.shape[2], -1)


@fails("edge cases", of="split")
def squeezed(x, num_heads):
    return by_reshape(x, num_heads).squeeze()


@fails("edge cases", of="merge")
def squeezed_back(z):
    return back_by_reshape(z).squeeze()
