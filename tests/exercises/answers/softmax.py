"""Softmaxes."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from tests.exercises.answers import Answers

ANSWERS = Answers()
right, fails = ANSWERS.is_right, ANSWERS.fails


@right()
def shifted(scores):
    parts = torch.exp(scores - scores.max(dim=-1, keepdim=True).values)
    return parts / parts.sum(dim=-1, keepdim=True)


@right()
def torchs_own(x, *, temperature=1.0):
    return F.softmax(x / temperature, dim=-1)


@right()
def by_logarithms(scores):
    return (scores - torch.logsumexp(scores, -1, keepdim=True)).exp()


@right()
def row_by_row(scores):
    rows = []
    for row in scores.reshape(-1, scores.shape[-1]):
        parts = (row - row.max()).exp()
        rows.append(parts / parts.sum())
    return torch.stack(rows).reshape(scores.shape)


@right()
def in_place_on_a_copy(scores):
    copy = scores.clone()
    copy -= scores.detach().amax(-1, keepdim=True)
    parts = copy.exp()
    return parts.div(parts.sum(-1, keepdim=True))


@right()
def einsum(scores):
    parts = (scores - scores.amax(-1, keepdim=True)).exp()
    return torch.einsum("bhqk,bhq->bhqk", parts, 1 / parts.sum(-1))


@fails("shape")
def sums_alone(scores):
    return scores.exp().sum(-1)


@fails("shape", "axes")
def axes_turned(scores):
    return scores.softmax(-1).transpose(-1, -2)


@fails("shape", "axes")
def axes_turned_round(scores):
    return scores.softmax(-1).permute(0, 2, 1, 3)


@fails("rows sum to one", "first axis")
def default_axis(scores):
    return scores.softmax(0)


@fails("rows sum to one", "first axis")
def sum_zero(scores):
    parts = scores.exp()
    return parts / parts.sum(0)


@fails("rows sum to one", "over the heads")
def axis_one(scores):
    return torch.softmax(scores, dim=1)


@fails("rows sum to one", "over the heads")
def axis_one_by_hand(scores):
    return torch.exp(scores) / torch.exp(scores).sum(dim=1, keepdim=True)


@fails("rows sum to one", "over the queries")
def axis_two(scores):
    return F.softmax(scores, dim=2)


@fails("rows sum to one", "over the queries")
def axis_two_by_hand(scores):
    parts = (scores - scores.amax(2, keepdim=True)).exp()
    return torch.einsum("bhqk,bhk->bhqk", parts, 1 / parts.sum(2))


@fails("rows sum to one", "all at once")
def no_axis(scores):
    return scores.exp() / scores.exp().sum()


@fails("rows sum to one", "all at once")
def flat(scores):
    return torch.softmax(scores.reshape(-1), 0).reshape(scores.shape)


@fails("rows sum to one", "no division")
def only_exp(scores):
    return scores.exp()


@fails("rows sum to one", "no division")
def only_powers(scores):
    return torch.e**scores


@fails("rows sum to one", "no division after the shift")
def only_shifted(scores):
    return torch.exp(scores - scores.max(-1, keepdim=True)[0])


@fails("rows sum to one", "no division after the shift")
def divided_by_the_largest(scores):
    return scores.softmax(-1) / scores.softmax(-1).amax(-1, keepdim=True)


@fails("values", "no exponential")
def linear(scores):
    return scores / scores.sum(-1, keepdim=True)


@fails("values", "no exponential")
def linear_by_einsum(scores):
    return torch.einsum("bhqk,bhq->bhqk", scores, 1 / scores.sum(-1))


@fails("rows sum to one", "logarithm")
def log(scores):
    return F.log_softmax(scores, -1)


@fails("rows sum to one", "logarithm")
def exponential_forgotten(scores):
    return scores - scores.exp().sum(-1, keepdim=True).log()


@fails("values", "powers of 2")
def twos(scores):
    parts = 2 ** (scores - scores.amax(-1, keepdim=True))
    return parts / parts.sum(-1, keepdim=True)


@fails("values", "powers of 2")
def twos_by_torch(scores):
    return torch.softmax(scores * np.log(2), -1)


@fails("edge cases", "overflow")
def naive(scores):
    return scores.exp() / scores.exp().sum(-1, keepdim=True)


@fails("edge cases", "overflow")
def naive_einsum(scores):
    parts = torch.exp(scores)
    return parts / torch.einsum("bhqk->bhq", parts).unsqueeze(-1)


@fails("edge cases", "one maximum for all")
def global_maximum(scores):
    parts = (scores - scores.max()).exp()
    return parts / parts.sum(-1, keepdim=True)


@fails("edge cases", "one maximum for all")
def maximum_of_everything(scores):
    parts = torch.exp(scores - torch.amax(scores, dim=(0, 1, 2, 3)))
    return parts / parts.sum(dim=-1)[..., None]


@fails("edge cases", "clamped")
def clamped(scores):
    return torch.softmax(scores.clamp(-50, 50), -1)


@fails("edge cases", "clamped")
def clamped_by_hand(scores):
    parts = torch.exp(torch.minimum(scores, torch.tensor(60.0)))
    return parts / parts.sum(-1, keepdim=True)


@fails("edge cases", "in place")
def shifts_its_argument(scores):
    with torch.no_grad():
        scores -= scores.amax(-1, keepdim=True)
    parts = scores.exp()
    return parts / parts.sum(-1, keepdim=True)


@fails("edge cases", "in place")
def writes_into_its_argument(scores):
    result = scores.softmax(-1)
    with torch.no_grad():
        scores.copy_(result)
    return result.clone()


@fails("gradients", "detached")
def by_numpy(scores):
    x = scores.detach().numpy()
    parts = np.exp(x - x.max(-1, keepdims=True))
    return torch.from_numpy(parts / parts.sum(-1, keepdims=True))


@fails("gradients", "detached")
@torch.no_grad()
def without_gradient(scores):
    return scores.softmax(-1)


@fails("gradients", "partly detached")
def constant_sum(scores):
    parts = (scores - scores.amax(-1, keepdim=True)).exp()
    return parts / parts.sum(-1, keepdim=True).detach()


@fails("gradients", "partly detached")
def constant_parts(scores):
    parts = (scores - scores.amax(-1, keepdim=True)).exp()
    return parts.data / parts.sum(-1, keepdim=True)


@fails("shape", "no return")
def forgotten(scores):
    scores.softmax(-1)  # and nothing is done with it


@fails("gradients", "slopes")
def a_thousandth_added(scores):
    parts = (scores - scores.amax(-1, keepdim=True)).exp()
    return parts / (parts.sum(-1, keepdim=True) + 1e-3)


@fails("gradients", "slopes")
def rounded(scores):
    return scores.softmax(-1).round(decimals=5)
