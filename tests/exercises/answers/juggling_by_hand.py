"""Layers that juggle."""

import numpy as np
import torch

from tests.exercises.answers import Answers

ANSWERS = Answers()
right, fails = ANSWERS.is_right, ANSWERS.fails


@right()
def one_hot(target, num_symbols, size=60.0):
    seq, k = target.shape
    w_q = torch.zeros(k, seq, seq)
    for head in range(k):
        w_q[head, torch.arange(seq), target[:, head]] = size
    w_k = torch.eye(seq).repeat(k, 1, 1)
    w_v = torch.eye(num_symbols).repeat(k, 1, 1)
    w_o = torch.zeros(k, num_symbols, k, num_symbols)
    for head in range(k):
        w_o[head, :, head] = torch.eye(num_symbols)
    return w_q, w_k, w_v, w_o


@right()
def einsum(target, num_symbols):
    seq, k = target.shape
    w_q = 60 * torch.nn.functional.one_hot(target.T, seq).float()
    w_o = torch.einsum("ha,sz->hsaz", torch.eye(k), torch.eye(num_symbols))
    return w_q, torch.eye(seq).expand(k, -1, -1), torch.eye(num_symbols).expand(k, -1, -1), w_o


@right()
def in_numpy(where, symbols):
    places = where.numpy()
    seq, k = places.shape
    w_q = 40 * np.sqrt(seq) * np.eye(seq)[places.T]
    w_o = np.zeros((k, symbols, k, symbols))
    for head in range(k):
        w_o[head, :, head] = 5 * np.eye(symbols) - 1
    return w_q, np.stack([np.eye(seq)] * k), np.stack([np.eye(symbols)] * k), w_o


@right()
def heads_in_another_order(target, num_symbols):
    """Which head serves which answer is free, as long as each finding lands where it belongs."""
    w_q, w_k, w_v, w_o = one_hot(target, num_symbols)
    return w_q.flip(0), w_k, w_v, w_o.flip(0)


@right()
def two_numbers_a_symbol(target, num_symbols):
    """Symbols on a circle: the dot product is largest for the symbol itself."""
    w_q, w_k, _, _w_o = one_hot(target, num_symbols)
    angles = 2 * torch.pi * torch.arange(num_symbols) / num_symbols
    circle = torch.stack([angles.cos(), angles.sin()], 1)
    return w_q, w_k, circle.expand(len(w_q), -1, -1), torch.einsum("ha,sd->hdas", torch.eye(len(w_q)), circle)


@fails("shape", "head count")
def one_head_too_many(target, num_symbols):
    more = torch.cat([target, target[:, :1]], 1)
    w_q, w_k, w_v, w_o = one_hot(more, num_symbols)
    return w_q, w_k, w_v, w_o[:, :, : target.shape[1]]


@fails("shape", "head count")
def one_head(target, num_symbols):
    return tuple(each[:1] for each in one_hot(target, num_symbols))


@fails("shape")
def w_o_without_answers(target, num_symbols):
    w_q, w_k, w_v, w_o = one_hot(target, num_symbols)
    return w_q, w_k, w_v, w_o.sum(2)


@fails("shape", "unusable")
def three_matrices(target, num_symbols):
    return one_hot(target, num_symbols)[:3]


@fails("values", "no numbers")
def infinite(target, num_symbols):
    return one_hot(target, num_symbols, size=float("inf"))


@fails("values", "no numbers")
def nan(target, num_symbols):
    w_q, w_k, w_v, w_o = one_hot(target, num_symbols)
    return w_q, w_k / 0, w_v, w_o


@fails("values", "even")
def no_scores(target, num_symbols):
    return one_hot(target, num_symbols, size=0.0)


@fails("values", "even")
def same_keys(target, num_symbols):
    w_q, w_k, w_v, w_o = einsum(target, num_symbols)
    return w_q, torch.ones_like(w_k), w_v, w_o


@fails("values", "swapped")
def asked_by_the_keys(target, num_symbols):
    w_q, w_k, w_v, w_o = one_hot(target, num_symbols)
    return w_k, w_q, w_v, w_o


@fails("values", "swapped")
def scattered_the_wrong_way(target, num_symbols):
    w_q, w_k, w_v, w_o = einsum(target, num_symbols)
    return w_q.transpose(1, 2), w_k, w_v, w_o


@fails("values", "same look")
def all_look_for_the_first(target, num_symbols):
    w_q, w_k, w_v, w_o = one_hot(target, num_symbols)
    return w_q[:1].expand_as(w_q), w_k, w_v, w_o


@fails("values", "same look")
def all_look_at_themselves(target, num_symbols):
    _w_q, w_k, w_v, w_o = einsum(target, num_symbols)
    return 50 * w_k, w_k, w_v, w_o


@fails("values", "other place")
def one_further(target, num_symbols):
    return one_hot((target + 1) % len(target), num_symbols)


@fails("values", "other place")
def counted_from_the_end(target, num_symbols):
    return einsum(len(target) - 1 - target, num_symbols)


@fails("values", "answers mixed up")
def answers_reversed(target, num_symbols):
    w_q, w_k, w_v, w_o = one_hot(target, num_symbols)
    return w_q, w_k, w_v, w_o.flip(0)


@fails("values", "answers mixed up")
def answers_turned(target, num_symbols):
    return einsum(target.roll(1, 1), num_symbols)


@fails("values", "too weak")
def ones(target, num_symbols):
    return one_hot(target, num_symbols, size=1.0)


@fails("values", "too weak")
def barely(target, num_symbols):
    w_q, w_k, w_v, w_o = einsum(target, num_symbols)
    return w_q / 60, w_k * 2, w_v, w_o


@fails("values", "added up")
def all_heads_in_all_answers(target, num_symbols):
    w_q, w_k, w_v, w_o = one_hot(target, num_symbols)
    return w_q, w_k, w_v, w_o.sum(0, keepdim=True).expand_as(w_o)


@fails("values", "added up")
def ones_for_answers(target, num_symbols):
    w_q, w_k, w_v, _ = einsum(target, num_symbols)
    heads, symbols = len(w_q), torch.eye(num_symbols)
    return w_q, w_k, w_v, symbols[None, :, None].expand(heads, -1, heads, -1)


@fails("values", "read-out")
def symbols_shifted(target, num_symbols):
    w_q, w_k, w_v, w_o = one_hot(target, num_symbols)
    return w_q, w_k, w_v.roll(1, 2), w_o


@fails("values", "read-out")
def symbols_reversed(target, num_symbols):
    w_q, w_k, w_v, w_o = einsum(target, num_symbols)
    return w_q, w_k, w_v, -w_o


@fails("edge cases", "other place")
def at_least_two_answers(target, num_symbols):
    return one_hot(target, num_symbols, size=60.0 if target.shape[1] > 1 else -60.0)


@fails("edge cases", "too weak")
def enough_for_seven_places(target, num_symbols):
    size = 60.0 if len(target) < 10 else 2.0
    return one_hot(target, num_symbols, size=size)
