"""Whom does the pronoun mean: what is asked, what simple rules say, and what is said of the best head."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mha_lessons.heads.coreference import score_names
from mha_lessons.heads.paraphrases import PARAPHRASES
from mha_lessons.heads.referent import RULES, Question, ask, first, in_sight, longer, marked, nearest
from mha_lessons.heads.resampling import halves
from mha_lessons.heads.schemas import winograd_pairs
from mha_lessons.heads.templates import FRAMES, pronoun_templates
from mha_lessons.models import ModelError
from tests.tiny_models import tiny


def question(text: str, right: int = 0, group: str = "g") -> Question:
    return marked(text, right, group)


def test_a_marked_text_says_where_pronoun_and_names_are() -> None:
    found = question("Then [Ann Lee] met [Bo], and {she} left.", right=0)
    assert found.text == "Then Ann Lee met Bo, and she left."
    assert [found.text[a:b] for a, b in (*found.names, found.pronoun)] == ["Ann Lee", "Bo", "she"]


@pytest.mark.parametrize(
    ("text", "near", "before", "long"),
    [
        ("[Ann Lee] met [Bo] and {she} left.", 1, 0, 0),
        ("[Bo] met [Ann Lee] and {she} left.", 1, 0, 1),
        ("[Bo] left when {she} met [Ann Lee].", 1, 0, 1),
        ("When {she} came, [Ann] met [Bob].", 0, 0, 0),
    ],
)
def test_the_simple_rules_say_what_their_names_say(text: str, near: int, before: int, long: int) -> None:
    found = question(text)
    assert (nearest(found), first(found), longer(found)) == (near, before, long)


def test_a_rule_does_not_depend_on_which_name_is_called_the_first() -> None:
    one = question("[Ann Lee] met [Bo] and {she} left.")
    other = Question(one.text, one.pronoun, (one.names[1], one.names[0]), 1, "g")
    assert all(rule(other) == 1 - rule(one) for rule in RULES.values())


def test_a_model_that_looks_back_is_asked_only_where_both_names_come_before_the_pronoun() -> None:
    back, ahead = question("[Ann] met [Bo] and {she} left."), question("[Bo] left when {she} met [Ann].")
    assert in_sight(back, causal=True)
    assert not in_sight(ahead, causal=True)
    assert in_sight(ahead, causal=False)


def test_the_answer_is_the_attention_from_the_pronoun_to_all_pieces_of_each_name() -> None:
    model = tiny("bert")
    found = ask(model, question("[the dogs] chased [a cat] and {she} barked"))
    attn = model.attentions("the dogs chased a cat and she barked")
    names = [[attn.tokens.index(each) for each in name] for name in (("the", "dog", "##s"), ("a", "cat"))]
    pronoun = attn.tokens.index("she")
    wanted = np.stack([attn.attn[:, :, pronoun, name].sum(-1).numpy() for name in names], -1)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_names_may_come_in_any_order_and_the_answer_follows() -> None:
    model = tiny("bert")
    one = question("[the dogs] chased [a cat] and {she} barked")
    other = Question(one.text, one.pronoun, (one.names[1], one.names[0]), 1, "g")
    assert np.array_equal(ask(model, one), ask(model, other)[..., ::-1])


def test_a_question_too_long_for_the_model_is_refused() -> None:
    with pytest.raises(ModelError, match="takes at most 64"):
        ask(tiny("bert"), question("[the dog] and [a cat] and {she} " + "barked " * 70))


@pytest.mark.parametrize("questions", [pronoun_templates(), winograd_pairs()], ids=["templates", "pairs"])
def test_our_own_questions_are_balanced_for_every_simple_rule_frame_by_frame(
    questions: list[Question],
) -> None:
    for group in {each.group for each in questions}:
        own = [each for each in questions if each.group == group]
        assert sum(nearest(each) == each.right for each in own) == len(own) / 2
        assert sum(first(each) == each.right for each in own) == len(own) / 2
        assert Counter(each.right for each in own) == {0: len(own) / 2, 1: len(own) / 2}


def test_templates_come_in_eight_variants_of_every_frame_with_both_names_before_the_pronoun() -> None:
    questions = pronoun_templates()
    assert Counter(each.group for each in questions) == dict.fromkeys(FRAMES, 8)
    assert len({(each.text, each.pronoun) for each in questions}) == len(questions) == 128
    assert all(in_sight(each, causal=True) for each in questions)
    pronouns = Counter(each.text[slice(*each.pronoun)] for each in questions)
    assert pronouns["he"] == pronouns["she"] == 32
    assert pronouns["him"] + pronouns["his"] == pronouns["her"] == 32


def test_a_template_means_the_name_that_fits_the_pronouns_gender() -> None:
    women = {"Mary", "Sarah", "Anna", "Emma"}
    for each in pronoun_templates():
        assert each.right is not None
        meant = each.text[slice(*each.names[each.right])]
        assert (meant in women) == (each.text[slice(*each.pronoun)] in {"she", "her"})


def test_the_sentences_of_a_pair_differ_in_what_stands_after_the_pronoun_only() -> None:
    questions = winograd_pairs()
    for one, other in zip(questions[::2], questions[1::2], strict=True):
        end = one.pronoun[1]
        assert one.text[:end] == other.text[:end]
        assert one.text[end:] != other.text[end:]
        assert one.names == other.names


def test_no_sentence_of_ours_is_there_twice() -> None:
    texts = [text for pair in PARAPHRASES for text in pair] + [each.text for each in winograd_pairs()]
    assert len(set(texts)) == len(texts)


def balanced(number: int) -> list[Question]:
    """Questions with the right name now first, now second, two of each kind in a group."""
    return [question("[Ann] met [Bob] and {x} left.", each % 2, f"g{each // 2}") for each in range(number)]


def test_the_head_that_knows_is_found_and_reported_on_other_groups() -> None:
    questions = balanced(60)
    attention = np.random.default_rng(0).random((60, 2, 3, 2)).astype(np.float32)
    for place, each in enumerate(questions):
        attention[place, 1, 2] = [0.1, 0.3][:: 1 if each.right else -1]
    found = score_names(questions, attention, seed=1)
    assert found.head == (1, 2)
    assert (found.score, found.chosen_score) == (1.0, 1.0)
    assert found.rules == {"nearest": 0.5, "first": 0.5, "longer": 0.5, "chance": 0.5}
    assert (found.rule, found.gain, found.gain_interval) == ("chance", 0.5, (0.5, 0.5))
    assert found.p < 0.001
    assert (found.n, found.groups, found.chosen_on) == (30, 15, 30)


def test_a_head_that_prefers_neither_name_is_right_half_of_the_time() -> None:
    found = score_names(balanced(40), np.full((40, 1, 1, 2), 0.2, dtype=np.float32), seed=1)
    assert (found.score, found.rule, found.gain, found.p) == (0.5, "chance", 0.0, 1.0)
    assert found.median_head == 0.5


def test_the_head_is_not_chosen_on_what_is_reported() -> None:
    questions = balanced(60)
    choose = halves([each.group for each in questions], seed=1)
    attention = np.zeros((60, 1, 2, 2), dtype=np.float32)
    for place, each in enumerate(questions):  # head 0 is right where heads are chosen, head 1 elsewhere
        assert each.right is not None
        attention[place, 0, 0 if choose[place] else 1, each.right] = 1
        attention[place, 0, 1 if choose[place] else 0, 1 - each.right] = 1
    found = score_names(questions, attention, seed=1)
    assert (found.head, found.chosen_score, found.score) == ((0, 0), 1.0, 0.0)


def test_the_rival_is_the_rule_that_was_best_on_the_choosing_half() -> None:
    questions = [
        question("[Ann] met [Bob] and {x} left.", int(each % 4 > 0), f"g{each}") for each in range(80)
    ]
    found = score_names(questions, np.full((80, 1, 1, 2), 0.2, dtype=np.float32), seed=1)
    assert found.rule == "nearest"
    assert found.rules["nearest"] == pytest.approx(1 - found.rules["first"])
    assert found.gain == pytest.approx(0.5 - found.rules["nearest"])


def test_questions_of_one_group_cannot_be_halved() -> None:
    with pytest.raises(ValueError, match="questions should come from at least 2 groups, got 1"):
        score_names([question("[Ann] met [Bob] and {x} left.")] * 3, np.zeros((3, 1, 1, 2)), seed=1)
