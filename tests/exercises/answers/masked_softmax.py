"""Softmaxes behind masks."""

import torch
import torch.nn.functional as F  # noqa: N812

from tests.exercises.answers import Answers

ANSWERS = Answers()
right, fails = ANSWERS.is_right, ANSWERS.fails
INF = float("inf")


@right()
def careful(scores, mask):
    nothing = ~mask.any(-1, keepdim=True)
    attn = scores.masked_fill(~mask & ~nothing, -INF).softmax(-1)
    return torch.where(nothing, torch.zeros(()), attn)


@right()
def shifted_by_hand(scores, mask):
    top = scores.masked_fill(~mask, -INF).amax(-1, keepdim=True).detach()
    top = torch.where(top.isinf(), torch.zeros(()), top)
    parts = (scores - top).masked_fill(~mask, -INF).exp()
    total = parts.sum(-1, keepdim=True)
    return parts / torch.where(total > 0, total, torch.ones(()))


@right()
def nan_replaced_in_a_row_that_is_masked_whole(scores, mask):
    return torch.nan_to_num(scores.masked_fill(~mask, -INF).softmax(-1))


@right()
def row_by_row(scores, mask):
    result = torch.zeros_like(scores)
    allowed = mask.expand(scores.shape)
    for place in torch.cartesian_prod(*(torch.arange(n) for n in scores.shape[:-1])).tolist():
        row = allowed[tuple(place)]
        if row.any():
            result[(*place, row)] = scores[(*place, row)].softmax(0)
    return result


@right()
def lowest_number_there_is(scores, mask, value=-3.4e38):
    return F.softmax(torch.where(mask, scores, value), dim=-1) * mask


@fails("shape")
def summed(scores, mask):
    return (scores.masked_fill(~mask, -INF).softmax(-1)).sum(-1)


@fails("shape", "axes")
def turned(scores, mask):
    return scores.masked_fill(~mask, -INF).softmax(-1).mT


@fails("values", "mask inverted")
def as_in_torchs_module(scores, mask):
    return scores.masked_fill(mask, -INF).softmax(-1).nan_to_num(0)


@fails("values", "mask inverted")
def where_the_wrong_way(scores, mask):
    return F.softmax(torch.where(mask, torch.tensor(-INF), scores), -1).nan_to_num(0.0)


@fails("values", "mask ignored")
def ignored(scores, mask):
    return scores.softmax(-1)


@fails("values", "mask ignored")
def result_thrown_away(scores, mask):
    scores.masked_fill(~mask, -INF)
    return torch.exp(scores - scores.logsumexp(-1, keepdim=True))


@fails("rows sum to one", "mask after softmax")
def afterwards(scores, mask):
    return scores.softmax(-1) * mask


@fails("rows sum to one", "mask after softmax")
def afterwards_by_fill(scores, mask):
    return F.softmax(scores, dim=-1).masked_fill(~mask, 0)


@fails("values", "masked scores are 0")
def multiplied(scores, mask):
    return (scores * mask).softmax(-1)


@fails("values", "masked scores are 0")
def filled_with_zero(scores, mask):
    return torch.where(mask, scores, 0.0).softmax(-1)


@fails("rows sum to one", "over the queries")
def wrong_axis(scores, mask):
    return scores.masked_fill(~mask, -INF).softmax(2).nan_to_num(0)


@fails("rows sum to one", "over the queries")
def wrong_axis_by_hand(scores, mask):
    parts = scores.exp() * mask
    return parts / parts.sum(-2, keepdim=True).clamp(min=1e-30)


@fails("edge cases", "0 by 0")
def no_care(scores, mask):
    return scores.masked_fill(~mask, -INF).softmax(-1)


@fails("edge cases", "0 by 0")
def no_care_by_adding(scores, mask):
    return F.softmax(scores + torch.zeros(mask.shape).masked_fill(~mask, -INF), dim=-1)


@fails("edge cases", "mean of all")
def billion(scores, mask):
    return scores.masked_fill(~mask, -1e9).softmax(-1)


@fails("edge cases", "mean of all")
def lowest(scores, mask):
    return torch.softmax(torch.where(mask, scores, torch.finfo(scores.dtype).min), -1)


@fails("edge cases", "not low enough")
def ten_thousand(scores, mask):
    return scores.masked_fill(~mask, -10_000.0).softmax(-1) * mask.any(-1, keepdim=True)


@fails("edge cases", "not low enough")
def thousand(scores, mask):
    attn = torch.where(mask, scores, torch.tensor(-1e3)).softmax(-1)
    return attn * (mask.sum(-1, keepdim=True) > 0)


@fails("edge cases", "overflow")
def no_shift(scores, mask):
    parts = scores.exp() * mask
    return parts / parts.sum(-1, keepdim=True)


@fails("edge cases", "overflow")
def no_shift_by_where(scores, mask):
    parts = torch.where(mask, torch.exp(scores), torch.zeros(()))
    return parts / parts.sum(-1).unsqueeze(-1)


@fails("edge cases", "in place")
def fills_its_argument(scores, mask):
    with torch.no_grad():
        scores.masked_fill_(~mask, -INF)
    return careful(scores, mask)


@fails("edge cases", "in place")
def turns_its_mask_round(scores, mask):
    result = careful(scores, mask)
    mask.logical_not_()
    return result


@fails("gradients", "nan backward")
def additive(scores, mask):
    attn = (scores + torch.where(mask, 0.0, -INF)).softmax(-1)
    return torch.where(mask.any(-1, keepdim=True), attn, torch.zeros(()))


@fails("gradients", "nan backward")
def divided_and_replaced(scores, mask):
    top = torch.where(mask, scores, -1e30).amax(-1, keepdim=True)
    parts = (scores - top).exp() * mask
    return torch.where(mask.any(-1, keepdim=True), parts / parts.sum(-1, keepdim=True), torch.zeros(()))


@fails("gradients", "detached")
def by_data(scores, mask):
    return careful(scores.data, mask)


@fails("gradients", "detached")
def by_a_new_tensor(scores, mask):
    return torch.tensor(careful(scores, mask).tolist())
