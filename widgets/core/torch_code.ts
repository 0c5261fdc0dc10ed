/** The same layer as plain torch, for "Copy torch code": it needs nothing of this package. */

import { designedVectors, designedWeights } from "./designed";
import { headWidth, type Params } from "./params";
import { PURPOSE } from "./philox";
import { tokenize } from "./tokens";

const DRAW = `
def draw(seed, purpose, row, column):
    """One entry of a seeded matrix, in (-1, 1): Philox4x32-10 (Salmon et al. 2011)."""
    c, k = [row & M, row >> 32, column // 4, 0], [seed, purpose]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [b >> 32 ^ c[1] ^ k[0], b & M, a >> 32 ^ c[3] ^ k[1], a & M]
        k = [(k[0] + 0x9E3779B9) & M, (k[1] + 0xBB67AE85) & M]
    return (2 * (c[column % 4] >> 8) + 1 - 2**24) / 2**24


def seeded(purpose, rows, columns, variance):
    numbers = [[draw(seed, purpose, row, column) for column in range(columns)] for row in rows]
    return torch.tensor(numbers) * math.sqrt(3 * variance)
`;

const EMBED = `
def row_of(word):
    """A word's row in the table of word vectors: 64-bit FNV-1a of its letters."""
    row = 0xCBF29CE484222325
    for byte in word.encode():
        row = (row ^ byte) * 0x100000001B3 % 2**64
    return row


def position_code(place, column):
    """Vaswani et al. 2017, section 3.5, rounded to multiples of 2^-16."""
    wave = math.cos if column % 2 else math.sin
    return math.floor(wave(place / 10000 ** ((column - column % 2) / d_model)) * 65536 + 0.5) / 65536


x = seeded(${PURPOSE.word}, [row_of(word) for word in tokens], d_model, 0.5)
x += torch.tensor([[position_code(place, column) for column in range(d_model)] for place in range(seq)])
w_q = seeded(${PURPOSE.w_q}, range(d_model), width, 1 / d_model)
w_k = seeded(${PURPOSE.w_k}, range(d_model), width, 1 / d_model)
`;

/** Python that makes `tokens`, `x` [seq, d_model] and the four matrices of these parameters. */
export function torchSetup(params: Params): string {
  const { d_model, num_heads, seed } = params;
  const d_head = headWidth(params);
  const tokens = tokenize(params.text);
  return `import math

import torch

M = 2**32 - 1
tokens = ${JSON.stringify(tokens)}
seed, seq, d_model, num_heads, d_head = ${seed}, ${tokens.length}, ${d_model}, ${num_heads}, ${d_head}
width = num_heads * d_head

${DRAW}
${params.source === "random" ? EMBED : designed(params, tokens, d_head)}w_v = seeded(${PURPOSE.w_v}, range(d_model), width, 1 / d_model)
w_o = seeded(${PURPOSE.w_o}, range(width), d_model, 1 / d_model)
`;
}

/** Python that computes `q`, `k`, `v`, `scores`, `attn`, `z` and `output`; `mask` is a Python expression, or null. */
export function torchAttention(temperature: number, mask: string | null): string {
  const scale = temperature === 1 ? "d_head**0.5" : `d_head**0.5 / ${temperature}`;
  return `

def heads(columns):
    """[seq, width] as [head, seq, d_head]."""
    return columns.view(seq, num_heads, d_head).transpose(0, 1)


q, k, v = heads(x @ w_q), heads(x @ w_k), heads(x @ w_v)
scores = q @ k.transpose(1, 2) / ${scale}  # [head, query, key]
${mask === null ? "" : `scores = scores.masked_fill(~${mask}, -torch.inf)\n`}attn = scores.softmax(-1)
z = attn @ v  # [head, query, d_head]
output = z.transpose(0, 1).reshape(seq, width) @ w_o
`;
}

/** Python that prints these expressions, each under its name. */
export function torchPrint(shown: Record<string, string>): string {
  const lines = Object.entries(shown).map(
    ([name, expression]) => `print(${JSON.stringify(name)})\nprint(${expression})`,
  );
  return `
torch.set_printoptions(precision=3, sci_mode=False, threshold=10**6, linewidth=160)
${lines.join("\n")}
`;
}

/** Designed vectors and matrices are mostly zeros: their other entries, written out. */
function designed(params: Params, tokens: string[], d_head: number): string {
  const { d_model, num_heads, seed } = params;
  const weights = designedWeights(d_model, num_heads, d_head, seed);
  const width = num_heads * d_head;
  const entries = (matrix: Float32Array, columns: number) => {
    const found: string[] = [];
    matrix.forEach((value, i) => {
      if (value !== 0) found.push(`(${Math.floor(i / columns)}, ${i % columns}, ${value})`);
    });
    return `[${found.join(", ")}]`;
  };
  return `

def sparse(rows, columns, entries):
    matrix = torch.zeros(rows, columns)
    for row, column, value in entries:
        matrix[row, column] = value
    return matrix


# Set by hand: x has readable channels (word class, place, word), w_q and w_k pick some of them.
x = sparse(seq, d_model, ${entries(designedVectors(tokens, d_model, seed), d_model)})
w_q = sparse(d_model, width, ${entries(weights.w_q, width)})
w_k = sparse(d_model, width, ${entries(weights.w_k, width)})
`;
}
