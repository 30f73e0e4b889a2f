/** A community model: what a community improves together. */

/** Licences whose examples may be trained on; null admits every licence whose terms are known. */
export interface LicencePolicy {
  readonly allow: readonly string[] | null
}

export interface CommunityModel {
  readonly id: number
  readonly owner: string
  readonly name: string
  readonly baseId: number
  /** Name of the base model. */
  readonly base: string
  readonly description: string
  /** Clauses of values and tone as they read now, in order; charter-queries.ts knows their numbers, which stay, and their history. */
  readonly charter: readonly string[]
  /** Recipe overrides as YAML, or '' for the defaults. */
  readonly recipe: string
  readonly licencePolicy: LicencePolicy
  readonly createdAt: Date
}

export const communityLimits = {
  description: 4_000,
  /** A charter is read before every review. */
  clauses: 100,
  clause: 1_000,
  recipe: 20_000,
} as const
