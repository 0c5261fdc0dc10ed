import numpy as np
import pytest

from mha_lessons.compute import compute
from mha_lessons.designed import DESIGNS, Layout, designed_roles, designed_vectors, designed_weights
from mha_lessons.params import MAX_D_MODEL, MIN_D_MODEL_DESIGNED, Params

DOCTOR = "The doctor thanked Mary because she helped him"
JOHN = "John lost his keys and he found them in the old house"


def attention(text: str, role: str, **changes: object) -> tuple[list[str], np.ndarray]:
    """Tokens, and the pattern of the designed head of this role, [query, key]."""
    params = {"num_heads": 8, "d_head": 16, "source": "designed"} | changes
    tokens, roles, trace = compute(Params(text, **params))  # type: ignore[arg-type]
    assert roles is not None
    return tokens, trace.attn[0, roles.index(role)].numpy()


@pytest.mark.parametrize(
    ("text", "role", "pairs"),
    [
        (DOCTOR, "pronoun → name", "she>Mary him>Mary"),
        (JOHN, "pronoun → name", "his>John he>John them>John"),
        (DOCTOR, "verb → object", "thanked>Mary helped>him"),
        (JOHN, "verb → object", "lost>keys found>them"),
        ("The dog chased the big red ball", "verb → object", "chased>ball"),
        (JOHN, "next noun", "the>house old>house"),
        ("Mary gave the small dog a bone", "next noun", "the>dog small>dog a>bone"),
        (DOCTOR, "verb → object", "because>The she>The"),  # no verbs: the first word
        (JOHN, "pronoun → name", "keys>John house>John"),
    ],
)
def test_relations_find_their_words(text: str, role: str, pairs: str) -> None:
    tokens, attn = attention(text, role)
    for pair in pairs.split():
        query, key = pair.split(">")
        row = attn[tokens.index(query)]
        assert tokens[row.argmax()] == key
        assert row.max() > 0.5


def test_heads_of_one_width_are_alike_in_layers_of_four_and_eight_heads() -> None:
    four = compute(Params(JOHN, num_heads=4, source="designed")).trace  # 64 / 4 = 16
    eight = compute(Params(JOHN, num_heads=8, d_head=16, source="designed")).trace
    assert np.allclose(four.attn[0], eight.attn[0, :4], atol=1e-6)


def test_every_word_of_64_looks_at_the_one_before_it_and_the_first_at_itself() -> None:
    _, attn = attention(" ".join(f"w{i}" for i in range(64)), "previous word")
    assert attn.argmax(1).tolist() == [0, *range(63)]
    assert attn.max(1).min() > 0.9


def test_every_word_looks_at_its_own_copies() -> None:
    tokens, attn = attention("to be or not to be", "same word")
    same = np.array([[one == other for other in tokens] for one in tokens])
    assert attn[same].min() > 0.48
    assert attn[~same].max() < 0.02


def test_one_head_looks_near_one_far_one_at_the_first_word() -> None:
    distance = abs(np.subtract.outer(np.arange(12), np.arange(12)))
    assert (attention(JOHN, "nearby words")[1] * distance).sum(1).max() < 1.5
    assert (attention(JOHN, "far-away words")[1] * distance).sum(1).min() > 5
    assert attention(JOHN, "first word")[1][:, 0].min() > 0.99


def test_position_heads_blur_and_repeat_as_they_get_thinner_and_class_heads_stay() -> None:
    text = " ".join(f"w{i}" for i in range(40))
    peaks = [attention(text, "previous word", d_head=d)[1][20, 19] for d in (16, 4, 2, 1)]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] > 0.9
    assert peaks[1] < 0.5
    assert peaks[3] == pytest.approx(1 / 40)  # one number a head knows no place
    tokens, attn = attention(DOCTOR, "pronoun → name", d_head=1)
    assert attn[tokens.index("she"), tokens.index("Mary")] > 0.9


def test_channels_of_x_are_one_class_the_first_flag_circles_and_signs() -> None:
    tokens = JOHN.split()
    for d_model in range(MIN_D_MODEL_DESIGNED, MAX_D_MODEL + 1, 7):
        layout = Layout(d_model)
        x = designed_vectors(tokens, d_model, seed=4)
        assert (x[:, :8].sum(1) == 1).all()
        assert x[:, layout.first].tolist() == [1.0] + [0.0] * 11
        circles = x[:, layout.first + 1 : layout.identity].reshape(12, -1, 2)
        assert circles.shape[1] == len(layout.periods) >= 2
        assert np.allclose((circles**2).sum(-1), 1, atol=1e-4)
        assert layout.identity < d_model
        assert (abs(x[:, layout.identity :]) == 1).all()


def test_matrices_are_sparse_and_hold_the_wanted_shapes_at_every_width() -> None:
    for d_model, num_heads, d_head in [(16, 9, 1), (17, 3, 5), (64, 8, 16), (256, 4, 256)]:
        weights = designed_weights(d_model, num_heads, d_head, seed=0)
        width = num_heads * d_head
        assert [w.shape for w in weights] == [(d_model, width)] * 3 + [(width, d_model)]
        assert (weights.w_q != 0).sum(0).max() <= 8  # at most one weight for each word class
        assert (weights.w_k != 0).sum(0).max() <= 3


def test_scores_mean_the_same_at_every_width_of_a_head() -> None:
    for d_head in (1, 2, 9, 16):
        _, _, trace = compute(Params(JOHN, num_heads=6, d_head=d_head, source="designed"))
        assert trace.scores[0, 5, :, 0].tolist() == pytest.approx([12] * 12)  # the head "first word"


def test_head_i_takes_design_i_modulo_eight() -> None:
    roles = designed_roles(11)
    assert roles[:8] == [design.role for design in DESIGNS]
    assert roles[8:] == roles[:3]
    weights = designed_weights(64, 9, 4, seed=0)
    assert np.array_equal(weights.w_q[:, :4], weights.w_q[:, 32:])
