import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseLocale } from '../messages.ts'
import { intervalPlot, linePlot, verdictOf } from './plots.ts'

const english = chooseLocale('en')
const numbers = (text: string, attribute: string, tag: string) =>
  [...text.matchAll(new RegExp(`<${tag}[^>]*? ${attribute}="([-\\d.]+)"`, 'g'))].map(([, value]) => Number(value))

test('an interval that excludes no change is good or bad, one that spans it is undecided; for bits per byte less is good', () => {
  assert.deepEqual(
    [
      verdictOf({ low: 1, high: 3 }),
      verdictOf({ low: -3, high: -1 }),
      verdictOf({ low: -1, high: 3 }),
      verdictOf({ low: -3, high: -1 }, 'less'),
    ],
    ['good', 'bad', 'undecided', 'good'],
  )
})

test('a plot of intervals draws each where its numbers are, on one scale with no change in the middle', async () => {
  const rows = [
    { label: 'everyday', value: 20, low: 10, high: 30 },
    { label: '<b>', value: -5, low: -10, high: 1 },
  ]
  const drawn = String(await intervalPlot(english, 'Change in points', rows))
  const [first, second] = numbers(drawn, 'cx', 'circle') as [number, number]
  const zero = Number(/class="axis" x1="([\d.]+)"/.exec(drawn)?.[1])
  assert.equal(zero, 320)
  assert.ok(Math.abs((first - zero) / (second - zero) - -4) < 1e-9, 'four times as far, on the other side')
  assert.match(drawn, /aria-label="Change in points\. everyday: \+20\.0 \(\+10\.0 – \+30\.0\); &lt;b&gt;: −5\.0/)
  assert.deepEqual(
    [...drawn.matchAll(/<g class="(\w+)"/g)].map(([, verdict]) => verdict),
    ['good', 'undecided'],
  )
})

test('differences smaller than the last digit shown do not fill the plot', async () => {
  const drawn = String(
    await intervalPlot(english, 'Bits per byte', [{ label: 'pages', value: 0.0004, low: 0, high: 0.001 }], { digits: 3 }),
  )
  const [x] = numbers(drawn, 'cx', 'circle') as [number]
  assert.ok(Math.abs(x - 320) < 20)
})

test('a line goes through its points, with whiskers where the interval is known and a name for every point', async () => {
  const points = [
    { x: 1, y: 0.5, low: 0.4, high: 0.6, label: '0.1.0' },
    { x: 2, y: 0.9, low: 0.85, high: 0.95, label: '0.2.0' },
  ]
  const drawn = String(await linePlot(english, { title: 'Scores', points, xLabel: 'release', yLabel: 'right', yRange: [0, 1] }))
  const [low, high] = numbers(drawn, 'cy', 'circle') as [number, number]
  assert.ok(low > high, 'more is higher up')
  assert.equal(drawn.match(/class="whisker"/g)?.length, 2)
  assert.match(drawn, /<title>0\.2\.0: 0\.9<\/title>/)
  assert.match(drawn, /aria-label="Scores\. 0\.1\.0: 0\.5; 0\.2\.0: 0\.9"/)
  const start = /class="series" d="M([\d.]+),([\d.]+)L/.exec(drawn)
  assert.deepEqual([Number(start?.[1]), Number(start?.[2])], [numbers(drawn, 'cx', 'circle')[0], low])
})

test('hundreds of points are one line with one sentence, not hundreds of dots', async () => {
  const points = Array.from({ length: 300 }, (_, i) => ({ x: i, y: Math.exp(-i / 50) }))
  const drawn = String(await linePlot(english, { title: 'Loss', points, xLabel: 'step', yLabel: 'nats', summary: 'from 1 to 0.003' }))
  assert.doesNotMatch(drawn, /circle/)
  assert.match(drawn, /aria-label="Loss\. from 1 to 0\.003"/)
})

test('a single point and points of one height can be drawn', async () => {
  for (const points of [
    [{ x: 1, y: 2 }],
    [
      { x: 1, y: 2 },
      { x: 3, y: 2 },
    ],
  ])
    assert.doesNotMatch(String(await linePlot(english, { title: 'One', points, xLabel: 'x', yLabel: 'y' })), /NaN/)
})
