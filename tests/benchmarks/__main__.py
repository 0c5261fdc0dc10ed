"""Run all benchmarks, or those named: `python -m tests.benchmarks attention`.

A benchmark is a module of this folder with a function `run() -> Report`.
"""

import sys
from importlib import import_module
from pathlib import Path

OURS = {"__init__", "__main__", "paired"}


def main(names: list[str]) -> None:
    known = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - OURS)
    known = [name for name in known if not name.endswith("_contenders")]
    if wrong := set(names) - set(known):
        raise SystemExit(f"no benchmark named {', '.join(sorted(wrong))}: there are {', '.join(known)}")
    for name in names or known:
        print(f"{name} ...", flush=True)
        report = import_module(f"tests.benchmarks.{name}").run()
        report.write(name)
        print(report.text, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
