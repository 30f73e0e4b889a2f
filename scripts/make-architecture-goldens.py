"""Makes src/ml/golden/architectures: for each supported architecture what transformers and PEFT compute for a tiny random model.

    pip install torch transformers peft safetensors    (made with torch 2.15 CPU, transformers 5.23, peft 0.21)
    python scripts/make-architecture-goldens.py

Each file is a safetensors file. Its metadata holds `golden`, JSON with config.json and adapter_config.json as the libraries write them, the optimiser and
the scalars. Its tensors are
  base/<name>     the base's parameters, BF16, and such that F16 holds them exactly as well
  full/<name>     the derivative of the loss by each of them, without an adapter
  adapter/<name>  the adapter's matrices before training, as PEFT names them
  grad/<name>     the derivative of the loss by each of these
  after/<name>    these after two clipped AdamW steps on the same batch, as PEFT saves them
  tokens, targets, weights, logits (base), logits_adapter (before training), logits_after
"""

import json
import pathlib
import tempfile

import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

FOLDER = pathlib.Path(__file__).parent.parent / "src/ml/golden/architectures"
BATCH, LENGTH = 2, 12
# Epsilon is larger than usual: AdamW divides by the size of a gradient, and would turn the last bits of one that is nearly zero into a step.
HYPER = {"learningRate": 1e-2, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-5, "weightDecay": 0.1, "clip": 0.5}
RANK, ALPHA = 3, 6
SEPARATE = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
FUSED = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]

SIZES = dict(
    vocab_size=264,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
    rms_norm_eps=1e-5,
    bos_token_id=256,
    eos_token_id=257,
    pad_token_id=257,
)
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
# Caps and windows are small, so that a model that forgets them is found out.
GEMMA = dict(head_dim=16, query_pre_attn_scalar=16, sliding_window=5, tie_word_embeddings=True)
CASES = {
    "llama": ("Llama", dict(rope_parameters=LLAMA3, tie_word_embeddings=False)),
    "mistral": ("Mistral", dict(sliding_window=None)),
    "mistral-window": ("Mistral", dict(sliding_window=5, head_dim=16)),
    "qwen2": ("Qwen2", dict(tie_word_embeddings=True)),
    "qwen2-window": ("Qwen2", dict(use_sliding_window=True, sliding_window=5, max_window_layers=1)),
    "qwen3": ("Qwen3", dict(head_dim=16, tie_word_embeddings=True)),
    "gemma2": ("Gemma2", dict(GEMMA, attn_logit_softcapping=3.0, final_logit_softcapping=2.0)),
    "gemma3": (
        "Gemma3",
        dict(GEMMA, num_hidden_layers=3, layer_types=["sliding_attention", "sliding_attention", "full_attention"]),
    ),
    "phi3": ("Phi3", dict(rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, sliding_window=None)),
}


def held_by_both_halves(parameter):
    """Rounded to BF16; what F16 would round again (below 2^-10) becomes zero."""
    rounded = parameter.to(torch.bfloat16).float()
    return torch.where(rounded.abs() < 2**-10, torch.zeros_like(rounded), rounded)


def make(name, family, changes, seed):
    torch.manual_seed(seed)
    text = "Text" if family == "Gemma3" else ""
    config = getattr(transformers, f"{family}{text}Config")(**SIZES | changes)
    config._attn_implementation = "eager"
    model = getattr(transformers, f"{family}ForCausalLM")(config).float().eval()
    middle = 0.0 if family.startswith("Gemma") else 1.0
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.normal_(middle, 0.2) if key.endswith("norm.weight") else parameter.normal_(0.0, 0.25)
            parameter.copy_(held_by_both_halves(parameter))
    base = {key: p.detach().clone() for key, p in model.named_parameters()}
    tensors = {f"base/{key}": p.to(torch.bfloat16) for key, p in base.items()}

    tokens = torch.randint(0, 256, (BATCH, LENGTH))
    targets = torch.randint(0, config.vocab_size, (BATCH, LENGTH))
    weights = torch.rand(BATCH, LENGTH) * (torch.rand(BATCH, LENGTH) < 0.7)
    weights[1, -3:] = 0.0

    def loss_and_logits():
        logits = model(tokens).logits
        nll = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        return (nll * weights.flatten()).sum(), logits

    full_loss, logits = loss_and_logits()
    full_loss.backward()
    tensors |= {f"full/{key}": p.grad.clone() for key, p in model.named_parameters()}
    tensors |= {"tokens": tokens, "targets": targets, "weights": weights, "logits": logits.detach()}
    model.zero_grad()

    modules = FUSED if family == "Phi3" else SEPARATE
    model = get_peft_model(
        model, LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=modules, lora_dropout=0.0, task_type="CAUSAL_LM")
    )
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_" in key:
                parameter.normal_(0.0, 0.25)
    trainables = {k.replace(".default", ""): p for k, p in model.named_parameters() if p.requires_grad}
    tensors |= {f"adapter/{key}": p.detach().clone() for key, p in trainables.items()}
    loss, logits = loss_and_logits()
    loss.backward()
    tensors |= {f"grad/{key}": p.grad.clone() for key, p in trainables.items()}
    tensors["logits_adapter"] = logits.detach()

    optimizer = torch.optim.AdamW(
        trainables.values(),
        lr=HYPER["learningRate"],
        betas=(HYPER["beta1"], HYPER["beta2"]),
        eps=HYPER["epsilon"],
        weight_decay=HYPER["weightDecay"],
    )
    norms = []
    for _ in range(2):
        optimizer.zero_grad()
        (loss_and_logits()[0] / weights.sum()).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(trainables.values(), HYPER["clip"]).item())
        optimizer.step()
    tensors["logits_after"] = loss_and_logits()[1].detach()
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        saved = load_file(f"{folder}/adapter_model.safetensors")
        adapter_config = json.loads(pathlib.Path(folder, "adapter_config.json").read_text())
    tensors |= {f"after/{key}": tensor for key, tensor in saved.items()}

    golden = {
        "config": json.loads(config.to_json_string(use_diff=False)) | {"architectures": [f"{family}ForCausalLM"]},
        "adapterConfig": adapter_config,
        "hyper": HYPER,
        "fullLoss": full_loss.item(),
        "loss": loss.item(),
        "gradientNorms": norms,
    }
    tensors = {key: tensor.contiguous() for key, tensor in tensors.items()}
    save_file(tensors, FOLDER / f"{name}.safetensors", metadata={"golden": json.dumps(golden)})


FOLDER.mkdir(exist_ok=True)
for seed, (name, (family, changes)) in enumerate(CASES.items()):
    make(name, family, changes, seed)
