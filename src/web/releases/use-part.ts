/** How to use a release and how to check it, as commands to copy. */

import type { BaseModel } from '../../domain/models/base-model.ts'
import type { Release } from '../../domain/releases/release.ts'
import { html, modelPath, type Html } from '../markup.ts'
import { copyable, shortDigest, table } from '../parts/basics.ts'
import { bytes } from '../parts/figures.ts'
import type { Visit } from '../visit.ts'

export interface UseData {
  readonly release: Release
  readonly base: BaseModel
  /** A question that the community asks its releases. */
  readonly question: string
  readonly origin: string
}

export function useIt({ t }: Visit, { release, base, question, origin }: UseData): Html {
  const served = `${release.model}@${release.version}`
  const name = release.model.split('/')[1] ?? 'model'
  const files = `${origin}/api${modelPath(release.model, `/releases/${release.version}/export`)}`
  const message = { role: 'user', content: question }
  const hub = /^hf:([^@]+)(?:@(.+))?$/.exec(base.source)
  const revision = hub?.[2] === undefined ? '' : `revision = ${JSON.stringify(hub[2])}\n`
  const from = `from_pretrained(base${revision && ', revision=revision'})`
  const ways = [
    [
      'curl',
      `curl ${origin}/v1/chat/completions -H 'content-type: application/json' \\\n  -d ${shell(JSON.stringify({ model: served, messages: [message] }))}`,
    ],
    [
      'openai',
      `from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key="unused")
answer = client.chat.completions.create(model="${served}", messages=[${JSON.stringify(message)}])
print(answer.choices[0].message.content)`,
    ],
    [
      'llama.cpp',
      `curl -fO ${files}/gguf/base.gguf -O ${files}/gguf/adapter.gguf
llama-cli -m base.gguf --lora adapter.gguf -cnv -p ${shell(question)}`,
    ],
    [
      'Ollama',
      `curl -fO ${files}/gguf-merged/model.gguf
printf 'FROM ./model.gguf\\n' > Modelfile
ollama create ${name} -f Modelfile
ollama run ${name} ${shell(question)}`,
    ],
    [
      'transformers + peft',
      `from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base = ${JSON.stringify(hub?.[1] ?? 'path/to/the/base')}
${revision}tokenizer = AutoTokenizer.${from}
model = PeftModel.from_pretrained(AutoModelForCausalLM.${from}, "./${name}-${release.version}")`,
    ],
  ] as const
  return html`<p>${t('releases.useWhat')}</p>
    ${ways.map(
      ([tool, text], i) =>
        html`<details ${i === 0 && html` open`}>
          <summary>${tool}</summary>
          ${copyable(t, `use-${i}`, text)} ${tool === 'transformers + peft' && html`<p class="soft">${t('releases.usePeft')}</p>`}
        </details>`,
    )}`
}

/** In single quotes for a shell, whatever is in it. */
const shell = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** Every file with its size, digest and where to get it, and how to check them. */
export function files({ t, locale }: Visit, { release, origin }: UseData): Html {
  const at = (format: string, path: string) =>
    `/api${modelPath(release.model, `/releases/${release.version}/export/${format}/${encodeURIComponent(path)}`)}`
  const rows = release.artefacts.map(
    ({ format, path, digest, size }) =>
      html`<tr>
        <th scope="row"><a href="${at(format === 'card' ? 'peft' : format, path)}" download="${path}">${path}</a></th>
        <td>${t(`releases.format_${format}`)}</td>
        <td class="number">${bytes(locale, size)}</td>
        <td>${shortDigest(digest)}</td>
      </tr>`,
  )
  const name = `${release.model.split('/')[1] ?? 'model'}-${release.version}`
  const wanted = ['SHA256SUMS', ...release.artefacts.filter(({ format }) => format !== 'gguf').map(({ path }) => path)]
  const download = `mkdir ${name} && cd ${name}
for file in ${wanted.join(' ')}; do
  curl -fsSO ${origin}/api${modelPath(release.model, `/releases/${release.version}/export/peft`)}/$file
done
sha256sum -c SHA256SUMS`
  return html`${table(t('releases.filesCaption'), [t('releases.file'), t('releases.fileWhat'), t('releases.size'), t('releases.digest')], rows, [2])}
    <p>
      <a href="${at('gguf-merged', 'model.gguf')}" download="model.gguf">${t('releases.merged')}</a>
      <span class="soft">${t('releases.mergedHint')}</span>
    </p>
    <h3>${t('releases.verify')}</h3>
    <p>${t('releases.verifyWhat')}</p>
    ${copyable(t, 'verify', download)}`
}
