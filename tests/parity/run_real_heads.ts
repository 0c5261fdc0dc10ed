/** The page's side of test_real_heads.py: weights, measures and the code that is handed to the reader.
 *
 *     node run.mjs questions.json answers.json arrays.bin */

import { readFileSync, writeFileSync } from "node:fs";

import { headMeasures, MEASURES } from "../../widgets/core/head_measures";
import { fromText, weightsOf, type Packed } from "../../widgets/core/packed";
import { Analysis } from "../../widgets/real_heads/analysis";
import { MODELS, rolesOf, SENTENCES } from "../../widgets/real_heads/catalogue";
import { transformersCode } from "../../widgets/real_heads/code";
import { within } from "../../widgets/real_heads/selection";

const [questionsFile, answersFile, arraysFile] = process.argv.slice(2) as [string, string, string];

type Sent = Omit<Packed, "codes"> & { codes: string };
const read = async (sent: Sent): Promise<Packed> => ({ ...sent, codes: await fromText(sent.codes) });

const answer = {
  weights: async ({ packed, sink }: { packed: Sent; sink: number | null }) => {
    const found = await read(packed);
    const heads = found.layers.length * found.num_heads;
    return Array.from({ length: heads }, (_, index) => [...weightsOf(found, index, sink)]);
  },

  measures: async ({ packed, sink }: { packed: Sent; sink: number | null }) => {
    const found = headMeasures(await read(packed), sink);
    return Object.fromEntries(MEASURES.map((name) => [name, [...found[name]]]));
  },

  sink: async (packed: Sent) => new Analysis({ ...(await read(packed)), token: 0, model: null }).sink,

  code: async ({ packed, model, sentence, ...values }: Record<string, unknown> & { packed: Sent }) => {
    const analysis = new Analysis({ ...(await read(packed)), token: 0, model: String(model) });
    const about = SENTENCES.find(({ name }) => name === sentence)!;
    return transformersCode(analysis, within(analysis.drawn, values), about);
  },

  catalogue: () => ({
    models: Object.keys(MODELS),
    sentences: SENTENCES.map(({ name }) => name),
    roles: Object.fromEntries(Object.keys(MODELS).map((model) => [model, rolesOf(model)])),
  }),
};

const plain = (_name: string, value: unknown) =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
const questions = JSON.parse(readFileSync(questionsFile, "utf8")) as [keyof typeof answer, never][];
const answers = await Promise.all(questions.map(([kind, question]) => answer[kind](question)));
writeFileSync(answersFile, JSON.stringify(answers, plain));
writeFileSync(arraysFile, "");
