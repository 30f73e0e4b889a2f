"""Makes the golden files beside it: a tiny Llama with a byte-level tokenizer and a LoRA adapter, and what PyTorch computes with them.

Run once, by hand, with torch 2.15, transformers 5.23, peft 0.21, tokenizers 0.23, gguf 0.19 and numpy:
    python src/formats/golden/make.py
The tests read the files; Python is not needed to run them.
"""

import json
from pathlib import Path

import numpy as np
import torch
from gguf import quants
from gguf.constants import GGMLQuantizationType
from peft import LoraConfig, get_peft_model
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM

here = Path(__file__).parent
torch.manual_seed(20261)

# Sentences written for this file, in scripts that split words, digits and marks in different ways.
sentences = [
    "The river is 3 miles long, isn't it? We've seen it in 1998 and 2024.",
    "नदी तीन किलोमीटर लंबी है और गाँव के पास बहती है।",
    "आमच्या गावाजवळ १२ किलोमीटर लांब नदी आहे.",
    "நதி எங்கள் ஊருக்கு அருகில் ஓடுகிறது.",
    "নদী আমাদের গ্রামের পাশে বয়ে যায়।",
    "నది మా ఊరి పక్కన పారుతుంది.",
    "നദി ഞങ്ങളുടെ ഗ്രാമത്തിനടുത്ത് ഒഴുകുന്നു.",
    "دریا ہمارے گاؤں کے پاس بہتا ہے۔",
    "ᱜᱟᱰᱟ ᱟᱞᱮᱭᱟᱜ ᱟᱛᱳ ᱥᱩᱨ ᱨᱮ ᱢᱮᱱᱟᱜᱼᱟ᱾",
    "ꯇꯨꯔꯦꯜ ꯑꯗꯨ ꯑꯩꯈꯣꯌꯒꯤ ꯈꯨꯡꯒꯪꯒꯤ ꯅꯛꯅꯗ ꯂꯩ꯫",
]
words = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Split(Regex(words), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
)
tokenizer.decoder = decoders.ByteLevel()
special = ["<|begin|>", "<|end|>", "<|turn|>"]
tokenizer.train_from_iterator(
    sentences,
    trainers.BpeTrainer(vocab_size=380, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False),
)
tokenizer.post_processor = processors.TemplateProcessing(single="<|begin|> $A", special_tokens=[("<|begin|>", 0)])
tokenizer.save(str(here / "tokenizer.json"))
template = (
    "{{ bos_token }}{% for message in messages %}<|turn|>{{ message['role'] }}\n{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)
(here / "tokenizer_config.json").write_text(
    json.dumps({"bos_token": "<|begin|>", "eos_token": "<|end|>", "pad_token": "<|end|>", "chat_template": template}, indent=1) + "\n"
)

# Four rows more than the tokenizer has tokens, a head size that is not width / heads, shared key-value heads, Llama 3 positions.
config = LlamaConfig(
    vocab_size=384,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=16,
    max_position_embeddings=256,
    rms_norm_eps=1e-5,
    rope_parameters={
        "rope_type": "llama3",
        "rope_theta": 10000.0,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    },
    tie_word_embeddings=False,
    bos_token_id=0,
    eos_token_id=1,
    pad_token_id=1,
)
model = LlamaForCausalLM(config).eval()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        scale = 1.0 if "norm" in name else 0.3
        parameter.copy_((torch.randn_like(parameter) * 0.2 + 1 if "norm" in name else torch.randn_like(parameter) * scale).half().float())
model.half().save_pretrained(here)
(here / "generation_config.json").unlink(missing_ok=True)
# Loaded anew: halving the model also halves its rotary table, which float() does not bring back.
model = LlamaForCausalLM.from_pretrained(here, dtype=torch.float32).eval()
torch.manual_seed(20262)

ids = tokenizer.encode(sentences[0] + "\n" + sentences[1]).ids[:96]


def top(logits):
    logprobs = torch.log_softmax(logits[0, -1].double(), 0)
    values, indices = logprobs.topk(20)
    return {"ids": indices.tolist(), "logprobs": [round(v, 7) for v in values.tolist()]}


with torch.no_grad():
    base = top(model(torch.tensor([ids])).logits)
targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
lora = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules=targets, task_type="CAUSAL_LM"))
with torch.no_grad():
    for name, parameter in lora.named_parameters():
        if "lora_" in name:
            parameter.copy_(torch.randn_like(parameter) * 0.15)
    adapted = top(lora.eval()(torch.tensor([ids])).logits)
lora.peft_config["default"].base_model_name_or_path = "commonweights/golden"
lora.save_pretrained(here / "adapter")
(here / "adapter" / "README.md").unlink(missing_ok=True)

values = (np.random.default_rng(7).standard_normal(256) * np.repeat([1, 0.01, 30, 1e-4, 1, 2, 0, 1], 32)).astype(np.float32)
# Halves, where C rounds away from zero and others do not.
values[224:228] = [127, -0.5, 0.5, 1.5]
q8 = quants.quantize(values, GGMLQuantizationType.Q8_0)
half = np.frombuffer(np.array([1, 65504, -2, 6e-8, 0.1, 1 / 3], dtype=np.float16).tobytes(), dtype=np.uint8)
golden = {
    "text": sentences[0] + "\n" + sentences[1],
    "ids": ids,
    "base": base,
    "adapted": adapted,
    "sentences": {sentence: tokenizer.encode(sentence, add_special_tokens=False).ids for sentence in sentences},
    "q8_0": {"values": values.astype(float).tolist(), "hex": q8.tobytes().hex()},
    "bf16": {"values": [0.1, -3.14159, 1e30, 1.00390625, 1.01171875], "hex": torch.tensor([0.1, -3.14159, 1e30, 1.00390625, 1.01171875]).bfloat16().view(torch.int16).numpy().tobytes().hex()},
    "f16": {"values": [1, 65504, -2, 6e-8, 0.1, 1 / 3], "hex": half.tobytes().hex()},
}
(here / "golden.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")
