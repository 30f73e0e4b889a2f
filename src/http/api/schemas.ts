/** What the API answers with, as the OpenAPI document describes it. `plain` proves at compile time that a record fits its description. */

import { z } from '@hono/zod-openapi'
import { releaseGrade } from './openness-schemas.ts'

/** A record as JSON carries it: dates as ISO strings, nothing readonly. */
export type Plain<T> = T extends Date
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends readonly [infer A, infer B]
      ? [Plain<A>, Plain<B>]
      : T extends readonly (infer U)[]
        ? Plain<U>[]
        : T extends object
          ? { -readonly [K in keyof T]: Plain<T[K]> }
          : T

export function plain<T>(record: T): Plain<T> {
  return JSON.parse(JSON.stringify(record)) as Plain<T>
}

const id = z.int()
const date = z.iso.datetime()
const digest = z.templateLiteral(['sha256:', z.string()]).openapi({ type: 'string', pattern: '^sha256:[0-9a-f]{64}$' })
const role = z.enum(['contributor', 'reviewer', 'maintainer'])
const scope = z.enum(['read', 'contribute', 'review', 'maintain', 'chat'])
const runState = z.enum(['queued', 'running', 'finished', 'failed', 'cancelled'])
const storedFile = z.object({ path: z.string(), digest, size: z.int() })

export const failure = z
  .object({
    error: z.object({
      message: z.string().openapi({ description: 'A sentence for a person: the thing, the fact and the way out.' }),
      type: z.string(),
      code: z
        .string()
        .nullable()
        .openapi({ description: 'invalid, unauthenticated, forbidden, not-found, conflict, unavailable or internal' }),
      param: z.string().nullable(),
      details: z.unknown().optional(),
    }),
  })
  .openapi('Error')

export const person = z
  .object({
    id,
    name: z.string(),
    role: role.openapi({ description: 'On the whole instance.' }),
    displayName: z.string().nullable().openapi({ description: 'As they call themselves; neither checked nor unique.' }),
    bio: z.string(),
    createdAt: date,
  })
  .openapi('Person')
export const member = z
  .object({ personId: id, name: z.string(), displayName: z.string().nullable(), role, addedBy: z.string(), createdAt: date })
  .openapi('Member')
export const memberChange = z
  .object({ id, name: z.string(), role: role.nullable().openapi({ description: 'null: no member any more.' }), by: z.string(), at: date })
  .openapi('MemberChange')
export const personWithToken = z
  .object({ person, token: z.string().openapi({ description: 'Shown this once.' }) })
  .openapi('PersonWithToken')
export const tokenRecord = z
  .object({
    id,
    label: z.string(),
    createdAt: date,
    revokedAt: date.nullable(),
    scopes: z.array(scope).nullable().openapi({ description: 'null: all that the person may do.' }),
    expiresAt: date.nullable(),
    lastUsedAt: date.nullable().openapi({ description: 'To within an hour.' }),
  })
  .openapi('Token')
export const signedIn = z.object({ name: z.string(), role }).openapi('SignedIn')
export const begunCeremony = z
  .object({
    ceremony: z.string().openapi({ description: 'To be brought back with the answer, within ten minutes.' }),
    options: z.looseObject({ challenge: z.string() }),
  })
  .openapi('BegunCeremony')
export const signInLink = z
  .object({ name: z.string().nullable().openapi({ description: 'null: for whoever sets the instance up.' }), link: z.string() })
  .openapi('SignInLink')
export const invitation = z
  .object({
    id,
    role,
    modelId: id.nullable(),
    model: z.string().nullable().openapi({ description: 'owner/name; null: the role is on the whole instance.' }),
    note: z.string(),
    invitedBy: z.string(),
    createdAt: date,
    expiresAt: date,
    state: z.enum(['open', 'used', 'revoked', 'expired']),
    usedBy: z.string().nullable(),
  })
  .openapi('Invitation')
export const invitationWithLink = z
  .object({ invitation, link: z.string().openapi({ description: 'Shown this once.' }) })
  .openapi('InvitationWithLink')
export const profile = z
  .object({
    displayName: z.string().nullable(),
    bio: z.string(),
    language: z.string().nullable().openapi({ description: 'BCP 47; null: as the browser asks.' }),
    theme: z.enum(['light', 'dark']).nullable().openapi({ description: 'null: as the device has it.' }),
  })
  .openapi('Profile')
export const session = z
  .object({
    id,
    label: z.string(),
    method: z.enum(['password', 'passkey', 'provider', 'link', 'sign-up']),
    createdAt: date,
    lastSeenAt: date,
    expiresAt: date,
    current: z.boolean().openapi({ description: 'The one that asks.' }),
  })
  .openapi('Session')
export const passkey = z
  .object({ id, label: z.string(), synced: z.boolean(), createdAt: date, lastUsedAt: date.nullable() })
  .openapi('Passkey')
export const linkedAccount = z.object({ id, issuer: z.string(), createdAt: date }).openapi('LinkedAccount')
export const actor = z
  .union([
    z.object({ kind: z.literal('operator') }),
    z.object({
      kind: z.literal('person'),
      id,
      name: z.string(),
      role,
      memberships: z
        .array(z.object({ modelId: id, role }))
        .openapi({ description: 'Roles in communities, beside the one on the instance.' }),
      scopes: z.array(scope).nullable().openapi({ description: 'What the token is for; null: all that the person may do.' }),
    }),
  ])
  .openapi('Actor')

export const baseModel = z
  .object({
    id,
    name: z.string(),
    licence: z.string().openapi({ description: 'SPDX expression, as declared by whoever added it.' }),
    source: z.string(),
    digest,
    config: z.looseObject({ architecture: z.string() }),
    files: z.array(storedFile),
    parameters: z.int(),
    served: z.array(z.object({ quantization: z.enum(['F16', 'Q8_0', 'F32']), digest, size: z.int() })),
    hasChatTemplate: z.boolean(),
    createdAt: date,
  })
  .openapi('BaseModel')

export const communityModel = z
  .object({
    id,
    owner: z.string(),
    name: z.string(),
    baseId: id,
    base: z.string(),
    description: z.string(),
    charter: z.array(z.string()),
    recipe: z.string(),
    licencePolicy: z.object({ allow: z.array(z.string()).nullable() }),
    createdAt: date,
  })
  .openapi('CommunityModel')

const suiteKind = z.enum(['text', 'exact', 'choice', 'rule'])
const suiteRole = z.enum(['measure', 'regression', 'charter']).openapi({
  description:
    'measure: how well it generalises; regression: whether old mistakes come back, may be trained on; charter: whether a clause is kept.',
})
const clauseBlocks = z
  .enum(['never', 'when-lost', 'always'])
  .openapi({ description: 'When a broken clause blocks a release; when-lost: where the release before kept it.' })

export const suite = z
  .object({
    id,
    modelId: id,
    name: z.string(),
    kind: suiteKind,
    role: suiteRole,
    digest,
    count: z.int(),
    target: z.boolean(),
    tolerance: z.number(),
    supersedes: id.nullable(),
    clause: z.int().nullable().openapi({ description: 'Of the charter: the clause it tests.' }),
    blocks: clauseBlocks.nullable(),
    contributionId: id.nullable(),
    licence: z.string().nullable().openapi({ description: 'SPDX expression under which its cases are given, where somebody said.' }),
    source: z.string(),
    retiredAt: date.nullable().openapi({ description: 'When it was retired: no later release is asked it.' }),
    createdAt: date,
  })
  .openapi('Suite')

export const finding = z
  .object({ check: z.string(), severity: z.enum(['error', 'warning']), row: z.int().nullable(), sentence: z.string() })
  .openapi('Finding')

export const contribution = z
  .object({
    id,
    modelId: id,
    model: z.string(),
    authorId: id.nullable(),
    author: z.string(),
    mentor: z.string().nullable().openapi({ description: 'Who helps the author, where that is a newcomer.' }),
    state: z.enum(['open', 'changes-requested', 'accepted', 'rejected', 'withdrawn']),
    message: z.string(),
    round: z.int(),
    feedbackId: id.nullable(),
    counts: z.object({ add: z.int(), replace: z.int(), remove: z.int(), case: z.int(), clause: z.int() }),
    createdAt: date,
    decidedAt: date.nullable(),
  })
  .openapi('Contribution')

const quorumRule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), n: z.int() }),
  z.strictObject({ kind: z.literal('adaptive'), share: z.number(), cap: z.int(), days: z.int() }),
])

export const quorum = z
  .object({
    needed: z.int(),
    accepting: z.int(),
    rule: quorumRule,
    rejection: z
      .object({ needed: z.int(), rejecting: z.int(), rule: quorumRule })
      .openapi({ description: 'The same of rejecting reviews. Whichever number is reached first decides.' }),
    active: z.array(z.string()).openapi({ description: 'Reviewers who were active within the days of the rule, the author aside.' }),
    available: z.array(z.string()).openapi({ description: 'Others who may review.' }),
    sentence: z.string().openapi({ description: '"1 of 2 accepting reviews; quorum 2 because …"' }),
    reason: z.string().openapi({ description: 'The same from "quorum 2" on.' }),
  })
  .openapi('Quorum', { description: 'adaptive: max(1, min(cap, ⌈share × active⌉)).' })

export const reviewRules = z
  .object({
    quorum: quorumRule,
    rejection: quorumRule,
    trust: z.object({ newcomerBelow: z.number(), patrolFrom: z.number(), halfLifeDays: z.int() }),
    patrol: z.object({
      enabled: z.boolean(),
      examples: z.int(),
      perDay: z.int(),
      overdueDays: z.int(),
      holdsRelease: z.boolean(),
    }),
    newcomers: z.object({
      openAtOnce: z.int().nullable(),
      examplesPerDay: z.int().nullable(),
      commentsPerHour: z.int().nullable(),
      mentorQueue: z.boolean(),
    }),
  })
  .openapi('ReviewRules')

export const rulesRecord = z.object({ id, rules: reviewRules, message: z.string(), by: z.string(), createdAt: date }).openapi('RulesRecord')
export const trustRecord = z
  .object({
    person: z.string(),
    model: z.string(),
    value: z.number().openapi({ description: '0 to 1.' }),
    good: z.number(),
    bad: z.number(),
    formula: z.array(z.string()),
    newcomerBelow: z.number(),
    patrolFrom: z.number(),
    newcomer: z.boolean(),
    patrolled: z.boolean().openapi({ description: 'Small proposals of theirs are accepted at once and patrolled later.' }),
    events: z.array(
      z.object({
        kind: z.enum(['standing', 'reverted', 'corrected', 'rejected']),
        contribution: id,
        by: id.nullable().openapi({ description: 'The contribution that took this part back or corrected it.' }),
        changes: z.int(),
        of: z.int(),
        at: date,
        ageDays: z.number(),
        counts: z.enum(['good', 'bad']),
        weight: z.number(),
        link: z.string(),
      }),
    ),
  })
  .openapi('Trust')

export const mentor = z.object({ name: z.string(), joinedAt: date, helping: z.int() }).openapi('Mentor')

export const patrol = z
  .object({
    contributionId: id,
    message: z.string(),
    author: z.string(),
    trust: z.number(),
    patrolFrom: z.number(),
    state: z.enum(['waiting', 'seen', 'reverted']),
    overdue: z.boolean(),
    patroller: z.string().nullable(),
    remark: z.string().nullable(),
    revertId: id.nullable(),
    createdAt: date,
    decidedAt: date.nullable(),
  })
  .openapi('Patrol', { description: 'A contribution that was accepted without review, to be patrolled later.' })

export const rulesChange = rulesRecord.extend({ changes: z.array(z.string()) }).openapi('RulesChange')

export const contributionRound = z
  .object({ round: z.int(), message: z.string(), signOff: z.string(), checks: z.array(finding), createdAt: date })
  .openapi('ContributionRound')

export const example = z.looseObject({}).openapi('Example', { description: '{ content, provenance }, digested as RFC 8785 JSON.' })

export const change = z.looseObject({ kind: z.enum(['add', 'replace', 'remove', 'case', 'clause']), position: z.int() }).openapi('Change', {
  description:
    'add: digest, example; replace: also target, targetExample; remove: target, targetExample; case: action, suite, sample, provenance; clause: change.',
})

export const runProgress = z.object({
  step: z.int(),
  steps: z.int().nullable(),
  loss: z.number().nullable(),
  tokensPerSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  plan: z
    .object({ examples: z.int(), cut: z.int(), lossTokens: z.int(), trainableParameters: z.int(), estimatedBytes: z.number() })
    .nullable(),
  validation: z.array(z.object({ step: z.int(), loss: z.number() })).optional(),
  resume: z.object({ step: z.int(), file: z.string() }).nullable(),
  result: z.object({ loss: z.number(), seconds: z.number(), peakBytes: z.number() }).nullable(),
})

export const checkpoint = z
  .object({ id, runId: id, step: z.int(), digest, files: z.array(storedFile), served: digest, createdAt: date })
  .openapi('Checkpoint')

export const trainingRun = z
  .object({
    id,
    modelId: id,
    baseId: id,
    revision: z.object({
      id,
      number: z.int().nullable().openapi({ description: 'null: a draft, which nobody accepted.' }),
      digest,
      count: z.int(),
    }),
    warmStartId: id.nullable(),
    averagedFrom: z
      .array(z.object({ run: id, checkpoint: id, digest }))
      .nullable()
      .openapi({ description: 'The runs whose weights its own are the mean of; null: it was trained.' }),
    purpose: z.enum(['candidate', 'build']),
    recipe: z.looseObject({}),
    trainer: z.string(),
    examples: digest.nullable(),
    state: runState,
    progress: runProgress,
    error: z.string().nullable(),
    startedBy: id.nullable(),
    createdAt: date,
    startedAt: date.nullable(),
    endedAt: date.nullable(),
    checkpoint: checkpoint.nullable(),
  })
  .openapi('TrainingRun')

export const runStep = z
  .object({ step: z.int(), loss: z.number(), gradientNorm: z.number(), learningRate: z.number(), tokensPerSecond: z.number() })
  .openapi('RunStep')

const metric = z.enum(['bits-per-byte', 'exact-match', 'accuracy', 'rules-kept'])
const evaluatedSuite = z.object({
  id,
  name: z.string(),
  kind: suiteKind,
  role: suiteRole,
  clause: z.int().nullable(),
  blocks: clauseBlocks.nullable(),
  digest,
  target: z.boolean(),
  tolerance: z.number(),
})

export const evaluation = z
  .object({
    id,
    modelId: id,
    suite: evaluatedSuite,
    checkpointId: id.nullable(),
    served: z.object({ base: digest, adapter: digest.nullable() }),
    state: runState,
    metric,
    score: z.number().nullable(),
    count: z.int(),
    done: z.int(),
    samples: digest.nullable(),
    seconds: z.number().nullable(),
    error: z.string().nullable(),
    createdAt: date,
  })
  .openapi('Evaluation')

export const sampleResult = z.looseObject({ index: z.int(), kind: suiteKind }).openapi('SampleResult', {
  description: 'text: nats, bytes, tokens; exact and rule: answer, right; choice: nats, picked, right, pickedPerByte.',
})

export const comparison = z
  .object({
    suite: evaluatedSuite,
    metric,
    subject: z.object({ evaluationId: id, score: z.number() }),
    baseline: z.object({ evaluationId: id, score: z.number() }),
    difference: z.number(),
    interval: z.tuple([z.number(), z.number()]).openapi({ description: '95 %, paired bootstrap over samples.' }),
    pValue: z.number(),
    smallestDetectable: z.number(),
    samples: z.int(),
    verdict: z.enum(['better', 'worse', 'undecided']),
  })
  .openapi('Comparison')

export const build = z
  .object({
    id,
    modelId: id,
    run: trainingRun,
    baselineId: id.nullable().openapi({ description: 'The release it is compared with; null: the base alone.' }),
    suites: z.array(id),
    state: runState,
    comparisons: z.array(comparison).nullable(),
    error: z.string().nullable(),
    requestedBy: id.nullable(),
    createdAt: date,
    startedAt: date.nullable(),
    endedAt: date.nullable(),
  })
  .openapi('Build', { description: 'A dataset trained and measured to find out what it does; never released.' })

export const preview = z
  .object({
    id,
    contributionId: id,
    round: z.int(),
    headRevisionId: id.nullable(),
    releaseId: id.nullable().openapi({ description: 'Where it began and what it is compared with; null: the base.' }),
    build: build.openapi({ description: 'With the proposal.' }),
    control: build.nullable().openapi({ description: 'The same training without it.' }),
    automatic: z.boolean(),
    requestedBy: id.nullable(),
    createdAt: date,
    state: runState,
    error: z.string().nullable(),
    seconds: z.number().nullable(),
  })
  .openapi('Preview')

/** What a contribution's page says of its newest preview. */
export const previewNote = z.object({ id, round: z.int(), state: runState, stale: z.array(z.string()) }).openapi('PreviewNote')

const given = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('answer'), text: z.string(), right: z.boolean() }),
  z.object({ kind: z.literal('text'), bitsPerByte: z.number() }),
])

const changedAnswer = z.object({
  index: z.int(),
  asked: z.string(),
  expected: z.string().nullable(),
  before: given,
  after: given,
  control: given.nullable(),
  change: z.enum(['better', 'worse', 'other']),
  cause: z
    .enum(['proposal', 'steps'])
    .nullable()
    .openapi({ description: 'steps: the same training makes this change without the proposal too; null: not known without a control.' }),
})

const givenAnswer = changedAnswer.omit({ change: true, cause: true })

const changeCounts = z.object({ better: z.int(), worse: z.int(), other: z.int() })
const buildCost = z.object({ training: z.number().nullable(), evaluation: z.number().nullable(), reused: z.boolean() })

const suiteEffect = z.object({
  against: comparison.openapi({ description: 'With the proposal against the release.' }),
  effect: comparison.nullable().openapi({ description: 'With the proposal against the control: what the proposal does.' }),
  drift: comparison.nullable().openapi({ description: 'The control against the release: what more training does by itself.' }),
  answers: z.object({
    proposal: changeCounts,
    steps: changeCounts,
    unknown: changeCounts,
    kept: z.int(),
    list: z.array(changedAnswer),
  }),
})

export const previewReport = z
  .object({
    preview,
    stale: z.array(z.object({ what: z.enum(['decision', 'round', 'dataset', 'release', 'suites']), sentence: z.string() })),
    summary: z.array(z.string()),
    onlyNoise: z.boolean().nullable(),
    suites: z.array(suiteEffect),
    ownCases: suiteEffect
      .nullable()
      .openapi({ description: 'The regression cases that the proposal itself brings, apart: it teaches what they ask.' }),
    ownAnswers: z.array(givenAnswer).openapi({ description: 'What was answered to each of those cases, changed or not.' }),
    cost: z.object({ build: buildCost, control: buildCost.nullable(), total: z.number().nullable() }),
  })
  .openapi('PreviewReport')

const clauseState = z.enum(['kept', 'broken', 'not-tested'])

export const gateReport = z
  .object({
    passed: z.boolean(),
    against: z.string(),
    suites: z.array(
      z.object({
        name: z.string(),
        target: z.boolean(),
        tolerance: z.number(),
        passed: z.boolean(),
        reason: z.string(),
        comparison,
        withBase: comparison,
      }),
    ),
    charter: z
      .array(
        z.object({
          number: z.int(),
          text: z.string(),
          state: clauseState,
          before: clauseState.nullable().openapi({ description: 'The same cases on the release before.' }),
          blocks: clauseBlocks,
          tolerance: z.number(),
          cases: z.int(),
          failed: z.int(),
          failing: z.array(z.object({ question: z.string(), answer: z.string(), why: z.string() })),
        }),
      )
      .optional()
      .openapi({ description: 'Clause by clause, whether the charter is kept.' }),
  })
  .openapi('GateReport')

const permission = z.enum(['allowed', 'not-allowed', 'unknown'])

export const licenceVerdict = z
  .looseObject({
    expression: z.string().openapi({ description: 'SPDX, of everything the release was made from.' }),
    summary: z.string(),
    commercialUse: permission,
    derivatives: permission,
    conditions: z.array(z.string()),
    fix: z.string().nullable(),
    notLegalAdvice: z.string(),
  })
  .openapi('LicenceVerdict', { description: '`why` lists the inputs the verdict rests on, `terms` the licences as read.' })

export const release = z
  .object({
    id,
    modelId: id,
    model: z.string(),
    version: z.string(),
    previousId: id.nullable(),
    checkpointId: id,
    state: z.enum(['published', 'retracted']),
    gate: gateReport,
    changelog: z.looseObject({}),
    licence: licenceVerdict,
    openness: releaseGrade
      .nullable()
      .openapi({ description: 'By the Model Openness Framework; null: published before releases were graded.' }),
    card: z.string(),
    artefacts: z.array(z.object({ format: z.enum(['peft', 'gguf', 'card']), path: z.string(), digest, size: z.int() })),
    retraction: z.string().nullable(),
    publishedBy: id.nullable(),
    createdAt: date,
  })
  .openapi('Release')

const turn = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })

export const suggestedQuestion = z
  .object({
    question: z.array(turn).openapi({ description: 'The conversation up to the answer.' }),
    answers: z
      .array(z.object({ text: z.string(), release: z.string().nullable(), feedbackId: id }))
      .openapi({ description: 'What was answered and found wrong.' }),
    taught: z.array(z.object({ digest, answer: z.string() })).openapi({ description: 'What the dataset answers now.' }),
    suggestions: z.array(
      z.object({
        contribution: id,
        state: contribution.shape.state,
        author: z.string(),
        message: z.string(),
        answer: z.string(),
        feedbackId: id.nullable(),
      }),
    ),
  })
  .openapi('SuggestedQuestion')

const clauseShape = z.object({
  number: z.int().openapi({ description: 'Stays with the clause; not given again once it is removed.' }),
  text: z.string(),
  blocks: clauseBlocks,
  tolerance: z.number().openapi({ description: 'Share of its cases that may fail while it counts as kept.' }),
  cases: z
    .array(z.looseObject({ expect: z.looseObject({}) }))
    .openapi({ description: 'Samples: messages or prompt, and what is expected of the answer: exactly, script, any, none, most.' }),
})

export const charter = z
  .object({
    revision: z.int(),
    clauses: z.array(clauseShape),
    nextClause: z.int(),
    contributionId: id.nullable(),
    createdAt: date.nullable(),
  })
  .openapi('Charter')

export const charterDiff = z
  .object({
    from: z.int(),
    to: z.int(),
    added: z.array(clauseShape),
    removed: z.array(clauseShape),
    changed: z.array(z.object({ before: clauseShape, after: clauseShape })),
    reordered: z.boolean(),
  })
  .openapi('CharterDiff')

export const charterRecord = charterDiff
  .extend({ revision: z.int(), contributionId: id.nullable(), author: z.string().nullable(), message: z.string(), createdAt: date })
  .openapi('CharterRecord')

export const feedback = z
  .object({
    id,
    modelId: id,
    releaseId: id.nullable(),
    personId: id.nullable(),
    turns: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
    rating: z.enum(['up', 'down']),
    correction: z.string().nullable(),
    answerId: z.string().nullable().openapi({ description: 'The stored answer it is about, while that is kept.' }),
    contributions: z.array(id),
    createdAt: date,
  })
  .openapi('Feedback')

export const review = z
  .object({
    id,
    contributionId: id,
    round: z.int(),
    reviewerId: id.nullable(),
    reviewer: z.string(),
    decision: z.enum(['accept', 'reject', 'request-changes']),
    message: z.string(),
    createdAt: date,
  })
  .openapi('Review')

export const datasetRevision = z.looseObject({ id, number: z.int(), digest, count: z.int(), createdAt: date }).openapi('DatasetRevision')

const estimate = z
  .object({ value: z.number(), band80: z.tuple([z.number(), z.number()]), band95: z.tuple([z.number(), z.number()]) })
  .openapi('Estimate', { description: 'A value with the bands in which it lies four times out of five, and nineteen times out of twenty.' })

export const forecastCurve = z
  .object({
    suite: evaluatedSuite,
    metric,
    by: z.enum(['suite', 'topic', 'language']),
    label: z.string(),
    questions: z.int(),
    withoutExamples: z.number().nullable(),
    points: z.array(z.object({ examples: z.int(), choice: z.int(), score: z.number() })),
    law: z.object({ plateau: z.number(), reducible: z.number(), exponent: z.number() }).openapi({
      description: 'error = plateau + reducible · examples^(−exponent); the error is 1 − score for shares and the score for bits per byte.',
    }),
    followsLaw: z.boolean().nullable(),
    end: estimate.extend({ known: z.boolean() }),
    expected: z.array(z.object({ examples: z.int(), score: estimate })),
    next: z
      .array(z.object({ more: z.int(), examples: z.int(), score: estimate, gain: estimate }))
      .openapi({ description: '100 and 1,000 more of the mixture as it is, and twice as many. Gains are positive where they are better.' }),
    smallestDetectable: z.number(),
    verdict: z.enum(['helps', 'end', 'seen-all', 'unmoved', 'unsaid']),
    backtest: z
      .object({
        examples: z.int(),
        predicted: estimate,
        measured: z.number(),
        error: z.number(),
        within80: z.boolean(),
        within95: z.boolean(),
      })
      .nullable()
      .openapi({ description: 'The whole, foretold by the trainings on at most three quarters of it.' }),
  })
  .openapi('ForecastCurve')

export const forecast = z
  .object({
    id,
    modelId: id,
    model: z.string(),
    revision: z.object({ id, number: z.int(), digest, count: z.int() }),
    suites: z.array(id),
    recipe: z.looseObject({}),
    budgetSeconds: z.number(),
    state: runState,
    progress: z.object({
      done: z.int(),
      of: z.int(),
      fraction: z.string().nullable(),
      step: z.int().nullable(),
      steps: z.int().nullable(),
      secondsLeft: z.number().nullable(),
    }),
    points: z.array(
      z.object({
        share: z.number(),
        choice: z.int(),
        examples: z.int(),
        runId: id,
        evaluations: z.array(id),
        seconds: z.number(),
        reused: z.boolean(),
      }),
    ),
    result: z
      .object({
        curves: z.array(forecastCurve),
        needs: z.array(
          z.object({
            by: z.enum(['topic', 'language', 'suite']),
            label: z.string(),
            suite: z.string(),
            metric,
            kind: z.enum(['more', 'other', 'enough']),
            left: z.number(),
            gain: estimate,
          }),
        ),
        languages: z.array(z.object({ language: z.string(), examples: z.int() })),
        cost: z.object({ seconds: z.number(), trainings: z.int(), reused: z.int(), cutShort: z.boolean() }),
      })
      .nullable(),
    sentences: z.array(z.string()).openapi({ description: 'The result in words.' }),
    stale: z.string().nullable().openapi({ description: 'Why it is no longer about what is there now.' }),
    error: z.string().nullable(),
    requestedBy: id.nullable(),
    createdAt: date,
    startedAt: date.nullable(),
    endedAt: date.nullable(),
  })
  .openapi('Forecast')

/** The same, as types for those who call the API. */
export interface Answers {
  readonly forecast: z.infer<typeof forecast>
  readonly forecastCurve: z.infer<typeof forecastCurve>
  readonly actor: z.infer<typeof actor>
  readonly baseModel: z.infer<typeof baseModel>
  readonly communityModel: z.infer<typeof communityModel>
  readonly suite: z.infer<typeof suite>
  readonly person: z.infer<typeof person>
  readonly personWithToken: z.infer<typeof personWithToken>
  readonly member: z.infer<typeof member>
  readonly tokenRecord: z.infer<typeof tokenRecord>
  readonly invitation: z.infer<typeof invitation>
  readonly invitationWithLink: z.infer<typeof invitationWithLink>
  readonly signInLink: z.infer<typeof signInLink>
  readonly memberChange: z.infer<typeof memberChange>
  readonly contribution: z.infer<typeof contribution>
  readonly contributionRound: z.infer<typeof contributionRound>
  readonly quorum: z.infer<typeof quorum>
  readonly reviewRules: z.infer<typeof reviewRules>
  readonly rulesRecord: z.infer<typeof rulesRecord>
  readonly rulesChange: z.infer<typeof rulesChange>
  readonly trust: z.infer<typeof trustRecord>
  readonly mentor: z.infer<typeof mentor>
  readonly patrol: z.infer<typeof patrol>
  readonly finding: z.infer<typeof finding>
  readonly review: z.infer<typeof review>
  readonly datasetRevision: z.infer<typeof datasetRevision>
  readonly trainingRun: z.infer<typeof trainingRun>
  readonly runStep: z.infer<typeof runStep>
  readonly evaluation: z.infer<typeof evaluation>
  readonly comparison: z.infer<typeof comparison>
  readonly preview: z.infer<typeof preview>
  readonly previewReport: z.infer<typeof previewReport>
  readonly previewNote: z.infer<typeof previewNote>
  readonly gateReport: z.infer<typeof gateReport>
  readonly release: z.infer<typeof release>
  readonly feedback: z.infer<typeof feedback>
  readonly suggestedQuestion: z.infer<typeof suggestedQuestion>
  readonly charter: z.infer<typeof charter>
  readonly charterDiff: z.infer<typeof charterDiff>
  readonly charterRecord: z.infer<typeof charterRecord>
}
