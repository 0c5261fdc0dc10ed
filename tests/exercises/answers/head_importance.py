"""How much worse it gets without a head."""

import torch
import torch.nn.functional as F  # noqa: N812

from tests.exercises.answers import Answers

ANSWERS = Answers()
right, fails = ANSWERS.is_right, ANSWERS.fails


def error(z, w_o, target):
    return F.mse_loss(z.transpose(1, 2).flatten(2) @ w_o, target)


@right()
def by_copies(z, w_o, target):
    whole, rises = error(z, w_o, target), []
    for head in range(z.shape[1]):
        copy = z.clone()
        copy[:, head] = 0
        rises.append(error(copy, w_o, target) - whole)
    return torch.stack(rises)


@right()
def by_contributions(z, w_o, target):
    parts = torch.einsum("bhqd,hdm->hbqm", z, w_o.unflatten(0, (z.shape[1], -1)))
    left = parts.sum(0) - parts - target
    return left.square().mean((1, 2, 3)) - (parts.sum(0) - target).square().mean()


@right()
def by_gates(z, w_o, target):
    heads = z.shape[1]
    gates = 1 - torch.eye(heads)
    errors = [error(z * gate.view(1, heads, 1, 1), w_o, target).item() for gate in gates]
    return torch.tensor(errors) - error(z, w_o, target).item()


@right()
def in_numpy(z, w_o, target):
    z, w_o, target = (each.double().numpy() for each in (z, w_o, target))
    d_head = z.shape[3]
    parts = [z[:, h] @ w_o[h * d_head : (h + 1) * d_head] for h in range(z.shape[1])]
    off = sum(parts) - target
    return torch.tensor([((off - part) ** 2).mean() - (off**2).mean() for part in parts])


@fails("shape")
def one_number(z, w_o, target):
    return by_copies(z, w_o, target).sum()


@fails("shape")
def a_row_each(z, w_o, target):
    return by_copies(z, w_o, target)[:, None]


@fails("values", "error, not rise")
def errors(z, w_o, target):
    return torch.stack(
        [error(z * (torch.arange(z.shape[1]) != h)[:, None, None], w_o, target) for h in range(z.shape[1])]
    )


@fails("values", "error, not rise")
def errors_of_contributions(z, w_o, target):
    parts = torch.einsum("bhqd,hdm->hbqm", z, w_o.unflatten(0, (z.shape[1], -1)))
    return (parts.sum(0) - parts - target).square().mean((1, 2, 3))


@fails("values", "sign")
def falls(z, w_o, target):
    return -by_copies(z, w_o, target)


@fails("values", "sign")
def whole_minus_without(z, w_o, target):
    return error(z, w_o, target) - errors_of_contributions(z, w_o, target)


@fails("values", "kept alone")
def only_one(z, w_o, target):
    rises = []
    for head in range(z.shape[1]):
        copy = torch.zeros_like(z)
        copy[:, head] = z[:, head]
        rises.append(error(copy, w_o, target) - error(z, w_o, target))
    return torch.stack(rises)


@fails("values", "kept alone")
def alone_by_contributions(z, w_o, target):
    parts = torch.einsum("bhqd,hdm->hbqm", z, w_o.unflatten(0, (z.shape[1], -1)))
    return (parts - target).square().mean((1, 2, 3)) - (parts.sum(0) - target).square().mean()


@fails("values", "one after another")
def no_copy_a_round(z, w_o, target):
    z, whole, rises = z.clone(), error(z, w_o, target), []
    for head in range(z.shape[1]):
        z[:, head] = 0
        rises.append(error(z, w_o, target) - whole)
    return torch.stack(rises)


@fails("values", "one after another")
def cumulative(z, w_o, target):
    parts = torch.einsum("bhqd,hdm->hbqm", z, w_o.unflatten(0, (z.shape[1], -1)))
    left = parts.sum(0) - parts.cumsum(0) - target
    return left.square().mean((1, 2, 3)) - (parts.sum(0) - target).square().mean()


@fails("values", "interleaved")
def rows_dealt_out(z, w_o, target):
    parts = torch.einsum("bhqd,dhm->hbqm", z, w_o.unflatten(0, (-1, z.shape[1])))
    left = parts.sum(0) - parts - target
    return left.square().mean((1, 2, 3)) - (parts.sum(0) - target).square().mean()


@fails("values", "interleaved")
def joined_number_by_number(z, w_o, target):
    def off(z):
        return F.mse_loss(z.permute(0, 2, 3, 1).flatten(2) @ w_o, target)

    return torch.stack([off(z.index_fill(1, torch.tensor([h]), 0)) - off(z) for h in range(z.shape[1])])


@fails("values", "summed")
def summed(z, w_o, target):
    return by_copies(z, w_o, target) * target.numel()


@fails("values", "summed")
def reduction_sum(z, w_o, target):
    def off(z):
        return F.mse_loss(z.transpose(1, 2).flatten(2) @ w_o, target, reduction="sum")

    return torch.stack([off(z.index_fill(1, torch.tensor([h]), 0)) - off(z) for h in range(z.shape[1])])


@fails("values", "root")
def root_of_the_mean(z, w_o, target):
    return errors(z, w_o, target).sqrt() - error(z, w_o, target).sqrt()


@fails("values", "root")
def norms(z, w_o, target):
    parts = torch.einsum("bhqd,hdm->hbqm", z, w_o.unflatten(0, (z.shape[1], -1)))
    off = parts.sum(0) - target
    return ((off - parts).flatten(1).norm(dim=1) - off.norm()) / target.numel() ** 0.5


@fails("edge cases", "absolute")
def absolute(z, w_o, target):
    return by_copies(z, w_o, target).abs()


@fails("edge cases", "absolute")
def distance(z, w_o, target):
    return (error(z, w_o, target) - errors_of_contributions(z, w_o, target)).square().sqrt()


@fails("edge cases", "cut off at 0")
def clamped(z, w_o, target):
    return by_copies(z, w_o, target).clamp(min=0)


@fails("edge cases", "cut off at 0")
def rectified(z, w_o, target):
    return F.relu(by_contributions(z, w_o, target))


@fails("values", "change of the output")
def change(z, w_o, target):
    parts = torch.einsum("bhqd,hdm->hbqm", z, w_o.unflatten(0, (z.shape[1], -1)))
    return parts.square().mean((1, 2, 3))


@fails("values", "change of the output")
def target_not_used(z, w_o, target):
    whole = z.transpose(1, 2).flatten(2) @ w_o
    return torch.stack([error(z.index_fill(1, torch.tensor([h]), 0), w_o, whole) for h in range(z.shape[1])])


@fails("edge cases", "in place")
def spoils_z(z, w_o, target):
    rises = by_copies(z, w_o, target)
    z[:, 0] = 0
    return rises


@fails("values", "in place")
def zeroed_and_never_put_back(z, w_o, target):
    rise = []
    for head in range(z.shape[1]):
        z[:, head] = 0
        rise.append(error(z, w_o, target))
    return torch.stack(rise)
