"""How fast the layer is, with every field of its trace read and with its output only."""

import json
import os
import subprocess
import sys

import torch

from tests.benchmarks.attention_contenders import contenders
from tests.benchmarks.paired import Report, Spread, interleave, peak_bytes, table

SHAPES = [(1, 12, 64, h) for h in (1, 4, 8)] + [(1, 128, 512, 8), (8, 512, 512, 8), (1, 2048, 512, 8)]
KEEPS_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}
PAIRS = [
    ("trace", "textbook"),
    ("trace", "torch, weights"),
    ("trace", "einsum"),
    ("trace", "BERT eager"),
    ("output only", "torch, no weights"),
    ("output only", "textbook"),
]


def target(kind: str, one: str, other: str, shape: tuple[int, ...]) -> float | None:
    """The ratio to reach, where one is set."""
    seq, heads = shape[1], shape[3]
    if kind == "forward+backward":
        return 1.05 if (one, other) == ("trace", "torch, weights") else None
    if (one, other) == ("trace", "textbook"):
        return 0.75 if seq == 12 else None
    if (one, other) == ("trace", "torch, weights"):
        return {12: 1.15 if heads >= 2 else None, 128: 1.05, 512: 1.05, 2048: 1.3}[seq]
    if (one, other) == ("output only", "torch, no weights"):
        return {12: 0.85, 2048: 0.65}.get(seq)
    return None


def measure(kind: str, shape: tuple[int, ...]) -> dict[str, list[float]]:
    batch, seq, d_model, heads = shape
    torch.manual_seed(0)
    x = torch.randn(batch, seq, d_model)
    made = contenders(d_model, heads)
    outputs = {name: call(x) for name, call in made.items()}
    for name, output in outputs.items():
        torch.testing.assert_close(output, outputs["textbook"], atol=1e-4, rtol=1e-4, msg=name)
    if kind == "forward":
        with torch.no_grad():
            return interleave({name: lambda call=call: call(x) for name, call in made.items()}).seconds
    wanted = ("trace", "torch, weights", "textbook") if seq > 128 else tuple(made)
    return interleave({name: lambda call=made[name]: call(x).sum().backward() for name in wanted}).seconds


def peaks(shape: tuple[int, ...]) -> dict[str, int]:
    batch, seq, d_model, heads = shape
    x = torch.randn(batch, seq, d_model)
    with torch.no_grad():
        return {
            name: peak_bytes(lambda call=call: call(x)) for name, call in contenders(d_model, heads).items()
        }


def run_all(kinds: list[str]) -> dict:
    torch.set_num_threads(1)
    answer: dict = {"peaks": {str(shape): peaks(shape) for shape in SHAPES[3:]}}
    for kind in kinds:
        answer[kind] = {}
        for shape in SHAPES:
            answer[kind][str(shape)] = measure(kind, shape)
            print(kind, shape, file=sys.stderr, flush=True)
    return answer


def in_own_process(kinds: list[str], environment: dict[str, str]) -> dict:
    """glibc reads its settings at start only."""
    command = [sys.executable, "-m", "tests.benchmarks.attention", *kinds]
    run = subprocess.run(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(run.stdout)


def rows(kind: str, found: dict) -> list[list[object]]:
    lines = []
    for shape in SHAPES:
        seconds = found[kind][str(shape)]
        for one, other in PAIRS:
            if one not in seconds or other not in seconds:
                continue
            ratio = Spread.of([a / b for a, b in zip(seconds[one], seconds[other], strict=True)])
            wanted = target(kind, one, other, shape)
            verdict = "" if wanted is None else "yes" if ratio.middle <= wanted else "**no**"
            ms = [f"{Spread.of(seconds[name]).middle * 1e3:.3g}" for name in (one, other)]
            lines.append([shape, one, other, *ms, ratio, "" if wanted is None else f"≤ {wanted}", verdict])
    return lines


TRIED = """
Kept: one projection for q, k and v; softmax down the columns where rows are short; the output as the sum of
contributions once these were read; checks of shapes only after torch has refused, and once for the layer
(`attend` alone checks); weights taken from `Module._parameters` where they are there; the scale inside the
product of queries and keys where rows are long. Tried and left: three-dimensional `bmm` in place of `matmul`
(faster alone, slower with the views that the fields need); the scale inside the product for short rows (the
same); contributions out of `concat`, one product a head (no gain); the scale as a tensor of no axes, not as a
Python number (3 % of a small trace, but it would have to be kept for each device and grad mode); lazy fields
written another way (no gain); huge pages (no gain).

At (1, 12, 64, h) the time goes into calls, not arithmetic: the operators of a trace alone, written into one
function without checks, fields or parameters that can change, cost about 0.7 of the trace here.
""".strip()
HEAD = ["(batch, seq, d_model, h)", "ours", "theirs", "ms", "ms", "ratio (quartiles)", "to reach", "reached"]


def run() -> Report:
    plain = in_own_process(["forward", "forward+backward"], {})
    kept = in_own_process(["forward"], KEEPS_MEMORY)
    longest = plain["peaks"][str(SHAPES[-1])]
    share = longest["output only"] / longest["torch, no weights"]
    memory = [
        [shape, *(f"{plain['peaks'][str(shape)][name] / 2**20:.1f}" for name in names)]
        for names in [list(longest)]
        for shape in SHAPES[3:]
    ]
    text = f"""
One thread, CPU time, 15 interleaved rounds, float32, eval; every field of the trace read. Ratios are medians
(quartiles) of the ratios within a round. `nn.MultiheadAttention` takes its fast path for even head counts
only, so that its time at h = 1 is no measure. The trace computes contributions, which no other contender has.

### Forward

{table(HEAD, rows("forward", plain))}

### Forward, with an allocator that keeps its memory

A trace makes three large tensors (scores, attn, contributions) where torch makes one, and glibc gives memory
above 32 MiB back after each use: on this machine a first touch of a page costs more than the arithmetic on
it. The same run with `{" ".join(f"{k}={v}" for k, v in KEEPS_MEMORY.items())}`, for all contenders:

{table(HEAD, rows("forward", kept))}

### Forward and backward

The loss is the sum of the output.

{table(HEAD, rows("forward+backward", plain))}

### Peak memory of one forward call, MiB

Above what is there before, in a process that has made the call once. At 2048 the output alone takes
{share:.2f} of what `nn.MultiheadAttention` without weights takes (0.15 to reach).

{table(["(batch, seq, d_model, h)", *longest], memory)}

### What was tried

{TRIED}
"""
    return Report("Attention: paired timings", text, {"default allocator": plain, "keeps memory": kept})


if __name__ == "__main__":
    json.dump(run_all(sys.argv[1:]), sys.stdout)
