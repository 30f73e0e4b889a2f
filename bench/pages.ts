/**
 * Server time of every list, search and page with 100,000 contributions and a million examples:
 * `node bench/pages.ts [--home <folder>] [--contributions n] [--examples n] [--rounds n] [--explain <part of a name>]`.
 *
 * The home is filled once (a quarter of an hour) and used again while its sizes are the same. Real PGlite in a folder; nobody has analysed it, as nobody does
 * in an embedded database before its first night.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openApp } from '../src/app.ts'
import { loadConfig } from '../src/config.ts'
import { openDatabase } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrations/index.ts'
import { measured, type Measure } from './pages/measures.ts'
import { seed, type Sizes } from './pages/seed.ts'

const { values } = parseArgs({
  options: {
    home: { type: 'string', default: join(tmpdir(), 'commonweights-bench-pages') },
    contributions: { type: 'string', default: '100000' },
    examples: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
    analyzed: { type: 'boolean', default: false },
  },
})
const sizes: Sizes = { contributions: Number(values.contributions), examples: Number(values.examples), people: 5_000 }
const note = join(values.home, 'seeded.json')

if (existsSync(note)) {
  if (readFileSync(note, 'utf8') !== JSON.stringify(sizes)) throw new Error(`${values.home} holds other sizes; name another with --home.`)
} else {
  const db = await openDatabase({ kind: 'embedded', folder: join(values.home, 'database') })
  await migrate(db)
  await seed(db, sizes, (text) => console.error(text))
  await db.close()
  writeFileSync(note, JSON.stringify(sizes))
}

const app = await openApp(loadConfig({ home: values.home, port: 0 }, { COMMONWEIGHTS_LOG: 'error' }))
try {
  if (values.analyzed) await (await import('kysely')).sql`analyze`.execute(app.db)
  console.log(`${cpus()[0]?.model ?? ''}, ${cpus().length} cores, Node ${process.version}; ${values.rounds} rounds each`)
  for (const measure of await measured(app)) if (measure.name.includes(values.only)) report(measure, await times(measure))
} finally {
  await app.close()
}

async function times(measure: Measure): Promise<{ wall: number[]; cpu: number[] }> {
  const [wall, cpu]: [number[], number[]] = [[], []]
  for (let round = 0; round < Number(values.rounds); round++) {
    const [start, before] = [performance.now(), process.cpuUsage()]
    await measure.run(round)
    const { user, system } = process.cpuUsage(before)
    wall.push(performance.now() - start)
    cpu.push((user + system) / 1000)
  }
  return { wall, cpu }
}

function report({ name }: Measure, { wall, cpu }: { wall: number[]; cpu: number[] }): void {
  const at = (all: number[], share: number) =>
    all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(share * all.length))] as number
  const cell = (all: number[]) => `${at(all, 0.5).toFixed(1).padStart(7)} ${at(all, 0.95).toFixed(1).padStart(7)}`
  console.log(`${name.padEnd(64)} wall ${cell(wall)}   cpu ${cell(cpu)}`)
}
