import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { adamwModule } from '../../../scripts/make-adamw.ts'
import { randomFrom } from '../lora/random.ts'
import { adamw, addUp, gradientNorm } from './adamw.ts'

const random = randomFrom(1, 'adamw')
const numbers = (length: number, size = 1): Float32Array => Float32Array.from({ length }, () => size * random.normal())
const hyper = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, clip: 1 }

test('what is checked in was made of adamw.wat', async () => {
  assert.equal(readFileSync(new URL('adamw.wasm.ts', import.meta.url), 'utf8'), await adamwModule())
})

const normOf = (gradients: readonly Float32Array[], scale: number): number =>
  gradientNorm(gradients.map((gradient) => addUp(gradient, null)), scale) // prettier-ignore

test('the norm is that of all numbers together, whatever blocks they fall into', () => {
  for (const lengths of [[1], [3, 5], [16_384], [65_536, 1], [65_539, 4, 70_001]]) {
    const gradients = lengths.map((length) => numbers(length))
    const sum = gradients.flatMap((gradient) => [...gradient]).reduce((total, x) => total + x * x, 0)
    const norm = normOf(gradients, 0.5)
    assert.ok(Math.abs(norm / (0.5 * Math.sqrt(sum)) - 1) < 1e-12, `${lengths.join()}: ${norm}`)
  }
  assert.equal(normOf([Float32Array.of(3), Float32Array.of(), Float32Array.of(4)], 1), 5)
})

test('two gradients are added up, and the squares are those of the sum', () => {
  for (const length of [1, 16_384, 40_003]) {
    const [one, other] = [numbers(length), numbers(length)]
    const sum = one.map((x, i) => x + other[i]!)
    const kept = other.slice()
    assert.equal(addUp(one, other), addUp(sum, null))
    assert.deepEqual([one, other], [sum, kept])
  }
})

test('one number that is not finite makes the norm so', () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    const gradient = numbers(40_001)
    gradient[40_000] = bad
    assert.ok(!Number.isFinite(normOf([numbers(7), gradient], 1)), String(bad))
  }
})

/** The formula as it is written, in 64 bits. */
function plainly(
  at: { w: number; g: number; m: number; v: number },
  step: number,
  rate: number,
  scale: number,
  norm: number,
  decays: boolean,
) {
  const { beta1, beta2, epsilon, weightDecay, clip } = hyper
  const g = at.g * scale * Math.min(1, clip / (norm + 1e-6))
  const m = beta1 * at.m + (1 - beta1) * g
  const v = beta2 * at.v + (1 - beta2) * g * g
  const decayed = decays ? at.w * (1 - rate * weightDecay) : at.w
  const w = decayed - (rate * (m / (1 - beta1 ** step))) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon)
  return { w, m, v }
}

test('weights and moments end where the formula says, in every block and behind its last four', () => {
  for (const length of [1, 4, 6, 16_384, 16_385, 40_003]) {
    const [weights, gradient, m, v] = [numbers(length), numbers(length, 5), numbers(length, 0.1), numbers(length, 0.1).map((x) => x * x)]
    const before = { weights: weights.slice(), m: m.slice(), v: v.slice() }
    const norm = normOf([gradient], 0.25)
    const decays = length % 2 === 0
    adamw([{ weights, gradient, m, v, decays }], hyper, { step: 3, learningRate: 0.01, gradientScale: 0.25, gradientNorm: norm })
    for (let i = 0; i < length; i += 1) {
      const now = { w: before.weights[i]!, g: gradient[i]!, m: before.m[i]!, v: before.v[i]! }
      const next = plainly(now, 3, 0.01, 0.25, norm, decays)
      const near = (what: string, actual: number, expected: number, floor: number): void =>
        assert.ok(
          Math.abs(actual - expected) < 1e-6 * Math.max(floor, Math.abs(expected)),
          `${what} ${i} of ${length}: ${actual}, not ${expected}`,
        )
      near('w', weights[i]!, next.w, 1)
      near('m', m[i]!, next.m, 0.1)
      near('v', v[i]!, next.v, 0.01)
    }
  }
})

test('tensors after each other come out as each by itself', () => {
  const made = [5, 20_000, 3].map((length) => ({
    weights: numbers(length),
    gradient: numbers(length),
    m: numbers(length),
    v: numbers(length).map(Math.abs),
    decays: true,
  }))
  const copy = (tensor: (typeof made)[number]) => ({ ...tensor, weights: tensor.weights.slice(), m: tensor.m.slice(), v: tensor.v.slice() })
  const [together, apart] = [made.map(copy), made.map(copy)]
  const at = { step: 1, learningRate: 1e-3, gradientScale: 1, gradientNorm: 10 }
  adamw(together, hyper, at)
  for (const tensor of apart) adamw([tensor], hyper, at)
  assert.deepEqual(together, apart)
})
