"""The peer of bench/trainer.ts: PyTorch + PEFT on the same base. Prints {"tokensPerSecond", "peakBytes"}; only tokens that are not padding count."""

import json, resource, sys, time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

# batches.json: for each step the lengths of its rows; the first `warmUp` steps are not counted.
folder, setting, batches_file, warm_up, threads = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
batches = json.load(open(batches_file))
torch.manual_seed(1)
torch.set_num_threads(threads)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")
if "full" not in setting:
    modules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=modules, task_type="CAUSAL_LM"))
model.train()
trained = [p for p in model.parameters() if p.requires_grad]
if "compiled" in setting:
    model = torch.compile(model, dynamic=len({max(rows) for rows in batches}) > 1)
optimiser = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0)
tokens, seconds = 0, 0.0
for step, rows in enumerate(batches):
    length = max(rows)
    ids = torch.randint(6, 4000, (len(rows), length))
    # The default collation: padded to the longest, with a mask where anything is padded.
    mask = (torch.arange(length)[None, :] < torch.tensor(rows)[:, None]).long()
    labels = ids.masked_fill(mask == 0, -100)
    padded = min(rows) < length
    began = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled="bf16" in setting):
        loss = model(input_ids=ids, attention_mask=mask if padded else None, labels=labels).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    if step >= warm_up:
        seconds += time.perf_counter() - began
        tokens += sum(rows)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"tokensPerSecond": tokens / seconds, "peakBytes": peak}))
