import type { Cleanup, NumberTable, Theme } from "../draw/index";
import type { Kept } from "./keep";
import type { Picture } from "./snapshot";
import type { Failure, Model, Source } from "./source";
import type { Trait, Values } from "./traits";

/** What a view may do: set traits. The frame asks for new numbers if they depend on one of them. */
export interface Frame {
  readonly cleanup: Cleanup;
  set(change: Values): void;
  /** The traits as last set, though their numbers may still be on the way. */
  latest(): Values;
}

/** One widget's picture: drawn from plain values and numbers, it knows no model. */
export interface View<Answer> {
  /** Inputs, selects and buttons, each named by its trait. */
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  readonly pictures: () => Picture[];
  /** Bring the controls in line with the values, wherever they were changed. */
  showValues(values: Values): void;
  /** Draw an answer; `values` are those it was computed for. */
  draw(answer: Answer, values: Values, theme: Theme): void;
  /** Draw the labels again in another theme; `draw` follows. */
  recolour(theme: Theme): void;
  /** The numbers of the picture, for "Show numbers". */
  numbers(answer: Answer, values: Values): NumberTable[];
  /** What changed, in a sentence or two for a screen reader. */
  say(answer: Answer, values: Values): string;
  /** Plain torch that prints the numbers shown. */
  code?(answer: Answer, values: Values): string;
  /** What "Reset" does beside setting the traits back. */
  reset?(): void;
}

/** All that makes one widget; the frame does the rest. */
export type Spec<Answer extends object> = Traits<Answer> & (Computed<Answer> | Sourced<Answer>);

interface Traits<Answer extends object> {
  /** The one name everywhere: folder, bundle, `data-widget`. */
  readonly name: string;
  /** The Python class. */
  readonly python: string;
  readonly title: string;
  readonly traits: Record<string, Trait>;
  /** The traits that the numbers depend on; a widget without numbers has none and never asks. */
  readonly asks: readonly string[];
  /** False: the page needs files of the book, so it cannot go on where a notebook's kernel has ended. */
  readonly outlives?: false;
  /** False: the view has its own buttons, and there is no picture to share or save. */
  readonly toolbar?: false;
  /** The traits that this browser keeps until the reader resets them. */
  readonly kept?: Kept;
  view(frame: Frame): View<Answer>;
}

/** The page answers each change of what the numbers depend on. */
interface Computed<Answer extends object> {
  /** The numbers, when the page computes; a promise, which is never rejected, where they have to be loaded. */
  compute(values: Values): Answer | Failure | Promise<Answer | Failure>;
}

/** The page's answer may change by itself. */
interface Sourced<Answer extends object> {
  /** Who answers in the page. */
  source(model: Model): Source<Answer>;
}
