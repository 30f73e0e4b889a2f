/** The page in a headless Chromium, on WebAssembly and on WebGPU: it trains the bundled base as the trainer on this machine does. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { bytesSource } from '../../src/formats/byte-source.ts'
import { openSafetensors } from '../../src/formats/safetensors.ts'
import { train } from '../../src/trainers/library.ts'
import { temporaryFolder } from '../../src/trainers/testing.ts'
import { openBrowser } from '../../src/web/testing.ts'
import { serve } from './serve.ts'

/** A graphics card that is a program takes seconds for what a real one does at once: few, short examples. */
const work = { wasm: { steps: 4, lines: null }, webgpu: { steps: 3, lines: 2 } } as const

for (const where of ['wasm', 'webgpu'] as const)
  test(`on ${where} the page trains the bundled base, step for step as Node does, and hands over a PEFT adapter`, async (t) => {
    const { steps, lines: count } = work[where]
    const server = await serve(0)
    t.after(() => server.close())
    const browser = await openBrowser(t, { graphics: where === 'webgpu' })
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(String(error)))
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    if (where === 'webgpu' && !(await page.evaluate('navigator.gpu?.requestAdapter().then(Boolean)')))
      return t.skip('this browser has no WebGPU')
    const all = await page.locator('#examples').inputValue()
    const lines = all.split('\n').slice(0, count ?? undefined)
    await page.locator('#examples').fill(lines.join('\n'))
    const log: string[] = []
    await page.exposeFunction('noted', (text: string) => log.push(text))
    // As text: it runs in the page, whose names this file's types do not know.
    await page.evaluate(`{
      const place = document.getElementById('log')
      new MutationObserver(() => noted(place.textContent)).observe(place, { childList: true, characterData: true, subtree: true })
    }`)
    await page.locator('#where').selectOption(where)
    await page.locator('#steps').fill(String(steps))
    await page.getByRole('button', { name: 'Train' }).click()
    const link = page.getByRole('link', { name: 'adapter_model.safetensors' })
    const timeout = 240_000
    await Promise.race([link.waitFor({ timeout }), page.getByText(/diverged|Error|cannot|not /).waitFor({ timeout })])
    assert.deepEqual(problems, [])
    const there = log.flatMap((text) => /^Step (\d) of \d: loss ([\d.]+), \d+ tokens a second$/.exec(text)?.slice(1).map(Number) ?? [])
    assert.equal(there.length, 2 * steps, log.join('\n'))

    const output = temporaryFolder(t)
    const base = join(import.meta.dirname, '../base/model')
    const examples = lines.map((line) => JSON.parse(line) as { prompt: string; completion: string })
    const here: number[] = []
    for await (const event of train({ base, examples, output, threads: 1, recipe: { maxLength: 128, maxSteps: steps, epochs: 100 } }))
      if (event.kind === 'step') here.push(event.step, event.loss)
    for (const [i, value] of there.entries()) assert.ok(Math.abs(value - here[i]!) < 0.02, `${there.join()} is not ${here.join()}`)
    assert.ok(there.at(-1)! < there[1]!)

    const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
    const adapter = await openSafetensors(bytesSource(await readFile(await download.path())))
    const matrix = await adapter.floats('base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight')
    assert.ok(matrix.some((value) => value !== 0))
  })
