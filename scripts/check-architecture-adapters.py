"""Loads what scripts/export-architecture-adapters.ts wrote with transformers and PEFT, and prints how far their log-probabilities are from ours.

    python scripts/check-architecture-adapters.py FOLDER    (torch, transformers 5, peft 0.21)

Fails where any differs by more than 1e-4, or where the adapter changes nothing.
"""

import json
import pathlib
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

for place in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    ours = json.loads((place / "ours.json").read_text())
    base = AutoModelForCausalLM.from_pretrained(place / "base", dtype=torch.float32, attn_implementation="eager").eval()
    ids = torch.tensor([ours["ids"]])
    with torch.no_grad():
        plain = base(ids).logits.log_softmax(-1)[0]
        found = PeftModel.from_pretrained(base, place / "run/adapter").eval()(ids).logits.log_softmax(-1)[0]
    expected = torch.tensor(ours["logprobs"])
    apart = (found - expected).abs().max().item()
    effect = (found - plain).abs().max().item()
    print(f"{place.name}: {apart:.1e} apart; the adapter changes log-probabilities by up to {effect:.2f}")
    assert apart < 1e-4 < effect, place.name
