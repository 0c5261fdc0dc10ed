/** Singular values in float64, by one-sided Jacobi rotations: Hestenes 1958; the QR step before them, Drmač and Veselić 2008.
 *
 * Columns are turned against each other, two at a time, until all are at right angles; their lengths are then the
 * singular values. It is accurate for small ones, too, and short. */

const MOST_SWEEPS = 60; // ten are many; the bound only keeps a NaN from turning for ever

/** The singular values of a matrix [rows, columns], largest first; there are min(rows, columns) of them. */
export function singularValues(matrix: ArrayLike<number>, rows: number, columns: number): Float64Array {
  // Work on the tall form, whose columns are the short side: a matrix and its transpose have the same values.
  const tall = rows >= columns;
  const [count, length] = tall ? [columns, rows] : [rows, columns];
  const vectors = Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length }, (_, j) => matrix[tall ? j * columns + i : i * columns + j]!),
  );
  const turned = triangle(vectors);
  rotate(turned);
  return Float64Array.from(turned, (vector) => Math.sqrt(dot(vector, vector))).sort((a, b) => b - a);
}

/** Rows of the triangular factor R of a QR decomposition with the largest remaining column first. It has the same
 * singular values, its rows are nearly at right angles already, and those of a matrix of low rank nearly vanish:
 * a few sweeps are enough. */
function triangle(columns: Float64Array[]): Float64Array[] {
  const count = columns.length;
  const factor = Array.from({ length: count }, () => new Float64Array(count));
  const order = columns.map((_, i) => i);
  for (let step = 0; step < count; step++) {
    let pivot = step;
    let most = -1;
    for (let i = step; i < count; i++) {
      const size = dot(columns[order[i]!]!, columns[order[i]!]!, step);
      if (size > most) [pivot, most] = [i, size];
    }
    [order[step], order[pivot]] = [order[pivot]!, order[step]!];
    const leading = columns[order[step]!]!;
    // Householder: reflect the leading column onto the axis of this step, and all later ones with it.
    const corner = leading[step]! > 0 ? -Math.sqrt(most) : Math.sqrt(most);
    const mirror = leading.slice();
    mirror[step]! -= corner;
    const norm = dot(mirror, mirror, step);
    for (let i = step; i < count; i++) {
      const column = columns[order[i]!]!;
      if (norm > 0) {
        const share = (2 * dot(mirror, column, step)) / norm;
        for (let j = step; j < column.length; j++) column[j]! -= share * mirror[j]!;
      }
      factor[step]![order[i]!] = column[step]!; // in the place of the column, wherever it stands now
    }
  }
  return factor;
}

/** Turn pairs of vectors until all are at right angles to each other, to float64. Vectors that are shorter than the
 * rounding of the longest one are left as they are: turning them would sort noise. */
function rotate(vectors: Float64Array[]): void {
  const straight = Number.EPSILON * Math.sqrt(vectors[0]?.length ?? 0); // cosine of a right angle, to rounding
  const noise = Number.EPSILON ** 2 * Math.max(...vectors.map((vector) => dot(vector, vector)));
  for (let sweep = 0, turning = true; turning && sweep < MOST_SWEEPS; sweep++) {
    turning = false;
    const size = vectors.map((vector) => dot(vector, vector)); // anew in each sweep: updates gather rounding
    for (let i = 0; i < vectors.length - 1; i++) {
      for (let j = i + 1; j < vectors.length; j++) {
        if (size[i]! <= noise || size[j]! <= noise) continue;
        const product = dot(vectors[i]!, vectors[j]!);
        if (Math.abs(product) <= straight * Math.sqrt(size[i]! * size[j]!)) continue;
        turning = true;
        const slope = (size[j]! - size[i]!) / (2 * product);
        const tangent = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.sqrt(1 + slope * slope)); // the smaller angle
        turn(vectors[i]!, vectors[j]!, tangent);
        size[i] = Math.max(0, size[i]! - tangent * product);
        size[j]! += tangent * product;
      }
    }
  }
}

function turn(a: Float64Array, b: Float64Array, tangent: number): void {
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = cosine * tangent;
  for (let k = 0; k < a.length; k++) {
    const p = a[k]!;
    const q = b[k]!;
    a[k] = cosine * p - sine * q;
    b[k] = sine * p + cosine * q;
  }
}

function dot(a: Float64Array, b: Float64Array, from = 0): number {
  let sum = 0;
  for (let i = from; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Below this a singular value counts as zero: largest value x longest side x float64's epsilon, the rule of
 * `torch.linalg.matrix_rank` and `numpy.linalg.matrix_rank`. */
export function rankTolerance(values: Float64Array, rows: number, columns: number): number {
  return (values[0] ?? 0) * Math.max(rows, columns) * Number.EPSILON;
}

/** How many singular values count. */
export function numericalRank(values: Float64Array, rows: number, columns: number): number {
  const tolerance = rankTolerance(values, rows, columns);
  return values.reduce((count, value) => count + Number(value > tolerance), 0);
}
