/** The page's side of test_head_sum.py and test_split_or_project.py; NaN, which JSON does not have, travels as a word.
 *
 *     node run_heads.mjs questions.json answers.json arrays.bin */

import { readFileSync, writeFileSync } from "node:fs";

import {
  checkGates,
  givenSum,
  headSum,
  readings,
  type Followed,
  type Given,
  type Params,
} from "../../widgets/core/index";
import { code as sumCode } from "../../widgets/head_sum/code";
import { tables } from "../../widgets/head_sum/numbers";
import { code as splitCode } from "../../widgets/split_or_project/code";

const [questionsFile, answersFile, arraysFile] = process.argv.slice(2) as [string, string, string];

const answer = {
  check_gates: ({ gates }: { gates: unknown }) => checkGates(gates),

  head_sum({ gates, query, ...params }: Params & { gates: number[]; query: number }) {
    const sum = headSum(params, gates);
    return "error" in sum
      ? sum
      : {
          ...sum,
          code: sumCode(sum, params, query),
          tables: tables(sum, query),
        };
  },

  given_sum({ given, gates, query }: { given: Given; gates: number[]; query: number }) {
    const sum = givenSum(given, gates);
    return "error" in sum ? sum : { ...sum, tables: tables(sum, query) };
  },

  readings({ matrix, ...params }: Params & { matrix: Followed }) {
    const pass = readings(params, matrix);
    return "error" in pass ? pass : { ...pass, code: splitCode(params, matrix) };
  },
};

const plain = (_name: string, value: unknown) => {
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
};
const questions = JSON.parse(readFileSync(questionsFile, "utf8")) as [keyof typeof answer, never][];
const answers = questions.map(([kind, question]) => answer[kind](question));
writeFileSync(answersFile, JSON.stringify(answers, plain));
writeFileSync(arraysFile, "");
