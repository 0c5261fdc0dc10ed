/** Attention in the page: numbers only, no DOM. */

export * from "./attention";
export * from "./compute";
export * from "./cost";
export * from "./designed";
export * from "./embed";
export * from "./gates";
export * from "./head_rank";
export * from "./lexicon";
export * from "./masked_head";
export * from "./masks";
export * from "./meter";
export * from "./painted_mask";
export * from "./params";
export * from "./philox";
export * from "./splitting";
export * from "./stack";
export * from "./svd";
export * from "./tokens";
export * from "./weights";
export * from "./torch_code";
export * from "./units";
