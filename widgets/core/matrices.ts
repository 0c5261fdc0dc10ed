/** Products of matrices over typed arrays, row-major: what torch has in itself.
 *
 * Numbers are stored as float32 and summed as float64. Inner loops run over contiguous memory. */

/** a [n, inner] @ b [inner, columns], [n, columns]. */
export function matmul(a: Float32Array, b: Float32Array, n: number, columns: number): Float32Array {
  const product = new Float32Array(n * columns);
  multiply(a, b, n, columns, (row, values) => product.set(values, row * columns));
  return product;
}

/** rows [n, inner] @ numbers [inner, columns], each row handed to `store` as float64. For speed the numbers are widened
 * once, and two rows take four rows of them at a time, so that numbers and sums are read and written less often. */
export function multiply(
  rows: Float32Array,
  numbers: Float32Array,
  n: number,
  columns: number,
  store: (row: number, values: Float64Array) => void,
): void {
  const inner = rows.length / n;
  const matrix = new Float64Array(numbers);
  const upper = new Float64Array(columns);
  const lower = new Float64Array(columns);
  for (let row = 0; row < n; row += 2) {
    upper.fill(0);
    lower.fill(0);
    const start = row * inner;
    const below = row + 1 < n ? start + inner : start; // a last row without a partner is its own
    let i = 0;
    for (; i + 4 <= inner; i += 4) {
      const a = rows[start + i]!;
      const b = rows[start + i + 1]!;
      const c = rows[start + i + 2]!;
      const d = rows[start + i + 3]!;
      const e = rows[below + i]!;
      const f = rows[below + i + 1]!;
      const g = rows[below + i + 2]!;
      const h = rows[below + i + 3]!;
      // Masked keys and designed vectors are mostly zeros.
      if (a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0 && g === 0 && h === 0) continue;
      const first = i * columns;
      const second = first + columns;
      const third = second + columns;
      const fourth = third + columns;
      for (let j = 0; j < columns; j++) {
        const p = matrix[first + j]!;
        const q = matrix[second + j]!;
        const r = matrix[third + j]!;
        const s = matrix[fourth + j]!;
        upper[j]! += a * p + b * q + c * r + d * s;
        lower[j]! += e * p + f * q + g * r + h * s;
      }
    }
    for (; i < inner; i++) {
      const value = rows[start + i]!;
      const other = rows[below + i]!;
      for (let j = 0; j < columns; j++) {
        upper[j]! += value * matrix[i * columns + j]!;
        lower[j]! += other * matrix[i * columns + j]!;
      }
    }
    store(row, upper);
    if (below > start) store(row + 1, lower);
  }
}

/** x [n, inner] @ w [inner, columns] + b, [n, columns]. */
export function affine(x: Float32Array, w: Float32Array, b: Float32Array): Float32Array {
  const inner = w.length / b.length;
  const made = matmul(x, w, x.length / inner, b.length);
  for (let i = 0; i < made.length; i += b.length) {
    for (let j = 0; j < b.length; j++) made[i + j]! += b[j]!;
  }
  return made;
}

/** a wᵀ, where `w` has so many columns. */
export function timesTurned(a: Float32Array, w: Float32Array, wide: number): Float32Array {
  return matmul(a, turned(w, w.length / wide), a.length / wide, w.length / wide);
}

/** aᵀ b over this many rows. */
export function turnedTimes(a: Float32Array, b: Float32Array, rows: number): Float32Array {
  return matmul(turned(a, rows), b, a.length / rows, b.length / rows);
}

function turned(a: Float32Array, rows: number): Float32Array {
  const wide = a.length / rows;
  const made = new Float32Array(a.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < wide; column++) made[column * rows + row] = a[row * wide + column]!;
  return made;
}

/** So many columns of `w` [rows, wide] from `start` on, [rows, count]. */
export function columns(
  w: Float32Array,
  rows: number,
  wide: number,
  start: number,
  count: number,
): Float32Array {
  const cut = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    cut.set(w.subarray(row * wide + start, row * wide + start + count), row * count);
  }
  return cut;
}

/** The sum of each column, summed as float64. */
export function columnSums(a: Float32Array, wide: number): Float32Array {
  const sums = new Float64Array(wide);
  for (let i = 0; i < a.length; i++) sums[i % wide]! += a[i]!;
  return Float32Array.from(sums);
}
