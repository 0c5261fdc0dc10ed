"""MaskPainter: paint who may look at whom, and see what a head makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from mha_lessons.painted_mask import MOST_PAINTED, PRESETS, check_choice, chosen_mask, write_mask
from mha_lessons.params import Params, check
from mha_lessons.tokens import tokenize
from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.lesson_widget import LessonWidget
from mha_lessons.widgets.still import still

if TYPE_CHECKING:
    import numpy as np
    import torch

    from mha_lessons.compute import Layer
    from mha_lessons.trace import Trace


class WrittenMask(traitlets.Unicode[str, str]):
    """Rows of 0 and 1, "10 11"; any square matrix of truth values is taken and written so."""

    def validate(self, obj: Any, value: Any) -> str:
        """The mask in writing."""
        if hasattr(value, "tolist"):  # a tensor or an array
            value = value.tolist()
        if isinstance(value, list | tuple) and all(isinstance(row, list | tuple) for row in value):
            value = write_mask(value)
        return super().validate(obj, value)


class MaskPainter(LessonWidget):
    """Paint a mask on the words of a sentence and watch one head's attention change.

    `mask` may be given as rows of 0 and 1, or as any square matrix (a bool tensor, an array, lists); True
    means "may look". It is used when `preset` is "painted", and giving a mask alone sets that.

    Example:
        >>> from mha_lessons.widgets import MaskPainter
        >>> painter = MaskPainter(text="The cat sat", preset="causal")
        >>> painter.attn_mask.int().tolist()
        [[1, 0, 0], [1, 1, 0], [1, 1, 1]]

    Raises:
        ValueError: the settings do not fit together; the sentence says what would work.
    """

    _esm = bundle("mask_painter.js")
    _css = bundle("mask_painter.css")
    page_name = "mask_painter"
    asks = ("text", "num_heads", "d_model", "seed", "source", "head", "preset", "size", "mask")

    text = traitlets.Unicode("The tired cat slept because it was very late", help="The sentence.").tag(
        sync=True
    )
    num_heads = traitlets.Int(8, help="Number of attention heads.").tag(sync=True)
    d_model = traitlets.Int(64, help="Width of a token vector; a head has d_model // num_heads.").tag(
        sync=True
    )
    seed = traitlets.Int(0, help="Seed of the word vectors and of the weights.").tag(sync=True)
    source = traitlets.Enum(
        ("designed", "random"),
        default_value="designed",
        help="Where the heads come from: queries and keys set by hand, or random weights.",
    ).tag(sync=True)
    head = traitlets.Int(6, min=0, max=1023, help="The head shown, counted from 0.").tag(sync=True)
    preset = traitlets.Enum(
        PRESETS, default_value="causal", help="How the mask is made; painting sets it to painted."
    ).tag(sync=True)
    size = traitlets.Int(
        2, help="Words of padding, of the window on each side, of the prefix or of a block."
    ).tag(sync=True)
    mask = WrittenMask(
        "", help='The painted mask, a row of 0 and 1 for each word, 1 = may look: "10 11".'
    ).tag(sync=True)
    query = traitlets.Int(4, min=0, max=1023, help="The word that looks, counted from 0.").tag(sync=True)
    key = traitlets.Int(2, min=0, max=1023, help="The word looked at, counted from 0.").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        if "mask" in traits:
            traits = {"preset": "painted"} | traits
        super().__init__(**traits)

    @property
    def params(self) -> Params:
        """The settings of the layer."""
        names = ("text", "num_heads", "d_model", "seed", "source")
        return Params(**{name: getattr(self, name) for name in names})

    @property
    def attn_mask(self) -> torch.Tensor:
        """The mask shown as a bool tensor [query, key], True = may look."""
        import torch

        return torch.from_numpy(chosen_mask(self.preset, self.size, self.mask, len(tokenize(self.text))))

    @property
    def trace(self) -> Trace:
        """The `Trace` of all heads under the mask, with a batch of one, computed by the torch module.

        Raises:
            ValueError: the settings do not fit together; the sentence says what would work.
        """
        import torch

        (_tokens, _roles, x, mha, _), _head = self._layer()
        with torch.no_grad():
            return mha.trace(x, mask=self.attn_mask)

    def fault(self) -> str | None:
        """Why the settings do not fit together, or None."""
        fault = check_choice(self.preset, self.size, self.mask) or check(self.params)
        seq = 0 if fault else len(tokenize(self.text))
        if seq > MOST_PAINTED:
            return (
                f"The sentence has {seq} words and punctuation marks. "
                f"At most {MOST_PAINTED} fit in this picture: shorten it."
            )
        return fault

    def _layer(self) -> tuple[Layer, int]:
        from mha_lessons.compute import layer

        if fault := self.fault():
            raise ValueError(fault)
        # Fewer heads may leave the choice outside: the nearest one that is there.
        return layer(self.params), max(0, min(self.head, self.num_heads - 1))

    def numbers(self) -> dict[str, Any]:
        """The head's tables, and what torch's own functions say, run now."""
        from mha_lessons.masked_head import PATHS, masked_head, torch_says

        (tokens, roles, x, mha, _), head = self._layer()
        mask = self.attn_mask
        said = torch_says(mha, x, mask, head)
        return {
            "tokens": tokens,
            "role": roles[head] if roles else None,
            "num_heads": self.num_heads,
            "d_head": mha.d_head,
            "head": head,
            "mask": mask,
            **masked_head(mha, x, mask, head)._asdict(),
            "torch_attn": said.attn,
            "sdpa_z": said.z,
            "paths": [[name, nan] for (name, *_), nan in zip(PATHS, said.nan_paths, strict=True)],
        }

    def still_figure(self) -> tuple[str, list[str], np.ndarray]:
        """The head before and after the mask, for the still."""
        import torch

        from mha_lessons.masked_head import masked_head

        (tokens, _, x, mha, _), head = self._layer()
        found = masked_head(mha, x, self.attn_mask, head)
        title = f"Head {head} before and after the mask “{self.preset}”"
        return title, tokens, torch.stack([found.before, found.after]).detach().numpy()

    def still(self) -> str:
        """The two pictures under their names."""
        return still(*self.still_figure(), names=["before", "after"])
