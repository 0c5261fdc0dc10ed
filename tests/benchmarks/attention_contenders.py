"""Other ways to write the layer that they are timed against; all hold the same weights."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from transformers import BertConfig
from transformers.models.bert.modeling_bert import BertAttention

from mha_lessons import MultiHeadAttention


class Textbook(nn.Module):
    """Three projections, a division by √d_head, softmax, dropout: as most books and courses print it."""

    def __init__(self, d_model: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads, self.d_head = num_heads, d_model // num_heads
        self.query, self.key, self.value, self.out = (nn.Linear(d_model, d_model) for _ in range(4))
        self.dropout = nn.Dropout(0.0)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        batch, seq, d_model = x.shape
        q, k, v = (
            projection(x).view(batch, seq, self.num_heads, self.d_head).transpose(1, 2)
            for projection in (self.query, self.key, self.value)
        )
        scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(self.d_head)
        attn = self.dropout(torch.softmax(scores, dim=-1))
        z = torch.matmul(attn, v)
        concat = z.transpose(1, 2).contiguous().view(batch, seq, d_model)
        return self.out(concat), attn, scores, q, k, v, z, concat


class Einsum(nn.Module):
    """The same with one weight a head and `einsum`."""

    def __init__(self, d_model: int, num_heads: int) -> None:
        super().__init__()
        d_head = d_model // num_heads
        self.w = nn.Parameter(torch.empty(3, num_heads, d_model, d_head))
        self.b = nn.Parameter(torch.empty(3, 1, num_heads, 1, d_head))
        self.w_o, self.b_o = (
            nn.Parameter(torch.empty(num_heads, d_head, d_model)),
            nn.Parameter(torch.empty(d_model)),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        q, k, v = torch.einsum("bnd,phde->pbhne", x, self.w) + self.b
        scores = torch.einsum("bhqe,bhke->bhqk", q, k) / math.sqrt(q.shape[-1])
        attn = scores.softmax(-1)
        z = torch.einsum("bhqk,bhke->bhqe", attn, v)
        return torch.einsum("bhqe,hed->bqd", z, self.w_o) + self.b_o, attn, scores, q, k, v, z


def read(ours: MultiHeadAttention, x: Tensor) -> tuple[Tensor, ...]:
    """Every field of the trace, contributions before output (their sum)."""
    trace = ours.trace(x)
    fields = (trace.q, trace.k, trace.v, trace.scores, trace.attn, trace.z, trace.concat, trace.contributions)
    return (trace.output, *fields)


def contenders(d_model: int, num_heads: int) -> dict[str, Callable[[Tensor], Tensor]]:
    """What gives the output from x, by name; the outputs are the same."""
    ours = MultiHeadAttention(d_model, num_heads).eval()
    nn.init.normal_(ours.b_qkv)
    theirs, book, sums = ours.to_torch(), Textbook(d_model, num_heads), Einsum(d_model, num_heads)
    config = BertConfig(
        hidden_size=d_model,
        num_attention_heads=num_heads,
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )
    bert = BertAttention(config)
    with torch.no_grad():
        parts = [(ours.w_q, ours.b_q), (ours.w_k, ours.b_k), (ours.w_v, ours.b_v), (ours.w_o, ours.b_o)]
        for number, (weight, bias) in enumerate(parts):
            for linear in (
                (book.query, book.key, book.value, book.out)[number],
                (bert.self.query, bert.self.key, bert.self.value, bert.output.dense)[number],
            ):
                linear.weight.copy_(weight.T)
                linear.bias.copy_(bias)
            if number < 3:
                sums.w[number] = weight.view(d_model, num_heads, -1).transpose(0, 1)
                sums.b[number] = bias.view(1, num_heads, 1, -1)
        sums.w_o.copy_(ours.w_o.view(sums.w_o.shape))
        sums.b_o.copy_(ours.b_o)
    for module in (theirs, book, sums, bert):
        module.eval()
    return {
        "trace": lambda x: read(ours, x)[0],
        "output only": lambda x: ours(x),
        "torch, weights": lambda x: theirs(x, x, x, average_attn_weights=False)[0],
        "torch, no weights": lambda x: theirs(x, x, x, need_weights=False)[0],
        "textbook": lambda x: book(x)[0],
        "einsum": lambda x: sums(x)[0],
        "BERT eager": lambda x: bert.output.dense(bert.self(x)[0]),
    }
