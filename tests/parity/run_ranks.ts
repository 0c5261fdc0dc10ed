/** The page's side of test_rank_meter.py; NaN, which JSON does not have, travels as a word.
 *
 *     node run_ranks.mjs questions.json answers.json arrays.bin */

import { readFileSync, writeFileSync } from "node:fs";

import {
  headRanks,
  singularValues,
  torchAttention,
  torchSetup,
  type Params,
  type RankParams,
} from "../../widgets/core/index";
import { torchCode } from "../../widgets/rank_meter/code";
import { tables } from "../../widgets/rank_meter/numbers";

const [questionsFile, answersFile, arraysFile] = process.argv.slice(2) as [string, string, string];

const answer = {
  svd: ({ matrix, rows, columns }: { matrix: number[]; rows: number; columns: number }) =>
    singularValues(matrix, rows, columns),

  ranks(params: RankParams) {
    const found = headRanks(params);
    if ("error" in found) return found;
    while (found.more!());
    const layer = { ...params, d_head: null, causal: false, temperature: 1 } as Params;
    const code = torchSetup(layer) + torchAttention(1, null) + torchCode(found.head);
    return { ...found, code, tables: tables(found) };
  },
};

const plain = (_name: string, value: unknown) => {
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
};
const questions = JSON.parse(readFileSync(questionsFile, "utf8")) as [keyof typeof answer, never][];
const answers = questions.map(([kind, question]) => answer[kind](question));
writeFileSync(answersFile, JSON.stringify(answers, plain));
writeFileSync(arraysFile, "");
