"""Models of random weights, small enough to make in a test, of every kind that differs in how it attends."""

from __future__ import annotations

from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from mha_lessons.models import Model, from_huggingface

WORDS = "the a dog cat bird ##s ##ed chase see bark she he his her and . , ' t did ##n that because it was"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def tokenizer(*, ends: bool, most: int = 10**30) -> PreTrainedTokenizerFast:
    """Word pieces; with [CLS] and [SEP] at the ends, or with neither but a start token that nobody adds."""
    vocabulary = {word: place for place, word in enumerate(SPECIAL + WORDS.split())}
    fast = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=50))
    fast.normalizer = normalizers.BertNormalizer()
    fast.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    fast.decoder = decoders.WordPiece()
    names: dict[str, Any] = {"pad_token": "[PAD]", "unk_token": "[UNK]"}
    if ends:
        fast.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
        names |= {"cls_token": "[CLS]", "sep_token": "[SEP]"}
    else:
        names |= {"bos_token": "[CLS]"}
    return PreTrainedTokenizerFast(tokenizer_object=fast, model_max_length=most, **names)


SIZES = {
    "bert": {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 16},
    "distilbert": {"dim": 24, "n_layers": 2, "n_heads": 3, "hidden_dim": 16},
    "albert": {
        "embedding_size": 8,
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "intermediate_size": 16,
    },
    "gpt2": {"n_embd": 24, "n_layer": 2, "n_head": 3},
    "llama": {
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "intermediate_size": 16,
    },
    "gemma2": {
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "head_dim": 16,
        "intermediate_size": 16,
    },
    "t5": {"d_model": 24, "num_layers": 2, "num_heads": 3, "d_kv": 8, "d_ff": 16},
}
CAUSAL = {"gpt2", "llama", "gemma2"}


def network(kind: str, *, attention: str = "eager", most: int = 64) -> Any:
    """A model of random weights: 2 layers of 3 heads."""
    torch.manual_seed(1)
    config = transformers.AutoConfig.for_model(
        kind,
        vocab_size=len(SPECIAL) + len(WORDS.split()),
        max_position_embeddings=most,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        **SIZES[kind],
    )
    made = transformers.AutoModel.from_config(config, attn_implementation=attention)
    for weight in made.parameters():  # as they come, heads are so alike that a swap would hardly show
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.3)
    return made


def tiny(kind: str) -> Model:
    """Such a model with its tokenizer."""
    return from_huggingface(network(kind), tokenizer(ends=kind not in CAUSAL), name=kind)
