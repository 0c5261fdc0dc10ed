"""Random questions for both sides: sentences, parameters, masks, junk; seeded, so that a failure repeats."""

import random
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mha_lessons import lexicon
from mha_lessons.params import Params

SAMPLE = """
the doctor thanked Mary because she helped him John lost his keys and he found them in old house a cat
don't it’s l'été 3 42 , . ! ? “ ” - naïve cafe\u0301 Ångström Straße İstanbul ΣΑΣ Ωmega Éva 東京 ひらがな
한국어 한국 שלום עִבְרִית مرحبا می\u200cخواهم हिन्दी क्\u200dष ไทย 👍🏽 👩\u200d👩\u200d👧 🇩🇪 1️⃣ ☃️ 𝒳 𐍈 ﬁ ² ½ €
\U0001f3f4\U000e0067\U000e0062\U000e007f a\u200bb soft\u00adhyphen \u202eabc \ue000
"""
WORDS = SAMPLE.split()
PIECES = [
    *"aZé ß'’-_.,!?3²½\t\n\u0000\u0085\u00a0\u00ad\u0301\u0308\u200b\u200c\u200d\u200e\u2028\u202e\ufe0f",
    *"\ufeff한가각\u1112\u1161\u11ab東אب\u064bक\u094d☃€👍\U0001f3fd\U0001f1e9\U0001f1ea👩\U000e0067\U000e007f",
    *"\ue000\U000f0000\u0378\ufdd0\uffff\U0010ffff\u1e9b\u0323\u0344\u2126\ufb01",
]
JUNK: list[Any] = [
    *(None, True, False, "", "a", "Four", "x_y", "long " * 30, [], [1], {}, {"a": 1}),
    *(0, -1, 1, 2, 3, 4, 5, 7, 16, 63, 64, 65, 128, 255, 256, 257, 1023, 1024, 1025, 2**31, 2**32 - 1, 2**32),
    *(
        0.0,
        -0.0,
        0.049,
        0.05,
        1.5,
        2.0,
        20.0,
        20.01,
        1e-4,
        9.9e-5,
        1e-7,
        1.25e-9,
        5e-324,
        1e15,
        1e16,
        1.5e300,
    ),
    *(123456.789, -2.5, 0.1 + 0.2, 2**53 + 2, 2**64, 10**400, -(10**400), 12345678901234567890),
]


def sentence(rng: random.Random, longest: int = 14) -> str:
    return rng.choice([" ", "  ", " \t"]).join(rng.choices(WORDS, k=rng.randint(1, longest)))


def word_forms(rng: random.Random) -> list[str]:
    """Listed words and parts of words with all sorts of endings, capitals and marks between them."""
    data = (Path(lexicon.__file__).parent / "data/word_classes.json").read_text(encoding="utf-8")
    stems = re.findall(r"[A-Za-z']+", data)
    endings = ["", "s", "es", "ies", "ed", "ing", "ly", "tion", "'s", "’s", "n't", "’ll", "x"]
    words = [re.sub("[ye]$", "", stem) + ending for stem in stems for ending in endings]
    words = [rng.choice([word, word, word.capitalize(), word.upper()]) for word in words + stems]
    return [token for word in words for token in (word, rng.choice([".", "“", ",", "7", "Éva"]))]


def letters(rng: random.Random) -> str:
    return "".join(rng.choices(PIECES, k=rng.randint(0, 12)))


def params(rng: random.Random, index: int) -> Params:
    """Parameters that pass: every third case free d_head, every fifth one a bound of the temperature."""
    designed = rng.random() < 0.4
    d_model = rng.choice([16, 17, 24, 30, 48, 64] if designed else [4, 5, 6, 12, 32, 48])
    heads = rng.choice([head for head in range(1, d_model + 1) if d_model % head == 0])
    free = index % 3 == 0
    return Params(
        text=rng.choice(["one", "Ω", "!"]) if index % 11 == 0 else sentence(rng),
        num_heads=rng.randint(1, 9) if free else heads,
        d_model=d_model,
        d_head=rng.choice([1, 2, 3, 5, 16]) if free else None,
        causal=rng.random() < 0.5,
        temperature=rng.choice([0.05, 20]) if index % 5 == 0 else rng.choice([0.5, 1, 1.0, 2.75]),
        seed=rng.choice([0, 1, 2**31, 2**32 - 1, rng.randrange(2**32)]),
        source="designed" if designed else "random",
    )


def layer(rng: random.Random, index: int) -> dict[str, Any]:
    """A question straight to the layer: any mask, with rows that may look at nothing, and gates."""
    text = " ".join(rng.choices(["one", "two", "three", "four", "five"], k=rng.randint(1, 9)))
    seq = text.count(" ") + 1
    heads = rng.randint(1, 5)
    open_share = rng.choice([0.2, 0.5, 0.9])
    mask = [int(rng.random() < open_share) for _ in range(seq * seq)]
    empty = rng.randrange(seq)
    mask[empty * seq : (empty + 1) * seq] = [0] * seq
    return {
        "text": text,
        "num_heads": heads,
        "d_model": rng.choice([4, 7, 12]),
        "d_head": rng.choice([1, 2, 3, 8]),
        "seed": rng.randrange(2**32),
        "temperature": rng.choice([0.05, 0.7, 1, 20]),
        "mask": None if index % 6 == 0 else mask,
        "gates": None if index % 2 else [rng.choice([0, 0.5, 1, -2]) for _ in range(heads)],
    }


def faulty(rng: random.Random) -> dict[str, Any]:
    """Parameters with one, two or three fields that may be anything."""
    fields: dict[str, Any] = asdict(Params("She left him"))
    for name in rng.sample(list(fields), k=rng.choice([1, 1, 2, 3])):
        fields[name] = rng.choice(JUNK)
    if rng.random() < 0.3:
        fields |= {"source": "designed", "d_model": rng.choice([4, 8, 12, 15, 16, 20])}
    return fields


def code_points() -> list[int]:
    """Characters of all kinds; of the large blocks, where all are alike, some."""
    dense = [range(0x3400), range(0xA000, 0xAC00), range(0xF900, 0x13000), range(0x16800, 0x17000)]
    dense += [range(0x1B000, 0x20000), range(0xE0000, 0xE0200)]
    sparse = [range(0x3400, 0xA000, 97), range(0xAC00, 0xD800, 97), range(0xE000, 0xF900, 97)]
    sparse += [range(0x13000, 0x1B000, 31), range(0x20000, 0x110000, 997)]
    return [code for block in dense + sparse for code in block]
