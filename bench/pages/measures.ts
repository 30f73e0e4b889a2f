/** What is measured: the queries behind lists, searches and pages, each with other values in every round. */

import { sql } from 'kysely'
import type { App } from '../../src/app.ts'
import { conflictsOf } from '../../src/domain/contributions/claims.ts'
import { listProposals, type ProposalFilter } from '../../src/domain/contributions/proposal-lists.ts'
import { examplePage } from '../../src/domain/datasets/example-page.ts'
import { exampleTallies, searchExamples, type ExampleFilter } from '../../src/domain/datasets/example-search.ts'
import { communityHealth } from '../../src/domain/feedback/community-health.ts'
import type { Actor } from '../../src/domain/people/actor.ts'
import { communityCards } from '../../src/domain/releases/community-cards.ts'
import { recentChanges, type ChangesFilter } from '../../src/domain/releases/recent-changes.ts'
import { releasesWithExample } from '../../src/domain/releases/releases-with-example.ts'
import { reviewQueue } from '../../src/domain/reviews/review-queues.ts'
import { languages } from './seed.ts'
import { largeModel } from './visitors.ts'

export interface Measure {
  readonly name: string
  run(round: number): Promise<unknown>
}

export async function measured(app: App): Promise<readonly Measure[]> {
  const { db } = app
  const word = (tag: string, rank: number) => (languages.find((it) => it.tag === tag) ?? languages[0]!).word(rank)
  const search = (name: string, filter: (round: number) => ExampleFilter, after?: (round: number) => number): Measure => ({
    name: `search: ${name}`,
    run: (round) => searchExamples(db, largeModel, filter(round), after ? { after: after(round) } : {}),
  })
  const changes = (name: string, filter: (round: number) => ChangesFilter): Measure => ({
    name: `changes: ${name}`,
    run: (round) => recentChanges(db, filter(round)),
  })
  const proposals = (name: string, modelId: number | null, filter: (round: number) => ProposalFilter): Measure => ({
    name: `proposals: ${name}`,
    run: (round) => listProposals(db, modelId, filter(round)),
  })
  const places = (await db.selectFrom('exampleIndexes').select('nextPlace').where('modelId', '=', largeModel).executeTakeFirstOrThrow())
    .nextPlace
  const { rows: digests } = await sql<{ digest: `sha256:${string}` }>`
    select digest from standing_examples where model_id = ${largeModel} and place in (select (random() * ${places})::integer from generate_series(1, 200))`.execute(
    db,
  )
  const { rows: contested } = await sql<{
    id: number
  }>`select distinct contribution_id as id from claims where contested limit 100`.execute(db)
  const reviewer: Actor = { kind: 'person', id: 10, name: 'person10', role: 'reviewer' }
  const one = <T>(all: readonly T[], round: number): T => all[round % all.length] as T

  return [
    search('nothing asked, first page', () => ({})),
    search(
      'nothing asked, in the middle',
      () => ({}),
      (round) => Math.floor(places / 2) - round * 1_000,
    ),
    search('most frequent word of the newest language', (round) => ({ text: word('sat', round % 3) })),
    search('most frequent word of the oldest language', (round) => ({ text: word('mr', round % 3) })),
    search('word of middling frequency', (round) => ({ text: word('hi', 300 + round) })),
    search('rare word', (round) => ({ text: word('ta', 15_000 + round) })),
    search('no such word', (round) => ({ text: `zzzzzz${round}` })),
    search('two letters that begin many words', (round) => ({ text: word('mr', round).slice(0, 2) })),
    search('two frequent words together', (round) => ({ text: `${word('hi', round % 5)} ${word('hi', 5 + (round % 5))}` })),
    search('two words that never stand together', (round) => ({ text: `${word('hi', round)} ${word('ta', round)}` })),
    search('a frequent word and a rare one', (round) => ({ text: `${word('ta', 1)} ${word('ta', 12_000 + round)}` })),
    search('frequent word without another', (round) => ({ text: `${word('mr', 1)} -${word('mr', 2 + (round % 3))}` })),
    search('language', (round) => ({ language: one(languages, round).tag })),
    search('contributor with few examples', (round) => ({ contributor: `person${4_000 + round}` })),
    search('contributor with many examples', (round) => ({ contributor: `person${1 + round}` })),
    search('licence, origin and a word', (round) => ({ licence: 'CC-BY-SA-4.0', origin: 'generated', text: word('bn', round) })),
    { name: 'search: how many there are of what', run: () => exampleTallies(db, largeModel) },
    { name: 'example: page', run: (round) => examplePage(db, largeModel, one(digests, round).digest) },
    { name: 'example: releases', run: (round) => releasesWithExample(db, largeModel, one(digests, round).digest) },
    changes('everywhere', () => ({ modelId: null })),
    changes('large community', () => ({ modelId: largeModel })),
    changes('small community', (round) => ({ modelId: 2 + (round % 19) })),
    changes('releases and charter', () => ({ modelId: largeModel, kinds: ['release', 'charter'] })),
    changes('reverts, of which there are none', () => ({ modelId: largeModel, kinds: ['revert'] })),
    changes('active person', (round) => ({ modelId: null, person: `person${1 + round}` })),
    changes('reviewer', (round) => ({ modelId: null, person: `person${10 * (1 + round)}` })),
    changes('hardly active person', (round) => ({ modelId: null, person: `person${4_900 + round}` })),
    proposals('newest of all communities', null, () => ({})),
    proposals('open', largeModel, () => ({ state: 'open' })),
    proposals('by author', largeModel, (round) => ({ author: `person${1 + round}` })),
    proposals('by kind, of which there are none', largeModel, () => ({ kind: 'clause' })),
    proposals('conflicting', largeModel, () => ({ conflicting: true })),
    { name: 'proposals: conflicts of one', run: (round) => conflictsOf(db, one(contested, round).id) },
    { name: 'queue: waiting', run: () => reviewQueue(db, reviewer, largeModel, 'waiting') },
    { name: 'queue: mine to review', run: () => reviewQueue(db, reviewer, largeModel, 'mine') },
    { name: 'community: health', run: () => communityHealth(db, largeModel) },
    { name: 'home: communities', run: () => communityCards(db) },
  ]
}
