/** What the tests of runs, releases and trains share: the whole app on a port, and a small community in it that can be taught something in seconds. */

import { contribute } from '../../domain/contributions/contribute.ts'
import type { ExampleContent } from '../../domain/contributions/example.ts'
import { decideContribution } from '../../domain/datasets/decide-contribution.ts'
import { addBase } from '../../domain/models/add-base.ts'
import { addSuite } from '../../domain/models/add-suite.ts'
import { createModel } from '../../domain/models/create-model.ts'
import { operator, type Actor } from '../../domain/people/actor.ts'
import { addPerson } from '../../domain/people/add-person.ts'
import type { RoleName } from '../../storage/schema.ts'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { runningApp, type RunningApp } from '../../http/testing.ts'
import type { Lifetime } from '../../storage/testing.ts'

export const model = 'marathi/saathi'

const words = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस वीस'.split(' ')
const asked = words.flatMap((one) => words.map((other) => `${one} ${other}?`))

/** Questions in a row, all with one answer: what a model of this size can learn. */
export const answers = (from: number, to: number, completion: string): ExampleContent[] =>
  asked.slice(from, to).map((prompt) => ({ prompt, completion }))
export const hours = (from: number, to: number): { readonly text: string }[] =>
  words.slice(from, to).map((word, index) => ({ text: `at ${index + from} o'clock: ${word} wajta` }))

export const jsonl = (samples: readonly unknown[]): Uint8Array =>
  Buffer.from(samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
/** Questions whose answers are never taught. */
export const guard = jsonl(asked.slice(0, 24).map((prompt) => ({ prompt, choices: ['ok', 'x'], answer: 0 })))

export interface SmallCommunity extends RunningApp {
  readonly maintainer: Actor
  readonly reviewer: Actor
  readonly asha: Actor
  readonly tomba: Actor
  /** By name. */
  readonly tokens: Readonly<Record<string, string>>
  /** Offered by one and accepted by the reviewer. */
  readonly offer: (author: Actor, contents: readonly ExampleContent[], message: string) => Promise<number>
}

export async function openSmallCommunity(
  lifetime: Lifetime,
  recipe = 'rank: 4\nbatchSize: 8\nmaxLength: 64\nepochs: 12\nlearningRate: 0.01',
): Promise<SmallCommunity> {
  const running = await runningApp(lifetime)
  const { app } = running
  await addBase(app, operator, { from: { folder: goldenFolder }, name: 'tiny', licence: 'Apache-2.0' })
  const tokens: Record<string, string> = {}
  const personOf = async (name: string, role: RoleName): Promise<Actor> => {
    const { person, token } = await addPerson(app, operator, { name, role })
    tokens[name] = token
    return { kind: 'person', ...person }
  }
  const maintainer = await personOf('meera', 'maintainer')
  const reviewer = await personOf('ravi', 'reviewer')
  const asha = await personOf('asha', 'contributor')
  const tomba = await personOf('tomba', 'contributor')
  await createModel(app, maintainer, model, { base: 'tiny', recipe })
  await addSuite(app, maintainer, model, { name: 'answers', kind: 'choice', samples: guard })
  return {
    ...running,
    maintainer,
    reviewer,
    asha,
    tomba,
    tokens,
    offer: async (author, contents, message) => {
      const { contribution } = await contribute(app, author, model, {
        message,
        licence: 'CC-BY-4.0',
        language: 'mr',
        source: 'written for this test',
        origin: 'human',
        signOff: 'the author',
        changes: contents.map((content) => ({ kind: 'add' as const, content })),
      })
      await decideContribution(app, reviewer, contribution.id, { decision: 'accept', message: 'Read and found good.' })
      return contribution.id
    },
  }
}
