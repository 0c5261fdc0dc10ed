import { breaksAfter, type Drawn, type Order, type Shown } from "./answer";

/** A head count in words. */
export function heads(count: number): string {
  return count === 1 ? "1 head" : `${count} heads`;
}

/** A share, as a whole number of percent; 100 only if nothing is missing. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100);
  return `${share < 1 && rounded === 100 ? "> 99" : rounded} %`;
}

export function ordinal(place: number): string {
  const last = place % 100 > 10 && place % 100 < 14 ? 0 : place % 10;
  return `${place}${["th", "st", "nd", "rd"][last] ?? "th"}`;
}

/** All answers of a position: it, both, or all 4. */
export function allOf(answers: number): string {
  return answers === 1 ? "it" : answers === 2 ? "both" : `all ${answers}`;
}

export const ORDER_NAMES: Record<Order, string> = {
  gradient: "by gradient",
  ablation: "by ablation",
  hand: "by hand",
};

export const RULES: Record<Order, string> = {
  gradient:
    "By gradient: first goes the head whose gate the loss feels least (Michel et al. 2019). One look back through the " +
    "whole model measures all of them.",
  ablation:
    "By ablation: at every turn each head that is left is switched off for a try, and the one that the loss misses " +
    "least goes.",
  hand: "By hand: press a head to switch it off, and again to switch it on. Can you beat the other two orders?",
};

export const TASKS: Record<string, string> = {
  juggling: "every position reports the next {n} symbols around the circle",
  binding: "at the verb, report who did it and to whom",
  near_far: "every word reports the one before it and the first one of its sentence",
};

/** What is left with the heads that are on. */
export function left({ num_heads, answers }: Drawn, { off, shares, after }: Shown): string {
  const on = num_heads - off.length;
  const of = off.length ? `${on} of ${heads(num_heads)} on` : `all ${heads(num_heads)} on`;
  const trained = after ? `, retrained for ${after.steps} steps (${percent(shares[0])} before)` : "";
  const whole = after?.all_right ?? shares[1];
  return (
    `of the look-ups right with ${num_heads === 1 && on ? "its 1 head on" : of}${trained}; ` +
    `${allOf(answers)} right at ${percent(whole)} of the positions`
  );
}

/** How many heads can go, and which one is the one too many. */
export function verdict(drawn: Drawn, order: Order): string {
  const curve = drawn.curves[order];
  const gone = drawn.orders[order];
  const most = breaksAfter(curve);
  const share = (i: number) => percent(curve[i]![0]);
  if (most === null) {
    const last = curve.length - 1;
    return last === 0
      ? "No head is off yet: press one to switch it off."
      : `Nothing has broken yet: ${share(0)} with all heads, ${share(last)} without ${listed(gone)}.`;
  }
  const fall = `without head ${gone[most]} it falls from ${share(most)} to ${share(most + 1)}`;
  if (most === 0) return `Not one head can go: ${fall}.`;
  const can = most === 1 ? "1 head can go" : `${most} heads can go`;
  return `${can}: ${listed(gone.slice(0, most))}. Then it breaks: ${fall}.`;
}

/** Heads by their numbers: 0, 3 and 4. */
export function listed(numbers: readonly number[]): string {
  if (numbers.length < 2) return numbers.join("");
  return `${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`;
}
