"""Do two heads do the same? The distance between their attention, and how many groups are left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mha_lessons.heads.measures import entropy
from mha_lessons.models import Model

CUTS = (0.2, 0.3, 0.4)
"""Heads closer than this, on average over a group, count as one group."""


def js_distance(attn: Float[Tensor, "head query key"]) -> Float[Tensor, "head head"]:
    """Jensen-Shannon distance of every two heads: 0 where they look alike, 1 where they share no key.

    The square root of the divergence in bits, averaged over the queries.
    Source: Clark et al. 2019, section 6, who add the divergence up instead.

    >>> js_distance(torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]], [[1.0, 0.0]]]))[0].tolist()
    [0.0, 1.0, 0.0]
    """
    total = torch.zeros(len(attn), len(attn))
    for query in range(attn.shape[1]):  # one at a time: all pairs of heads at once are a large table
        rows = attn[:, query].float()
        own = entropy(rows)
        between = entropy((rows[:, None] + rows) / 2)
        total += (between - (own[:, None] + own) / 2).clamp(min=0).sqrt()
    return total / attn.shape[1]


def head_distances(model: Model, text: str) -> Float[np.ndarray, "head head"]:
    """The distance of every two heads of a model on one text, heads of all layers in a row."""
    found = model.attentions(text)
    return js_distance(found.attn.flatten(0, 1)).double().numpy()


def nearest_head(
    distance: Float[np.ndarray, "head head"],
) -> tuple[Float[np.ndarray, " head"], np.ndarray]:
    """For each head how near the most similar other head is, and which one that is."""
    others = distance + np.diag(np.full(len(distance), np.inf))
    return others.min(1), others.argmin(1)


def num_groups(distance: Float[np.ndarray, "head head"], cuts: Sequence[float] = CUTS) -> dict[str, int]:
    """How many groups are left when heads that look alike are put together, for each cut.

    By average linkage: two groups join while the mean distance between their heads is below the cut.

    >>> num_groups(np.array([[0, 0.1, 0.9], [0.1, 0, 0.9], [0.9, 0.9, 0]]), [0.05, 0.5, 0.95])
    {'0.05': 3, '0.5': 2, '0.95': 1}
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    upper = squareform((distance + distance.T) / 2, checks=False)
    tree = linkage(upper, method="average")
    return {str(cut): int(fcluster(tree, cut, criterion="distance").max()) for cut in cuts}


def similarity(distance: Float[np.ndarray, "head head"], num_heads: int) -> dict[str, Any]:
    """How alike the heads of a model are, from the distance of every two.

    Args:
        distance: heads of all layers in a row.
        num_heads: heads of a layer.

    Returns:
        Mean distances, of all pairs and within a layer; the number of groups for each of `CUTS`; for each
        head [layer, head] the head most like it, as a place in the row, and its distance.
    """
    near, which = nearest_head(distance)
    layer = np.arange(len(distance)) // num_heads
    pairs = np.triu(np.ones_like(distance, dtype=bool), 1)
    return {
        "mean": distance[pairs].mean(),
        "mean_within_layer": distance[pairs & (layer[:, None] == layer)].mean(),
        "groups": num_groups(distance),
        "nearest": which.reshape(-1, num_heads),
        "distance_to_nearest": near.reshape(-1, num_heads),
    }
