"""What a reader meets: check in all its ways, hints, solutions and progress."""

from __future__ import annotations

import functools
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from mha_lessons import attend
from mha_lessons.exercises import NAMES, check, exercises, find_exercise, hint, progress, solution, sources
from mha_lessons.exercises.case import Outcome
from mha_lessons.exercises.cut import for_students
from mha_lessons.exercises.progress_file import VARIABLE
from mha_lessons.problem import LessonError
from tests.exercises.answers import answers_to

WITH_SIGNATURE = [name for name in NAMES if "signature" in find_exercise(name).stages]


def right(q, k, v, mask=None):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def wrong(q, k, v, mask=None):
    return (q @ k.mT).softmax(-1) @ v


# names


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("attentive", "There is no exercise 'attentive': the nearest are attention"),
        ("Soft Max", "There is no exercise 'Soft Max': the nearest are softmax, masked_softmax."),
        ("xyzzy", "There is no exercise 'xyzzy': there are predict_pattern, softmax,"),
        (
            right,
            'The first argument should be the name of an exercise, such as "attention", got a function.',
        ),
    ],
)
@pytest.mark.parametrize("ask", [check, hint, solution])
def test_a_name_that_is_none_gets_one_sentence_with_the_nearest(ask, name: object, sentence: str) -> None:
    with pytest.raises(LessonError) as error:
        ask(name)
    assert sentence in str(error.value)
    assert str(error.value).count(". ") == 0


def test_more_answers_than_an_exercise_has_are_refused_in_a_sentence() -> None:
    with pytest.raises(LessonError, match=re.escape("attention has 1 to check (attend), got 2.")):
        check("attention", right, right)


# exists


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_is_not_given_is_said_to_be_missing(name: str) -> None:
    report = check(name)
    assert (report.status, report["exists"].state, report["exists"].key) == ("wrong", "failed", "missing")
    assert find_exercise(name).wanted[0].call in report["exists"].message


def not_written(q, k, v, mask=None):
    raise NotImplementedError


def not_written_in_words(q, k, v, mask=None):
    raise NotImplementedError("to do")


def dots(q, k, v, mask=None): ...


def documented(q, k, v, mask=None):
    """What each query finds."""


@pytest.mark.parametrize(
    "starter", [not_written, not_written_in_words, dots, documented, ..., functools.partial(not_written)]
)
def test_a_starter_is_not_attempted_which_is_not_the_same_as_wrong(starter: object) -> None:
    report = check("attention", starter)
    assert (report.status, report["exists"].state, report.points) == ("not attempted", "not attempted", 0)
    assert {stage.state for stage in report.stages[1:]} == {"not run"}
    assert all(stage.message == "waits for exists." for stage in report.stages[1:])


def test_what_torch_has_not_implemented_is_an_error_and_not_a_starter() -> None:
    class NoForward(nn.Module):
        def __init__(self, d_model, num_heads):
            super().__init__()
            for name in ("w_q", "w_k", "w_v", "w_o"):
                setattr(self, name, nn.Parameter(torch.empty(d_model, d_model)))

    report = check("multi_head", NoForward)
    assert "NotImplementedError: Module [NoForward] is missing" in report["shape"].message


def test_a_function_that_forgets_to_return_is_wrong_and_not_a_starter() -> None:
    def forgets(q, k, v, mask=None):
        z = right(q, k, v, mask)  # noqa: F841

    report = check("attention", forgets)
    assert (report.status, report["shape"].key) == ("wrong", "no return")
    assert report["shape"].message == "attend gave None, wanted z [batch, head, query, d_head]."
    assert report["shape"].cause == "the function ends without `return`."


def test_of_two_answers_the_one_that_is_not_attempted_is_named() -> None:
    split = answers_to("split_merge").right[0][0]
    report = check("split_merge", split, lambda z: ...)
    assert report["exists"].state == "failed"
    assert report["exists"].message == "merge is not attempted yet."
    assert check("split_merge", ..., ...).status == "not attempted"


def test_a_branch_that_is_not_written_is_named_with_its_case() -> None:
    def only_plain(q, k, v, mask=None):
        if mask is not None:
            raise NotImplementedError
        return right(q, k, v)

    report = check("attention", only_plain)
    assert report.status == "wrong"
    assert "mask: attend is not attempted yet for this case" in report["rows sum to one"].message


# signature


@pytest.mark.parametrize("name", WITH_SIGNATURE)
@pytest.mark.parametrize("answer", [7, "softmax", [1.0], torch.zeros(2)])
def test_what_cannot_be_called_is_named_by_its_type(name: str, answer: object) -> None:
    exercise = find_exercise(name)
    report = check(name, *[answer] * len(exercise.answers))
    assert report["signature"].key == "kind"
    assert f"{type(answer).__name__}, wanted a " in report["signature"].message
    assert exercise.wanted[0].call in report["signature"].message


@pytest.mark.parametrize("name", WITH_SIGNATURE)
def test_a_class_for_a_function_and_a_function_for_a_class_are_told_apart(name: str) -> None:
    exercise = find_exercise(name)
    is_class = exercise.wanted[0].kind == "class"
    other = right if is_class else type("Layer", (), {})
    report = check(name, *[other] * len(exercise.answers))
    kinds = ("function", "class") if is_class else ("class", "function")
    assert f"{exercise.answers[0]} is a {kinds[0]}, wanted a {kinds[1]}" in report["signature"].message


@pytest.mark.parametrize("name", WITH_SIGNATURE)
@pytest.mark.parametrize("answer", [lambda: 0, lambda a, b, c, d, e, f, g: 0])
def test_too_few_and_too_many_arguments_are_shown_beside_the_wanted_ones(name: str, answer: object) -> None:
    exercise = find_exercise(name)
    if exercise.wanted[0].kind == "class":
        arguments = {0: {}, 7: dict.fromkeys("abcdefg")}[answer.__code__.co_argcount]
        inside = ", ".join(arguments)
        answer = type("Answer", (), {"__init__": eval(f"lambda self, {inside}: None")})
    report = check(name, *[answer] * len(exercise.answers))
    assert report["signature"].key == "arguments"
    assert exercise.wanted[0].call in report["signature"].message


def test_arguments_in_another_order_are_refused_before_they_are_mixed_up() -> None:
    report = check("attention", lambda k, q, v, mask=None: 0)
    assert report["signature"].message == (
        "attend(k, q, v, mask=) has its arguments in another order: wanted attend(q, k, v, mask=None), "
        "called by position."
    )


def test_a_module_that_is_built_already_is_not_the_class() -> None:
    built = answers_to("multi_head").right[0][0](8, 2)
    report = check("multi_head", built)
    assert "is a module that is built already, wanted the class MultiHead(d_model, num_heads) itself" in str(
        report["signature"].message
    )


class Module(nn.Module):
    def forward(self, q, k, v, mask=None):
        return right(q, k, v, mask)


def scripted():
    code = torch.jit.CompilationUnit("def attend(q, k, v, mask: Optional[Tensor]=None):\n    " + SCRIPT)
    return code.attend


SCRIPT = """scores = torch.matmul(q, k.transpose(-2, -1)) / (q.size(-1) ** 0.5)
    if mask is None:
        return torch.matmul(torch.softmax(scores, -1), v)
    nothing = torch.logical_not(mask).all(-1, keepdim=True)
    hidden = torch.logical_and(torch.logical_not(mask), torch.logical_not(nothing))
    attn = torch.softmax(scores.masked_fill(hidden, float("-inf")), -1).masked_fill(nothing, 0.)
    return torch.matmul(attn, v)
"""


@pytest.mark.parametrize(
    "answer",
    [
        attend,
        lambda *tensors: right(*tensors),
        lambda a, b, c, d=None, temperature=1.0, *, name="mine", **more: right(a, b, c, d),
        lambda q, k, v, *, mask: right(q, k, v, mask),
        functools.partial(right),
        functools.wraps(right)(lambda *args, **kwargs: right(*args, **kwargs)),
        Module(),
        scripted(),
        pytest.param(torch.compile(right, backend="eager"), marks=pytest.mark.second_tier),  # slow to import
    ],
    ids=["ours", "star", "more", "by name", "partial", "decorated", "module", "scripted", "compiled"],
)
def test_an_answer_may_be_anything_that_can_be_called_by_position(answer: object) -> None:
    report = check("attention", answer)
    assert report.status == "right", report


# what is said


def test_a_failed_value_is_said_with_its_place_by_axis_what_came_and_what_was_wanted() -> None:
    report = check("attention", wrong)
    assert re.match(
        r"z at \[batch=\d, head=\d, query=\d, d_head=\d\] came as -?[\d.e-]+, wanted -?[\d.e-]+; "
        r"\d+ of 144 numbers are off. Also: a mask",
        report["values"].message,
    )
    assert report["values"].text.endswith(f"Likely cause: {report['values'].cause}")


def test_a_wrong_shape_is_said_with_the_names_of_the_axes() -> None:
    report = check("attention", lambda q, k, v, mask=None: right(q, k, v, mask).flatten(2))
    assert report["shape"].message == "z came as [2, 3, 24], wanted [batch=2, head=3, query=4, d_head=6]."


def test_an_error_is_said_in_one_line_with_the_line_of_the_readers_code() -> None:
    def fails(q, k, v, mask=None):
        return torch.einsum("bhqd,bhkd->bhqk", q, k) @ q

    report = check("attention", fails)
    line = fails.__code__.co_firstlineno + 1
    assert f"attend raised RuntimeError: " in report["shape"].message  # noqa: F541
    assert report["shape"].message.endswith(f"(line {line} of your code).")
    assert "\n" not in report["shape"].message


def test_the_line_is_the_readers_own_where_the_package_raised_the_error() -> None:
    def fails(q, k, v, mask=None):
        return attend(q, k[..., :2], v, mask=mask)

    line = fails.__code__.co_firstlineno + 1
    assert check("attention", fails)["shape"].message.endswith(f"(line {line} of your code).")


def test_leaving_python_is_an_error_like_others_and_ctrl_c_is_not() -> None:
    def leaves(q, k, v, mask=None):
        raise SystemExit(0)

    def stopped(q, k, v, mask=None):
        raise KeyboardInterrupt

    assert "attend raised SystemExit: 0" in check("attention", leaves)["shape"].message
    with pytest.raises(KeyboardInterrupt):
        check("attention", stopped)


def test_stages_that_make_no_sense_after_a_failure_say_what_they_wait_for() -> None:
    report = check("attention", wrong)
    assert [stage.state for stage in report.stages] == ["passed"] * 4 + ["failed"] + ["not run"] * 2
    assert report["gradients"].message == "waits for values."
    assert report["edge cases"].points == 0


def test_gradients_are_looked_at_even_if_an_edge_case_fails() -> None:
    def careless(q, k, v, mask=None):
        scores = q @ k.mT / q.shape[-1] ** 0.5
        return (scores if mask is None else scores.masked_fill(~mask, -1e9)).softmax(-1) @ v

    report = check("attention", careless)
    assert report.status == "partial"
    assert (report["edge cases"].state, report["gradients"].state) == ("failed", "failed")


def test_points_are_those_of_the_stages_that_were_passed() -> None:
    report = check("attention", wrong)
    assert report.points == sum(stage.out_of for stage in report.stages if stage.passed) == 3
    assert report.out_of == find_exercise("attention").out_of == 10


def test_the_inputs_of_a_failure_can_be_tried_again() -> None:
    report = check("attention", wrong)
    given = {name: torch.from_numpy(array) for name, array in report.inputs().items() if array is not None}
    assert not torch.allclose(wrong(**given), right(**given))
    assert check("attention", right).inputs() == {}


def test_every_check_draws_fresh_numbers_and_a_seed_draws_the_same() -> None:
    messages = [check("attention", wrong, seed=seed)["values"].message for seed in (None, None, 7, 7)]
    assert messages[0] != messages[1]
    assert messages[2] == messages[3]


def test_a_stage_that_an_exercise_does_not_have_is_named_with_those_it_has() -> None:
    with pytest.raises(KeyError, match="split_merge has no stage 'gradients'; it has exists, signature"):
        check("split_merge")["gradients"]


def test_a_notebook_shows_a_table_in_which_nothing_is_said_by_colour_alone() -> None:
    def fails(q, k, v, mask=None):
        raise ValueError("<script>alert(1)</script>")

    html = check("attention", fails)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert html.count('scope="row"') == 7
    assert html.count('scope="col"') == 3
    for sign, word in (("✓", "passed"), ("✗", "failed"), ("–", "not&nbsp;run")):
        assert re.search(rf">{sign}</span>&nbsp;{word}", html)
    assert not re.search(r"(?<!-)color: #|background: #", html)  # the page's own colours, light or dark


def test_a_terminal_shows_text_of_at_most_a_hundred_columns() -> None:
    text = str(check("attention", wrong))
    assert max(map(len, text.splitlines())) <= 100
    assert text.startswith("Scaled dot-product attention: wrong, 3 of 10 points\n  ✓ exists")
    assert "\n                     Likely cause: " in text
    assert "\n  – gradients        not run: waits for values." in text


def test_what_was_found_stands_below_its_stage_in_the_whole_width_of_the_table() -> None:
    report = check("attention", wrong)
    html = report._repr_html_()
    said = [stage for stage in report.stages if stage.message]
    assert html.count('<tr><td colspan="3"') == len(said) == 3
    for stage in said:
        assert re.search(rf'">{stage.stage}</th>(?:(?!</tr>).)*</tr><tr><td colspan="3"[^>]*>', html)
    assert 'style="style' not in html


def test_where_only_the_result_is_seen_nothing_is_said_about_weights() -> None:
    message = check("attention", lambda q, k, v, mask=None: right(q, k, k, mask))["rows sum to one"].message
    assert re.match(r"With values that are all 1: z should be 1 and came as -?[\d.e-]+ at \[batch=", message)


def test_the_nan_of_an_edge_case_is_not_said_to_be_replaced() -> None:
    def careless(q, k, v, mask=None):
        scores = q @ k.mT / q.shape[-1] ** 0.5
        return (scores if mask is None else scores.masked_fill(~mask, -torch.inf)).softmax(-1) @ v

    report = check("attention", careless)
    assert report["edge cases"].key == "0 by 0"
    assert report["gradients"].cause == "the NaN of the edge case above flows backward, too."


def test_what_is_wrong_forward_is_not_said_to_be_cut_off() -> None:
    def mean_of_all(q, k, v, mask=None):
        scores = q @ k.mT / q.shape[-1] ** 0.5
        return (scores if mask is None else scores.masked_fill(~mask, -1e9)).softmax(-1) @ v

    assert check("attention", mean_of_all)["gradients"].key == "wrong forward"


def test_a_pattern_that_is_off_is_said_by_its_row_and_no_number() -> None:
    third = 1 / 3
    pattern = [[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.5, 0, 0.5, 0], [third, third, third, 0]]
    assert check("predict_pattern", pattern)["values"].message == "The row of *herself* is off."
    assert check("predict_pattern")["exists"].message == (
        'Give your pattern: check("predict_pattern", pattern).'
    )


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda q, k, v: 0, "attend(q, k, v) has no place for mask: wanted attend(q, k, v, mask=None)."),
        (lambda q, k, mask: 0, "attend(q, k, mask) has no place for v: wanted attend(q, k, v, mask=None)."),
        (lambda a, b: 0, "attend(a, b) has no place for v and mask: wanted attend(q, k, v, mask=None)."),
        (
            lambda q, k, v, mask, dim: 0,
            "attend(q, k, v, mask, dim) asks for dim, too: wanted attend(q, k, v, mask=None).",
        ),
        (
            torch.zeros(2),
            "attend is a Tensor, wanted a function attend(q, k, v, mask=None); "
            "give the function itself, without calling it.",
        ),
    ],
)
def test_a_wrong_signature_is_said_with_what_is_missing_or_too_many(answer: object, sentence: str) -> None:
    assert check("attention", answer)["signature"].message == sentence


def test_an_answer_that_nobody_got_to_see_is_said_with_the_reason() -> None:
    exercise = find_exercise("attention")
    cases = exercise.cases(np.random.default_rng(0))
    unseen = [Outcome("raised", error="Ended: the notebook ended itself") for _ in cases]
    message = exercise.judge(cases, unseen)["signature"].message
    assert message == "attend could not be looked at: Ended: the notebook ended itself."


# what the reader's code prints


def test_what_an_answer_prints_is_shown_from_its_start_and_then_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    calls = []

    def talks(q, k, v, mask=None):
        calls.append(q)
        print("q is", q.shape)
        print("k is", k.shape)
        return right(q, k, v, mask)

    assert check("attention", talks).status == "right"
    *shown, last = capsys.readouterr().out.splitlines()
    assert shown[:2] == ["q is torch.Size([2, 3, 4, 6])", "k is torch.Size([2, 3, 5, 6])"]
    assert len(shown) == 10
    assert last == f"[your code printed {2 * len(calls) - 10} lines more during the check]"


def test_one_line_without_end_is_counted_once_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    def talks(scores):
        print("x" * 3000, end="")
        return scores.softmax(-1)

    check("softmax", talks)
    assert capsys.readouterr().out == "[your code printed 1 line more during the check]\n"


def test_a_debugger_is_not_silenced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def debugger() -> None:
        print("(Pdb)")

    def stops(scores):
        breakpoint()
        return scores.softmax(-1)

    monkeypatch.setattr("sys.breakpointhook", debugger)
    check("softmax", stops)
    cases = find_exercise("softmax").cases(np.random.default_rng(0))
    assert capsys.readouterr().out.splitlines() == ["(Pdb)"] * len(cases)
    assert sys.breakpointhook is debugger


# hints and solutions


def test_hints_by_number_count_and_the_next_one_follows_them() -> None:
    for number in (1, 2, 3):
        hint("attention", number)
    assert rows()["attention"][3] == "3 hints"
    assert str(hint("attention")).startswith("Hint 4 of 4.")
    hint("softmax", 1, keep=False)
    assert rows()["softmax"][3] == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_that_is_printed_is_python_still(name: str) -> None:
    shown = str(solution(name))
    assert "**" not in re.sub(r"```.*?```|`[^`]*`", "", shown, flags=re.DOTALL)
    code = re.search(r"```python\n(.*?)```", shown, re.DOTALL)
    compile(code[1], name, "exec")


@pytest.mark.parametrize("name", NAMES)
def test_hints_come_one_after_another_and_the_last_one_stays(name: str) -> None:
    hints = find_exercise(name).source.hints
    shown = [hint(name) for _ in range(len(hints) + 1)]
    for number, (text, own) in enumerate(zip(shown, [*hints, hints[-1]], strict=True), 1):
        assert own in text.markdown
        assert f"Hint {min(number, len(hints))} of {len(hints)}" in str(text)
    assert f'solution("{name}")' in shown[-1].markdown
    assert f'solution("{name}")' not in shown[0].markdown


@pytest.mark.parametrize("number", [0, 5, True, "two"])
def test_a_hint_that_is_none_gets_a_sentence(number: object) -> None:
    with pytest.raises(LessonError, match="attention has the hints 1 to 4, got "):
        hint("attention", number)


def test_a_solution_is_code_and_explanation_and_the_code_runs() -> None:
    shown = solution("softmax").markdown
    code = re.search(r"```python\n(.*?)```", shown, re.DOTALL)
    names: dict[str, object] = {}
    exec(code[1], names)
    assert check("softmax", names["softmax"]).status == "right"
    assert "One maximum for the whole tensor would not do" in shown


def test_a_students_installation_says_where_solutions_come_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = Path(sources.__file__).parent / "sources"
    full = (folder / "softmax.md").read_text()
    student = sources.parse("softmax", for_students(full))
    monkeypatch.setattr(sources, "read", lambda name: student)
    sentence = "The solution of softmax is not in this installation, .* in the package mha_lessons_answers"
    with pytest.raises(LessonError, match=sentence):
        solution("softmax")
    (tmp_path / "mha_lessons_answers").mkdir()
    (tmp_path / "mha_lessons_answers" / "softmax.md").write_text(full)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "amax" in solution("softmax").markdown


# progress


def rows() -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in progress().rows}


def test_progress_keeps_the_best_report_and_counts_checks_and_help() -> None:
    assert set(rows().values()) == {("not checked yet", "", "0", "")}
    check("attention", wrong)
    assert rows()["attention"] == ("wrong", "3 of 10", "1", "")
    check("attention", right)
    check("attention", wrong)
    hint("attention")
    hint("attention")
    solution("attention")
    assert rows()["attention"] == ("right", "10 of 10", "3", "2 hints, solution")
    assert rows()["softmax"] == ("not checked yet", "", "0", "")


def test_a_wrong_answer_without_points_is_more_than_a_starter() -> None:
    check("attention", ...)
    check("attention", 7)
    assert rows()["attention"] == ("wrong", "0 of 10", "2", "")
    check("attention", ...)
    assert rows()["attention"][0] == "wrong"


def test_help_before_the_first_check_is_not_a_check() -> None:
    hint("softmax")
    assert rows()["softmax"] == ("not checked yet", "", "0", "1 hint")
    check("softmax", ...)
    assert rows()["softmax"] == ("not attempted", "0 of 10", "1", "1 hint")


def test_a_check_that_should_not_count_does_not() -> None:
    check("attention", right, keep=False)
    assert rows()["attention"][2] == "0"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"exercises": 3}',
        '{"exercises": {"softmax": {"points": "many"}}}',
        '{"exercises": {"softmax": {"hints": -9}}}',
        b"\xff\xfe\x00",
    ],
)
def test_a_broken_file_of_progress_is_set_aside_and_never_fails_a_check(
    text: str | bytes, progress_of_the_test: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    progress_of_the_test.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert check("attention", right).status == "right"
    said = capsys.readouterr().out
    assert "progress.json cannot be read" in said
    assert said.count("\n") == 1
    broken = progress_of_the_test.with_name("progress.json.broken").read_bytes()
    assert broken == (text if isinstance(text, bytes) else text.encode())
    assert rows()["attention"][0] == "right"


def test_progress_that_cannot_be_written_is_said_and_never_fails_a_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file" / "progress.json"))
    assert check("attention", right).status == "right"
    assert "Your progress is not kept: " in capsys.readouterr().out


def test_progress_is_a_small_file_that_holds_no_code(progress_of_the_test: Path) -> None:
    check("attention", wrong)
    kept = json.loads(progress_of_the_test.read_text())
    assert set(kept) == {"version", "exercises"}
    assert set(kept["exercises"]["attention"]) == {
        "status",
        "points",
        "out_of",
        "checks",
        "hints",
        "solution",
    }


def test_progress_lies_in_the_users_own_folder_unless_it_is_said_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mha_lessons.exercises.progress_file import place

    monkeypatch.delenv(VARIABLE)
    assert place().parts[-2:] == ("mha-lessons", "progress.json")


@pytest.mark.parametrize("table", [progress, exercises])
def test_tables_name_every_exercise_in_html_and_in_text(table) -> None:
    made = table()
    for name in NAMES:
        assert f'<th scope="row" style="text-align: left">{name}</th>' in (made._repr_html_())
        assert re.search(rf"^{name}\b", str(made), re.MULTILINE)
