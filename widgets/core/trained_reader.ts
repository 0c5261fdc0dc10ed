/** A trained reader from a file of weights. Twin of `load_trained` in mha_lessons/experiments/trained.py. */

import { taskOf, TASKS } from "./experiments";
import type { TrainedReader } from "./pruning";
import { readerShapes } from "./reader";
import { readSafetensors } from "./safetensors";

const USUAL_K = 4; // of juggling, where the settings leave it open

/** The reader whose file this is; the metadata say what it was trained for. Throws a sentence for anything else. */
export function readerOf(bytes: Uint8Array): TrainedReader {
  const { tensors, metadata } = readSafetensors(bytes);
  const { experiment, k, mlp } = JSON.parse(metadata["settings"] ?? "{}");
  if (!(TASKS as readonly unknown[]).includes(experiment))
    throw new Error("the file names no task of the page");
  const task = taskOf(experiment, k ?? USUAL_K);
  const concat = (tensors["w_o"]?.length ?? 0) / task.d_model;
  for (const [name, sides] of Object.entries(readerShapes(task, concat, Boolean(mlp)))) {
    const wanted = sides.reduce((product, side) => product * side, 1);
    if (tensors[name]?.length !== wanted)
      throw new Error(`the file should hold ${name} with ${wanted} numbers`);
  }
  return {
    task,
    weights: tensors,
    num_heads: Number(metadata["num_heads"]),
    seed: Number(metadata["seed"]),
  };
}
