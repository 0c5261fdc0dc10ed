"""Heads that look at the word before."""

import math

import numpy as np
import torch

from tests.exercises.answers import Answers

ANSWERS = Answers()
right, fails = ANSWERS.is_right, ANSWERS.fails


def before(seq):
    """Row i has a 1 at the place that i should look at."""
    return torch.eye(seq)[(torch.arange(seq) - 1).clamp(min=0)]


def tall(top, d_model):
    """The rows of the places on top, zeros for the words."""
    return torch.cat([top, torch.zeros(d_model - len(top), top.shape[1])])


@right()
def asked_by_the_query(seq, d_model):
    return 30 * math.sqrt(seq) * tall(before(seq), d_model), tall(torch.eye(seq), d_model)


@right()
def answered_by_the_key(seq, d_model):
    return tall(torch.eye(seq), d_model), 30 * math.sqrt(seq) * tall(before(seq).T, d_model)


@right()
def by_loop(seq, d_model):
    w_q, w_k = torch.zeros(d_model, seq), torch.zeros(d_model, seq)
    for place in range(seq):
        w_q[place, max(place - 1, 0)] = w_k[place, place] = 8 * seq**0.25
    return w_q, w_k


@right()
def by_angles(seq, d_model):
    """Two columns are enough: places on a circle, the first word turned as little as there is room for."""
    angles = 2 * math.pi * torch.arange(seq) / (2 * seq)
    keys = torch.stack([angles.cos(), angles.sin()], 1)
    size = 2000.0 * seq**2
    return size * tall(keys[(torch.arange(seq) - 1).clamp(min=0)], d_model), tall(keys, d_model)


@right()
def in_numpy(length, width):
    w_q, w_k = np.zeros((2, width, length))
    w_k[:length] = np.eye(length)
    w_q[:length] = 100 * np.eye(length)[np.maximum(np.arange(length) - 1, 0)]
    return w_q, w_k


@fails("shape")
def one_matrix(seq, d_model):
    return tall(before(seq), d_model)[:seq], tall(torch.eye(seq), d_model)


@fails("shape", "weights transposed")
def turned(seq, d_model):
    return 50 * tall(before(seq), d_model).T, tall(torch.eye(seq), d_model).T


@fails("shape", "weights transposed")
def from_the_left(seq, d_model):
    wide = torch.zeros(2, seq, d_model)
    wide[0, :, :seq], wide[1, :, :seq] = 50 * before(seq).T, torch.eye(seq)
    return wide[0], wide[1]


@fails("shape")
def different_widths(seq, d_model):
    return torch.zeros(d_model, 3), torch.zeros(d_model, 4)


@fails("values", "no numbers")
def infinite(seq, d_model):
    return torch.full((d_model, seq), float("inf")), tall(torch.eye(seq), d_model)


@fails("values", "no numbers")
def not_a_number(seq, d_model):
    w_q, w_k = asked_by_the_query(seq, d_model)
    return torch.where(w_q > 0, torch.nan, 0.0), w_k


@fails("values", "even")
def zeros(seq, d_model):
    return torch.zeros(d_model, seq), torch.zeros(d_model, seq)


@fails("values", "even")
def same_for_all(seq, d_model):
    return torch.ones(d_model, 2), torch.zeros(d_model, 2)


@fails("values", "next word")
def swapped(seq, d_model):
    w_q, w_k = asked_by_the_query(seq, d_model)
    return w_k, w_q


@fails("values", "next word")
def one_further(seq, d_model):
    w_q = 50 * math.sqrt(seq) * tall(torch.eye(seq)[(torch.arange(seq) + 1).clamp(max=seq - 1)], d_model)
    return w_q, tall(torch.eye(seq), d_model)


@fails("values", "itself")
def own_place(seq, d_model):
    return 50 * tall(torch.eye(seq), d_model), tall(torch.eye(seq), d_model)


@fails("values", "itself")
def own_place_by_loop(seq, d_model):
    w_q, w_k = torch.zeros(d_model, d_model), torch.zeros(d_model, d_model)
    for place in range(seq):
        w_q[place, place] = w_k[place, place] = 10
    return w_q, w_k


@fails("values", "first word")
def around_the_corner(seq, d_model):
    return 50 * tall(torch.eye(seq).roll(-1, 1), d_model), tall(torch.eye(seq), d_model)


@fails("values", "first word")
def first_looks_at_the_second(seq, d_model):
    places = (torch.arange(seq) - 1) % seq
    places[0] = min(1, seq - 1)
    return 50 * tall(torch.eye(seq)[places], d_model), tall(torch.eye(seq), d_model)


@fails("values", "asks for nothing")
def first_row_left_out(seq, d_model):
    w_q, w_k = asked_by_the_query(seq, d_model)
    w_q[0] = 0
    return w_q, w_k


@fails("values", "asks for nothing")
def subdiagonal(seq, d_model):
    places = 30 * math.sqrt(seq) * torch.diag(torch.ones(seq - 1), -1)
    return tall(places, d_model), tall(torch.eye(seq), d_model)


@fails("values", "too weak")
def ones(seq, d_model):
    return tall(before(seq), d_model), tall(torch.eye(seq), d_model)


@fails("values", "too weak")
def twos(seq, d_model):
    return 2 * tall(torch.eye(seq), d_model), 2 * tall(before(seq).T, d_model)


@fails("edge cases", "words count")
def words_left_in(seq, d_model):
    w_q, w_k = asked_by_the_query(seq, d_model)
    w_q[seq:], w_k[seq:] = 1, 1
    return w_q, w_k


@fails("edge cases", "words count")
def words_by_identity(seq, d_model):
    w_q, w_k = torch.eye(d_model), torch.eye(d_model)
    w_q[:seq] = 0
    w_q[:seq, :seq] = 50 * math.sqrt(d_model) * before(seq)
    return w_q, w_k
