/** The traits that the numbers depend on. */
export const ASKS = ["model", "reader", "by_hand"];

/** What a button asks for; the rest tells two presses from one, also on two pages of one kernel. */
export type Command = [
  name: "retrain" | "stop" | "forget",
  off: readonly number[],
  count: number,
  chance: number,
];
