/** The command line as a process: its output, its exit codes, and what is left after it was killed. */

import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bundledFolder } from '../http/testing.ts'
import { temporaryHome } from '../storage/testing.ts'

const main = new URL('../main.ts', import.meta.url).pathname
const home = await temporaryHome({ after })
const environment = { PATH: process.env['PATH'], HOME: home, COMMONWEIGHTS_LOG: 'error' }

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [main, '--home', home, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function cw(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = start(...args)
  let [out, err] = ['', '']
  child.stdout?.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (err += data.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** Resolves once the server has said where it is. Goes on reading: a pipe that nobody reads would break under the server. */
function served(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stderr?.on('data', (data: Buffer) => {
      text += data.toString()
      const url = /at (http:\/\/\S+) /.exec(text)?.[1]
      if (url) resolve(url)
    })
    child.once('exit', () => reject(new Error(`the server ended: ${text}`)))
  })
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

test('every command explains itself with examples', async () => {
  const { code, out } = await cw('--help')
  assert.equal(code, 0)
  const commands = [...out.matchAll(/^ {2}([a-z-]+)(?: \[options\])?(?: <|\s{2,}|$)/gm)]
    .map((match) => match[1] as string)
    .filter((it) => it !== 'help')
  assert.ok(commands.includes('contribute') && commands.includes('serve'), commands.join())
  for (const command of ['serve', 'contribute', 'train', 'chat', 'export']) {
    const help = await cw(command, '--help')
    assert.match(help.out, /Examples:\n {2}\$ commonweights /, command)
  }
})

test('without a server a command opens the folder itself, prints one JSON document, and ends', async () => {
  const { code, out } = await cw('person', 'add', 'asha', '--role', 'contributor', '--json')
  assert.equal(code, 0)
  const added = JSON.parse(out) as { person: { name: string }; token: string }
  assert.equal(added.person.name, 'asha')
  assert.match(added.token, /^cw_/)
})

test('a failed command says one line and exits with 1; with --json the error is the document', async () => {
  const plain = await cw('model', 'show', 'nobody/nothing')
  assert.equal(plain.code, 1)
  assert.match(plain.err, /^error: There is no community model nobody\/nothing.*\n$/)
  const json = await cw('model', 'show', 'nobody/nothing', '--json')
  assert.match((JSON.parse(json.out) as { error: { message: string } }).error.message, /nobody\/nothing/)
  const typo = await cw('review', '1', '--accept', '--reject', '--message', 'x')
  assert.match(typo.err, /Choose one of/)
})

test('two servers never share a folder, a port in use is named, and kill -9 leaves nothing in the way', async () => {
  const first = start('serve', '--port', '0')
  const url = await served(first)
  try {
    const second = await cw('serve', '--port', '0')
    assert.equal(second.code, 1)
    assert.match(second.err, /already runs/)
    const through = await cw('base', 'list', '--json')
    assert.deepEqual(JSON.parse(through.out), [])
    assert.equal((await fetch(`${url}/healthz`)).status, 200)
  } finally {
    await stop(first, 'SIGKILL')
  }
  const after = await cw('person', 'list', '--json')
  assert.equal(after.code, 0, after.err)
  assert.equal((JSON.parse(after.out) as object[]).length, 1)

  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const { port } = blocker.address() as { port: number }
  const refused = await cw('serve', '--port', String(port))
  blocker.close()
  assert.equal(refused.code, 1)
  assert.match(refused.err, new RegExp(`Port ${port} .*in use`))
})

test('a server asked to stop ends by itself with 0 and takes its note with it', async () => {
  const server = start('serve', '--port', '0')
  await served(server)
  const gone = once(server, 'exit')
  server.kill('SIGTERM')
  const [code] = (await gone) as [number | null]
  assert.equal(code, 0)
  const again = await cw('person', 'list', '--json')
  assert.equal(again.code, 0, again.err)
})

test('a file with a wrong ending, a missing file and a broken CSV are each said in words, and nothing is stored', async () => {
  assert.equal((await cw('base', 'add', bundledFolder, '--name', 'bundled', '--licence', 'Apache-2.0')).code, 0)
  assert.equal((await cw('model', 'create', 'marathi/saathi', '--base', 'bundled')).code, 0)
  const offer = (file: string) =>
    cw(
      'contribute',
      'marathi/saathi',
      file,
      '--licence',
      'CC0-1.0',
      '--language',
      'mr',
      '--origin',
      'human',
      '--source',
      'test',
      '--message',
      'x',
    )
  assert.match((await offer('x.docx')).err, /must end in \.jsonl, \.csv or \.parquet/)
  assert.match((await offer(join(home, 'absent.jsonl'))).err, /There is no file/)
  const broken = join(home, 'broken.csv')
  await writeFile(broken, 'prompt,completion\n"never closed,right\nb,c\n')
  const { code, err } = await offer(broken)
  assert.equal(code, 1)
  assert.match(err, /row 1|quote/i)
  const list = await cw('contribution', 'list', 'marathi/saathi', '--json')
  assert.deepEqual(JSON.parse(list.out), [])
})
