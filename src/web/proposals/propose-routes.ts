/** /models/{owner}/{name}/propose and /contributions/{id}/revise: examples offered through a form. */

import { Hono, type Context } from 'hono'
import { contribute, reviseContribution } from '../../domain/contributions/contribute.ts'
import { changesOf, findContribution } from '../../domain/contributions/contribution-queries.ts'
import type { Change, Contribution, Offer } from '../../domain/contributions/contribution.ts'
import type { Provenance } from '../../domain/contributions/example.ts'
import { formatOfFile, readChanges } from '../../domain/contributions/read-changes.ts'
import { usualProvenance } from '../../domain/contributions/usual-provenance.ts'
import { examplePage } from '../../domain/datasets/example-page.ts'
import { findBaseById, findModel } from '../../domain/models/model-queries.ts'
import { actorId, actorName, type Actor } from '../../domain/people/actor.ts'
import { considerPreview } from '../../domain/previews/automatic-previews.ts'
import { takenIn, type OfferingApp } from '../../domain/release-train/take-in.ts'
import { AppError } from '../../errors.ts'
import { idIn } from '../discussion/discussion-routes.ts'
import { draftSent } from '../draft.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { address, modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { offerFrom, shapeOf, turnsOf, typedFrom, type Aim, type Shape } from './offer-form.ts'
import { proposePage, type ProposeData } from './propose-page.ts'
import { nameIn } from './queue-routes.ts'
import { reviseFilePage } from './revise-page.ts'

export function proposeRoutes(app: OfferingApp): Hono {
  const { db } = app
  return new Hono()
    .get('/models/:owner/:name/propose', async (c) => {
      const data = await proposeData(c, requireVisitor(c))
      return show(c, proposePage(c.get('visit'), data))
    })
    .post('/models/:owner/:name/propose', async (c) => {
      const actor = requireVisitor(c)
      const typed = await typedIn(c)
      const data = { ...(await proposeData(c, actor)), typed }
      if (typed['more'] === 'turns') return show(c, proposePage(c.get('visit'), { ...data, typed: withMoreTurns(typed) }))
      const { done, refused } = await attempt(async () =>
        takenIn(app, actor, await contribute(app, actor, nameIn(c), offerFrom(typed, data.aim))),
      )
      if (!done) return show(c, proposePage(c.get('visit'), { ...data, refused }))
      draftSent(c, typed)
      sayNext(c, done.patrol === null ? 'proposals.saidProposed' : 'proposals.saidTakenAtOnce')
      return goOn(c, `/contributions/${done.contribution.id}`)
    })
    .get('/contributions/:id/revise', async (c) => {
      const { contribution, change } = await ownProposal(c)
      if (change === null) return show(c, reviseFilePage(c.get('visit'), contribution, { message: '' }))
      return show(c, proposePage(c.get('visit'), await reviseData(contribution, change, typedOf(change, await signOffOf(contribution)))))
    })
    .post('/contributions/:id/revise', async (c) => {
      const { contribution, change, actor } = await ownProposal(c)
      const typed = await typedIn(c)
      const { done, refused } = await attempt(async () => {
        const offer = change === null ? await offerOfFile(c, typed, contribution) : offerFrom(typed, aimOf(change))
        return reviseContribution(app, actor, contribution.id, offer)
      })
      if (done) {
        await considerPreview(app, done.contribution)
        draftSent(c, typed)
        sayNext(c, 'proposals.saidRevised')
        return goOn(c, `/contributions/${contribution.id}`)
      }
      if (change === null) return show(c, reviseFilePage(c.get('visit'), contribution, { message: typed['message'] ?? '', refused }))
      return show(c, proposePage(c.get('visit'), { ...(await reviseData(contribution, change, typed)), refused }))
    })
    .get('/contributions/:id/round.jsonl', async (c) => {
      const id = idIn(c)
      await findContribution(db, id)
      c.header('content-type', 'application/jsonlines; charset=utf-8')
      c.header('content-disposition', `attachment; filename="contribution-${id}.jsonl"`)
      return c.body(linesOf(id))
    })

  async function proposeData(c: Context, actor: Actor): Promise<ProposeData> {
    const model = await findModel(db, nameIn(c))
    const [replace, remove] = [c.req.query('replace'), c.req.query('remove')]
    const wanted = replace ?? remove
    const found = wanted === undefined ? null : await examplePage(db, model.id, wanted)
    if (found && !found.standing)
      throw new AppError('conflict', 'The dataset does not have this example any more; there is nothing to replace or remove.')
    const aim: Aim = found === null ? { kind: 'add' } : { kind: replace !== undefined ? 'replace' : 'remove', target: found.digest }
    const usual: Shape = (await findBaseById(db, model.baseId)).hasChatTemplate ? 'dialogue' : 'pair'
    const provenance = await usualProvenance(db, model.id, actorId(actor))
    return {
      model,
      aim,
      target: found,
      usual,
      typed: typedFrom(provenance, aim.kind === 'replace' ? found : null, actorName(actor), usual),
      refused: null,
      action: address(modelPath(model, '/propose'), { replace, remove }),
      draft: `propose ${model.id} ${wanted ?? ''}`,
    }
  }

  /** One's own, and its change where it is a single example: that is revised in the form it was made in. */
  async function ownProposal(
    c: Context,
  ): Promise<{ contribution: Contribution; change: Extract<Change, { kind: 'add' | 'replace' }> | null; actor: Actor }> {
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

  async function reviseData(
    contribution: Contribution,
    change: Extract<Change, { kind: 'add' | 'replace' }>,
    typed: Typed,
  ): Promise<ProposeData> {
    const model = await findModel(db, contribution.model)
    return {
      model,
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

  async function offerOfFile(c: Context, typed: Typed, contribution: Contribution): Promise<Offer> {
    const changes = await changesOf(db, contribution.id, { limit: 200 })
    const example = changes.flatMap((change) => ('example' in change ? [change.example] : []))[0]
    return fileOffer(typed, await fileIn(c), example?.provenance ?? null, await signOffOf(contribution))
  }

  async function signOffOf({ id }: Contribution): Promise<string> {
    const row = await db
      .selectFrom('contributionRounds')
      .select('signOff')
      .where('contributionId', '=', id)
      .orderBy('round', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row?.signOff ?? ''
  }

  /** The newest round as a file that can be changed and handed in again. */
  function linesOf(id: number): ReadableStream<Uint8Array> {
    let after = 0
    return new ReadableStream({
      async pull(stream) {
        const changes = await changesOf(db, id, { after, limit: 200 })
        const last = changes.at(-1)
        if (last === undefined) return stream.close()
        after = last.position
        stream.enqueue(Buffer.from(changes.map((change) => `${JSON.stringify(rowOf(change))}\n`).join('')))
      },
    })
  }
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
      return { clause: change.change.action === 'remove' ? { action: 'remove', number: change.change.number } : flatClause(change.change) }
    default:
      return change satisfies never
  }
}

function flatClause(change: Exclude<Extract<Change, { kind: 'clause' }>['change'], { action: 'remove' }>): unknown {
  const { action, clause, after } = change
  return { action, ...(action === 'replace' && { number: change.number }), ...clause, after }
}

const aimOf = (change: Extract<Change, { kind: 'add' | 'replace' }>): Aim =>
  change.kind === 'add' ? { kind: 'add' } : { kind: 'replace', target: change.target }

function typedOf(change: Extract<Change, { kind: 'add' | 'replace' }>, signOff: string): Typed {
  return typedFrom({}, change.example, signOff, 'dialogue')
}

function withMoreTurns(typed: Typed): Typed {
  return { ...typed, turns: [...turnsOf(typed), 'user', 'assistant'].join(' ') }
}

async function fileIn(c: Context): Promise<{ file: string; bytes: Uint8Array }> {
  const { file } = await c.req.parseBody()
  if (file instanceof File && file.size > 0) return { file: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }
  throw new AppError('invalid', 'Choose the file with the changed rows; what stands now can be downloaded on this page.')
}

/** Rows that say where they are from keep that; of those that do not, it is what the round before said of its first example. */
function fileOffer(typed: Typed, { file, bytes }: { file: string; bytes: Uint8Array }, before: Provenance | null, signOff: string): Offer {
  const { licence = '', language = '', origin = '', source = '', generator = null } = before ?? {}
  const changes = readChanges(bytes, formatOfFile(file))
  return { message: typed['message'] ?? '', signOff, licence, language, origin, source, generator, changes }
}
