"""The layer, compiled, against itself; in a process without jaxtyping's wrappers.

python -m tests.compiled aot_eager | inductor
"""

import sys

import torch
from torch import Tensor

from mha_lessons import MultiHeadAttention, causal_mask, padding_mask

DEAD_ROWS = padding_mask([5, 0], seq=5) & causal_mask(5)


def results(run, x: Tensor) -> tuple[Tensor, Tensor | None]:
    x = x.clone().requires_grad_()
    out = run(x)
    out.square().sum().backward()
    return out, x.grad


def main(backend: str) -> None:
    torch.manual_seed(0)
    made = MultiHeadAttention(6, 4, d_head=3, num_kv_heads=2, dtype=torch.float64)
    x, gates = torch.randn(2, 5, 6, dtype=torch.float64), torch.rand(4, dtype=torch.float64)
    for mask in (None, DEAD_ROWS, torch.zeros(DEAD_ROWS.shape).masked_fill(~DEAD_ROWS, -torch.inf)):

        def whole(x: Tensor, mask: Tensor | None = mask) -> Tensor:
            return made(x, mask=mask, gates=gates)

        def traced(x: Tensor, mask: Tensor | None = mask) -> Tensor:
            trace = made.trace(x, mask=mask, gates=gates)
            return trace.contributions.sum(1) + trace.output + trace.attn.sum()

        for run in (whole, traced):
            torch.compiler.reset()
            compiled = torch.compile(run, backend=backend, fullgraph=True)
            torch.testing.assert_close(results(compiled, x), results(run, x), rtol=1e-10, atol=1e-10)
            print(backend, run.__name__, "unmasked" if mask is None else mask.dtype, "agrees")


if __name__ == "__main__":
    main(sys.argv[1])
