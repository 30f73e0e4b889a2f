/** What people see: starts the worker that trains, and shows what it says. */

import type { FromTrainer, ToTrainer } from './trainer.ts'

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T
const log = element('log')

document.querySelector('form')!.addEventListener('submit', (event) => {
  event.preventDefault()
  log.textContent = 'Reading the model…'
  const worker = new Worker(new URL('trainer.ts', import.meta.url), { type: 'module' })
  worker.onmessage = ({ data }: MessageEvent<FromTrainer>) => show(data)
  worker.onerror = ({ message }) => show({ kind: 'failed', sentence: message })
  const start: ToTrainer = {
    examples: element<HTMLTextAreaElement>('examples').value,
    where: element<HTMLSelectElement>('where').value as ToTrainer['where'],
    steps: Number(element<HTMLInputElement>('steps').value),
  }
  worker.postMessage(start)
})

function show(message: FromTrainer): void {
  switch (message.kind) {
    case 'step':
      log.textContent = `Step ${message.step} of ${message.steps}: loss ${message.loss.toFixed(3)}, ${Math.round(message.tokensPerSecond)} tokens a second`
      break
    case 'finished':
      log.textContent += '\nDone. The adapter, as PEFT has it:'
      element('downloads').replaceChildren(...Object.entries(message.files).map(([name, content]) => download(name, content)))
      break
    case 'failed':
      log.textContent = message.sentence
      break
    default:
      message satisfies never
  }
}

function download(name: string, content: BlobPart): HTMLElement {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content]))
  link.download = name
  link.textContent = `${name} `
  return link
}
