"""What the chapter on the analogy table claims of the heads of MiniLM and SmolLM2, and its right answers."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from book.facts import facts
from mha_lessons.heads import shipped
from mha_lessons.heads.paraphrases import PARAPHRASES
from mha_lessons.sentences import prepared
from tests.book_claims import number, page, right
from tests.test_chapter_relationships import seen_from_the_pronoun

FOUND, OTHER = shipped("minilm"), shipped("smollm2")
PRONOUN, VERB, GRAMMAR, FAR, FAILED = (role["evidence"] for role in FOUND["roles"])
OTHER_PRONOUN, OTHER_VERB, OTHER_GRAMMAR, OTHER_FAR, OTHER_FAILED = (
    role["evidence"] for role in OTHER["roles"]
)
GOOD, OTHER_GOOD = ([each for each in told if each["holds"]] for told in (GRAMMAR, OTHER_GRAMMAR))
WORTH = FOUND["importance"]
LAYERS = FOUND["model"]["layers"]


def relation(
    name: str, direction: str = "dependent to head", study: dict[str, Any] = FOUND
) -> dict[str, Any]:
    """The scores of one relation."""
    return next(r for r in study["relations"] if (r["relation"], r["direction"]) == (name, direction))


def rank(measure: str, study: dict[str, Any] = FOUND) -> np.ndarray:
    """The place of each head, 1 for the largest, [layer, head]."""
    values = np.array(study["measures"][measure])
    return (np.argsort(np.argsort(-values.ravel())) + 1).reshape(values.shape)


def looks_at(sentence: str, layer: int, head: int, word: str) -> tuple[str, float]:
    """The word that gets most from this one, marks left out, and what all words get from it together."""
    packed = prepared("minilm", sentence).packed
    row = packed.attn(layer)[head, packed.tokens.index(word)].copy()
    row[packed.special] = 0
    return packed.tokens[row.argmax()], float(row.sum())


# The rows


def test_head_2_0_leads_from_bread_to_sliced_and_from_knife_to_with() -> None:
    assert VERB[0]["head"] == [2, 0]
    found = {word: looks_at("object", 2, 0, word)[0] for word in ("bread", "fresh", "knife")}
    assert found == {"bread": "sliced", "fresh": "sliced", "knife": "with"}
    packed = prepared("minilm", "object").packed
    article = packed.tokens.index("fresh") - 1
    assert packed.tokens[article] == "the"
    assert packed.tokens[packed.attn(2)[0, article].argmax()] == "sliced"


def test_on_real_text_another_head_is_best_for_pronouns_and_is_clearly_less_often_right() -> None:
    made, real = PRONOUN
    assert (made["test"], real["test"]) == ("templates", "GAP")
    assert made["holds"]
    assert real["holds"]
    assert made["head"] == [1, 3] != real["head"]
    assert made["score"] == 1, "always, as the corrected table says"
    assert real["score"] == pytest.approx(0.75, abs=0.03)
    assert real["interval"][1] < 0.8


def test_in_smollm2_the_best_heads_for_pronouns_are_two_and_right_four_times_in_five() -> None:
    made, real = OTHER_PRONOUN
    assert made["head"] != real["head"]
    for each in (made, real):
        assert each["holds"]
        assert each["score"] == pytest.approx(0.8, abs=0.03)


def test_on_gap_the_best_head_is_ahead_of_every_rule_by_more_than_a_fifth() -> None:
    for study in (FOUND, OTHER):
        gap = study["names"]["GAP"]
        assert gap["score"] - max(gap["rules"].values()) > 1 / 5
    assert OTHER["names"]["GAP"]["rule"] == "first"
    assert max(gap["rules"], key=gap["rules"].get) == "nearest"


def test_verb_and_object_is_the_relation_with_the_largest_gain_among_the_frequent_ones() -> None:
    for verb, grammar in ((VERB, GRAMMAR), (OTHER_VERB, OTHER_GRAMMAR)):
        frequent = [each for each in grammar if each["n"] >= 200]
        assert len(frequent) > 10
        assert verb[0]["gain"] > max(each["gain"] for each in frequent)


def test_the_best_head_for_objects_in_smollm2_is_right_nine_times_in_ten() -> None:
    assert OTHER_VERB[0]["head"] == [10, 1]
    assert OTHER_VERB[0]["score"] == pytest.approx(0.9, abs=0.02)
    assert OTHER["model"]["layers"] * OTHER["model"]["heads"] > LAYERS * FOUND["model"]["heads"]
    assert OTHER_VERB[0]["interval"][0] > VERB[0]["interval"][1], "sharper"


def test_the_head_for_objects_in_smollm2_leads_in_case_and_cop_too() -> None:
    led = {each["test"] for each in OTHER_GOOD if each["head"] == OTHER_VERB[0]["head"]}
    assert led == {"case, head to dependent", "cop, head to dependent"}


def test_smollm2_has_a_head_for_about_half_of_the_relations_and_most_are_in_its_middle_third() -> None:
    assert len(OTHER_GOOD) / len(OTHER_GRAMMAR) == pytest.approx(0.5, abs=0.04)
    heads = {tuple(each["head"]) for each in OTHER_GOOD}
    assert len(heads) < len(OTHER_GOOD), "they share them"
    layers = OTHER["model"]["layers"]
    middle = [layer for layer, _ in heads if layers / 3 <= layer < 2 * layers / 3]
    assert len(middle) > len(heads) / 2


def test_the_best_head_for_objects_is_right_in_about_three_quarters() -> None:
    assert right("analogy-table.object") == "in about three quarters"
    assert VERB[0]["score"] == pytest.approx(0.75, abs=0.04)
    assert VERB[0]["baseline"] == pytest.approx(1 / 3, abs=0.04)
    assert VERB[0]["rival"] == "the word 2 words back"


def figure() -> list[str]:
    """The relations that the figure of grammar shows."""
    some = re.search(r"^some = (\[.*\])$", page("analogy-table"), re.MULTILINE)
    assert some
    return re.findall(r'"(\w+)"', some[1])


def test_one_head_leads_in_four_of_the_relations_in_the_figure() -> None:
    heads = [tuple(each["head"]) for each in GOOD if each["test"].split(",")[0] in figure()]
    assert Counter(heads).most_common(1)[0][1] == 4


def test_about_a_quarter_of_the_relations_have_a_head() -> None:
    assert len(GOOD) / len(GRAMMAR) == pytest.approx(0.25, abs=0.04)


def test_the_heads_of_grammar_are_few_and_in_the_first_half_of_the_model() -> None:
    heads = {tuple(each["head"]) for each in GOOD}
    assert 0.4 < len(heads) / len(GOOD) < 0.6
    assert right("analogy-table.shared") == "no, about half as many heads as relations"
    assert max(layer for layer, _ in heads) < LAYERS / 2


def test_the_relations_of_the_figure_are_frequent_and_there() -> None:
    told = {each["test"].split(",")[0]: each["n"] for each in [*VERB, *GRAMMAR]}
    assert min(told[name] for name in figure()) > 300


def test_the_head_that_looks_farthest_parks_most_of_its_attention() -> None:
    found = FOUND["roles"][3]["far_share"]
    assert found["interval"][0] > found["by_chance"]
    assert found["share"] > 0.8
    assert found["of_all_attention"] == pytest.approx(1 / 8, abs=0.02)
    assert found["head"] == [2, 9]
    layer, head = found["head"]
    assert FOUND["measures"]["first"][layer][head] > 0.5


def test_far_partners_are_found_only_if_the_head_is_told_that_they_are_far() -> None:
    told, untold = FAR
    assert "choosing among those" in told["test"]
    assert told["holds"]
    assert told["score"] < 0.5
    assert not untold["holds"]


def test_in_smollm2_too_far_partners_are_found_only_if_the_head_is_told_and_the_farthest_head_parks() -> None:
    told, untold = OTHER_FAR
    assert "choosing among those" in told["test"]
    assert told["holds"]
    assert told["score"] < 0.5
    assert not untold["holds"]
    found = OTHER["roles"][3]["far_share"]
    assert found["head"] == [9, 2]
    assert found["interval"][0] > found["by_chance"]
    assert OTHER["measures"]["first"][9][2] > 0.5


# Failures


def test_no_head_is_shown_to_solve_pairs_in_the_manner_of_winograd() -> None:
    for pairs, *_ in (FAILED, OTHER_FAILED):
        assert pairs["test"] == "Winograd-style pairs"
        assert not pairs["holds"]
    assert OTHER_FAILED[0]["interval"] == [0.5, 0.5], "each pair looks twice the same to a causal model"


def test_no_head_changes_its_mind_the_right_way_between_wide_and_narrow() -> None:
    wide, narrow = (
        one > other for one, other in (seen_from_the_pronoun(s, "table", "door") for s in ("wide", "narrow"))
    )
    assert right("analogy-table.pairs") == "for none"
    assert int((wide & ~narrow).sum()) == 0
    assert 1 < int((~wide & narrow).sum()) < 5, "a few, the wrong way"
    assert 0.4 < wide.float().mean() < 0.6


def test_the_words_of_a_compound_stand_side_by_side_four_times_out_of_five() -> None:
    for direction, offset in (("dependent to head", 1), ("head to dependent", -1)):
        found = relation("compound", direction)
        assert found["offset"] == offset
        assert found["baseline"] == pytest.approx(0.8, abs=0.03)
    for grammar in (GRAMMAR, OTHER_GRAMMAR):
        (compound,) = [each for each in grammar if each["test"].startswith("compound,")]
        assert not compound["holds"]
        assert compound["gain"] < 0.02


def test_case_was_expected_to_fail_and_is_a_clear_success() -> None:
    for failed, grammar in ((FAILED, GRAMMAR), (OTHER_FAILED, OTHER_GRAMMAR)):
        case = next(each for each in failed if each["test"].startswith("case,"))
        assert case["holds"]
        assert case["gain"] >= sorted(each["gain"] for each in grammar)[-3]


def test_conj_is_not_shown_in_minilm_and_clearly_found_in_smollm2() -> None:
    conj, of_other = (
        next(each for each in failed if each["test"].startswith("conj,")) for failed in (FAILED, OTHER_FAILED)
    )
    assert not conj["holds"]
    assert conj["gain"] < 0.1
    assert of_other["holds"]
    assert of_other["score"] == pytest.approx(2 * of_other["baseline"], rel=0.1)
    assert "advcl, head to dependent" in {each["test"] for each in GRAMMAR if not each["holds"]}


def test_where_the_rule_wins_the_relation_is_rare() -> None:
    beaten = [each for each in GRAMMAR if each["gain"] <= 0]
    assert {"fixed", "iobj"} <= {each["test"].split(",")[0] for each in beaten}
    assert max(each["n"] for each in beaten) < sum(each["n"] for each in GRAMMAR) / 100
    assert min(relation(name)["baseline"] for name in ("fixed", "iobj")) > 0.8


# Parking, importance, pruning


def test_minilm_parks_at_cls_from_its_second_layer_on() -> None:
    lowest, *others = np.mean(FOUND["measures"]["first"], axis=1)
    assert lowest < 0.2
    assert min(others) > 0.35


def test_smollm2_parks_more_than_half_in_most_layers_and_next_to_nothing_in_two() -> None:
    by_layer = np.mean(OTHER["measures"]["first"], axis=1)
    assert (by_layer > 0.5).mean() > 0.7
    assert np.flatnonzero(by_layer[3:] < 0.15).tolist() == [7, 8], "layers 10 and 11"


def test_smollm2_has_an_induction_head_and_minilm_none() -> None:
    induction = np.array(OTHER["measures"]["induction"])
    assert np.unravel_index(induction.argmax(), induction.shape) == (18, 6)
    assert induction.max() > 0.8
    assert np.max(FOUND["measures"]["induction"]) < 0.05


def test_the_head_that_is_missed_most_is_in_the_last_layer_and_has_no_role() -> None:
    first = {measure: np.argwhere(rank(measure) == 1)[0].tolist() for measure in ("ablation", "gradient")}
    assert first["ablation"] == first["gradient"]
    assert first["ablation"][0] == LAYERS - 1
    assert first["ablation"] not in [each["head"] for each in [*PRONOUN, *VERB, *GOOD, *FAR]]
    assert right("analogy-table.needed") == "one with none of the four jobs"


def test_of_the_heads_with_a_job_that_of_the_object_is_missed_most() -> None:
    jobs = [*PRONOUN, *VERB, GRAMMAR[0], FAR[0], FOUND["roles"][3]["far_share"]]
    places = {tuple(each["head"]): int(rank("ablation")[*each["head"]]) for each in jobs}
    assert min(places, key=places.__getitem__) == tuple(VERB[0]["head"])
    assert places[tuple(VERB[0]["head"])] < 8, "among the first few"
    assert min(places[tuple(each["head"])] for each in jobs[-2:]) > 50


def test_nearly_half_of_the_heads_can_go_one_at_a_time_and_the_loss_falls() -> None:
    share = WORTH["better_without"] / np.size(FOUND["measures"]["ablation"])
    assert 0.4 < share < 0.5
    assert right("analogy-table.alone") == "for nearly half of the heads"


def test_gradient_and_ablation_agree_on_little() -> None:
    assert abs(WORTH["spearman"]) < 0.25


def test_the_task_of_the_pruning_is_small() -> None:
    assert 24 <= len(PARAPHRASES) <= 48, "each half has half of the pairs, and a pair is two sentences"
    assert (round(WORTH["accuracy"] * len(PARAPHRASES), 2) % 1) in (0, 1)


def left(order: str, share: float, what: str = "loss", study: dict[str, Any] = FOUND) -> float:
    """The loss, or the share of partners found, when about this share of the heads is out."""
    worth = study["importance"]
    wanted = share * np.size(study["measures"]["ablation"])
    nearest = int(np.abs(np.array(worth["removed"]) - wanted).argmin())
    return float(worth[order][what][nearest])


@pytest.mark.parametrize("study", [FOUND, OTHER], ids=["minilm", "smollm2"])
def test_the_figures_of_pruning_take_a_tenth_of_the_heads_out_at_a_time(study: dict[str, Any]) -> None:
    removed, count = study["importance"]["removed"], np.size(study["measures"]["first"])
    assert removed == [round(tenth * count / 10) for tenth in range(10)]


def test_two_fifths_of_the_heads_can_go_if_the_order_is_not_random() -> None:
    for order in ("by_gradient", "by_ablation"):
        assert left(order, 0.4) < WORTH["loss"] + 0.04
    assert left("at_random", 0.4) > WORTH["loss"] + 0.1


def test_smollm2_like_minilm_misses_most_a_head_without_a_job_and_the_two_ways_disagree() -> None:
    jobs = [*OTHER_PRONOUN, *OTHER_VERB, *OTHER_GOOD, *OTHER_FAR, OTHER["roles"][3]["far_share"]]
    for measure in ("ablation", "gradient"):
        (most,) = np.argwhere(rank(measure, OTHER) == 1).tolist()
        assert most not in [each["head"] for each in jobs]
    worth = OTHER["importance"]
    assert worth["task"] == "next token"
    assert 0.4 < worth["better_without"] / np.size(OTHER["measures"]["ablation"]) < 0.5
    assert abs(worth["spearman"]) < 0.1


def test_of_smollm2_a_fifth_of_the_heads_can_go_by_gradient_and_two_fifths_cannot() -> None:
    loss = OTHER["importance"]["loss"]
    assert left("by_gradient", 0.2, study=OTHER) < loss + 0.05
    assert left("by_ablation", 0.2, study=OTHER) > loss + 0.5
    assert left("at_random", 0.2, study=OTHER) > loss + 0.5
    assert min(left(order, 0.4, study=OTHER) for order in ("by_gradient", "by_ablation")) > loss + 0.5


def test_in_the_end_both_orders_are_worse_than_a_random_one() -> None:
    for order in ("by_gradient", "by_ablation"):
        assert left(order, 0.6) > WORTH["loss"] + 0.1
        assert left(order, 0.9) > left("at_random", 0.9) + 0.03


def test_with_nine_heads_in_ten_gone_most_partners_are_still_found() -> None:
    orders = ("by_gradient", "by_ablation", "at_random")
    assert WORTH["accuracy"] == pytest.approx(0.9, abs=0.03)
    assert min(left(order, 0.9, "accuracy") for order in orders) == pytest.approx(2 / 3, abs=0.05)


# Beside the literature

CLARK = {
    "det": ("8-11", ("det", "dependent to head")),
    "dobj": ("8-10", ("obj", "dependent to head")),
    "pobj": ("9-6", ("case", "head to dependent")),
    "auxpass": ("4-10", ("aux:pass", "dependent to head")),
    "poss": ("7-6", ("nmod:poss", "dependent to head")),
    "nsubj": ("8-2", ("nsubj", "dependent to head")),
    "nn": ("4-10", ("compound", "dependent to head")),
}


@pytest.mark.parametrize("name", CLARK)
def test_each_line_of_the_comparison_names_the_head_of_the_paper_and_the_same_relation(name: str) -> None:
    head, (ours, direction) = CLARK[name]
    assert facts()[f"clark2019-relations.{name}"].says.endswith(f"head {head}")
    (line,) = [line for line in page("analogy-table").splitlines() if f"clark2019-relations.{name}`" in line]
    assert f"`{head}`: " in line
    place = "up" if direction == "dependent to head" else "down"
    relation_name = line.split("|")[1].strip()
    assert f'"{relation_name}": ("{ours}", {place})' in page("analogy-table")


def test_the_comparison_with_bert_has_the_shape_that_the_page_says() -> None:
    gain = {name: relation(*ours)["gain"] for name, (_, ours) in CLARK.items()}
    theirs = {
        name: number(f"clark2019-relations.{name}") - number(f"clark2019-relations.{name}-offset")
        for name in CLARK
    }
    for name in ("dobj", "pobj"):
        assert gain[name] > 0.2
        assert theirs[name] > 20
    assert gain["nn"] < 0.02
    assert theirs["nn"] < 2
    assert relation("any")["score"] < 0.5
    assert number("clark2019-relations.all") < 50
    for name in ("det", "dobj", "pobj"):
        assert relation(*CLARK[name][1])["score"] < number(f"clark2019-relations.{name}") / 100 - 0.1
    passive = relation("aux:pass")
    assert (passive["offset"], passive["baseline"] > 0.8, gain["auxpass"] < 0.05) == (1, True, True)


def test_smollm2_cannot_be_asked_for_the_noun_of_a_determiner() -> None:
    asked = {(r["relation"], r["direction"]) for r in OTHER["relations"]}
    assert ("det", "head to dependent") in asked
    assert ("det", "dependent to head") not in asked


def test_the_head_of_bert_comes_near_the_rules_and_does_not_beat_them() -> None:
    group = "clark2019-coreference"
    assert number(f"{group}.head-match") < number(f"{group}.head") < number(f"{group}.rules")


# Exercises


def test_the_head_that_looks_farthest_does_not_lead_from_was_to_letter() -> None:
    assert FOUND["roles"][3]["far_share"]["head"] == [2, 9]
    word, to_words = looks_at("long", 2, 9, "was")
    assert word == "was"
    assert to_words < 0.2
