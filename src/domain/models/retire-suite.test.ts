import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contribute } from '../contributions/contribute.ts'
import type { OfferedChange } from '../contributions/contribution.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { operator } from '../people/actor.ts'
import { recentChanges } from '../releases/recent-changes.ts'
import { adding, offerOf, openCommunity, personNamed, type Community } from '../testing.ts'
import { addSuite, type NewSuite } from './add-suite.ts'
import { changeSuiteGate } from './change-suite.ts'
import { retireSuite, takeUpSuite } from './retire-suite.ts'
import { retirementsOf } from './suite-retirement.ts'
import { currentSuite, findSuite, findSuiteById, listRetiredSuites, listSuites } from './suite-queries.ts'

const jsonl = (...samples: object[]) => new TextEncoder().encode(samples.map((it) => JSON.stringify(it)).join('\n'))
const names = (suites: readonly { readonly name: string }[]) => suites.map(({ name }) => name)
const message = 'Every release answers all of it.'

const add = (app: Community, input: Partial<NewSuite> = {}) =>
  addSuite(app, operator, app.name, { name: 'dates', kind: 'exact', samples: jsonl({ prompt: 'उद्या?', expected: 'शनिवार' }), ...input })

const accepted = async (app: Community, ...changes: OfferedChange[]) => {
  const { contribution } = await contribute(app, app.asha, app.name, offerOf(changes))
  await decideContribution(app, operator, contribution.id, { decision: 'accept' })
  return contribution.id
}

const caseOf = (prompt: string, expected: string, action: 'add' | 'remove' = 'add'): OfferedChange => ({
  kind: 'case',
  action,
  suite: 'regressions',
  sample: { prompt, expected },
})

test('a retired suite is asked no more, keeps its record, and is taken up again as it was; both are history', async (t) => {
  const app = await openCommunity(t)
  const { db, model, name } = app
  const meera = await personNamed(app, 'meera', 'maintainer')
  const dates = await add(app)
  await add(app, { name: 'times', samples: jsonl({ prompt: 'दुपार?', expected: '१२' }) })
  const retired = await retireSuite(app, meera, name, 'dates', { message: ` ${message} ` })
  assert.deepEqual([retired.id, retired.retiredAt !== null], [dates.id, true])
  assert.deepEqual(names(await listSuites(db, model.id)), ['times'])
  assert.deepEqual(names(await listRetiredSuites(db, model.id)), ['dates'])
  assert.deepEqual(await findSuiteById(db, dates.id), retired)
  for (const again of [
    () => retireSuite(app, meera, name, 'dates', { message }),
    () => takeUpSuite(app, meera, name, 'times', { message }),
  ])
    await assert.rejects(again, { code: 'conflict', message: /is retired already|is not retired/ })
  assert.deepEqual(await takeUpSuite(app, operator, name, 'dates', { message: 'It was useful.' }), dates)
  assert.deepEqual(names(await listSuites(db, model.id)), ['dates', 'times'])
  assert.deepEqual(
    (await retirementsOf(db, model.id, 'dates')).map(({ retired, message, by }) => [retired, message, by]),
    [
      [false, 'It was useful.', 'operator'],
      [true, message, 'meera'],
    ],
  )
  const { changes } = await recentChanges(db, { modelId: model.id, kinds: ['suite'] })
  assert.deepEqual(
    changes.map(({ subject, outcome, person }) => [subject, outcome, person]),
    [
      ['dates', 'taken-up', 'operator'],
      ['dates', 'retired', 'meera'],
    ],
  )
})

test('the only suite a release must improve is not retired, whatever the others are', async (t) => {
  const app = await openCommunity(t)
  await add(app)
  await add(app, { name: 'guard', samples: jsonl({ prompt: 'काल?', expected: 'गुरुवार' }), target: false })
  await add(app, { name: 'regressions', role: 'regression', samples: jsonl({ prompt: 'आज?', expected: 'शुक्रवार' }) })
  const retire = (name: string) => retireSuite(app, operator, app.name, name, { message })
  await assert.rejects(retire('dates'), {
    code: 'conflict',
    message: /^dates is the only suite a release of marathi\/saathi must improve; .*"suite gate marathi\/saathi <suite> --target"/,
  })
  await changeSuiteGate(app, operator, app.name, 'guard', { target: true })
  await retire('dates')
  // Of two targets that were left, the retired one does not count.
  await assert.rejects(retire('guard'), { code: 'conflict', message: /^guard is the only suite/ })
  await retire('regressions')
  assert.deepEqual(names(await listSuites(app.db, app.model.id)), ['guard'])
})

test('who does not maintain the community, says no reason or means the cases of a clause is refused, and so is a change of what is retired', async (t) => {
  const app = await openCommunity(t)
  const { asha, bilal, name } = app
  await add(app)
  await add(app, { name: 'times', samples: jsonl({ prompt: 'दुपार?', expected: '१२' }) })
  for (const actor of [asha, bilal])
    for (const verb of [retireSuite, takeUpSuite])
      await assert.rejects(verb(app, actor, name, 'times', { message }), { code: 'forbidden', message: /takes a maintainer/ })
  await assert.rejects(retireSuite(app, operator, name, 'times', { message: ' ' }), { code: 'invalid', message: /Say in the message why/ })
  await assert.rejects(retireSuite(app, operator, name, 'other', { message }), { code: 'not-found' })
  await accepted(app, { kind: 'clause', change: { action: 'add', text: 'Counts', cases: [{ prompt: 'सात?', expect: { any: ['सात'] } }] } })
  await assert.rejects(retireSuite(app, operator, name, 'clause-1', { message }), {
    code: 'conflict',
    message: /cases of clause 1; propose/,
  })
  await retireSuite(app, operator, name, 'times', { message })
  const refused = { code: 'conflict', message: /times is retired; take it up again first \("suite take-up marathi\/saathi times"\)/ }
  await assert.rejects(changeSuiteGate(app, operator, name, 'times', { target: false }), refused)
  await assert.rejects(add(app, { name: 'times' }), refused)
})

test('the questions of a retired suite may still not be taught', async (t) => {
  const app = await openCommunity(t)
  await add(app, { target: false })
  await retireSuite(app, operator, app.name, 'dates', { message })
  await assert.rejects(contribute(app, app.asha, app.name, offerOf(adding({ prompt: 'उद्या?', completion: 'शनिवार' }))), {
    message: /question of the eval suite dates/,
  })
})

test('a case that comes into a retired suite does not take it up again; one of the same name that is added later is another suite', async (t) => {
  const app = await openCommunity(t)
  const { db, model, name } = app
  await accepted(app, caseOf('सात?', '७'))
  await retireSuite(app, operator, name, 'regressions', { message })
  const { contribution, rounds } = await contribute(app, app.asha, name, offerOf([caseOf('आठ?', '८')]))
  assert.match(
    rounds.flatMap(({ checks }) => checks.map(({ sentence }) => sentence)).join(),
    /regressions is retired: no release is asked its cases/,
  )
  await decideContribution(app, operator, contribution.id, { decision: 'accept' })
  const suite = await findSuite(db, model.id, 'regressions')
  assert.deepEqual([suite.count, suite.retiredAt !== null], [2, true])
  await accepted(app, caseOf('सात?', '७', 'remove'), caseOf('आठ?', '८', 'remove'))
  assert.equal(await currentSuite(db, model.id, 'regressions'), null)
  await accepted(app, caseOf('नऊ?', '९'))
  assert.deepEqual(names(await listSuites(db, model.id)), ['regressions'])
})

test('whatever makes the next version of a suite, its licence and source stay until somebody says otherwise', async (t) => {
  const app = await openCommunity(t)
  const { db, model, name } = app
  const stated = async (suite: string) => {
    const { licence, source, count } = await findSuite(db, model.id, suite)
    return [licence, source, count]
  }
  const samples = jsonl({ prompt: 'सात?', expected: '७' })
  await add(app, { name: 'regressions', role: 'regression', samples, licence: 'CC-BY-4.0', source: 'meera' })
  await accepted(app, caseOf('आठ?', '८'))
  assert.deepEqual(await stated('regressions'), ['CC-BY-4.0', 'meera', 2])
  await accepted(app, caseOf('आठ?', '८', 'remove'))
  assert.deepEqual(await stated('regressions'), ['CC-BY-4.0', 'meera', 1])
  await changeSuiteGate(app, operator, name, 'regressions', { tolerance: 0.1 })
  assert.deepEqual(await stated('regressions'), ['CC-BY-4.0', 'meera', 1])
  await add(app, { name: 'regressions', role: 'regression', samples })
  assert.deepEqual(await stated('regressions'), ['CC-BY-4.0', 'meera', 1])
  await add(app, { name: 'regressions', role: 'regression', samples, licence: 'CC0-1.0' })
  assert.deepEqual(await stated('regressions'), ['CC0-1.0', 'meera', 1])
  await add(app, { name: 'regressions', role: 'regression', samples, licence: '', source: '' })
  assert.deepEqual(await stated('regressions'), [null, '', 1])

  const clause = (action: 'add' | 'replace', text: string): OfferedChange => ({
    kind: 'clause',
    change: {
      action,
      ...(action === 'replace' && { number: 1 }),
      text: 'Counts',
      cases: [{ prompt: 'सात?', expect: { any: [text] } }],
    },
  })
  await accepted(app, clause('add', 'सात'))
  // Nobody can state it of a clause's cases yet; where somebody did, their next version has it too.
  await db.updateTable('suites').set({ licence: 'CC-BY-4.0', source: 'asha' }).where('name', '=', 'clause-1').execute()
  await accepted(app, clause('replace', 'सातही'))
  assert.deepEqual(await stated('clause-1'), ['CC-BY-4.0', 'asha', 1])
})
