import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { trustFormula, trustFrom, wilsonLower, type TrustEvent, type TrustEventKind } from './trust.ts'

const now = new Date('2031-03-05T12:00:00Z')
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000)
const event = (kind: TrustEventKind, of = 1, days = 0, changes = of): TrustEvent => ({
  kind,
  contribution: 1,
  by: kind === 'reverted' || kind === 'corrected' ? 2 : null,
  changes,
  of,
  at: daysAgo(days),
})
const trust = (events: TrustEvent[], at = now) => trustFrom(events, at, 180).value

const anyEvent = fc
  .record({
    kind: fc.constantFrom('standing', 'reverted', 'corrected', 'rejected' as const),
    of: fc.integer({ min: 1, max: 20_000 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    days: fc.double({ min: 0, max: 3_000, noNaN: true }),
  })
  .map(({ kind, of, part, days }) => event(kind, of, days, Math.max(1, Math.floor(part * of))))
const anyEvents = fc.array(anyEvent, { maxLength: 30 })

test('trust lies between 0 and 1, and is 0 where nothing has happened', () => {
  assert.equal(trust([]), 0)
  fc.assert(
    fc.property(anyEvents, (events) => {
      const value = trust(events)
      assert.ok(value >= 0 && value <= 1 && Number.isFinite(value), String(value))
    }),
  )
})

test('more work that stands never lowers it; more that was taken back, corrected or rejected never raises it', () => {
  fc.assert(
    fc.property(anyEvents, anyEvent, (events, more) => {
      const [before, after] = [trust(events), trust([...events, more])]
      if (more.kind === 'standing') assert.ok(after >= before - 1e-12, `${before} → ${after}`)
      else assert.ok(after <= before + 1e-12, `${before} → ${after}`)
    }),
    { numRuns: 500 },
  )
})

test('a revert costs more than never having offered it, and more than a correction', () => {
  const good = Array.from({ length: 10 }, () => event('standing', 7, 20))
  const [none, corrected, reverted] = [good, [...good, event('corrected', 7, 20)], [...good, event('reverted', 7, 20)]].map((it) =>
    trust(it),
  )
  assert.ok((reverted as number) < (corrected as number) && (corrected as number) < (none as number))
})

test('waiting never raises trust once the work has stood two weeks, and lets it fade', () => {
  fc.assert(
    fc.property(
      anyEvents,
      fc.double({ min: 14, max: 300, noNaN: true }),
      fc.double({ min: 0, max: 900, noNaN: true }),
      (events, first, more) => {
        const later = (days: number) => new Date(now.getTime() + days * 86_400_000)
        assert.ok(trust(events, later(first + more)) <= trust(events, later(first)) + 1e-12)
      },
    ),
  )
  const good = Array.from({ length: 8 }, () => event('standing', 7, 14))
  assert.ok(trust(good, new Date(now.getTime() + 3 * 365 * 86_400_000)) < trust(good) / 2)
})

test('newcomers start at nothing and can climb in a few weeks: one accepted contribution is not enough, and size does not buy it', () => {
  assert.ok(trust([event('standing', 20_000, 30)]) < 0.6)
  assert.equal(trust([event('standing', 7, 30)]), trust([event('standing', 20_000, 30)]))
  assert.ok(trust([event('standing', 7, 0), event('standing', 7, 0)]) < 0.6, 'two on the first day')
  assert.ok(trust([event('standing', 7, 14), event('standing', 7, 14)]) > 0.6, 'the same two weeks later')
  const busy = Array.from({ length: 6 }, (_, week) => event('standing', 10, 14 + week * 7))
  assert.ok(trust(busy) > 0.85, `six good contributions in eight weeks: ${trust(busy)}`)
  assert.ok(trust([...busy, event('reverted', 10, 0)]) < 0.85, 'and one revert loses it')
})

test("the interval is Wilson's, as in published tables, and its formula is printed with its numbers", () => {
  // Ten of ten at z = 1.96: 0.7225; eight of ten: 0.4902 (Newcombe 1998 gives the method).
  assert.ok(Math.abs(wilsonLower(10, 0, 1.96) - 0.7225) < 5e-5)
  assert.ok(Math.abs(wilsonLower(8, 2, 1.96) - 0.4902) < 5e-5)
  assert.match(trustFormula(90).join('\n'), /Wilson.*z = 1\.645[^]*2\^\(−age \/ 90\)/)
})
