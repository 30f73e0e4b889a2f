import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextVersion } from './next-version.ts'
import { departureReason, describeSchedule, parseSchedule, type Moment } from './schedule.ts'

const monday = new Date('2026-11-23T00:00:00Z')
const at = (text: string) => new Date(`2026-11-${text}:00Z`)
const moment = (other: Partial<Moment>): Moment => ({ now: monday, since: at('01T12:00'), lastDeparture: null, examples: 5, ...other })

test('a weekly train leaves as its day begins, once, and late where the server slept', () => {
  const weekly = { kind: 'weekly', day: 'monday' } as const
  const leaves = (other: Partial<Moment>) => departureReason(weekly, moment(other)) !== null
  assert.equal(departureReason(weekly, moment({})), "it is Monday's train")
  assert.equal(leaves({ now: at('22T23:59'), since: at('17T09:00') }), false)
  assert.equal(leaves({ now: at('23T08:00'), lastDeparture: at('23T00:00') }), false, 'once a week')
  assert.equal(leaves({ now: at('25T08:00'), lastDeparture: at('16T00:00') }), true, 'on Wednesday, for want of a server on Monday')
  assert.equal(leaves({ now: at('23T08:00'), since: at('23T07:00') }), false, 'set on a Monday, it begins with the next one')
  assert.equal(leaves({ examples: 0 }), false, 'nobody aboard')
})

test('a train leaves after so many examples, and one by hand never by itself', () => {
  assert.equal(departureReason({ kind: 'after', examples: 6 }, moment({})), null)
  assert.match(departureReason({ kind: 'after', examples: 5 }, moment({}))!, /5 examples were accepted \(it leaves after 5\)/)
  assert.equal(departureReason({ kind: 'by-hand' }, moment({})), null)
})

test('settings say in words what they do, and refuse what makes no sense', () => {
  const settings = { rhythm: { kind: 'after', examples: 50 }, publish: true, builds: 24 } as const
  assert.equal(
    describeSchedule(parseSchedule(settings)),
    'A train leaves after 50 accepted examples and publishes what passes its gate with everybody aboard; it may take 24 builds to find what broke a gate.',
  )
  assert.throws(() => parseSchedule({ ...settings, rhythm: { kind: 'after', examples: 0 } }), /A train leaves after 0; give a whole number/)
  assert.throws(() => parseSchedule({ ...settings, builds: 1000 }), /takes 1000; give a whole number from 0 to 200/)
})

test('the next version is the next minor one, a patch where things were only put right, and never one that was taken', () => {
  assert.equal(nextVersion([], true), '0.1.0')
  assert.equal(nextVersion(['0.1.0', '0.10.0', '0.9.3'], false), '0.11.0')
  assert.equal(nextVersion(['0.1.0', '0.2.0'], true), '0.2.1')
  assert.equal(nextVersion(['1.0.0', '1.1.0-rc.2'], false), '1.1.0')
})
