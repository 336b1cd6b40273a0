"""Reads exported models as Python's transformers does, and compares with what `ours.json` beside them says."""
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

for folder in sys.argv[1:]:
    with open(os.path.join(folder, "ours.json")) as file:
        ours = json.load(file)
    model, loading = AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32, output_loading_info=True)
    with torch.no_grad():
        logits = model.eval()(torch.tensor([ours["ids"][: model.config.max_position_embeddings]])).logits[0]
    expected = torch.tensor(ours["logits"]).reshape(logits.shape)

    def reads(tokenizer):
        return tokenizer(ours["text"], add_special_tokens=False).input_ids == ours["ids"]

    print(json.dumps({
        "transformers": transformers.__version__,
        "export": os.path.basename(folder),
        "read": type(model).__name__,
        "largestLogit": round(expected.abs().max().item(), 2),
        "largestDifference": (logits - expected).abs().max().item(),
        "missing": sorted(loading["missing_keys"]),
        "unexpected": sorted(loading["unexpected_keys"]),
        "sameIds": reads(PreTrainedTokenizerFast.from_pretrained(folder)),
        "sameIdsByAutoTokenizer": reads(AutoTokenizer.from_pretrained(folder)),
    }), flush=True)
