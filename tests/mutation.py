"""A small mutation run: break the module in one place, see whether a test notices.

    python -m tests.mutation dot_product attention masks

Each mutant lives in a forked process, so that torch is imported once and not once a mutant. Docstrings and
annotations are left alone. Hypothesis stops at the first example that fails, without shrinking it. A mutant
is named by the line it changes and what the line becomes.
"""

import ast
import contextlib
import copy
import importlib
import os
import signal
import sys
import types
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings

import mha_lessons

FOLDER = Path(mha_lessons.__file__).parent
TESTS = ("test_attention", "test_masks", "test_trace", "test_rotary", "test_cache")
OWN_PROCESS = "not compiled and not importing"  # these start a process, which has the real module
SECONDS = 120  # of the processor: a mutant that needs more counts as caught, whatever else the machine does

COMPARED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in COMPARED:
            other = copy.deepcopy(node)
            other.ops[0] = COMPARED[type(op)]()
            yield other
        case ast.BinOp(op=op) if type(op) in COMPUTED:
            yield ast.BinOp(node.left, COMPUTED[type(op)](), node.right)
        case ast.BoolOp(op=op):
            yield ast.BoolOp(ast.And() if isinstance(op, ast.Or) else ast.Or(), node.values)
        case ast.UnaryOp():
            yield node.operand
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)):
            yield ast.Constant(f"{value}?")
        case ast.If():
            for always in (True, False):
                yield ast.If(ast.Constant(always), node.body, node.orelse)


def documentation(node: ast.AST) -> bool:
    """Whether it only informs: the docstring of a property, or the name of a type."""
    if isinstance(node, ast.keyword):
        return node.arg == "doc"
    return isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Callable[")


def sites(tree: ast.Module) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Every place (parent, field, index) of an expression that is neither docstring nor annotation."""

    def walk(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns"):
                continue
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
                if (
                    isinstance(child, ast.AST)
                    and not docstring
                    and not documentation(child)
                    and not (isinstance(node, ast.JoinedStr) and index)
                ):
                    yield node, field, index
                    yield from walk(child)

    yield from walk(tree)


def mutants(name: str) -> Iterator[tuple[str, ast.Module]]:
    """Every mutant of a module, with its name: 'line before -> line after'."""
    source = (FOLDER / f"{name}.py").read_text()
    count = len(list(sites(ast.parse(source))))
    for site in range(count):
        tree = ast.parse(source)
        parent, field, index = list(sites(tree))[site]
        place = getattr(parent, field)
        node = place if index is None else place[index]
        for number in range(len(list(variants(node)))):
            tree = ast.parse(source)
            parent, field, index = list(sites(tree))[site]
            place = getattr(parent, field)
            old = place if index is None else place[index]
            new = list(variants(old))[number]
            before, after = (
                ast.unparse(ast.fix_missing_locations(each)).split("\n")[0] for each in (old, new)
            )
            context = source.splitlines()[old.lineno - 1].strip()
            if index is None:
                setattr(parent, field, new)
            else:
                place[index] = new
            yield f"{context} :: {before} -> {after}", ast.fix_missing_locations(tree)


def survives(name: str, tree: ast.Module) -> bool:
    """Whether every test passes with the mutant in the module's place."""
    child = os.fork()
    if not child:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        status = 1
        with contextlib.suppress(BaseException):
            module = types.ModuleType(f"mha_lessons.{name}")
            module.__file__ = str(FOLDER / f"{name}.py")
            sys.modules[module.__name__] = module
            exec(compile(tree, module.__file__, "exec"), module.__dict__)
            pytest = importlib.import_module("pytest")
            settings.register_profile(
                "first example",
                derandomize=True,
                deadline=None,
                max_examples=60,
                phases=[Phase.generate],
                suppress_health_check=[HealthCheck.too_slow],
            )
            files = [str(Path(__file__).parent / f"{test}.py") for test in TESTS]
            options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not second_tier", "-k", OWN_PROCESS]
            options += ["--hypothesis-profile", "first example"]
            status = int(pytest.main([*options, *files]))
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def survivors(name: str) -> Iterator[tuple[str, bool]]:
    """Each mutant of a module, and whether it survives."""
    if f"mha_lessons.{name}" in sys.modules:
        raise RuntimeError(f"{name} has been imported: its tests would see the module as it is")
    for module in ("torch", "pytest", "hypothesis", "jaxtyping", "beartype", "playwright.sync_api"):
        importlib.import_module(module)
    importlib.import_module("torch").set_num_threads(1)  # a pool of threads does not outlive a fork
    if not survives(name, ast.parse((FOLDER / f"{name}.py").read_text())):
        raise RuntimeError(f"the tests fail on {name} as it is, so that they would catch every mutant")
    for described, tree in mutants(name):
        yield described, survives(name, tree)


if __name__ == "__main__":
    for each in sys.argv[1:] or ["dot_product", "attention", "masks"]:
        total = lived = 0
        for described, alive in survivors(each):
            total, lived = total + 1, lived + alive
            if not total % 10:
                print(f"{each}: {total} tried", file=sys.stderr, flush=True)
            if alive:
                print(f"{each}: {described}", flush=True)
        print(f"{each}: {total} mutants, {lived} survive", flush=True)
