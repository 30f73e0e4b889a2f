/** /contributions/{id}/revise: the next round of one's own proposal, by the form it was made in, by a form of many changes, or by a file. */

import { Hono, type Context } from 'hono'
import { reviseContribution } from '../../domain/contributions/contribute.ts'
import { changesOf, findContribution } from '../../domain/contributions/contribution-queries.ts'
import type { Change, Contribution, Offer } from '../../domain/contributions/contribution.ts'
import type { Provenance } from '../../domain/contributions/example.ts'
import { formatOfFile, readChanges } from '../../domain/contributions/read-changes.ts'
import { findBaseById, findModel } from '../../domain/models/model-queries.ts'
import { actorId, type Actor } from '../../domain/people/actor.ts'
import { considerPreview } from '../../domain/previews/automatic-previews.ts'
import type { OfferingApp } from '../../domain/release-train/take-in.ts'
import { reviewsOf } from '../../domain/reviews/review-queries.ts'
import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { idIn } from '../discussion/discussion-routes.ts'
import { draftSent } from '../draft.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { goOn, show } from '../page.ts'
import { person } from '../parts/basics.ts'
import { keyIn } from '../parts/numbers-in-paths.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { offerFrom, shapeOf, typedFrom, type Aim } from './offer-form.ts'
import { proposePage, type ProposeData } from './propose-page.ts'
import { carriedOf, clauseOf, freshCount, pageWith, revisedFrom, reviseLimits, shapeOfChanges, sharedOf } from './revise-form.ts'
import { revisePage, type ReviseData } from './revise-page.ts'

type Single = Extract<Change, { kind: 'add' | 'replace' }>

export function reviseRoutes(app: OfferingApp): Hono {
  const { db } = app
  return new Hono()
    .get('/contributions/:id/revise', async (c) => {
      const { contribution, change } = await ownProposal(db, c)
      if (change === null) return show(c, revisePage(c.get('visit'), await manyData(db, c, contribution, {})))
      const typed = typedFrom({}, change.example, await signOffOf(db, contribution), 'dialogue')
      return show(c, proposePage(c.get('visit'), await singleData(db, contribution, change, typed)))
    })
    .post('/contributions/:id/revise', async (c) => {
      const { contribution, change, actor } = await ownProposal(db, c)
      const typed = await typedIn(c)
      if (change === null && typed['more'] === 'example') {
        const more = { ...typed, fresh: String(freshCount(typed) + 1) }
        return show(c, revisePage(c.get('visit'), { ...(await manyData(db, c, contribution, more)), answering: true }))
      }
      const turn = keyIn(typed['turn'])
      if (change === null && turn !== undefined)
        return show(c, revisePage(c.get('visit'), { ...(await manyData(db, c, contribution, typed, turn)), answering: true }))
      const { done, refused } = await attempt(async () => {
        const offer = change !== null ? offerFrom(typed, aimOf(change)) : await manyOffer(db, c, contribution, typed)
        return reviseContribution(app, actor, contribution.id, offer)
      })
      if (done) {
        await considerPreview(app, done.contribution)
        draftSent(c, typed)
        sayNext(c, 'proposals.saidRevised')
        return goOn(c, `/contributions/${contribution.id}`)
      }
      if (change === null) {
        const row = refused.details.find(({ severity }) => severity !== 'warning')?.row ?? null
        const data = await manyData(db, c, contribution, typed, row === null ? undefined : pageWith(row))
        return show(c, revisePage(c.get('visit'), { ...data, refused }))
      }
      return show(c, proposePage(c.get('visit'), { ...(await singleData(db, contribution, change, typed)), refused }))
    })
    .get('/contributions/:id/round.jsonl', async (c) => {
      const id = idIn(c)
      await findContribution(db, id)
      c.header('content-type', 'application/jsonlines; charset=utf-8')
      c.header('content-disposition', `attachment; filename="contribution-${id}.jsonl"`)
      return c.body(linesOf(db, id))
    })
}

interface Own {
  readonly contribution: Contribution
  readonly actor: Actor
  /** Its change where it is a single example: that is revised in the form it was made in. */
  readonly change: Single | null
}

async function ownProposal(db: Database, c: Context): Promise<Own> {
  const actor = requireVisitor(c)
  const contribution = await findContribution(db, idIn(c))
  if (contribution.authorId !== actorId(actor))
    throw new AppError(
      'forbidden',
      `Contribution ${contribution.id} is ${contribution.author}'s; only ${contribution.author} can revise it.`,
    )
  const [change, ...others] = await changesOf(db, contribution.id, { limit: 2 })
  const single = others.length === 0 && change && (change.kind === 'add' || change.kind === 'replace')
  return { contribution, actor, change: single ? change : null }
}

async function singleData(db: Database, contribution: Contribution, change: Single, typed: Typed): Promise<ProposeData> {
  return {
    model: await findModel(db, contribution.model),
    aim: aimOf(change),
    target: change.kind === 'replace' ? change.targetExample : null,
    typed,
    usual: shapeOf(typed),
    refused: null,
    action: `/contributions/${contribution.id}/revise`,
    draft: `revise ${contribution.id} ${contribution.round}`,
    revising: contribution.id,
  }
}

/** @param place after which change the page begins; as the address says, where nothing is said */
async function manyData(db: Database, c: Context, contribution: Contribution, typed: Typed, place?: number): Promise<ReviseData> {
  const { t } = c.get('visit')
  const { id, round, counts } = contribution
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0)
  // What comes new stands on every page, after the last change there is.
  const after = Math.min(place ?? keyIn(c.req.query('after')) ?? 0, pageWith(total))
  const shown = await changesOf(db, id, { after, limit: reviseLimits.shown })
  const asked = (await reviewsOf(db, id)).findLast((review) => review.round === round && review.decision === 'request-changes')
  return {
    contribution,
    shown,
    after,
    total,
    carried: await carriedOf(allChanges(db, id), typed, shown),
    shared: await sharedOf(allChanges(db, id)),
    shape: await usualShape(db, contribution, shown),
    signOff: await signOffOf(db, contribution),
    typed,
    refused: null,
    asked: asked ? { by: person(t, asked.reviewer), message: asked.message } : null,
    answering: false,
  }
}

async function usualShape(db: Database, { model }: Contribution, shown: readonly Change[]): Promise<ReviseData['shape']> {
  const { hasChatTemplate } = await findBaseById(db, (await findModel(db, model)).baseId)
  return shapeOfChanges(shown, hasChatTemplate ? 'dialogue' : 'pair')
}

/** By the form where nothing was uploaded. */
async function manyOffer(db: Database, c: Context, contribution: Contribution, typed: Typed): Promise<Offer> {
  const { id, round } = contribution
  const first = (await changesOf(db, id, { limit: 200 })).find((change) => 'example' in change)
  const provenance = first && 'example' in first ? first.example.provenance : null
  const { file } = await c.req.parseBody()
  if (typed['round'] === undefined) return fileOffer(typed, await given(file), provenance, await signOffOf(db, contribution))
  if (typed['round'] !== String(round))
    throw new AppError('conflict', `Contribution ${id} has a newer round than the one this form shows; open it again.`)
  if (typed['mayGive'] !== 'yes') throw new AppError('invalid', 'Say that you may give this: tick the box above the button.')
  const shown = await changesOf(db, id, { after: keyIn(c.req.query('after')) ?? 0, limit: reviseLimits.shown })
  const shared = await sharedOf(allChanges(db, id))
  const { changes, changed } = await revisedFrom(allChanges(db, id), typed, shared, await usualShape(db, contribution, shown))
  if (!changed) throw new AppError('conflict', 'Nothing is other than in the round before; change something, or leave it as it is.')
  const { licence = '', language = '', origin = 'human', source = '', generator = null } = provenance ?? {}
  const said = (name: string, otherwise: string) => typed[name]?.trim() || otherwise
  return {
    message: typed['message'] ?? '',
    signOff: typed['signOff'] ?? '',
    licence: said('licence', licence),
    language: said('language', language),
    origin: said('origin', origin),
    source: said('source', source),
    generator: typed['generator']?.trim() || generator,
    changes,
  }
}

async function* allChanges(db: Database, id: number): AsyncIterable<Change> {
  for (let after = 0; ;) {
    const changes = await changesOf(db, id, { after, limit: 200 })
    yield* changes
    const last = changes.at(-1)
    if (last === undefined) return
    after = last.position
  }
}

async function signOffOf(db: Database, { id }: Contribution): Promise<string> {
  const row = await db
    .selectFrom('contributionRounds')
    .select('signOff')
    .where('contributionId', '=', id)
    .orderBy('round', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.signOff ?? ''
}

async function given(file: unknown): Promise<{ file: string; bytes: Uint8Array }> {
  if (file instanceof File && file.size > 0) return { file: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }
  throw new AppError('invalid', 'Choose the file with the changed rows; what stands now can be downloaded on this page.')
}

/** Rows that say where they are from keep that; of those that do not, it is what the round before said of its first example. */
function fileOffer(typed: Typed, { file, bytes }: { file: string; bytes: Uint8Array }, before: Provenance | null, signOff: string): Offer {
  const { licence = '', language = '', origin = '', source = '', generator = null } = before ?? {}
  const changes = readChanges(bytes, formatOfFile(file))
  return { message: typed['message'] ?? '', signOff, licence, language, origin, source, generator, changes }
}

/** The newest round as a file that can be changed and handed in again. */
function linesOf(db: Database, id: number): ReadableStream<Uint8Array> {
  const changes = allChanges(db, id)[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(stream) {
      const next = await changes.next()
      if (next.done === true) return stream.close()
      stream.enqueue(Buffer.from(`${JSON.stringify(rowOf(next.value))}\n`))
    },
  })
}

function rowOf(change: Change): unknown {
  switch (change.kind) {
    case 'add':
      return { ...change.example.content, ...change.example.provenance }
    case 'replace':
      return { replaces: change.target, ...change.example.content, ...change.example.provenance }
    case 'remove':
      return { removes: change.target }
    case 'case': {
      const { action, suite, sample, provenance } = change
      return { case: { action, suite, ...sample }, ...provenance }
    }
    case 'clause':
      return { clause: clauseOf(change.change) }
    default:
      return change satisfies never
  }
}

const aimOf = (change: Single): Aim => (change.kind === 'add' ? { kind: 'add' } : { kind: 'replace', target: change.target })
