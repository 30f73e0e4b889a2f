"""Makes the golden files of src/ml/golden: what PyTorch, transformers and PEFT compute for tiny random models.

    pip install torch transformers peft safetensors    (made with torch 2.x CPU, transformers 5, peft 0.21)
    python scripts/make-goldens.py

Each file is a safetensors file. Its metadata holds `golden`, JSON with the config, the method, the optimiser and the scalars; its tensors are
  base/<name>       the base's parameters, as Hugging Face names them
  adapter/<name>    the adapter's matrices before training, as PEFT names them (LoRA only)
  tokens, targets, weights, logits, grad/<trainable>, after/<trainable>   the last after two AdamW steps on the same batch
"""

import json
import pathlib

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

FOLDER = pathlib.Path(__file__).parent.parent / "src/ml/golden"
BATCH, LENGTH = 2, 11
PLAIN = {"rope_type": "default", "rope_theta": 10000.0}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CASES = {
    "full-tied": dict(tied=True, rope=PLAIN, kv_heads=2, head_size=4, targets=None),
    "full-untied-llama3": dict(tied=False, rope=LLAMA3, kv_heads=1, head_size=8, targets=None),
    "lora-tied-llama3": dict(tied=True, rope=LLAMA3, kv_heads=2, head_size=4, targets=ALL),
    "lora-untied": dict(tied=False, rope=PLAIN, kv_heads=4, head_size=4, targets=["q_proj", "v_proj"]),
}
HYPER = {"learningRate": 1e-2, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weightDecay": 0.1, "clip": 0.5}
RANK, ALPHA = 3, 6


def make(name, tied, rope, kv_heads, head_size, targets, seed):
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=40,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=kv_heads,
        head_dim=head_size,
        max_position_embeddings=64,
        rope_parameters=dict(rope),
        rms_norm_eps=1e-5,
        tie_word_embeddings=tied,
        attn_implementation="eager",
    )
    model = LlamaForCausalLM(config).float()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.normal_(1.0, 0.2) if key.endswith("norm.weight") else parameter.normal_(0.0, 0.25)
    tensors = {f"base/{key}": p.detach().clone() for key, p in model.named_parameters()}

    if targets:
        lora = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=targets, lora_dropout=0.0, task_type="CAUSAL_LM")
        model = get_peft_model(model, lora)
        with torch.no_grad():
            for key, parameter in model.named_parameters():
                if "lora_" in key:
                    parameter.normal_(0.0, 0.25)
    trainables = {k.replace(".default", ""): p for k, p in model.named_parameters() if p.requires_grad}
    if targets:
        tensors |= {f"adapter/{key}": p.detach().clone() for key, p in trainables.items()}

    tokens = torch.randint(0, config.vocab_size, (BATCH, LENGTH))
    targets_ = torch.randint(0, config.vocab_size, (BATCH, LENGTH))
    weights = torch.rand(BATCH, LENGTH) * (torch.rand(BATCH, LENGTH) < 0.7)
    weights[1, -3:] = 0.0

    def loss_and_logits():
        logits = model(tokens).logits
        nll = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets_.flatten(), reduction="none")
        return (nll * weights.flatten()).sum(), logits

    loss, logits = loss_and_logits()
    loss.backward()
    tensors |= {f"grad/{key}": p.grad.clone() for key, p in trainables.items()}
    tensors |= {"tokens": tokens, "targets": targets_, "weights": weights, "logits": logits.detach()}

    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in trainables.values() if p.dim() > 1], "weight_decay": HYPER["weightDecay"]},
            {"params": [p for p in trainables.values() if p.dim() == 1], "weight_decay": 0.0},
        ],
        lr=HYPER["learningRate"],
        betas=(HYPER["beta1"], HYPER["beta2"]),
        eps=HYPER["epsilon"],
    )
    norms = []
    for _ in range(2):
        optimizer.zero_grad()
        (loss_and_logits()[0] / weights.sum()).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(trainables.values(), HYPER["clip"]).item())
        optimizer.step()
    tensors |= {f"after/{key}": p.detach().clone() for key, p in trainables.items()}

    golden = {
        "config": {
            "architecture": "LlamaForCausalLM",
            "vocabSize": config.vocab_size,
            "hiddenSize": config.hidden_size,
            "intermediateSize": config.intermediate_size,
            "layers": config.num_hidden_layers,
            "heads": config.num_attention_heads,
            "kvHeads": kv_heads,
            "headSize": head_size,
            "contextLength": config.max_position_embeddings,
            "ropeTheta": rope["rope_theta"],
            "ropeScaling": None
            if rope is PLAIN
            else {
                "factor": rope["factor"],
                "lowFrequencyFactor": rope["low_freq_factor"],
                "highFrequencyFactor": rope["high_freq_factor"],
                "originalContextLength": rope["original_max_position_embeddings"],
            },
            "normEpsilon": config.rms_norm_eps,
            "tiedEmbeddings": tied,
            "bosTokenId": None,
            "eosTokenIds": [],
            "padTokenId": None,
        },
        "method": {"kind": "lora", "rank": RANK, "alpha": ALPHA, "targetModules": targets} if targets else {"kind": "full"},
        "hyper": HYPER,
        "loss": loss.item(),
        "gradientNorms": norms,
    }
    tensors = {key: tensor.contiguous() for key, tensor in tensors.items()}
    save_file(tensors, FOLDER / f"{name}.safetensors", metadata={"golden": json.dumps(golden)})


for seed, (name, case) in enumerate(CASES.items()):
    make(name, **case, seed=seed)
