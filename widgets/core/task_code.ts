/** The sequences of a task as plain Python, for "Copy torch code": it needs nothing of this package. */

import { PURPOSE } from "./philox";

const DRAW = `M = 2**32 - 1


def words(n, count, purpose=${PURPOSE.sequence}):
    """The first random 32-bit words of sequence n, or of row n of a matrix: Philox4x32-10 (Salmon et al. 2011)."""
    made = []
    for block in range(-(-count // 4)):
        c, k = [n & M, n >> 32, block, 0], [seed, purpose]
        for _ in range(10):
            a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
            c = [b >> 32 ^ c[1] ^ k[0], b & M, a >> 32 ^ c[3] ^ k[1], a & M]
            k = [(k[0] + 0x9E3779B9) & M, (k[1] + 0xBB67AE85) & M]
        made += c
    return made[:count]


def below(word, limit):
    return word * limit >> 32

`;

const JUGGLING = `
def sequence(n):
    """Every position reports the symbols that follow it around the circle, an answer each."""
    tokens = [below(word, classes) for word in words(n, length)]
    return tokens, [[tokens[(t + m + 1) % length] for m in range(answers)] for t in range(length)]
`;

const BINDING = `
def sequence(n):
    """Nouns, then 6 other words, then the verb with its agent before it and the one with its agent after it."""
    drawn = words(n, 6 + length)
    order = list(range(length))
    for i in range(3):
        j = i + below(drawn[i], length - i)
        order[i], order[j] = order[j], order[i]
    before, verb, after = sorted(order[:3])
    one = below(drawn[3], classes)
    other = (one + 1 + below(drawn[4], classes - 1)) % classes
    passive = below(drawn[5], 2)
    tokens = [classes + below(word, 6) for word in drawn[6:]]
    tokens[before], tokens[verb], tokens[after] = one, classes + 6 + passive, other
    targets = [[-1, -1] for _ in range(length)]
    targets[verb] = [other, one] if passive else [one, other]
    return tokens, targets
`;

const NEAR_FAR = `
def sequence(n):
    """After a silence (the last symbol) a sentence, whose words report the word before and the first word."""
    drawn = words(n, 1 + length)
    start = below(drawn[0], length // 2)
    tokens = [classes if t < start else below(drawn[1 + t], classes) for t in range(length)]
    asked = [t - start >= 2 and t - start not in (4, 8, 12) for t in range(length)]
    return tokens, [[tokens[t - 1], tokens[start]] if asked[t] else [-1, -1] for t in range(length)]
`;

const SEQUENCES = `

def sequences(first, count):
    """tokens [sequence, position], targets [sequence, position, answer]; -1 where nothing is asked."""
    made = [sequence(n) for n in range(first, first + count)]
    return torch.tensor([tokens for tokens, _ in made]), torch.tensor([targets for _, targets in made])

`;

const RULES: Record<string, string> = { juggling: JUGGLING, binding: BINDING, near_far: NEAR_FAR };

/** Python that makes `sequences(first, count)`, and `words(n, count, purpose)` that it draws with; it takes `seed`, `length`,
 * `answers` and `classes` as given. */
export function sequenceCode({ task }: { readonly task: string }): string {
  return DRAW + RULES[task] + SEQUENCES;
}
