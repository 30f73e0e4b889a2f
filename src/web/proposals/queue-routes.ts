/** /models/{owner}/{name}/proposals: the lists of proposals, and volunteering as a mentor. */

import { Hono, type Context } from 'hono'
import { joinMentors, leaveMentors, mentorsOf } from '../../domain/contributions/mentors.ts'
import { listProposals, proposalKinds, type ProposalFilter, type ProposalKind } from '../../domain/contributions/proposal-lists.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { currentRules } from '../../domain/models/review-rules-queries.ts'
import { actorName, hasRole, operator } from '../../domain/people/actor.ts'
import { patrolQueue } from '../../domain/reviews/patrol-queries.ts'
import { neededNow } from '../../domain/reviews/quorum-queries.ts'
import { reviewQueue } from '../../domain/reviews/review-queues.ts'
import type { Database } from '../../storage/database.ts'
import { goOn, show } from '../page.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { communityPath } from './proposal-page.ts'
import { lists, queuePage, type List, type QueueData } from './queue-page.ts'

/** Proposals of a page. */
const shown = 30

export function queueRoutes(app: { readonly db: Database }): Hono {
  const { db } = app
  const mentors = (act: typeof joinMentors) => async (c: Context) => {
    await act(app, requireVisitor(c), nameIn(c))
    sayNext(c, act === joinMentors ? 'proposals.saidMentor' : 'proposals.saidNoMentor')
    return goOn(c, communityPath(nameIn(c), 'mentor'))
  }
  return new Hono()
    .get('/models/:owner/:name/proposals', async (c) => {
      const { actor } = c.get('visit')
      const model = await findModel(db, nameIn(c))
      const reviewer = actor !== null && hasRole(actor, 'reviewer', model.id)
      const list = lists.find((known) => known === c.req.query('list')) ?? (reviewer ? 'mine' : 'waiting')
      if (list === 'mine' || list === 'yours') requireVisitor(c)
      const kind = proposalKinds.find((known) => known === c.req.query('kind')) ?? null
      const after = Number(c.req.query('after')) || undefined
      const [{ rules }, needed] = [await currentRules(db, model.id), await neededNow(db, model.id)]
      return show(
        c,
        queuePage(c.get('visit'), {
          model,
          list,
          kind,
          needed,
          mentors: list === 'mentor' ? await mentorsOf(db, model.id) : [],
          patrolled: rules.patrol.enabled || (await patrolQueue(db, model.id, { limit: 1 })).length > 0,
          ...(await rowsOf(db, c, model.id, list, kind, after)),
        }),
      )
    })
    .post('/models/:owner/:name/proposals/mentors/join', mentors(joinMentors))
    .post('/models/:owner/:name/proposals/mentors/leave', mentors(leaveMentors))
}

type Rows = Pick<QueueData, 'rows' | 'patrols' | 'next'>

async function rowsOf(
  db: Database,
  c: Context,
  modelId: number,
  list: List,
  kind: ProposalKind | null,
  after: number | undefined,
): Promise<Rows> {
  const { actor } = c.get('visit')
  const page = { after, limit: shown + 1 }
  const nextOf = <T>(all: readonly T[], id: (one: T) => number) => (all.length > shown ? id(all[shown - 1] as T) : null)
  if (list === 'patrol') {
    const patrols = await patrolQueue(db, modelId, page)
    return { rows: [], patrols: patrols.slice(0, shown), next: nextOf(patrols, ({ contributionId }) => contributionId) }
  }
  if (list === 'waiting' || list === 'mine' || list === 'mentor') {
    // Everybody may read what waits; only "mine" asks who it is.
    const all = await reviewQueue(db, actor ?? operator, modelId, list, page)
    return {
      rows: all.slice(0, shown).map((proposal) => ({ proposal, accepting: proposal.accepting })),
      patrols: [],
      next: nextOf(all, ({ id }) => id),
    }
  }
  const found = await listProposals(
    db,
    modelId,
    { ...filterOf(list, actor && actorName(actor)), kind: kind ?? undefined },
    { after, limit: shown },
  )
  return { rows: found.proposals.map((proposal) => ({ proposal, accepting: null })), patrols: [], next: found.next }
}

function filterOf(list: Exclude<List, 'patrol' | 'waiting' | 'mine' | 'mentor'>, me: string | null): ProposalFilter {
  if (list === 'yours') return { author: me ?? undefined }
  if (list === 'conflicting') return { conflicting: true }
  return list === 'all' ? {} : { state: list }
}

/** `owner/name` of the address. */
export function nameIn(c: Context): string {
  return `${c.req.param('owner') ?? ''}/${c.req.param('name') ?? ''}`
}
