/** The page's side of test_exercise_progress.py.
 *
 *     node run.mjs questions.json answers.json arrays.bin */

import { readFileSync, writeFileSync } from "node:fs";

import { entries, standing, type Exercise, type Kept } from "../../widgets/core/exercise_progress";

const [questionsFile, answersFile, arraysFile] = process.argv.slice(2) as [string, string, string];

interface Asked {
  exercises: Exercise[];
  kept: Record<string, Kept>;
  ticked: string[];
  status: string;
  chapter: string;
}

const answer = {
  entries: (said: unknown) => entries(said),
  standing: ({ exercises, kept, ticked, status, chapter }: Asked) =>
    standing(exercises, kept, ticked, status, chapter),
};

const questions = JSON.parse(readFileSync(questionsFile, "utf8")) as [keyof typeof answer, never][];
writeFileSync(answersFile, JSON.stringify(questions.map(([kind, question]) => answer[kind](question))));
writeFileSync(arraysFile, "");
