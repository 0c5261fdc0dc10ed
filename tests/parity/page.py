"""Asks the page's side of the arithmetic, widgets/core, through Node."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
SEARCH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def ask_page(questions: list[tuple[str, Any]], folder: Path, run: str = "run.ts") -> list[Any]:
    """The answers of the page's program `run`, in order; `arrays` of one are float32, flat, by name."""
    node = shutil.which("node", path=SEARCH)
    esbuild = ROOT / "widgets/node_modules/esbuild/lib/main.js"
    assert node, "the parity tests need Node: run `make setup`"
    assert esbuild.exists(), "the parity tests need widgets/node_modules: run `make setup`"
    program = folder / "run.mjs"
    bundle = {
        "entryPoints": [str(ROOT / "tests/parity" / run)],
        "outfile": str(program),
        "bundle": True,
        "platform": "node",
        "format": "esm",
        "logLevel": "warning",
    }
    script = f"require({json.dumps(str(esbuild))}).buildSync({json.dumps(bundle)})"
    subprocess.run([node, "-e", script], check=True, timeout=60)

    files = [folder / name for name in ("questions.json", "answers.json", "arrays.bin")]
    files[0].write_text(json.dumps(questions))
    subprocess.run([node, str(program), *map(str, files)], check=True, timeout=120)
    answers = json.loads(files[1].read_text())
    memory = np.fromfile(files[2], dtype="<f4")
    for answer in answers:
        if isinstance(answer, dict) and "arrays" in answer:
            answer["arrays"] = {
                name: memory[place["start"] : place["start"] + place["length"]]
                for name, place in answer["arrays"].items()
            }
    return answers
