/**
 * The tables, as Kysely sees them. A stage owns its tables; ids point upstream only.
 *
 * TypeScript says `createdAt`, SQL says `created_at`: the database is opened with Kysely's CamelCasePlugin({ maintainNestedObjectKeys: true }),
 * so keys inside jsonb stay as they were written. Integers beyond 2^31 come back as numbers; timestamps as Date; bytea as Uint8Array.
 */

import type { ColumnType, Generated, GeneratedAlways, RawBuilder } from 'kysely'
import type { Digest } from './blobs.ts'

/** jsonb: written as JSON text, read back parsed. */
type Json<T> = ColumnType<T, string, string>
type CreatedAt = ColumnType<Date, Date | string | undefined, never>

export type RoleName = 'contributor' | 'reviewer' | 'maintainer'

/** One file of an artefact made of several, e.g. a PEFT adapter or a base model folder. */
export interface StoredFile {
  readonly path: string
  readonly digest: Digest
  readonly size: number
}

export interface PeopleTable {
  id: GeneratedAlways<number>
  name: string
  role: RoleName
  displayName: Generated<string | null>
  bio: Generated<string>
  /** BCP 47, of the pages; null: as the browser asks. */
  language: Generated<string | null>
  /** null: as the device has it. */
  theme: Generated<'light' | 'dark' | null>
  /** How authenticators know this person: random, so that it says nothing about them. */
  passkeyUser: Generated<string>
  createdAt: CreatedAt
}

/** What a person may do in one community, beyond what their role on the whole instance allows. */
export interface MembersTable {
  modelId: number
  personId: number
  role: RoleName
  /** null: the local operator. */
  addedBy: number | null
  createdAt: CreatedAt
}

/** Every change of a membership, as it was made. */
export interface MemberChangesTable {
  id: GeneratedAlways<number>
  modelId: number
  personId: number
  /** null: no member any more. */
  role: RoleName | null
  changedBy: number | null
  createdAt: CreatedAt
}

export interface PasswordsTable {
  personId: number
  /** The algorithm with its parameters, the salt and the hash, as in people/password.ts. */
  hash: string
  changedAt: Generated<Date>
}

export type SignInMethod = 'password' | 'passkey' | 'provider' | 'link' | 'sign-up'

export interface SessionsTable {
  id: GeneratedAlways<number>
  personId: number
  /** sha256 of the cookie's value, hexadecimal. */
  hash: string
  /** The device, as its browser names itself. */
  label: string
  method: SignInMethod
  createdAt: CreatedAt
  lastSeenAt: Generated<Date>
  expiresAt: Date
  endedAt: Date | null
}

export interface PasskeysTable {
  id: GeneratedAlways<number>
  personId: number
  /** base64url, as authenticators name it. */
  credentialId: string
  /** COSE. */
  publicKey: Uint8Array
  /** Of signatures, where the authenticator counts; 0 where it does not. */
  counter: number
  transports: Json<readonly string[]>
  /** Whether the authenticator keeps it on several devices. */
  synced: boolean
  label: string
  createdAt: CreatedAt
  lastUsedAt: Date | null
}

export interface ProviderAccountsTable {
  id: GeneratedAlways<number>
  personId: number
  issuer: string
  subject: string
  createdAt: CreatedAt
}

/** What was begun with a browser and is finished with the same one, once: passkeys, and the way to a provider and back. */
export interface CeremoniesTable {
  /** sha256 of what the browser was given. */
  hash: string
  kind: 'passkey-new' | 'passkey-sign-in' | 'provider' | 'provider-account'
  personId: number | null
  secrets: Json<Readonly<Record<string, string>>>
  expiresAt: Date
}

export interface InvitationsTable {
  id: GeneratedAlways<number>
  hash: string
  /** In the community, or on the whole instance where there is none. */
  role: RoleName
  modelId: number | null
  note: string
  invitedBy: number | null
  createdAt: CreatedAt
  expiresAt: Date
  usedBy: number | null
  usedAt: Date | null
  revokedAt: Date | null
}

export interface SignInLinksTable {
  hash: string
  /** null: proves that whoever sets the instance up is its operator. */
  personId: number | null
  createdAt: CreatedAt
  expiresAt: Date
  usedAt: Date | null
}

/** Attempts to sign in, for limits that a restart does not forget; rows older than the longest limit are deleted. */
export interface SignInAttemptsTable {
  id: GeneratedAlways<number>
  kind: string
  key: string
  createdAt: CreatedAt
}

export type Scope = 'read' | 'contribute' | 'review' | 'maintain' | 'chat'

export interface TokensTable {
  id: GeneratedAlways<number>
  personId: number
  /** sha256 of the token, hexadecimal: the token itself is shown once and never stored. */
  hash: string
  label: string
  createdAt: CreatedAt
  revokedAt: Date | null
  /** null: all that the person may do. */
  scopes: ColumnType<readonly Scope[] | null, string | null | undefined, never>
  lastUsedAt: Generated<Date | null>
  expiresAt: Generated<Date | null>
}

export interface BaseModelsTable {
  id: GeneratedAlways<number>
  name: string
  /** SPDX expression, as declared by whoever added it. */
  licence: string
  source: string
  /** Over the sorted (path, digest) of all files. */
  digest: Digest
  /** The HfConfig. */
  config: Json<unknown>
  files: Json<readonly StoredFile[]>
  parameters: number
  /** GGUF artefacts made from the files, first is what is served by default. */
  served: Json<readonly { readonly quantization: 'F16' | 'Q8_0' | 'F32'; readonly digest: Digest; readonly size: number }[]>
  hasChatTemplate: boolean
  createdAt: CreatedAt
}

export interface CommunityModelsTable {
  id: GeneratedAlways<number>
  owner: string
  name: string
  baseId: number
  description: string
  /** Clauses of values and tone as they read now, in order; charterRevisions has their numbers and history. */
  charter: Json<readonly string[]>
  /** Recipe overrides as YAML, or '' for the defaults. */
  recipe: string
  /** Licences whose examples may be trained on; null admits every licence whose terms are known. */
  licencePolicy: Json<{ readonly allow: readonly string[] | null }>
  createdAt: CreatedAt
}

export interface SuitesTable {
  id: GeneratedAlways<number>
  modelId: number
  name: string
  kind: 'text' | 'exact' | 'choice' | 'rule'
  /** measure: how well it generalises; regression: whether old mistakes come back, may be trained on; charter: whether a clause is kept. */
  role: Generated<SuiteRole>
  /** The samples, JSONL in blob storage. */
  digest: Digest
  count: number
  /** A release must improve its target suites; the others must not regress beyond their tolerance. */
  target: boolean
  /** Largest loss of score a release may have, in the suite's own unit (share right, or bits per byte). */
  tolerance: number
  /** The suite of the same name this one replaces. */
  supersedes: number | null
  /** Of the charter: the number of the clause, and when breaking it blocks a release. */
  clause: Generated<number | null>
  blocks: Generated<ClauseBlocks | null>
  /** The contribution that made this version of it; null: a maintainer's upload. */
  contributionId: Generated<number | null>
  /** SPDX expression under which the cases are given, and where they are from; what nobody said is null and ''. */
  licence: Generated<string | null>
  source: Generated<string>
  /** When it ceased to stand without a newer one in its place. */
  withdrawnAt: Generated<Date | null>
  createdAt: CreatedAt
}

/** The newest row of a suite's versions says whether it is asked: making its next version neither retires it nor takes it up again. */
export interface SuiteRetirementsTable {
  id: GeneratedAlways<number>
  /** The version that stood then. */
  suiteId: number
  /** false: taken up again. */
  retired: boolean
  message: string
  /** null: the local operator. */
  setBy: number | null
  createdAt: CreatedAt
}

export type SuiteRole = 'measure' | 'regression' | 'charter'
export type ClauseBlocks = 'never' | 'when-lost' | 'always'

export interface CharterRevisionsTable {
  id: GeneratedAlways<number>
  modelId: number
  /** 1, 2, 3 … within its community model. */
  number: number
  /** null: what the model began with. */
  contributionId: number | null
  /** Clauses in order, as in models/charter.ts. */
  clauses: Json<readonly unknown[]>
  /** The number the next new clause gets: those of removed ones are not given again. */
  nextClause: number
  createdAt: CreatedAt
}

export interface SuiteKeysTable {
  suiteId: number
  /** sha256 (hex) of the normalised text of a sample, for finding training examples that give the answer away. */
  key: string
}

export interface FeedbackTable {
  id: GeneratedAlways<number>
  modelId: number
  /** null: the base alone answered. */
  releaseId: number | null
  personId: number | null
  /** The conversation up to and including the answer. */
  turns: Json<readonly { readonly role: string; readonly content: string }[]>
  rating: 'up' | 'down'
  correction: string | null
  /** The stored answer it is about. */
  answerId: Generated<string | null>
  createdAt: CreatedAt
}

/** Answers that somebody asked to be stored. They are deleted after a while unless feedback is about them. */
export interface AnswersTable {
  /** As OpenAI's clients know it: chatcmpl-… */
  id: string
  /** What was asked for: owner/name, owner/name@version or a base. */
  model: string
  /** null: a base alone. */
  modelId: number | null
  releaseId: number | null
  /** null: the local operator. */
  personId: number | null
  /** The conversation up to the question. */
  turns: Json<readonly { readonly role: string; readonly content: string }[]>
  choices: Json<readonly unknown[]>
  usage: Json<unknown>
  metadata: Json<unknown>
  createdAt: CreatedAt
}

export type ContributionState = 'open' | 'changes-requested' | 'accepted' | 'rejected' | 'withdrawn'

export interface ContributionsTable {
  id: GeneratedAlways<number>
  modelId: number
  /** null: the local operator. */
  authorId: number | null
  state: ContributionState
  message: string
  /** Rounds of revision; the current one. Starts at 1. */
  round: number
  /** What was said about an answer, where this came from that. */
  feedbackId: number | null
  /** The accepted contribution that this one takes back. */
  reverts: number | null
  createdAt: CreatedAt
  /** When it was accepted, rejected or withdrawn; accepted ones of a model are in this order. */
  decidedAt: Date | null
}

export interface ContributionRoundsTable {
  contributionId: number
  round: number
  message: string
  /** The Developer Certificate of Origin line: who vouches for the right to give this. */
  signOff: string
  /** Findings of the checks that ran on this round. */
  checks: Json<readonly unknown[]>
  /** How many changes of each kind it has: a round never changes, and lists need not count. */
  counts: ColumnType<{ readonly [kind in ContributionChangesTable['kind']]: number }, string, never>
  createdAt: CreatedAt
}

export interface ContributionChangesTable {
  contributionId: number
  round: number
  position: number
  kind: 'add' | 'replace' | 'remove' | 'case' | 'clause'
  /** The example that comes (add, replace). */
  exampleDigest: Digest | null
  /** The example that goes (replace, remove). */
  targetDigest: Digest | null
  /** Of a case or a clause: what changes. */
  body: ColumnType<unknown, string | null | undefined, never>
  /** The question that is answered (add, replace, case), for finding other answers to it. */
  questionKey: Generated<string | null>
}

export interface ExamplesTable {
  digest: Digest
  /** Over the content alone, without provenance: equal for exact duplicates. */
  contentDigest: Digest
  /** { content, provenance }. */
  body: Json<unknown>
  createdAt: CreatedAt
}

/** The examples that stand in a model's dataset, ready to be searched: made from what was accepted, and made again where exampleIndexes is behind. */
export interface StandingExamplesTable {
  modelId: number
  /** The larger, the later it came. */
  place: number
  digest: Digest
  /** The contribution that brought it. */
  contributionId: number
  /** Its words and what it is filtered by, as in contributions/search-words.ts. */
  search: ColumnType<string, RawBuilder<string>, never>
}

/** What the standing examples of a model were made from. */
export interface ExampleIndexesTable {
  modelId: number
  /** The dataset revision they are those of; null: the empty one. */
  revisionId: number | null
  /** How texts were taken apart. */
  wordsVersion: number
  nextPlace: number
}

/** How many standing examples have a value. */
export interface ExampleTalliesTable {
  modelId: number
  field: 'language' | 'origin' | 'licence' | 'contributor'
  value: string
  count: number
}

/** What an undecided proposal changes: an example that goes, or the question it answers. */
export interface ClaimsTable {
  modelId: number
  /** The example's digest, or `question:` and its key. */
  key: string
  contributionId: number
  /** Another undecided proposal claims the same. */
  contested: boolean
}

/** A file or a pasted text on its way to a proposal. */
export interface UploadsTable {
  id: GeneratedAlways<number>
  modelId: number
  /** null: the local operator. */
  personId: number | null
  name: string
  format: 'jsonl' | 'csv' | 'parquet'
  columns: Json<readonly string[]>
  mapping: Json<Readonly<Record<string, string | null>>>
  /** What is said of all rows, as far as it was said. */
  declared: Json<Readonly<Record<string, string>>>
  /** Grows with every change of it or of its rows. */
  version: Generated<number>
  /** The version its rows' findings are of; null: none yet. */
  examined: Generated<number | null>
  /** Findings about the whole. */
  findings: ColumnType<readonly unknown[], string | undefined, string>
  /** Of all rows as they came. */
  characters: number
  /** What it became. */
  contributionId: Generated<number | null>
  createdAt: CreatedAt
  touchedAt: Generated<Date>
}

export interface UploadRowsTable {
  uploadId: number
  row: number
  /** As the file has it, usually an object; the text of a row that could not be read. Not jsonb, which refuses what people sometimes paste. */
  cells: ColumnType<unknown, string | null, never>
  /** Why it could not be read. */
  problem: string | null
  /** What somebody wrote over its cells, by column. */
  edited: ColumnType<Readonly<Record<string, string>> | null, string | null | undefined, string | null>
  leftOut: Generated<boolean>
  verdict: Generated<'passes' | 'remarks' | 'fails' | null>
  findings: ColumnType<readonly unknown[], string | undefined, string>
}

export interface ExampleBandsTable {
  /** A MinHash band: examples that share one are near-duplicate candidates. */
  band: number
  digest: Digest
}

export interface ReviewsTable {
  id: GeneratedAlways<number>
  contributionId: number
  round: number
  /** null: the local operator. */
  reviewerId: number | null
  decision: 'accept' | 'reject' | 'request-changes'
  message: string
  createdAt: CreatedAt
}

/** How a community reviews, as it was set each time; the newest row counts. */
/** What a community says of itself and trains by, from then on; the newest is what communityModels says. */
export interface ModelSettingsTable {
  id: GeneratedAlways<number>
  modelId: number
  settings: Json<unknown>
  message: string
  /** null: the local operator. */
  setBy: number | null
  createdAt: CreatedAt
}

/** Of a base or of a community: exactly one of the two. */
export interface OpennessDeclarationsTable {
  id: GeneratedAlways<number>
  baseId: number | null
  modelId: number | null
  /** The whole of what is declared, as in models/openness-declaration.ts. */
  components: Json<unknown>
  /** Where whoever declared it read it. */
  source: string | null
  message: string
  /** null: the local operator. */
  declaredBy: number | null
  createdAt: CreatedAt
}

export interface ReviewRulesTable {
  id: GeneratedAlways<number>
  modelId: number
  /** The whole of the rules, as in models/review-rules.ts. */
  rules: Json<unknown>
  /** Why they were set so. */
  message: string
  /** null: the local operator, or a migration. */
  setBy: number | null
  createdAt: CreatedAt
}

export interface MentorsTable {
  modelId: number
  personId: number
  joinedAt: Generated<Date>
  /** null while they are one. */
  leftAt: Date | null
}

/** Proposals of newcomers. */
export interface MentoredContributionsTable {
  contributionId: number
  /** null while there is no mentor. */
  mentorId: number | null
}

/** A contribution accepted at once, to be patrolled later. */
export interface PatrolsTable {
  contributionId: number
  /** The rules it was accepted under. */
  rulesId: number
  /** Its author's trust at that moment. */
  trust: number
  state: Generated<'waiting' | 'seen' | 'reverted'>
  /** Who looked; null: nobody yet, or the local operator. */
  patrollerId: number | null
  message: string | null
  /** The contribution that took it back. */
  revertId: number | null
  createdAt: CreatedAt
  decidedAt: Date | null
}

/** What newcomers did that no other table counts; rows older than the longest limit are deleted. */
export interface NewcomerActsTable {
  id: GeneratedAlways<number>
  modelId: number
  personId: number
  kind: 'comment'
  createdAt: CreatedAt
}

export interface DatasetBucketsTable {
  digest: Digest
  /** Member digests, 32 raw bytes each, sorted. */
  members: Uint8Array
}

export interface DatasetRevisionsTable {
  id: GeneratedAlways<number>
  modelId: number
  /** 1, 2, 3 … within its community model; null for a draft, which nobody accepted. */
  number: number | null
  parentId: number | null
  /** The root. */
  digest: Digest
  /** Non-empty buckets in order: 2 bytes of index (big-endian) and 32 bytes of digest each. */
  buckets: Uint8Array
  count: number
  createdAt: CreatedAt
}

export interface RevisionContributionsTable {
  revisionId: number
  contributionId: number
}

export type RunState = 'queued' | 'running' | 'finished' | 'failed' | 'cancelled'

export interface TrainingRunsTable {
  id: GeneratedAlways<number>
  modelId: number
  baseId: number
  revisionId: number
  /** Where its weights began; null: at an adapter that changes nothing. */
  warmStartId: Generated<number | null>
  /** candidate: could be released; build: trained to find something out. */
  purpose: Generated<'candidate' | 'build'>
  /** The effective recipe: nothing left to a default. */
  recipe: Json<unknown>
  /** Trainer name and version: a run is a function of base, revision, recipe and this. */
  trainer: string
  /** The runs whose weights its own are the mean of, with checkpoints and digests; null: it was trained. */
  averagedFrom: ColumnType<unknown, string | null | undefined, string | null>
  /** The examples as trained on, JSONL in blob storage; null until the run starts. */
  examples: Digest | null
  state: RunState
  /** The last event, for those who join late. */
  progress: Json<unknown> | null
  error: string | null
  startedBy: number | null
  createdAt: CreatedAt
  startedAt: Date | null
  endedAt: Date | null
}

export interface RunStepsTable {
  runId: number
  step: number
  loss: number
  gradientNorm: number
  learningRate: number
  tokensPerSecond: number
}

export interface CheckpointsTable {
  id: GeneratedAlways<number>
  runId: number
  step: number
  /** Over the sorted (path, digest) of its files. */
  digest: Digest
  /** The PEFT adapter. */
  files: Json<readonly StoredFile[]>
  /** The same adapter as GGUF, which is what is evaluated and served. */
  served: Digest
  createdAt: CreatedAt
}

export interface EvaluationsTable {
  id: GeneratedAlways<number>
  modelId: number
  suiteId: number
  /** null: the base alone. */
  checkpointId: number | null
  /** What answered: the GGUF base and the GGUF adapter. */
  servedBase: Digest
  servedAdapter: Digest | null
  state: RunState
  metric: string
  score: number | null
  count: number
  /** Samples answered so far, for those who watch. */
  done: number
  /** Per-sample results, JSONL in blob storage. */
  samples: Digest | null
  seconds: number | null
  error: string | null
  createdAt: CreatedAt
}

export interface BuildsTable {
  id: GeneratedAlways<number>
  modelId: number
  runId: number
  /** The release it is compared with; null: the base alone. */
  baselineId: number | null
  /** Ids of the suites it is asked. */
  suites: Json<readonly number[]>
  state: RunState
  /** Per suite, once finished. */
  comparisons: Json<unknown> | null
  error: string | null
  requestedBy: number | null
  createdAt: CreatedAt
  startedAt: Date | null
  endedAt: Date | null
}

export interface ForecastsTable {
  id: GeneratedAlways<number>
  modelId: number
  /** The whole that the fractions are of. */
  revisionId: number
  suites: Json<readonly number[]>
  /** The effective recipe of every training. */
  recipe: Json<unknown>
  trainer: string
  /** For trainings and evaluations together. */
  budgetSeconds: number
  state: RunState
  /** What is to be trained, in order. */
  fractions: Json<unknown>
  /** What was trained and evaluated so far. */
  points: Json<unknown>
  /** What is being built now; null where nothing is. */
  buildId: number | null
  /** Null until it has finished. */
  result: Json<unknown> | null
  error: string | null
  requestedBy: number | null
  createdAt: CreatedAt
  startedAt: Date | null
  endedAt: Date | null
}

/** What a trainer found out without making weights: a learning rate, or which examples pulled towards an answer. */
export interface StudiesTable {
  id: GeneratedAlways<number>
  modelId: number
  kind: 'rate' | 'trace'
  /** Whose examples were read. */
  revisionId: number
  /** Whose adapter was traced; null for a rate. */
  runId: number | null
  /** The effective recipe. */
  recipe: Json<unknown>
  trainer: string
  /** What was asked. */
  request: Json<unknown>
  state: RunState
  done: Generated<number>
  /** Steps or examples in all; null until that is known. */
  total: number | null
  /** Null until it has finished. */
  result: Json<unknown> | null
  error: string | null
  requestedBy: number | null
  createdAt: CreatedAt
  startedAt: Date | null
  endedAt: Date | null
}

export interface PreviewsTable {
  id: GeneratedAlways<number>
  contributionId: number
  round: number
  /** The revision the proposal was added to; null: none yet. */
  headId: number | null
  /** Where it began and what it is compared with; null: the base. */
  releaseId: number | null
  buildId: number
  /** The same steps without the proposal; null: nothing to train on. */
  controlId: number | null
  /** Began by itself. */
  automatic: boolean
  requestedBy: number | null
  cancelledAt: Date | null
  createdAt: CreatedAt
}

export interface TrainSchedulesTable {
  id: GeneratedAlways<number>
  modelId: number
  /** The Rhythm. */
  rhythm: Json<unknown>
  /** Whether a train may publish by itself what passed its gate with everybody aboard. */
  publish: boolean
  /** Builds that the search for what broke a gate may take. */
  builds: number
  /** null: the local operator. */
  setBy: number | null
  createdAt: CreatedAt
}

export type TrainState = 'running' | 'proposed' | 'published' | 'overtaken' | 'stopped' | 'failed' | 'cancelled'
export type TrainStage = 'train' | 'evaluate' | 'gate' | 'search' | 'propose' | 'publish'

export interface ReleaseTrainsTable {
  id: GeneratedAlways<number>
  modelId: number
  /** 1, 2, 3 … within its community model. */
  number: number
  state: TrainState
  stage: TrainStage
  /** Why it left, in words. */
  reason: string
  /** null: the rhythm, or the local operator. */
  startedBy: number | null
  /** The release it would follow; null: a first one. */
  baselineId: number | null
  /** The newest dataset when it left. */
  revisionId: number
  /** The candidate it is at; null until that exists. */
  runId: number | null
  /** The build that the search waits for. */
  buildId: number | null
  /** The GateReport of that candidate. */
  gate: Json<unknown> | null
  /** The GateReport with everybody aboard, where that failed. */
  firstGate: Json<unknown> | null
  /** Ids of contributions found to break the gate. */
  leftOut: Json<readonly number[]>
  /** How it ended, in words. */
  outcome: string | null
  /** What authors of contributions left out were told. */
  letters: Json<unknown>
  /** The contribution that takes back what is left out. */
  reversalId: number | null
  releaseId: number | null
  createdAt: CreatedAt
  endedAt: Date | null
}

export interface TrainTrialsTable {
  id: GeneratedAlways<number>
  trainId: number
  /** 0 searches; 1 confirms, with another order of the same examples. */
  draw: number
  /** Ids, ascending; none: the control. */
  contributions: Json<readonly number[]>
  buildId: number
  /** null: a control. */
  verdict: 'breaks' | 'holds' | null
  /** Per suite: the build against its control; of a control, none. */
  comparisons: Json<unknown>
  seconds: number
  createdAt: CreatedAt
}

export interface ReleasesTable {
  id: GeneratedAlways<number>
  modelId: number
  /** Semantic version. */
  version: string
  previousId: number | null
  checkpointId: number
  state: 'published' | 'retracted'
  /** The comparisons the gate decided on. */
  gate: Json<unknown>
  changelog: Json<unknown>
  /** Concluded licence with its why-path. */
  licence: Json<unknown>
  /** Graded component by component; null: published before releases were graded. */
  openness: Json<unknown> | null
  card: string
  artefacts: Json<
    readonly { readonly format: 'peft' | 'gguf' | 'card'; readonly path: string; readonly digest: Digest; readonly size: number }[]
  >
  retraction: string | null
  publishedBy: number | null
  createdAt: CreatedAt
}

export interface ReleaseEvaluationsTable {
  releaseId: number
  evaluationId: number
}

export interface NotificationsTable {
  id: GeneratedAlways<number>
  personId: number
  kind: string
  sentence: string
  /** A path of this server. */
  link: string
  /** Names the occasion, so that a person is told of it once; null where it cannot come twice. */
  key: string | null
  createdAt: CreatedAt
  readAt: Date | null
}

export interface NotificationSettingsTable {
  personId: number
  /** Kinds the person does not want to hear of. */
  muted: Json<readonly string[]>
  /** Whether there is a public feed of the person's receipts. */
  feed: boolean
}

export interface ContributionMeasurementsTable {
  id: GeneratedAlways<number>
  releaseId: number
  contributionId: number
  /** full: the release's own recipe from the start; warm: a few hundred steps from the release before. */
  method: 'full' | 'warm'
  /** null: the release itself is the side with it. */
  withBuildId: number | null
  withoutBuildId: number
  requestedBy: number | null
  createdAt: CreatedAt
}

export interface ReceiptsTable {
  id: GeneratedAlways<number>
  releaseId: number
  personId: number
  /** The edition of the same receipt that this one replaces: more was measured. */
  supersedes: number | null
  /** Over the canonical JSON of the body. */
  digest: Digest
  body: Json<unknown>
  /** What lists say of it, counted once. */
  figures: Json<unknown>
  createdAt: CreatedAt
}

/** What takes long to count and need not be exact: counted by housekeeping. */
export interface KeptCountsTable {
  name: string
  value: Json<unknown>
  countedAt: Generated<Date>
}

export interface ReceiptIssuesTable {
  releaseId: number
  /** How many people have a receipt for it. */
  people: number
  createdAt: CreatedAt
}

export type SubjectKind = 'contribution' | 'example' | 'clause' | 'suite' | 'release'

export interface ThreadsTable {
  id: GeneratedAlways<number>
  modelId: number
  subjectKind: SubjectKind
  subjectId: string
  /** null: the local operator. */
  startedBy: number | null
  createdAt: CreatedAt
  resolvedAt: Date | null
  resolvedBy: number | null
}

export interface CommentsTable {
  id: GeneratedAlways<number>
  threadId: number
  authorId: number | null
  createdAt: CreatedAt
  hiddenAt: Date | null
  hiddenBy: number | null
  hiddenReason: string | null
  erasedAt: Date | null
  erasedReason: string | null
}

export interface CommentVersionsTable {
  commentId: number
  /** 1, 2, 3 …; the highest is what the comment says. */
  version: number
  /** Markdown, NFC; null: erased. */
  text: string | null
  createdAt: CreatedAt
}

/** Read and written by jobs.ts only. */
export interface JobsTable {
  id: GeneratedAlways<number>
  kind: string
  payload: Json<unknown>
  key: string | null
  state: Generated<'waiting' | 'running' | 'done' | 'failed' | 'cancelled'>
  /** How often it was started. */
  attempt: Generated<number>
  runAfter: Generated<Date>
  worker: string | null
  /** On a server, when others may take a running job over; null where the folder's lock says so. */
  leaseUntil: Date | null
  cancelAsked: Generated<boolean>
  error: string | null
  createdAt: CreatedAt
  startedAt: Date | null
  endedAt: Date | null
}

export interface Schema {
  jobs: JobsTable
  people: PeopleTable
  tokens: TokensTable
  members: MembersTable
  memberChanges: MemberChangesTable
  passwords: PasswordsTable
  sessions: SessionsTable
  passkeys: PasskeysTable
  providerAccounts: ProviderAccountsTable
  ceremonies: CeremoniesTable
  invitations: InvitationsTable
  signInLinks: SignInLinksTable
  signInAttempts: SignInAttemptsTable
  baseModels: BaseModelsTable
  communityModels: CommunityModelsTable
  suites: SuitesTable
  suiteKeys: SuiteKeysTable
  charterRevisions: CharterRevisionsTable
  answers: AnswersTable
  feedback: FeedbackTable
  contributions: ContributionsTable
  contributionRounds: ContributionRoundsTable
  contributionChanges: ContributionChangesTable
  examples: ExamplesTable
  standingExamples: StandingExamplesTable
  exampleIndexes: ExampleIndexesTable
  exampleTallies: ExampleTalliesTable
  claims: ClaimsTable
  uploads: UploadsTable
  uploadRows: UploadRowsTable
  exampleBands: ExampleBandsTable
  reviews: ReviewsTable
  modelSettings: ModelSettingsTable
  suiteRetirements: SuiteRetirementsTable
  opennessDeclarations: OpennessDeclarationsTable
  reviewRules: ReviewRulesTable
  mentors: MentorsTable
  mentoredContributions: MentoredContributionsTable
  patrols: PatrolsTable
  newcomerActs: NewcomerActsTable
  datasetBuckets: DatasetBucketsTable
  datasetRevisions: DatasetRevisionsTable
  revisionContributions: RevisionContributionsTable
  trainingRuns: TrainingRunsTable
  runSteps: RunStepsTable
  checkpoints: CheckpointsTable
  evaluations: EvaluationsTable
  builds: BuildsTable
  forecasts: ForecastsTable
  studies: StudiesTable
  previews: PreviewsTable
  trainSchedules: TrainSchedulesTable
  releaseTrains: ReleaseTrainsTable
  trainTrials: TrainTrialsTable
  releases: ReleasesTable
  releaseEvaluations: ReleaseEvaluationsTable
  notifications: NotificationsTable
  notificationSettings: NotificationSettingsTable
  contributionMeasurements: ContributionMeasurementsTable
  receipts: ReceiptsTable
  receiptIssues: ReceiptIssuesTable
  keptCounts: KeptCountsTable
  threads: ThreadsTable
  comments: CommentsTable
  commentVersions: CommentVersionsTable
}
