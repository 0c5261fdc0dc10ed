/** Made by build.mjs of mha_lessons/data/experiments: the first seed of our own runs. */
declare module "committed:curves" {
  interface Curves {
    readonly steps: number;
    readonly batch: number;
    /** by head count; a loss is the mean over steps / losses.length steps */
    readonly runs: Readonly<Record<string, { accuracy: number; losses: readonly number[] }>>;
  }
  const curves: Readonly<Record<string, Curves>>;
  export default curves;
}
