export * from "./beside";
export * from "./keep";
export * from "./layer_controls";
export * from "./snapshot";
export * from "./source";
export * from "./spec";
export * from "./traits";
export * from "./widget";
