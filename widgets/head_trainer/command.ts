/** The traits that a run begins with; `steps` only says how far it goes. */
export const ASKS = ["task", "k", "num_heads", "mlp", "seed", "learning_rate"];

/** What a button asks for; the rest tells two presses from one, also on two pages of one kernel. */
export type Command = [name: "train" | "pause" | "step" | "restart" | "open", count: number, chance: number];
