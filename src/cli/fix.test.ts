/** From a chat to a fix, and from a proposed clause to the charter's log, as commands of people to a server that runs. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createModel } from '../domain/models/create-model.ts'
import { operator } from '../domain/people/actor.ts'
import { addPerson } from '../domain/people/add-person.ts'
import { runningApp } from '../http/testing.ts'
import { temporaryFolder } from '../storage/testing.ts'
import { serverNoteFile } from './connect.ts'

const running = await runningApp({ after })
const { app, url } = running
const home = temporaryFolder({ after })
await writeFile(serverNoteFile(home), JSON.stringify({ url, pid: process.pid, operatorKey: app.operatorKey }))
await createModel(app, operator, 'welsh/cymorth', { base: 'bundled' })
const { token } = await addPerson(app, operator, { name: 'asha', role: 'contributor' })
const main = new URL('../main.ts', import.meta.url).pathname

function cw(as: 'asha' | 'operator', ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const acting = as === 'asha' ? ['--token', token] : []
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], HOME: home } }
    execFile(process.execPath, [main, '--home', home, ...acting, ...args], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

test('chat says how to fix its answer, fix makes the contribution, and suggestions show it beside the answer', async () => {
  const asked = await cw('asha', 'chat', 'bundled', 'Write 5 March 2031 in Welsh.', '--max-tokens', '8')
  const id = /answer (chatcmpl-[0-9a-f]{24}): wrong\? cw fix \1 --better '…'/.exec(asked.err)?.[1]
  assert.ok(id, asked.err)
  const nothing = await cw('asha', 'fix', id, '--better', '5 Mawrth 2031', '--language', 'cy')
  assert.match(nothing.err, /say which of its models should learn this: --model owner\/name/)
  const fixed = await cw('asha', 'fix', id, '--better', '5 Mawrth 2031', '--language', 'cy', '--model', 'welsh/cymorth')
  assert.match(fixed.out, /^Feedback 1 became contribution 1: a correction and a regression case\./, fixed.err)
  const suggested = await cw('operator', 'suggestions', 'welsh/cymorth')
  assert.ok(suggested.out.startsWith(`user: Write 5 March 2031 in Welsh.\n  answered: ${asked.out.trim()}\n`), suggested.out)
  assert.match(suggested.out, /asha suggests: 5 Mawrth 2031 {2}\(contribution 1, open\)\n$/)
  const accepted = await cw('operator', 'review', '1', '--accept', '--message', 'Right.')
  assert.match(accepted.out, /\(1 added, 1 regression case\)\nDataset revision 1: 1 examples/, accepted.err)
  const suites = await cw('asha', 'suite', 'list', 'welsh/cymorth')
  assert.match(suites.out, /regressions +old mistakes +exact +1 +no/)
  const silent = JSON.parse((await cw('asha', 'chat', 'bundled', 'Hello', '--max-tokens', '2', '--no-store', '--json')).out) as {
    id: string
  }
  assert.match((await cw('asha', 'fix', silent.id, '--better', 'x')).err, /You have no stored answer/)
})

test('a clause with cases is proposed from a file, accepted, shown with its effect, and found in log and diff', async () => {
  const cases = join(home, 'cases.jsonl')
  await writeFile(cases, '{"prompt": "Good morning?", "expect": {"script": "Latn", "most": 80}}\n')
  const propose = (...more: string[]) => cw('asha', 'charter', 'propose', 'welsh/cymorth', '--message', 'What it is for', ...more)
  const proposed = await propose('--add', 'Answers in Welsh.', '--cases', cases, '--blocks', 'always')
  const id = /^Contribution (\d+) proposes/.exec(proposed.out)?.[1]
  assert.ok(id, proposed.err)
  await cw('operator', 'review', id, '--accept', '--message', 'Yes.')
  const shown = await cw('asha', 'charter', 'show', 'welsh/cymorth')
  assert.equal(shown.out, 'Revision 1\n  1. Answers in Welsh.  (1 case, always blocks)\n')
  const log = await cw('asha', 'charter', 'log', 'welsh/cymorth')
  assert.match(log.out, /^Revision 1 of \d{4}-\d\d-\d\d by asha, contribution \d+: What it is for\n\+ 1\. Answers in Welsh\./)
  assert.match((await cw('asha', 'charter', 'diff', 'welsh/cymorth', '0', '1')).out, /^\+ 1\. Answers in Welsh\./)
  assert.match((await propose('--remove', '2')).err, /has no clause 2/)
  assert.match((await propose('--add', 'x', '--remove', '1')).err, /Choose one of --add, --replace and --remove/)
})
