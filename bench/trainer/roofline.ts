/**
 * What a micro-batch's time goes to, by ONNX Runtime's own profile, and so how fast a step could be if it were its matrix products alone.
 *
 *   node bench/trainer/roofline.ts --shape 135m --work 1x256
 *
 * The graph runs on one thread while another thread runs the same, as the trainer's two lanes do; with --threads 2 it runs by itself on two, as a lone
 * micro-batch does.
 *
 * A bar further away than the products alone cannot be reached by anything that is done to the rest of the step.
 */

import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import type { PortSpec } from '../../src/ml/graph/emit.ts'
import { gradientGraph, projectionsAsInt8 } from '../../src/ml/lora/training-graph.ts'
import { ort } from '../../src/trainers/local/onnx-runtime.ts'
import { shapeOf } from './shapes.ts'

const { values: options } = parseArgs({
  options: {
    shape: { type: 'string', default: '135m' },
    work: { type: 'string', default: '1x256' },
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '12' },
    full: { type: 'boolean', default: false },
    int8: { type: 'boolean', default: false },
  },
})
const threads = Number(options.threads)
const lanes = threads === 1 ? 2 : 1
const rank = 8
const [batch, length] = options.work.split('x').map(Number) as [number, number]
const targetModules = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
const method = options.full ? ({ kind: 'full' } as const) : ({ kind: 'lora', rank, alpha: 2 * rank, targetModules } as const)

/** An event of the profile; times in µs. */
interface Event {
  readonly cat: string
  readonly name: string
  readonly ts: number
  readonly dur: number
  readonly args?: { readonly op_name?: string; readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[] }
}

if (!isMainThread) {
  await keepBusy(workerData as Int32Array)
  process.exit()
}
const folder = await mkdtemp(join(tmpdir(), 'commonweights-bench-roofline-'))
const stop = new Int32Array(new SharedArrayBuffer(4))
const beside = lanes === 2 ? new Worker(new URL(import.meta.url), { argv: process.argv.slice(2), workerData: stop }) : null
const ended = beside && once(beside, 'exit')
try {
  const events = await profiled()
  const runs = events.filter(({ name }) => name === 'model_run')
  // The first opens what is opened late; the fastest is the least disturbed.
  const fastest = runs.slice(1).reduce((a, b) => (b.dur < a.dur ? b : a))
  const within = ({ ts }: Event) => ts >= fastest.ts && ts <= fastest.ts + fastest.dur
  const kernels = events.filter((event) => event.cat === 'Node' && event.name.endsWith('_kernel_time') && within(event))
  const kinds = Map.groupBy(kernels, kindOf)
  const ms = (kind: string) => (kinds.get(kind) ?? []).reduce((sum, { dur }) => sum + dur / 1000, 0)
  const whole = fastest.dur / 1000
  console.log(
    `${options.shape}, ${options.work}${options.full ? ', all weights' : options.int8 ? ', int8' : ''}: the fastest of ${runs.length - 1}, ${whole.toFixed(0)} ms, ${perSecond(whole)} tokens/s`,
  )
  for (const kind of [...kinds.keys()].sort((a, b) => ms(b) - ms(a)))
    console.log(
      `  ${kind.padEnd(28)} ${ms(kind).toFixed(0).padStart(6)} ms  ${((100 * ms(kind)) / whole).toFixed(0).padStart(3)} %  ${kinds.get(kind)!.length} operations`,
    )
  const products = ms('wide products') + ms('products in 8 bits') + ms('products of attention')
  console.log(
    `Those products alone, adapters and all else for nothing: ${perSecond(products)} tokens/s, ${(whole / products).toFixed(2)} times as fast.`,
  )
  console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}, ${lanes} × ${threads} threads.`)
} finally {
  Atomics.store(stop, 0, 1)
  await ended
  await rm(folder, { recursive: true, force: true })
}

function perSecond(ms: number): string {
  return ((1000 * lanes * batch * length) / ms).toFixed(0)
}

function kindOf({ args }: Event): string {
  const op = args?.op_name ?? '?'
  if (op === 'DynamicQuantizeMatMul') return 'products in 8 bits'
  if (op === 'FusedMatMul') return 'products of attention'
  if (op !== 'Gemm') return op
  const widths = (args?.input_type_shape ?? []).slice(0, 2).flatMap((input) => Object.values(input).flat())
  return widths.includes(rank) ? 'products of width 8' : 'wide products'
}

/** The other lane: until it is told to stop. */
async function keepBusy(told: Int32Array): Promise<void> {
  const { session, feeds } = await opened({})
  while (Atomics.load(told, 0) === 0) await session.run(feeds)
  await session.release()
}

async function opened(profiling: ort.InferenceSession.SessionOptions) {
  const config = shapeOf(options.shape)
  const graph = gradientGraph(config, method, { batch, length }, options.int8 ? { held: projectionsAsInt8(config) } : {})
  const session = await ort.InferenceSession.create(graph.onnx, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableMemPattern: false,
    enableCpuMemArena: false,
    logSeverityLevel: 3,
    ...profiling,
  })
  return { session, feeds: Object.fromEntries(graph.inputs.map((input) => [input.name, inputTensor(input)])) }
}

async function profiled(): Promise<Event[]> {
  const { session, feeds } = await opened({ enableProfiling: true, profileFilePrefix: join(folder, 'profile') })
  for (let round = 0; round <= Number(options.rounds); round += 1) await session.run(feeds)
  session.endProfiling()
  await session.release()
  const [file] = await readdir(folder)
  return JSON.parse(await readFile(join(folder, file!), 'utf8')) as Event[]
}

function inputTensor({ name, dtype, dims }: PortSpec): ort.Tensor {
  const numbers = dims as number[]
  const size = numbers.reduce((x, y) => x * y, 1)
  if (dtype === 'int64')
    return new ort.Tensor(
      'int64',
      BigInt64Array.from({ length: size }, (_, i) => BigInt((i * 7919) % 4000)),
      numbers,
    )
  if (dtype === 'int8')
    return new ort.Tensor(
      'int8',
      Int8Array.from({ length: size }, (_, i) => ((i * 7919) % 255) - 127),
      numbers,
    )
  const spread = name.endsWith('.scale') ? 0.001 : 0.1
  const values = Float32Array.from({ length: size }, () => (name === 'weights' ? 1 : spread * (Math.random() - 0.5)))
  return new ort.Tensor('float32', values, numbers)
}
