"""What a model's heads do with one text."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from mha_lessons.models.problem import ModelError
from mha_lessons.models.text import Encoded
from mha_lessons.models.words import words_attention


@dataclass(frozen=True)
class Attentions:
    """The attention of a model's heads on one text.

    Attributes:
        encoded: the text, its tokens and words.
        attn: attention weights [layer, head, query, key]; rows sum to 1.
        layers: which of the model's layers these are, counted from 0.
        causal: whether a token sees only itself and what is before it.

    Raises:
        ModelError: tokens and attention that do not match.
    """

    encoded: Encoded
    attn: Float[Tensor, "layer head query key"]
    layers: list[int]
    causal: bool

    def __post_init__(self) -> None:
        tokens, layers = len(self.encoded.ids), len(self.layers)
        shape = list(self.attn.shape)
        if len(shape) != 4 or shape[0] != layers or shape[2:] != [tokens, tokens]:
            wanted = f"[layer={layers}, head, query={tokens}, key={tokens}]"
            raise ModelError(
                f"The attention does not match its tokens: attn should be {wanted}, got {shape}."
            )

    @property
    def text(self) -> str:
        """The characters."""
        return self.encoded.text

    @property
    def tokens(self) -> list[str]:
        """The tokens, to read."""
        return self.encoded.tokens

    @property
    def words(self) -> list[str]:
        """The words of the text."""
        return self.encoded.words

    @property
    def word_of_token(self) -> list[int | None]:
        """For each token the index of its word; None for special tokens and bare spaces."""
        return self.encoded.word_of_token

    def to_words(self) -> Float[Tensor, "layer head word word"]:
        """Attention from word to word, by `words_attention`."""
        return words_attention(self.attn, self.word_of_token, len(self.words))
