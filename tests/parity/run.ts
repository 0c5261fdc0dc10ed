/** The page's side of the parity tests: reads questions as JSON, writes answers as JSON with the arrays in one binary file.
 *
 *     node run.mjs questions.json answers.json arrays.bin */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

import {
  check,
  classify,
  compute,
  concatenate,
  designedWeights,
  embed,
  embedTokens,
  positionCode,
  randomWeights,
  tokenize,
  traceAttention,
  type AttentionTrace,
  type Params,
} from "../../widgets/core/index";

type Arrays = Record<string, { start: number; length: number }>;

const [questionsFile, answersFile, arraysFile] = process.argv.slice(2) as [string, string, string];
const chunks: Float32Array[] = [];
let written = 0;

function keep(arrays: Record<string, Float32Array>): Arrays {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const start = written;
      chunks.push(array);
      written += array.length;
      return [name, { start, length: array.length }];
    }),
  );
}

function steps({ q, k, v, scores, attn, z, contributions, output }: AttentionTrace) {
  return { q, k, v, scores, attn, z, contributions, output };
}

const answer = {
  compute(params: Params) {
    const trace = compute(params);
    if ("error" in trace) return trace;
    const { tokens, roles, num_heads, d_model, d_head, x } = trace;
    const weights =
      params.source === "designed"
        ? designedWeights(d_model, num_heads, d_head, params.seed)
        : randomWeights(d_model, num_heads * d_head, params.seed);
    return {
      tokens,
      roles,
      num_heads,
      d_model,
      d_head,
      arrays: keep({ ...steps(trace), ...weights, x }),
    };
  },

  attention(q: {
    text: string;
    num_heads: number;
    d_model: number;
    d_head: number;
    seed: number;
    temperature: number;
    mask: number[] | null;
    gates: number[] | null;
  }) {
    const x = embed(q.text, q.d_model, q.seed);
    const shape = { ...q, seq: x.length / q.d_model };
    const gates = q.gates && Float32Array.from(q.gates);
    const trace = traceAttention(x, randomWeights(q.d_model, q.num_heads * q.d_head, q.seed), shape, {
      mask: q.mask && Uint8Array.from(q.mask),
      gates,
      temperature: q.temperature,
    });
    return {
      arrays: keep({
        ...steps(trace),
        concat: concatenate(trace.z, shape, gates),
        x,
      }),
    };
  },

  check(params: unknown) {
    return check(params);
  },

  classify(tokens: string[]) {
    return classify(tokens);
  },

  tokenize(text: string) {
    return tokenize(text);
  },

  /** How one character is cut from its neighbours, and whether these Unicode tables know it. */
  characters(codePoints: number[]) {
    return codePoints.map((code) => {
      const character = String.fromCodePoint(code);
      const cut = tokenize(`a${character}b ${character}${character}`);
      return { cut, known: !/\p{Cn}/u.test(character) };
    });
  },

  /** A fingerprint of the position code of every place, for each width. */
  positions({ seq, widths }: { seq: number; widths: number[] }) {
    return widths.map((d_model) => createHash("sha256").update(positionCode(seq, d_model)).digest("hex"));
  },

  vectors({ tokens, d_model, seed }: { tokens: string[]; d_model: number; seed: number }) {
    return { arrays: keep({ x: embedTokens(tokens, d_model, seed) }) };
  },
};

const questions = JSON.parse(readFileSync(questionsFile, "utf8")) as [keyof typeof answer, never][];
const answers = questions.map(([kind, question]) => answer[kind](question));
writeFileSync(answersFile, JSON.stringify(answers));
const all = new Float32Array(written);
let at = 0;
for (const chunk of chunks) {
  all.set(chunk, at);
  at += chunk.length;
}
writeFileSync(arraysFile, all);
