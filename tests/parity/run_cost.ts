/** The page's side of test_cost.py.
 *
 *     node run_cost.mjs questions.json answers.json arrays.bin */

import { readFileSync, writeFileSync } from "node:fs";

import {
  bytesText,
  checkStack,
  countText,
  flops,
  flopsText,
  headCounts,
  kvCacheBytes,
  meter,
  mlaCacheBytes,
  MODELS,
  parameters,
  ratioText,
  sizesOf,
  type CacheSizes,
  type Heads,
  type Meter,
  type Stack,
} from "../../widgets/core/index";
import { code } from "../../widgets/cost_meter/code";

const [questionsFile, answersFile, arraysFile] = process.argv.slice(2) as [string, string, string];

const answer = {
  meter: (stack: Stack) => meter(stack),

  check: (stack: Record<keyof Stack, unknown>) => checkStack(stack),

  code: (stack: Stack) => code(meter(stack) as Meter),

  layer: ({
    heads,
    seq,
    keys,
    batch,
    bias,
  }: {
    heads: Heads;
    seq: number;
    keys: number | null;
    batch: number;
    bias: boolean;
  }) =>
    // prettier-ignore
    [parameters(heads, bias), flops(heads, seq, keys, batch)],

  cache: ({ heads, sizes, latent }: { heads: Heads; sizes: CacheSizes; latent: [number, number] }) => [
    kvCacheBytes(heads, sizes),
    mlaCacheBytes(...latent, sizes),
  ],

  counts: ([d_model, groups]: [number, number]) => headCounts(d_model, groups),

  text: ([size, other]: [number, number]) => [
    bytesText(size),
    flopsText(size),
    countText(size),
    ratioText(size, other),
  ],

  models: () => MODELS.map((model) => [model.name, sizesOf(model)]),
};

const questions = JSON.parse(readFileSync(questionsFile, "utf8")) as [keyof typeof answer, never][];
writeFileSync(answersFile, JSON.stringify(questions.map(([kind, question]) => answer[kind](question))));
writeFileSync(arraysFile, "");
