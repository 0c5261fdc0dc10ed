"""Real models behind one small interface: a text in, the attention of every head out.

    model = load("minilm")
    found = model.attentions("She met him.")        # found.attn: [layer, head, query, key]
    found.to_words()                                 # [layer, head, word, word]

Any Hugging Face model works: `from_huggingface(model, tokenizer)`. Layers and heads are counted from 0.
"""

from mha_lessons.models.attentions import Attentions
from mha_lessons.models.gates import gated
from mha_lessons.models.model import Model, from_huggingface
from mha_lessons.models.packaged import PACKAGED, load
from mha_lessons.models.problem import ModelError
from mha_lessons.models.text import Encoded, encode

__all__ = [
    "PACKAGED",
    "Attentions",
    "Encoded",
    "Model",
    "ModelError",
    "encode",
    "from_huggingface",
    "gated",
    "load",
]
