/** What the tests of pages share: a real browser, what axe and an HTML parser find wrong, and screenshots to look at. */

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import { chromium, type Browser, type BrowserContextOptions, type Page as BrowserPage } from 'playwright-core'
import { HtmlValidate } from 'html-validate'
import type { Lifetime } from '../storage/testing.ts'

/** Where a browser of the machine itself may lie; without one, the browser that npm brought is used (Linux, x64). */
const installed = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

export async function openBrowser(lifetime: Lifetime, { graphics = false } = {}): Promise<Browser> {
  const own = installed.find((path) => existsSync(path))
  const browser = await chromium.launch({
    executablePath: own ?? (await bundledBrowser()),
    // Not the arguments that the package suggests: those are for a sandbox of one process, and switch off what the tests are about (web security).
    args: ['--no-sandbox', ...(graphics ? drawnByProcessor : ['--disable-gpu'])],
    headless: true,
  })
  lifetime.after(() => browser.close())
  return browser
}

/** A graphics card that is a program, SwiftShader: slow, and there on every machine. */
const drawnByProcessor = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--use-vulkan=swiftshader',
  '--enable-features=Vulkan',
  '--use-angle=swiftshader',
  '--ignore-gpu-blocklist',
]

/**
 * The browser in the npm package is unpacked into the temporary folder when first asked for, and whoever asks meanwhile would be given half of it: test files run side
 * by side, so one unpacks and the others wait for its word.
 */
async function bundledBrowser(): Promise<string> {
  const { default: bundled } = await import('@sparticuz/chromium')
  const [lock, ready] = ['lock', 'ready'].map((it) => join(tmpdir(), `commonweights-chromium.${it}`)) as [string, string]
  for (let tries = 0; !existsSync(ready); tries++) {
    try {
      mkdirSync(lock)
    } catch {
      // Whoever held it may have been killed: unpacking takes seconds.
      if (tries > 600) rmSync(lock, { recursive: true, force: true })
      await new Promise((resolve) => setTimeout(resolve, 100))
      continue
    }
    try {
      if (!existsSync(ready)) {
        rmSync(join(tmpdir(), 'chromium'), { force: true })
        await bundled.executablePath()
        writeFileSync(ready, '')
      }
    } finally {
      rmSync(lock, { recursive: true, force: true })
    }
  }
  // Somebody may have emptied the temporary folder but for our word.
  return bundled.executablePath()
}

export interface Look {
  readonly name: string
  readonly options: BrowserContextOptions
}

const desktop: Look = {
  name: 'desktop-light',
  options: { viewport: { width: 1280, height: 900 }, colorScheme: 'light', locale: 'en' },
}

/** The four ways every page is looked at. */
export const looks: readonly Look[] = [
  desktop,
  { name: 'desktop-dark', options: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark', locale: 'hi' } },
  { name: 'phone-light', options: { viewport: { width: 390, height: 844 }, colorScheme: 'light', locale: 'en', isMobile: true } },
  { name: 'phone-urdu', options: { viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'ur', isMobile: true } },
]

/** A page for somebody: `token` is a person's API token, nobody without. Errors of scripts and of the content policy fail the test that closes it. */
export async function visitAs(
  browser: Browser,
  lifetime: Lifetime,
  url: string,
  { token, look = desktop }: { readonly token?: string; readonly look?: Look } = {},
): Promise<BrowserPage> {
  const context = await browser.newContext({
    ...look.options,
    baseURL: url,
    ...(token && { extraHTTPHeaders: { authorization: `Bearer ${token}` } }),
  })
  lifetime.after(() => context.close())
  const page = await context.newPage()
  page.on('pageerror', (error) => assert.fail(`a script on ${page.url()} failed: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Refused to/.test(message.text())) assert.fail(message.text())
  })
  return page
}

const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly impact: string | null
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
  }[]
}

/** Fails where axe finds something serious, or the HTML is not valid, or the page is wider than its window. */
export async function assertSound(page: BrowserPage): Promise<void> {
  // Added from the test's side, which a content policy of the page does not bind.
  await page.evaluate(await readAxe())
  const { violations } = await page.evaluate<AxeResult>("axe.run({ resultTypes: ['violations'] })")
  const found = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html.slice(0, 160)} — ${node.failureSummary}`).join(' | ')}`)
  assert.deepEqual(found, [], `axe on ${page.url()}`)
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  assert.ok(wide <= 0, `${page.url()} is ${wide} px wider than its window`)
  const source = await page.evaluate<string>('fetch(location.href).then((answer) => answer.text())')
  await assertValid(source, page.url())
}

async function readAxe(): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  return readFile(axeSource, 'utf8')
}

const validator = new HtmlValidate({
  extends: ['html-validate:standard'],
  rules: {
    // Whitespace and quotes are prettier's and the template's business.
    'no-trailing-whitespace': 'off',
    'attr-quotes': 'off',
    'void-style': 'off',
    'doctype-style': 'off',
    // An address may come from a name in any script.
    'valid-id': ['error', { relaxed: true }],
    'long-title': 'off',
    // `tel:` has no place here; `nbsp` in numbers is right.
    'tel-non-breaking': 'off',
  },
})

/** Fails where the HTML is not valid. */
export async function assertValid(source: string, where: string): Promise<void> {
  const { results } = await validator.validateString(source)
  const messages = results.flatMap(({ messages: all }) => all.map(({ line, message, ruleId }) => `${line}: ${message} (${ruleId})`))
  assert.deepEqual(messages, [], `HTML of ${where}`)
}

/** Keeps a picture of the whole page where COMMONWEIGHTS_TEST_SCREENSHOTS names a folder, for somebody to look at. */
export async function keepScreenshot(page: BrowserPage, name: string): Promise<void> {
  const folder = process.env['COMMONWEIGHTS_TEST_SCREENSHOTS']
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}
