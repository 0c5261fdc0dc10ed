"""Two ways to redraw all heads' attention with matplotlib when a slider moves, as notebook cells.

`lab.py` runs each cell in a notebook of its own, after the first one and after a line that sets WORDS (of the
sentence), WIDTH and HEIGHT (of the heads' pictures in HeadExplorer, in px).
"""
# ruff: noqa: F821
# mypy: ignore-errors

# %% first
from io import BytesIO

import matplotlib.pyplot as plt
import torch
from IPython.display import Image, display
from ipywidgets import IntSlider, interact

from mha_lessons.compute import compute
from mha_lessons.params import Params

SENTENCE = " ".join(f"token{i}" for i in range(WORDS))
SIZE = (WIDTH / 100, HEIGHT / 100)  # of a figure, at 100 dots per inch
COLUMNS, ROWS = 4, 2


def attention(num_heads):
    params = Params(SENTENCE, num_heads=num_heads, d_model=64, d_head=16)
    return compute(params)[2].attn[0]  # [head, query, key]


# %% usual
def usual(num_heads):
    attn = attention(num_heads)
    figure, axes = plt.subplots(ROWS, COLUMNS, figsize=SIZE)
    for head, axis in enumerate(axes.flat):
        if head < num_heads:
            axis.imshow(attn[head], cmap="Blues", vmin=0, vmax=1)
            axis.set_title(f"head {head}")
        else:
            axis.axis("off")
    figure.tight_layout()
    plt.show()


interact(usual, num_heads=IntSlider(5, 5, 8))

# %% tuned
figure = plt.figure(figsize=SIZE, dpi=100)
plt.close(figure)  # else pyplot shows it a second time
axis = figure.add_axes((0, 0, 1, 1))
axis.axis("off")
cells = torch.zeros(ROWS, WORDS, COLUMNS, WORDS)
picture = axis.imshow(cells.view(ROWS * WORDS, -1), cmap="Blues", vmin=0, vmax=1, aspect="auto")


def tuned(num_heads):
    cells.zero_()
    heads = cells.permute(0, 2, 1, 3)  # [row, column, query, key]
    for head, attn in enumerate(attention(num_heads)):
        heads[head // COLUMNS, head % COLUMNS] = attn
    picture.set_data(cells.view(ROWS * WORDS, -1))
    png = BytesIO()
    figure.savefig(png, pil_kwargs={"compress_level": 1})  # quicker than small
    display(Image(png.getvalue()))


interact(tuned, num_heads=IntSlider(5, 5, 8))
