/** How far a reader is with the exercises. Twin of mha_lessons/exercises/standing.py and of the check of a file in
 * progress_file.py. */

export const STATES = ["not attempted", "wrong", "partial", "ticked", "right"] as const;
/** What a check found; "ticked" where there was none and the reader says that it is done. */
export type State = (typeof STATES)[number];

export interface Exercise {
  readonly name: string;
  readonly title: string;
  /** Its page, and what the page is called. */
  readonly chapter: string;
  readonly chapter_title: string;
  readonly difficulty: number;
  readonly rank: string;
  readonly minutes: number;
  readonly out_of: number;
  /** Where `mha-lessons notebooks` puts it. */
  readonly notebook: string;
}

/** What is kept of one exercise: the best report, and what was asked for. */
export interface Kept {
  status: Exclude<State, "ticked">;
  points: number;
  out_of: number;
  checks: number;
  hints: number;
  solution: boolean;
}

/** One value an exercise, in order; then the sums. */
export interface Standing {
  readonly states: readonly State[];
  readonly shown: readonly boolean[];
  readonly points: ArrayLike<number>;
  readonly out_of: ArrayLike<number>;
  readonly checks: ArrayLike<number>;
  readonly hints: ArrayLike<number>;
  readonly solution: readonly boolean[];
  readonly done: number;
  readonly total: number;
  readonly minutes_left: number;
  /** The first exercise that is begun and not done, or else the first that is not begun; "" where all is done. */
  readonly next: string;
}

export interface Failure {
  readonly error: string;
}

const NOTHING: Kept = { status: "not attempted", points: 0, out_of: 0, checks: 0, hints: 0, solution: false };
const CHECKED = STATES.filter((state) => state !== "ticked");
const MOST_TOLD = 40; // characters of what came

export const isDone = (state: State): boolean => state === "ticked" || state === "right";

export function standing(
  exercises: readonly Exercise[],
  kept: Readonly<Record<string, Kept>>,
  ticked: readonly string[],
  status: string,
  chapter: string,
): Standing | Failure {
  const chapters = [...new Set(exercises.map((each) => each.chapter))];
  if (chapter !== "all" && !chapters.includes(chapter))
    return { error: `chapter should be all or one of ${chapters.join(", ")}, got ${chapter}.` };
  const own = exercises.map(({ name }) => (Object.hasOwn(kept, name) ? kept[name]! : NOTHING));
  const states = exercises.map(({ name }, i): State => {
    if (own[i]!.status !== "not attempted") return own[i]!.status;
    return ticked.includes(name) ? "ticked" : "not attempted";
  });
  const begun = exercises.find((_, i) => states[i] === "wrong" || states[i] === "partial");
  const fresh = exercises.find((_, i) => states[i] === "not attempted");
  return {
    states,
    shown: states.map(
      (state, i) =>
        (chapter === "all" || chapter === exercises[i]!.chapter) &&
        (status === "all" || status === state || (status === "left" && !isDone(state))),
    ),
    points: own.map(({ points }) => points),
    out_of: own.map(({ checks, out_of }, i) => (checks ? out_of : exercises[i]!.out_of)),
    checks: own.map(({ checks }) => checks),
    hints: own.map(({ hints }) => hints),
    solution: own.map(({ solution }) => solution),
    done: states.filter(isDone).length,
    total: states.length,
    minutes_left: exercises.reduce((sum, { minutes }, i) => sum + (isDone(states[i]!) ? 0 : minutes), 0),
    next: (begun ?? fresh)?.name ?? "",
  };
}

/** What a file of progress says, checked, or the sentence that says why it is none. */
export function entries(said: unknown): { kept: Record<string, Kept> } | Failure {
  const found = isObject(said) ? said["exercises"] : undefined;
  if (!isObject(found))
    return { error: 'it should be what check() writes, an object with "exercises" in it.' };
  const kept: [string, Kept][] = [];
  for (const [name, own] of Object.entries(found)) {
    const error = fault(name, own);
    if (error) return { error };
    kept.push([name, { ...NOTHING, ...(own as Partial<Kept>) }]);
  }
  return { kept: Object.fromEntries(kept) };
}

function fault(name: string, own: unknown): string | null {
  if (!isObject(own)) return `${name} should be an object, got ${got(own)}.`;
  for (const [key, value] of Object.entries(own)) {
    if (!Object.hasOwn(NOTHING, key))
      return `${name} has ${got(key)}, which is none of ${Object.keys(NOTHING).join(", ")}.`;
    const [fits, what] =
      key === "status"
        ? [CHECKED.includes(value as never), `one of ${CHECKED.join(", ")}`]
        : key === "solution"
          ? [typeof value === "boolean", "true or false"]
          : [Number.isInteger(value) && Number(value) >= 0, "a whole number from 0"];
    if (!fits) return `${name}: ${key} should be ${what}, got ${got(value)}.`;
  }
  return null;
}

/** What came, as short as a sentence allows. */
function got(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return isObject(value) ? "an object" : JSON.stringify(value).slice(0, MOST_TOLD);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
