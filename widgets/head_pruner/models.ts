/** The trained models that come with the package, by the names of their files, and what they are in words. Python's
 * HeadPruner has the same names. */
export const MODELS: Readonly<Record<string, string>> = {
  juggling_h8_seed0: "juggling, 8 heads",
  juggling_h1_seed0: "juggling, 1 head",
  binding_h2_seed0: "binding, 2 heads",
  binding_h1_seed4: "binding, 1 head",
  near_far_h2_seed0: "near and far, 2 heads",
  near_far_h1_seed0: "near and far, 1 head",
};
