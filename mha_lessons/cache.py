"""Decoding word by word: keys and values of what came before are kept, not computed again."""

import torch
from jaxtyping import Float
from torch import Tensor

from mha_lessons.attention import MultiHeadAttention
from mha_lessons.dot_product import attend
from mha_lessons.masks import causal_mask


class KVCache:
    """Keys and values of the tokens that a layer has seen, and the causal attention over them.

    Its numbers are those of the whole sentence at once under `causal_mask`. The store doubles when it is
    full, so that n tokens cost n copies and not n².

    Args:
        layer: the attention layer; grouped heads cache `num_kv_heads` keys and values only.

    Source: Shazeer 2019, section 2.4.

    >>> layer, x = MultiHeadAttention(8, 4, num_kv_heads=2).eval(), torch.randn(1, 5, 8)
    >>> cache = KVCache(layer)
    >>> steps = [cache.step(x[:, i : i + 1]) for i in range(5)]
    >>> torch.allclose(torch.cat(steps, dim=1), layer(x, mask=causal_mask(5)), atol=1e-6)
    True
    >>> len(cache), cache.nbytes == 5 * 2 * 2 * 2 * 4
    (5, True)
    """

    def __init__(self, layer: MultiHeadAttention) -> None:
        self.layer = layer
        self._store: Tensor | None = None  # [2, batch, kv_head, room, d_head]
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def nbytes(self) -> int:
        """Bytes of the keys and values seen so far (the store may hold room for as many again)."""
        return 0 if self._store is None else self._seen.numel() * self._seen.element_size()

    @property
    def _seen(self) -> Tensor:
        if self._store is None:
            raise RuntimeError("the cache is empty: step once before reading it")
        return self._store[:, :, :, : self._length]

    @torch.no_grad()
    def step(
        self, x: Float[Tensor, "batch new d_model"], *, gates: Tensor | None = None
    ) -> Float[Tensor, "batch new d_model"]:
        """The output for one more token, or for several; what they may look at includes themselves.

        Without gradients: the store is written in place.

        Raises:
            ValueError: another batch than before, or what the layer itself refuses.
        """
        q, k, v = self.layer.project(x, start=self._length)
        if self._store is not None and self._store.shape[1] != len(x):
            raise ValueError(f"x should have the batch of the cache, {self._store.shape[1]}, got {len(x)}")
        self._append(k, v)
        keys, values = self._seen
        mask = None if x.shape[1] == 1 else causal_mask(x.shape[1], self._length, device=x.device)
        z = attend(q, keys, values, mask=mask, temperature=self.layer.temperature)
        return self.layer.combine(z, gates)

    def _append(
        self, k: Float[Tensor, "batch kv_head new d_head"], v: Float[Tensor, "batch kv_head new d_head"]
    ) -> None:
        total = self._length + k.shape[2]
        if self._store is None or total > self._store.shape[3]:
            batch, heads, _, d_head = k.shape
            store = k.new_empty(2, batch, heads, max(total, 2 * self._length), d_head)
            if self._store is not None:
                store[:, :, :, : self._length] = self._seen
            self._store = store
        self._store[0, :, :, self._length : total] = k
        self._store[1, :, :, self._length : total] = v
        self._length = total
