"""What a layer costs: parameters, floating-point operations, bytes of cache. Needs no torch."""

from dataclasses import dataclass

from mha_lessons.shapes import choose_d_head


@dataclass(frozen=True, slots=True)
class Heads:
    """The sizes of a layer: MHA if num_kv_heads is num_heads, GQA if fewer, MQA if 1.

    Raises:
        ValueError: sizes that do not fit each other.

    >>> Heads(d_model=12, num_heads=4).d_head
    3
    """

    d_model: int
    num_heads: int
    num_kv_heads: int = 0  # 0, until __post_init__ puts num_heads there
    d_head: int = 0  # 0, until __post_init__ puts d_model // num_heads there

    def __post_init__(self) -> None:
        object.__setattr__(self, "num_kv_heads", self.num_kv_heads or self.num_heads)
        d_head = choose_d_head(self.d_model, self.num_heads, self.d_head or None, self.num_kv_heads)
        object.__setattr__(self, "d_head", d_head)


def parameters(heads: Heads, *, bias: bool = True) -> int:
    """How many numbers the four projections hold. At d_head = d_model / num_heads it is the same for every h.

    >>> [parameters(Heads(64, h)) for h in (1, 4, 16)]
    [16640, 16640, 16640]
    """
    q, kv = heads.num_heads * heads.d_head, heads.num_kv_heads * heads.d_head
    weights = heads.d_model * (q + 2 * kv) + q * heads.d_model
    return weights + (q + 2 * kv + heads.d_model if bias else 0)


def flops(heads: Heads, *, seq: int, num_keys: int | None = None, batch: int = 1) -> int:
    """Floating-point operations of the matrix products, a multiplication and an addition counted as two.

    Softmax, biases and masks are left out, as torch's counter leaves them out; a causal mask saves nothing
    here. With `num_keys` the layer is cross-attention over that many vectors.

    >>> flops(Heads(8, 2), seq=5)  # 4 projections of 5·8·8, scores and z of 5·5·8 each
    3360
    """
    keys = seq if num_keys is None else num_keys
    q, kv = heads.num_heads * heads.d_head, heads.num_kv_heads * heads.d_head
    projections = seq * heads.d_model * q * 2 + keys * heads.d_model * kv * 2
    return 2 * batch * (projections + 2 * seq * keys * q)


def kv_cache_bytes(heads: Heads, *, seq: int = 1, batch: int = 1, layers: int = 1, itemsize: int = 2) -> int:
    """Bytes of the keys and values of `seq` tokens: 2 · kv_heads · d_head numbers a token and layer.

    >>> kv_cache_bytes(Heads(4096, 32, num_kv_heads=8), layers=32) // 1024  # Llama-3 8B, KiB a token
    128
    """
    return 2 * heads.num_kv_heads * heads.d_head * seq * batch * layers * itemsize


def mla_cache_bytes(
    *, d_latent: int, d_rotary: int, seq: int = 1, batch: int = 1, layers: int = 1, itemsize: int = 2
) -> int:
    """Bytes of the cache of multi-head latent attention: one latent vector and one rotary key, for all heads.

    Raises:
        ValueError: a size below 0.

    Source: DeepSeek-V2 2024, section 2.1.4, table 1: (d_c + d_h^R) · l elements a token.

    >>> mla_cache_bytes(d_latent=512, d_rotary=64, layers=60) / 1024  # DeepSeek-V2, KiB a token
    67.5
    """
    if min(d_latent, d_rotary) < 0:
        raise ValueError(f"d_latent and d_rotary should be at least 0, got {d_latent} and {d_rotary}")
    return (d_latent + d_rotary) * seq * batch * layers * itemsize


def head_counts(d_model: int, *, num_kv_heads: int = 1) -> list[int]:
    """The head counts that divide d_model and can share that many key/value heads.

    >>> head_counts(12), head_counts(12, num_kv_heads=2)
    ([1, 2, 3, 4, 6, 12], [2, 4, 6, 12])
    """
    return [h for h in range(1, d_model + 1) if d_model % h == 0 and h % num_kv_heads == 0]
