/** demo --sabotage, the second act: a wrong contribution slips through review, and the release train finds it and releases without it. */

import type { SabotagedCommunity } from '../../../examples/community/sabotage.ts'
import { communityRecipe } from '../../../examples/community/recipe.ts'
import { AppError } from '../../errors.ts'
import type { Client } from '../../http/client.ts'
import { duration, type Output } from '../output.ts'
import { contribute, JSONL, lines } from './demo-steps.ts'
import { comparisonLine } from './evaluation.ts'
import { followTrain, type Train } from './release-train.ts'

/**
 * Ten passes instead of fifteen: there are three trainings to wait for. The first one has a third of the others' examples and makes twenty: after ten it is
 * 75 % right, and the later trainings would improve on that even with the wrong contribution.
 */
export const sabotagedRecipe: typeof communityRecipe = { ...communityRecipe, epochs: 10 }

export const firstActRecipe = 'epochs: 20'

export interface SecondAct {
  /** The contribution that is wrong, as the demo knows it. */
  readonly sabotage: number
  /** Those the train left out, as it found them. */
  readonly leftOut: readonly number[]
  /** Those accepted since the first release. */
  readonly aboard: number
  /** Builds of the search, controls included. */
  readonly builds: number
  readonly searchSeconds: number
  readonly release: string
  readonly seconds: number
}

interface Stage {
  readonly output: Output
  readonly heading: (text: string) => void
  readonly people: ReadonlyMap<string, Client>
  readonly maintainer: Client
  readonly reviewer: Client
  readonly signal: AbortSignal
}

export async function secondAct(stage: Stage, acts: SabotagedCommunity): Promise<SecondAct> {
  const { output, heading, people, maintainer, reviewer, signal } = stage
  const began = performance.now()
  const { first, later, guard, target, tolerance } = acts
  const { model } = first

  heading('The community goes on. What a release must improve from now on is new; what it had learned it must keep.')
  const addSuite = (name: string, rows: readonly unknown[], settings: Record<string, string | number>) =>
    maintainer.upload(`/api/models/${model}/suites`, { name, kind: 'exact', ...settings }, lines(rows), JSONL)
  await addSuite(guard.name, guard.samples, { target: 'false', tolerance })
  await addSuite(target.name, target.samples, {})
  const examples = later.reduce((sum, { examples }) => sum + examples.length, 0)
  const rhythm = { kind: 'after', examples }
  const { sentence } = await maintainer.post<{ sentence: string }>(`/api/models/${model}/train-schedule`, { rhythm, publish: true })
  output.note(
    `   ${target.name}: ${target.samples.length} questions, to be improved. ${guard.name}: ${guard.samples.length}, of which at most ${(100 * tolerance).toFixed(0)} % may be lost.\n   ${sentence}`,
  )

  heading('New contributions. One of them is wrong, and slips through review.')
  let sabotage = 0
  for (const [index, contribution] of later.entries()) {
    const id = await contribute(output, first, people, reviewer, contribution)
    if (index === acts.sabotage) sabotage = id as number
  }
  const wrong = later[acts.sabotage]!.examples.at(-1)!
  output.note(
    `   (Its first ten are right. Then the months are one off, e.g. ${wrong.messages.map(({ content }) => `"${content}"`).join(' → ')})`,
  )

  heading('The release train leaves by itself. When its gate does not hold, it tries who was aboard.')
  const { id } = await departure(maintainer, model, signal)
  const train = await followTrain(maintainer, id, (line) => output.note(`   ${line}`), signal)
  if (train.state !== 'proposed') throw new AppError('conflict', `${train.statusLine} ${train.outcome ?? ''}`)
  for (const suite of train.firstGate?.suites ?? []) output.note(`   with everybody aboard: ${suite.reason}`)
  tellTrials(output, train)
  for (const { author, text } of train.letters) output.note(`   What ${author} is told:\n${text.replaceAll(/^/gm, '      ')}`)

  heading('A maintainer agrees: the work is taken back, and the release is made without it.')
  const { release, leftOut, passengers, trials } = await maintainer.post<Train>(`/api/trains/${id}/publish`)
  if (release === null) throw new AppError('conflict', `Train ${train.number} was not released.`)
  for (const suite of train.gate?.suites ?? []) output.note(`   ${suite.reason}`)
  const named = leftOut.length === 1 && leftOut[0] === sabotage
  output.note(
    `   ${model} ${release}, without ${leftOut.join(', ')} and with the other ${passengers.length - leftOut.length}. ${named ? 'It was the wrong one.' : `The wrong one was ${sabotage}.`}`,
  )
  return {
    sabotage,
    leftOut,
    aboard: passengers.length,
    builds: trials.length,
    searchSeconds: trials.reduce((sum, { seconds }) => sum + seconds, 0),
    release,
    seconds: (performance.now() - began) / 1000,
  }
}

/** The train that the last acceptance let leave: it is there within moments. */
async function departure(client: Client, model: string, signal: AbortSignal): Promise<Train> {
  for (let look = 0; look < 300; look++) {
    signal.throwIfAborted()
    const [train] = await client.get<Train[]>(`/api/models/${model}/trains`)
    if (train) return train
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new AppError('conflict', 'No train left, although enough was accepted.')
}

function tellTrials(output: Output, { trials }: Train): void {
  const seconds = trials.reduce((sum, it) => sum + it.seconds, 0)
  output.note(`   ${trials.length} short trainings from the last release, ${duration(seconds)}:`)
  for (const { contributions, verdict, comparisons, draw } of trials) {
    if (verdict === null) continue
    const [measured] = comparisons
    const what = `with ${contributions.join(', ')}${draw === 1 ? ', in another order' : ''}`
    output.note(`      ${verdict}: ${what}${measured ? ` — ${comparisonLine(measured, 'none of them')}` : ''}`)
  }
}
