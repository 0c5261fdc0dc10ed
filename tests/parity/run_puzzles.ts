/** The page's side of test_head_puzzle.py.
 *
 *     node run_puzzles.mjs questions.json answers.json arrays.bin */

import { readFileSync, writeFileSync } from "node:fs";

import { attempt } from "../../widgets/core/head_puzzle";
import { checkAttempt, goals, puzzleOf, whyNot, type Setting } from "../../widgets/core/puzzles";
import { torchCode } from "../../widgets/head_puzzle/code";

const [questionsFile, answersFile, arraysFile] = process.argv.slice(2) as [string, string, string];

type Asked = Setting & { puzzle: string };

const answer = {
  check: ({ puzzle, num_heads, w_q, w_k }: Record<keyof Asked, unknown>) =>
    checkAttempt(puzzle, num_heads, w_q, w_k),

  why: ({ puzzle, num_heads }: Asked) => whyNot(puzzleOf(puzzle)!, num_heads),

  goals: ({ puzzle }: Asked) => goals(puzzleOf(puzzle)!),

  attempt(asked: Asked) {
    const found = attempt(asked);
    return "error" in found ? found : { ...found, code: torchCode(found, asked) };
  },
};

const plain = (_name: string, value: unknown) =>
  ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;
const questions = JSON.parse(readFileSync(questionsFile, "utf8")) as [keyof typeof answer, never][];
const answers = questions.map(([kind, question]) => answer[kind](question));
writeFileSync(answersFile, JSON.stringify(answers, plain));
writeFileSync(arraysFile, "");
