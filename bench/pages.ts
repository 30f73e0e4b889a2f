/**
 * Server time of every list, search and whole page with 100,000 contributions and a million examples:
 * `node bench/pages.ts [--home <folder>] [--contributions n] [--examples n] [--rounds n] [--only <part of a name>]`.
 *
 * The home is filled once (a quarter of an hour) and used again while its sizes are the same. Real PGlite in a folder; nobody analyses it but the program itself.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { openApp } from '../src/app.ts'
import { loadConfig } from '../src/config.ts'
import { openDatabase } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrations/index.ts'
import { pages } from './pages/addresses.ts'
import { measured, type Measure } from './pages/measures.ts'
import { multiply } from './pages/multiply.ts'
import { seed, type Sizes } from './pages/seed.ts'

const { values } = parseArgs({
  options: {
    home: { type: 'string', default: join(tmpdir(), 'commonweights-bench-pages') },
    contributions: { type: 'string', default: '100000' },
    examples: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
  },
})
const sizes: Sizes = { contributions: Number(values.contributions), examples: Number(values.examples), people: 5_000 }
const [seeded, whole] = [join(values.home, 'seeded.json'), join(values.home, 'whole.json')]
/** What a page may take of a server's time, in milliseconds. */
const limit = 100
const say = (text: string) => console.error(text)

if (!existsSync(seeded)) {
  const db = await openDatabase({ kind: 'embedded', folder: join(values.home, 'database') })
  await migrate(db)
  await seed(db, sizes, say)
  await db.close()
  writeFileSync(seeded, JSON.stringify(sizes))
} else if (readFileSync(seeded, 'utf8') !== JSON.stringify(sizes))
  throw new Error(`${values.home} holds other sizes; name another with --home.`)

const app = await openApp(loadConfig({ home: values.home, port: 0 }, { COMMONWEIGHTS_LOG: 'error' }))
try {
  await app.start()
  if (!existsSync(whole)) {
    // It brings what tests are made with, which a mere measurement does not need.
    const { seedLiving } = await import('./pages/living.ts')
    await seedLiving(app, say)
    await multiply(app, say)
    writeFileSync(whole, '{}')
  }
  await idle(app)
  console.log(`${cpus()[0]?.model ?? ''}, ${cpus().length} cores, Node ${process.version}; ${values.rounds} rounds each`)
  const slow: string[] = []
  for (const measure of [...(await measured(app)), ...(await pages(app))])
    if (measure.name.includes(values.only) && (await isSlow(measure))) slow.push(measure.name)
  console.log(slow.length === 0 ? `nothing above ${limit} ms` : `above ${limit} ms: ${slow.join(' · ')}`)
} finally {
  await app.close()
}

/** Until the queue has done what the program asked of it when it started. */
async function idle({ db }: typeof app): Promise<void> {
  for (;;) {
    const { rows } = await sql`select from jobs where state in ('waiting', 'running') and run_after <= now() limit 1`.execute(db)
    if (rows.length === 0) return
    await new Promise((done) => setTimeout(done, 500))
  }
}

async function isSlow(measure: Measure): Promise<boolean> {
  try {
    return report(measure, await times(measure))
  } catch (error) {
    process.exitCode = 1
    console.log(`${measure.name}: ${(error as Error).message}`)
    return false
  }
}

async function times(measure: Measure): Promise<{ wall: number[]; cpu: number[] }> {
  // The first time, templates and plans are compiled: that is the start of the program, not of a page.
  await measure.run(0)
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

/** Says whether its median processor time is above the limit: on a shared machine waits are other programs' doing. */
function report({ name }: Measure, { wall, cpu }: { wall: number[]; cpu: number[] }): boolean {
  const at = (all: number[], share: number) =>
    all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(share * all.length))] as number
  const cell = (all: number[]) => `${at(all, 0.5).toFixed(1).padStart(7)} ${at(all, 1).toFixed(1).padStart(7)}`
  const slow = at(cpu, 0.5) > limit
  console.log(`${name.padEnd(64)} wall ${cell(wall)}   cpu ${cell(cpu)}${slow ? '   ←' : ''}`)
  return slow
}
