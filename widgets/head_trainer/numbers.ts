import { answerWords, served, symbolWords, TESTS } from "../core/index";
import type { NumberTable } from "../draw/index";
import { runsOf, type Drawn } from "./answer";
import { heads, wordOf } from "./phrases";

const ROWS = 60; // of the curve, at most: every n-th step

/** The numbers of the pictures: the results, the curves, the answers, and what each head looks at. */
export function tables(drawn: Drawn): NumberTable[] {
  const runs = runsOf(drawn);
  const rows = answerWords(drawn.task, drawn.answers);
  const words = symbolWords(drawn.task);
  const value = (number: number | null) => number ?? "–";
  const names = [`1 head`, runs[1].num_heads === 1 ? "1 head, again" : heads(runs[1].num_heads)];
  const last = Math.max(...runs.map(({ losses }) => losses.length));
  const every = Math.max(1, Math.ceil(last / ROWS));
  const steps = Array.from({ length: last }, (_, i) => i).filter(
    (i) => (i + 1) % every === 0 || i === 0 || i === last - 1,
  );
  return [
    {
      caption: `results on ${TESTS} sequences that no training saw`,
      columns: ["model", "steps", "look-ups right", "positions with all right"],
      rows: runs.map((run, i) => ({
        name: names[i]!,
        values: [String(run.steps), value(run.accuracy), value(run.all_right)],
      })),
    },
    {
      caption: "curves",
      columns: ["step", ...names.flatMap((name) => [`${name}, loss`, `${name}, right`])],
      rows: steps.map((step) => ({
        name: String(step + 1),
        values: runs.flatMap(({ losses, accuracies }) => [losses[step] ?? "–", accuracies[step] ?? "–"]),
      })),
    },
    ...runs.map((run, i) => ({
      caption: `answers of ${names[i]} on the sequence shown, wanted / given`,
      precision: "words",
      columns: ["position", ...rows],
      rows: drawn.tokens.map((token, t) => ({
        name: `${t} ${words[token]}`,
        values: rows.map((_, m) => {
          const place = t * drawn.answers + m;
          const target = drawn.targets[place]!;
          return target < 0 ? "–" : `${wordOf(words, target)} / ${wordOf(words, run.said[place]!)}`;
        }),
      })),
    })),
    ...runs.map((run, i) => {
      const shares = served(drawn.task, drawn.tokens, drawn.targets, drawn.answers, run.attn);
      return {
        caption: `attention of ${names[i]} on the place where the answer stands`,
        columns: ["head", ...rows],
        rows: Array.from({ length: run.num_heads }, (_, head) => ({
          name: String(head),
          values: rows.map((_, m) => shares[head * drawn.answers + m]!),
        })),
      };
    }),
  ];
}
