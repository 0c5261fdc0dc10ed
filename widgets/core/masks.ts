/** Who may look at whom: [query, key], 1 = may look. */

/** Each token sees itself and what came before. */
export function causalMask(seq: number): Uint8Array {
  const mask = new Uint8Array(seq * seq);
  for (let query = 0; query < seq; query++) mask.fill(1, query * seq, query * seq + query + 1);
  return mask;
}
