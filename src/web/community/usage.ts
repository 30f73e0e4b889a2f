/** How to use a release from elsewhere, as text to copy: the commands that the documentation tests, with this server's address in them. */

export interface Usage {
  readonly title: string
  readonly text: string
}

/** @param origin of this server, e.g. `http://127.0.0.1:3210` */
export function usage(model: string, version: string, origin: string): readonly Usage[] {
  const id = `${model}@${version}`
  const api = `${origin}/api/models/${model}/releases/${version}`
  return [
    {
      title: 'curl',
      text: `curl ${origin}/v1/chat/completions -H 'content-type: application/json' -d '{"model": "${id}", "messages": [{"role": "user", "content": "…"}]}'`,
    },
    {
      title: 'Python, openai',
      text: `from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key="none")
answer = client.chat.completions.create(model="${id}", messages=[{"role": "user", "content": "…"}])
print(answer.choices[0].message.content)`,
    },
    {
      title: 'Commonweights',
      text: `npm run -s cw -- export ${id} ./release --format peft   # or gguf, gguf-merged`,
    },
    {
      title: 'llama.cpp',
      text: `npm run -s cw -- export ${id} ./release --format gguf
llama-cli -m ./release/base.gguf --lora ./release/adapter.gguf -p "…"`,
    },
    {
      title: 'Ollama',
      text: `npm run -s cw -- export ${id} ./release --format gguf-merged
printf 'FROM ./release/model.gguf\\n' > Modelfile && ollama create mine -f Modelfile && ollama run mine`,
    },
    {
      title: 'transformers + peft',
      text: `npm run -s cw -- export ${id} ./release --format peft

from transformers import AutoModelForCausalLM, AutoTokenizer
from peft import PeftModel

base = AutoModelForCausalLM.from_pretrained("./base")      # the base model's own folder
model = PeftModel.from_pretrained(base, "./release")
tokenizer = AutoTokenizer.from_pretrained("./base")`,
    },
    { title: 'JSON', text: `curl ${api}` },
  ]
}
