/** The page's side of test_mask_painter.py; NaN and -Infinity, which JSON does not have, travel as words.
 *
 *     node run_masks.mjs questions.json answers.json arrays.bin */

import { readFileSync, writeFileSync } from "node:fs";

import {
  checkChoice,
  chosenMask,
  maskedHead,
  writeMask,
  type MaskChoice,
  type MaskedParams,
} from "../../widgets/core/index";
import { torchCode } from "../../widgets/mask_painter/code";
import { conventionCode } from "../../widgets/mask_painter/conventions";

const [questionsFile, answersFile, arraysFile] = process.argv.slice(2) as [string, string, string];

const answer = {
  check: (choice: Record<keyof MaskChoice, unknown>) => checkChoice(choice),

  mask: ({ seq, ...choice }: MaskChoice & { seq: number }) => writeMask(chosenMask(choice, seq)),

  convention: ({ seq, ...choice }: MaskChoice & { seq: number }) =>
    conventionCode(choice.preset, choice.size, chosenMask(choice, seq)),

  head(params: MaskedParams) {
    const found = maskedHead(params);
    return "error" in found ? found : { ...found, code: torchCode(found, { ...params }) };
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
