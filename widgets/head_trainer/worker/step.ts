/** One training step of the reader as one compiled function: loss, gradients and Adam, by jax-js in WebAssembly. */

import { init, jit, nn, numpy as np, tree, valueAndGrad, type Array as Tensor } from "@jax-js/jax";

import {
  initialWeights,
  NORM_EPSILON,
  NOT_ASKED,
  readerShapes,
  sequences,
  type ReaderWeights,
  type Task,
} from "../../core/index";

/** What one run is: the model, its data and its optimiser. */
export interface Setting {
  readonly task: Task;
  readonly num_heads: number;
  readonly mlp: boolean;
  readonly seed: number;
  readonly learning_rate: number;
  readonly batch: number;
}

/** What came of a step: the loss, and what the model said before it learned from the batch. */
export interface Step {
  readonly loss: number;
  /** [sequence, position, answer], classes */
  readonly said: Int32Array;
  readonly targets: Int32Array;
}

type Tensors = Record<string, Tensor>;
/** Weights, and Adam's running means of their slopes and of the slopes' squares. */
type State = [weights: Tensors, mean: Tensors, square: Tensors];
type Compiled = (...given: [...State, tokens: Tensor, targets: Tensor, scalars: Tensor]) => Tensor[];

/** Nats beyond which, as with NaN, a training has lost its way. */
const LOST = 1e6;
const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8]; // of Adam, as torch has them

/** The state of one run. `jit` compiles at the first step. */
export class Training {
  /** Steps made. */
  steps = 0;
  #step: Compiled;
  #names: string[];
  #now: State;
  #before: State | undefined;

  /** Throws where the browser has no WebAssembly. */
  static async start(setting: Setting): Promise<Training> {
    const devices = await init("wasm");
    if (!devices.includes("wasm")) throw new Error("this browser has no WebAssembly");
    return new Training(setting);
  }

  private constructor(private readonly setting: Setting) {
    const { task, mlp, seed } = setting;
    const shapes = readerShapes(task, task.d_model, mlp);
    this.#names = Object.keys(shapes);
    const start = initialWeights(task, task.d_model, seed, mlp);
    const tensors = (make: (name: string) => Tensor) =>
      Object.fromEntries(this.#names.map((name) => [name, make(name)]));
    this.#now = [
      tensors((name) => np.array(start[name]!).reshape(shapes[name]!)),
      tensors((name) => np.zeros(shapes[name]!)),
      tensors((name) => np.zeros(shapes[name]!)),
    ];
    this.#step = compiled(setting, this.#names);
  }

  /** Learn from the next batch. Null if the loss is out of bounds: the weights that the step before made are the bad ones,
   * so the run goes back to those it had before that step. */
  next(): Step | null {
    const { task, seed, batch, learning_rate } = this.setting;
    const { tokens, targets } = sequences(task, seed, this.steps * batch, batch);
    const asked = targets.reduce((sum, target) => sum + Number(target !== NOT_ASKED), 0);
    const count = this.steps + 1;
    const scalars = new Float32Array([
      1 / asked,
      learning_rate / (1 - BETA_1 ** count),
      1 / Math.sqrt(1 - BETA_2 ** count),
    ]);
    const [loss, said, ...after] = this.#step(
      ...(this.#now.map((part) => tree.ref(part)) as State),
      np.array(tokens),
      np.array(targets),
      np.array(scalars),
    );
    const value = loss!.dataSync()[0]!;
    const step = { loss: value, said: said!.dataSync() as Int32Array, targets };
    const made = this.#named(after);
    if (!(value < LOST)) {
      tree.dispose(made as never);
      if (this.#before) {
        tree.dispose(this.#now as never);
        this.#now = this.#before;
        this.#before = undefined;
        this.steps--;
      }
      return null;
    }
    tree.dispose(this.#before as never);
    this.#before = this.#now;
    this.#now = made;
    this.steps = count;
    return step;
  }

  /** The weights as they are now. */
  weights(): ReaderWeights {
    const [weights] = this.#now;
    return Object.fromEntries(
      this.#names.map((name) => [name, weights[name]!.ref.dataSync() as Float32Array]),
    );
  }

  #named(tensors: Tensor[]): State {
    const part = (i: number) =>
      Object.fromEntries(this.#names.map((name, at) => [name, tensors[i * this.#names.length + at]!]));
    return [part(0), part(1), part(2)];
  }
}

/** jax-js counts references: a function uses up what it is given, and `.ref` keeps a tensor for one more use. */
function compiled(setting: Setting, names: string[]): Compiled {
  const gradients = valueAndGrad(lossOf(setting) as never, { hasAux: true }) as unknown as (
    weights: Tensors,
    tokens: Tensor,
    targets: Tensor,
    share: Tensor,
  ) => [[Tensor, Tensor], Tensors];
  return jit(((
    weights: Tensors,
    mean: Tensors,
    square: Tensors,
    tokens: Tensor,
    targets: Tensor,
    scalars: Tensor,
  ) => {
    const share = scalars.ref.slice(0);
    const rate = scalars.ref.slice(1);
    const root = scalars.slice(2);
    const [[loss, said], slope] = gradients(tree.ref(weights) as Tensors, tokens, targets, share);
    const after: Tensors[] = [{}, {}, {}];
    for (const name of names) {
      const g = slope[name]!;
      const m = mean[name]!.mul(BETA_1).add(g.ref.mul(1 - BETA_1));
      const v = square[name]!.mul(BETA_2).add(g.ref.mul(g).mul(1 - BETA_2));
      const scale = np.sqrt(v.ref).mul(root.ref).add(EPSILON);
      after[0]![name] = weights[name]!.sub(m.ref.mul(rate.ref).div(scale));
      after[1]![name] = m;
      after[2]![name] = v;
    }
    rate.dispose();
    root.dispose();
    return [loss, said, ...after.flatMap((part) => names.map((name) => part[name]!))];
  }) as never) as unknown as Compiled;
}

/** The mean cross entropy over all that is asked, and the answers given. */
function lossOf({ task, num_heads, mlp, batch }: Setting) {
  const { symbols, classes } = task;
  return (p: Tensors, tokens: Tensor, targets: Tensor, share: Tensor): [Tensor, Tensor] => {
    const logits = forward(p, oneHot(tokens, symbols), task, num_heads, mlp, batch);
    const said = np.argmax(logits.ref, -1);
    const right = oneHot(targets, classes); // not asked: a row of zeros
    const loss = np.sum(nn.logSoftmax(logits, -1).mul(right)).mul(share).neg();
    return [loss, said];
  };
}

/** A row for each number, with a one in its place; all zeros for -1, of which `nn.oneHot` makes the last place. */
function oneHot(numbers: Tensor, count: number): Tensor {
  return np.equal(numbers.reshape([-1, 1]), np.arange(count)).astype(np.float32);
}

/** Logits [sequence · position · answer, class]; `hot` is [sequence · position, symbol]. */
function forward(
  p: Tensors,
  hot: Tensor,
  { length, d_model, classes, looks_by }: Task,
  num_heads: number,
  mlp: boolean,
  batch: number,
): Tensor {
  const d_head = d_model / num_heads;
  const alone = looks_by === "position"; // queries and keys of places alone are the same for every sequence
  const symbols = np.matmul(hot, p["tokens"]!);
  const places = p["positions"]!;
  const both = () =>
    symbols
      .reshape([batch, length, d_model])
      .add(places)
      .reshape([batch * length, d_model]);
  const x = alone ? places : both();
  const found = alone ? symbols : x.ref;
  const part = (of: Tensor, axis: 0 | 1, from: number, until: number) =>
    axis === 0
      ? of.slice([from * d_model, until * d_model])
      : of.slice([], [from * d_model, until * d_model]);
  const w = p["w_qkv"]!;
  const b = p["b_qkv"]!;
  const looking = np.matmul(x, part(w.ref, 1, 0, 2)).add(part(b.ref, 0, 0, 2));
  const values = np.matmul(found, part(w, 1, 2, 3)).add(part(b, 0, 2, 3));
  // A leading axis of 1 where all sequences share: jax-js mixes up the axes of products of unequal rank.
  const heads = (of: Tensor, count: number) =>
    of.reshape([count, length, num_heads, d_head]).transpose([0, 2, 1, 3]);
  const count = alone ? 1 : batch;
  const q = heads(part(looking.ref, 1, 0, 1), count);
  const k = heads(part(looking, 1, 1, 2), count);
  const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(d_head));
  const z = np.matmul(nn.softmax(scores, -1), heads(values, batch));
  const concat = z.transpose([0, 2, 1, 3]).reshape([batch * length, d_model]);
  let out = np.matmul(concat, p["w_o"]!).add(p["b_o"]!);
  if (mlp) out = out.ref.add(perceptron(p, norm(p, out)));
  return np.matmul(out, p["w_read"]!).add(p["b_read"]!).reshape([-1, classes]);
}

function norm(p: Tensors, out: Tensor): Tensor {
  const from = out.ref.sub(np.mean(out, -1, { keepdims: true }));
  const variance = np.mean(from.ref.mul(from.ref), -1, { keepdims: true });
  return from
    .div(np.sqrt(variance.add(NORM_EPSILON)))
    .mul(p["norm_w"]!)
    .add(p["norm_b"]!);
}

function perceptron(p: Tensors, x: Tensor): Tensor {
  const hidden = nn.gelu(np.matmul(x, p["w_in"]!).add(p["b_in"]!), { approximate: true });
  return np.matmul(hidden, p["w_out"]!).add(p["b_out"]!);
}
