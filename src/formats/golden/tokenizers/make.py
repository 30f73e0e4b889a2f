"""Makes the tokenizer.json files beside it, in the forms of published models but with small vocabularies of our own, and what Python makes of texts.

Run once, by hand, with tokenizers 0.23 and transformers 5.23:
    python src/formats/golden/tokenizers/make.py [texts.json]
Given a list of further texts, prints their ids by form instead of writing anything. The tests read the files; Python is not needed to run them.
"""

import json
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast
from transformers.convert_slow_tokenizer import generate_merges

here = Path(__file__).parent

# Sentences written for this file and for golden/make.py.
sentences = [
    "The river is 3 miles long, isn't it? We've seen it in 1998 and 2024.",
    "नदी तीन किलोमीटर लंबी है और गाँव के पास बहती है।",
    "आमच्या गावाजवळ १२ किलोमीटर लांब नदी आहे.",
    "நதி எங்கள் ஊருக்கு அருகில் ஓடுகிறது.",
    "নদী আমাদের গ্রামের পাশে বয়ে যায়।",
    "నది మా ఊరి పక్కన పారుతుంది.",
    "നദി ഞങ്ങളുടെ ഗ്രാമത്തിനടുത്ത് ഒഴുകുന്നു.",
    "ನದಿ ನಮ್ಮ ಊರಿನ ಪಕ್ಕದಲ್ಲಿ ಹರಿಯುತ್ತದೆ.",
    "નદી અમારા ગામ પાસે વહે છે.",
    "ਨਦੀ ਸਾਡੇ ਪਿੰਡ ਦੇ ਕੋਲ ਵਗਦੀ ਹੈ।",
    "ନଦୀ ଆମ ଗାଁ ପାଖରେ ବହୁଛି।",
    "دریا ہمارے گاؤں کے پاس بہتا ہے۔",
    "ᱜᱟᱰᱟ ᱟᱞᱮᱭᱟᱜ ᱟᱛᱳ ᱥᱩᱨ ᱨᱮ ᱢᱮᱱᱟᱜᱼᱟ᱾",
    "ꯇꯨꯔꯦꯜ ꯑꯗꯨ ꯑꯩꯈꯣꯌꯒꯤ ꯈꯨꯡꯒꯪꯒꯤ ꯅꯛꯅꯗ ꯂꯩ꯫",
    "Der Fluß ist DREI Kilometer lang. Größe ÄÖÜ, łódź, ЁЖИК и Река.",
    "Con sông chảy qua làng tôi; l'été, la rivière est à sec.",
    "川は村の近くを流れています。강은 마을 옆을 흐른다. แม่น้ำไหลผ่านหมู่บ้าน",
    "النَّهرُ قَريبٌ مِن قَريَتِنا. נָהָר",
    "መንደራችን አጠገብ ወንዝ አለ። მდინარე სოფელთან მიედინება.",
]
awkward = [
    "",
    " ",
    "  a  b ",
    " river",
    "x\n\n y\t\tz\r\n",
    "I'LL we've 'tis / a/b //",
    "1234567 ١٢٣ १२३",
    "👩‍👩‍👧 e\u0301 é naïve façade",
    "ക്‍ র‌্য ﷽ …!!?",
    "camelCaseWORDS HTTPServer ÉCOLEs caféCrème ÜberÉtat",
    "▁under ▁▁score",
]


def added(content, special=True, **strips):
    return AddedToken(content, special=special, normalized=False, **strips)


def sentence_piece(names, normalizer, pre_tokenizer):
    """A byte-pair model as transformers converts it from SentencePiece: every way of putting a token together is a merge."""
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    trained.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    trained.train_from_iterator(sentences, trainers.BpeTrainer(vocab_size=900, show_progress=False))
    by_id = [token for token, _ in sorted(trained.get_vocab().items(), key=lambda item: item[1])]
    made, characters = [token for token in by_id if len(token) > 1], [token for token in by_id if len(token) == 1]
    tokens = [*names, *(f"<0x{byte:02X}>" for byte in range(256)), *made, *characters]
    vocab = {token: id for id, token in enumerate(tokens)}
    scores = {token: -rank for rank, token in enumerate(made)}
    tokenizer = Tokenizer(models.BPE(vocab, generate_merges(vocab, scores), unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


def byte_level(split, special, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        sentences, trainers.BpeTrainer(vocab_size=700, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    )
    return tokenizer


def begins(tokenizer, token):
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{token} $A", special_tokens=[(token, tokenizer.token_to_id(token))])


def mistral_v3():
    names = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[TOOL_CALLS]"]
    tokenizer = sentence_piece(names, None, pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False))
    tokenizer.add_special_tokens([added(name) for name in names])
    begins(tokenizer, "<s>")
    template = (
        "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}[INST] {{ message['content'] }}[/INST]"
        "{% else %} {{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
    )
    return tokenizer, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "chat_template": template}


def phi_3():
    names = ["<unk>", "<s>", "</s>"]
    tokenizer = sentence_piece(names, normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None)
    tokenizer.add_special_tokens([added("<unk>"), added("<s>")])
    tokenizer.add_tokens([added("</s>", special=False, rstrip=True)])
    tokenizer.add_special_tokens([added("<|endoftext|>")])
    tokenizer.add_special_tokens([added(f"<|{name}|>", rstrip=True) for name in ["assistant", "system", "end", "user"]])
    begins(tokenizer, "<s>")
    template = (
        "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
    )
    return tokenizer, {"bos_token": "<s>", "eos_token": "<|endoftext|>", "unk_token": "<unk>", "add_bos_token": False, "chat_template": template}


def phi_4():
    llama3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    special = [added(name, lstrip=True, rstrip=True) for name in ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|im_sep|>"]]
    tokenizer = byte_level(pre_tokenizers.Split(Regex(llama3), "removed", invert=True), special)
    template = (
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '<|im_sep|>' + message['content'] + '<|im_end|>' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}"
    )
    return tokenizer, {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "add_bos_token": False, "chat_template": template}


def nemo():
    tekken = (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    names = [added(name) for name in ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"]]
    tokenizer = byte_level(pre_tokenizers.Split(Regex(tekken), "isolated"), names, ignore_merges=True)
    begins(tokenizer, "<s>")
    template = (
        "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}[INST]{{ message['content'] }}[/INST]"
        "{% else %}{{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
    )
    return tokenizer, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "chat_template": template}


def chat(contents):
    return [{"role": "user" if i % 2 == 0 else "assistant", "content": content} for i, content in enumerate(contents)]


chats = [
    chat(["Where is the river?", "Beside the village.", "How long?"]),
    chat(["  नदी कहाँ है?\n", " गाँव के पास।  ", "\n\nxx "]),
    chat(["\u3000川は？\u00a0", "\u00a0近く。"]),
]
golden = {}
for name, make in [("mistral-v3", mistral_v3), ("phi-3", phi_3), ("phi-4", phi_4), ("nemo", nemo)]:
    tokenizer, config = make()

    def ids(text):
        return tokenizer.encode(text, add_special_tokens=False).ids

    if len(sys.argv) > 1:
        golden[name] = [ids(text) for text in json.loads(Path(sys.argv[1]).read_text())]
        continue
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    # Every special token between words, spaces and lines; at the beginning and the end; and one beside another.
    around = [f"{left}{token}{right}" for token in special[1:] for left, right in [("a", "b"), (" a  ", "  b "), ("\n", "\n\nc"), ("", " x"), ("y ", "")]]
    around.append(f" {special[-1]} {special[-2]}\n{special[-1]} ")
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **{key: value for key, value in config.items() if key != "add_bos_token"})
    rendered = [fast.apply_chat_template(turns, tokenize=False, add_generation_prompt=True) for turns in chats]
    golden[name] = {
        "texts": {text: ids(text) for text in [*sentences, *awkward, *around]},
        "chats": [{"messages": turns, "text": text, "ids": ids(text)} for turns, text in zip(chats, rendered)],
        "begun": tokenizer.encode("river", add_special_tokens=True).ids,
    }
    folder = here / name
    folder.mkdir(exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
if len(sys.argv) > 1:
    print(json.dumps(golden))
else:
    (here / "golden.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")
