"""Makes src/ml/golden/preference.safetensors: the DPO loss as TRL computes it, and its gradients, for a tiny random Llama with a PEFT adapter.

    pip install torch transformers peft safetensors
    python scripts/make-preference-golden.py

TRL's DPOTrainer with loss_type "sigmoid": log probabilities of each answer are summed over its tokens, the reference is the model with its adapter
disabled, and the loss is the mean over pairs of -logsigmoid(beta * (chosen_logratio - rejected_logratio)). Ours is a sum, so the mean is multiplied
with the number of pairs. The layout of the file is that of make-goldens.py, rows: all chosen answers, then the rejected ones.
"""

import json
import pathlib

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

PATH = pathlib.Path(__file__).parent.parent / "src/ml/golden/preference.safetensors"
PAIRS, LENGTH, BETA, RANK, ALPHA = 3, 9, 0.3, 3, 6
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

torch.manual_seed(5)
config = LlamaConfig(
    vocab_size=40,
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=4,
    max_position_embeddings=64,
    rms_norm_eps=1e-5,
    tie_word_embeddings=True,
    attn_implementation="eager",
)
model = LlamaForCausalLM(config).float()
with torch.no_grad():
    for key, parameter in model.named_parameters():
        parameter.normal_(1.0, 0.2) if key.endswith("norm.weight") else parameter.normal_(0.0, 0.25)
tensors = {f"base/{key}": p.detach().clone() for key, p in model.named_parameters()}
model = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=TARGETS, lora_dropout=0.0, task_type="CAUSAL_LM"))
with torch.no_grad():
    for key, parameter in model.named_parameters():
        if "lora_" in key:
            parameter.normal_(0.0, 0.25)
trainables = {k.replace(".default", ""): p for k, p in model.named_parameters() if p.requires_grad}
tensors |= {f"adapter/{key}": p.detach().clone() for key, p in trainables.items()}

# Rows of one pair share their prompt; prompts are 3 tokens, answers of different lengths, the rest is padding.
tokens = torch.randint(0, 40, (2 * PAIRS, LENGTH))
targets = torch.randint(0, 40, (2 * PAIRS, LENGTH))
mask = torch.zeros(2 * PAIRS, LENGTH)
for row in range(2 * PAIRS):
    mask[row, 2 : 4 + row] = 1.0
tokens[PAIRS:, :3] = tokens[:PAIRS, :3]


def log_probabilities():
    logits = model(tokens).logits
    per_token = torch.gather(logits.log_softmax(-1), 2, targets.unsqueeze(2)).squeeze(2)
    return (per_token * mask).sum(-1)


with torch.no_grad(), model.disable_adapter():
    reference = log_probabilities()
policy = log_probabilities()
chosen_logratios = policy[:PAIRS] - reference[:PAIRS]
rejected_logratios = policy[PAIRS:] - reference[PAIRS:]
losses = -torch.nn.functional.logsigmoid(BETA * (chosen_logratios - rejected_logratios))
loss = losses.mean() * PAIRS
loss.backward()

tensors |= {f"grad/{key}": p.grad.clone() for key, p in trainables.items()}
tensors |= {"tokens": tokens, "targets": targets, "weights": mask, "reference": -reference, "losses": -policy.detach()}
golden = {
    "beta": BETA,
    "method": {"kind": "lora", "rank": RANK, "alpha": ALPHA, "targetModules": TARGETS},
    "config": {
        "architecture": "LlamaForCausalLM",
        "vocabSize": 40,
        "hiddenSize": 16,
        "intermediateSize": 24,
        "layers": 2,
        "heads": 4,
        "kvHeads": 2,
        "headSize": 4,
        "contextLength": 64,
        "ropeTheta": 10000.0,
        "ropeScaling": None,
        "normEpsilon": 1e-5,
        "tiedEmbeddings": True,
        "bosTokenId": None,
        "eosTokenIds": [],
        "padTokenId": None,
    },
    "loss": loss.item(),
}
tensors = {key: tensor.contiguous() for key, tensor in tensors.items()}
save_file(tensors, PATH, metadata={"golden": json.dumps(golden)})
