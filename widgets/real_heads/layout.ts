const TALLEST = 540; // px of all rows of heads
const [SMALLEST, LARGEST] = [16, 64]; // px of a small picture
const NARROWEST = 30; // px, for the name over a picture
const GAP = 4;
const BAR = 6; // px under a picture, for the bar of the measure
const NAME = 13; // px over a picture, where heads are sorted

/** Room for the names of layers and heads, where the pictures stand by layer and head. */
export const [LEFT, TOP] = [50, 18];

/** Where the small pictures stand; `heads` are counted over all layers, in the order of their places. */
export class Layout {
  private constructor(
    readonly side: number,
    readonly columns: number,
    readonly heads: readonly number[],
    readonly sorted: boolean,
  ) {}

  /** A row a layer, a column a head. */
  static byLayer(width: number, layers: number, num_heads: number): Layout {
    const wide = (width - LEFT) / num_heads - GAP;
    const tall = TALLEST / layers - GAP - BAR;
    const side = Math.min(wide, Math.max(SMALLEST, Math.min(LARGEST, tall)));
    const heads = Array.from({ length: layers * num_heads }, (_, index) => index);
    return new Layout(Math.max(1, Math.floor(side)), num_heads, heads, false);
  }

  /** These heads one after the other, as large as there is room for. */
  static inOrder(width: number, heads: readonly number[]): Layout {
    const columns = (side: number) => Math.max(1, Math.floor(width / (Math.max(side, NARROWEST) + GAP)));
    const tall = (side: number) => Math.ceil(heads.length / columns(side)) * (side + GAP + BAR + NAME);
    let side = LARGEST;
    while (side > SMALLEST && tall(side) > TALLEST) side--;
    return new Layout(side, columns(side), heads, true);
  }

  static readonly empty = new Layout(SMALLEST, 1, [], true);

  /** From one small picture to the next, across and down. */
  get steps(): [across: number, down: number] {
    const across = this.sorted ? Math.max(this.side, NARROWEST) : this.side;
    return [across + GAP, this.side + GAP + BAR + (this.sorted ? NAME : 0)];
  }

  get height(): number {
    const rows = Math.ceil(this.heads.length / this.columns);
    return Math.max(40, (this.sorted ? 2 : TOP) + rows * this.steps[1] + 2);
  }

  /** Left upper corner of a picture. */
  corner(place: number): [x: number, y: number] {
    const [across, down] = this.steps;
    const [left, top] = this.sorted ? [2, NAME + 2] : [LEFT, TOP];
    return [left + (place % this.columns) * across, top + Math.floor(place / this.columns) * down];
  }

  /** The head at a point, or null beside them. */
  headAt(x: number, y: number): number | null {
    const [across, down] = this.steps;
    const [left, top] = this.corner(0);
    const column = Math.floor((x - left) / across);
    const row = Math.floor((y - top) / down);
    if (column < 0 || column >= this.columns || row < 0) return null;
    return this.heads[row * this.columns + column] ?? null;
  }

  /** The head that a key leads to, or undefined if the key means nothing here. */
  headAfter(head: number, key: string): number | undefined {
    const now = this.heads.indexOf(head);
    if (key === "Home") return this.heads[0];
    if (key === "End") return this.heads.at(-1);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns }[key];
    if (step === undefined) return undefined;
    if (now < 0) return this.heads[0]; // the chosen head does not pass the filter
    return this.heads[now + step] ?? head;
  }
}
