/** /models/{owner}/{name}/propose-case: anybody who may contribute offers a case for a suite of old mistakes, or offers to take one out. */

import { Hono, type Context } from 'hono'
import { contribute } from '../../domain/contributions/contribute.ts'
import type { Offer, OfferedChange } from '../../domain/contributions/contribution.ts'
import { casesOf } from '../../domain/evaluation/suite-cases.ts'
import { languagesOf, lastTermsOf } from '../../domain/feedback/usual-terms.ts'
import { findBaseById, findModel } from '../../domain/models/model-queries.ts'
import { notForCases } from '../../domain/models/revise-regressions.ts'
import { currentSuite, findSuite } from '../../domain/models/suite-queries.ts'
import { regressionsName } from '../../domain/models/suite.ts'
import { actorName, type Actor } from '../../domain/people/actor.ts'
import { takenIn, type OfferingApp } from '../../domain/release-train/take-in.ts'
import { AppError } from '../../errors.ts'
import { licencesFor } from '../chat/terms-fields.ts'
import { draftSent } from '../draft.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { goOn, show } from '../page.ts'
import { keyIn } from '../parts/numbers-in-paths.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { proposeCasePage, type ProposeCaseData } from './propose-case-page.ts'

export function proposeCaseRoutes(app: OfferingApp): Hono {
  const { db } = app
  return new Hono()
    .get('/models/:owner/:name/propose-case', async (c) => {
      const data = await caseData(c, requireVisitor(c))
      return show(c, proposeCasePage(c.get('visit'), data))
    })
    .post('/models/:owner/:name/propose-case', async (c) => {
      const [actor, typed] = [requireVisitor(c), await typedIn(c)]
      const data = await caseData(c, actor)
      const { model, suite, removing } = data
      const { hasChatTemplate } = await findBaseById(db, model.baseId)
      const { done, refused } = await attempt(async () => {
        if (removing && typed['digest'] !== removing.digest)
          throw new AppError('conflict', `${suite} was changed meanwhile; look at its cases again.`)
        const change = removing
          ? ({ kind: 'case', action: 'remove', suite, sample: removing.sample } as const)
          : ({ kind: 'case', action: 'add', suite, sample: sampleOf(typed, hasChatTemplate) } as const)
        return takenIn(app, actor, await contribute(app, actor, `${model.owner}/${model.name}`, offerOf(typed, actor, change)))
      })
      if (!done) return show(c, proposeCasePage(c.get('visit'), { ...data, typed, refused }))
      draftSent(c, typed)
      sayNext(c, 'suites.saidCaseProposed')
      return goOn(c, `/contributions/${done.contribution.id}`)
    })

  async function caseData(c: Context, actor: Actor): Promise<ProposeCaseData> {
    const model = await findModel(db, `${c.req.param('owner')}/${c.req.param('name')}`)
    const suite = c.req.query('suite') ?? regressionsName
    const [number, known] = [keyIn(c.req.query('remove')) ?? null, await currentSuite(db, model.id, suite)]
    if (known && (known.role !== 'regression' || known.kind !== 'exact')) throw new AppError('conflict', notForCases(known))
    const [last, languages] = [await lastTermsOf(db, actor), await languagesOf(db, model.id)]
    const usual = licencesFor(model)
    const typed: Typed = {
      licence: usual.find((id) => id === last.licence) ?? usual[0] ?? 'CC0-1.0',
      language: last.language ?? languages[0] ?? '',
      signOff: last.signOff ?? actorName(actor),
    }
    const retired = known !== null && known.retiredAt !== null
    return {
      model,
      suite,
      retired,
      removing: number === null ? null : await caseAt(model.id, suite, number),
      languages,
      typed,
      refused: null,
    }
  }

  async function caseAt(modelId: number, name: string, number: number): Promise<ProposeCaseData['removing']> {
    const suite = await findSuite(db, modelId, name)
    const { cases } = await casesOf(app, suite, { after: number - 1, limit: 1 })
    const [found] = cases
    if (!found) throw new AppError('not-found', `${name} has ${suite.count} cases; there is no case ${number}.`)
    return { number, digest: suite.digest, sample: found.sample }
  }
}

function sampleOf({ question = '', expected = '', language = '' }: Typed, asTurn: boolean): unknown {
  const asked = asTurn ? { messages: [{ role: 'user', content: question }] } : { prompt: question }
  return { ...asked, expected, ...(language !== '' && { language }) }
}

/** Who writes a case is where it is from, unless they say something else; taking one out gives nothing that had terms. */
function offerOf(typed: Typed, actor: Actor, change: Extract<OfferedChange, { kind: 'case' }>): Offer {
  const { origin = 'human', source = '', generator = '' } = typed
  if (change.action === 'add' && typed['agreed'] !== 'yes')
    throw new AppError('invalid', 'Say that you may give this, by the box above the button.')
  return {
    message: typed['message'] ?? '',
    signOff: typed['signOff'] || actorName(actor),
    licence: typed['licence'] ?? '',
    language: typed['language'] ?? '',
    origin,
    source: source.trim() || (origin === 'human' ? actorName(actor) : ''),
    generator: origin === 'generated' ? generator : null,
    changes: [change],
  }
}
