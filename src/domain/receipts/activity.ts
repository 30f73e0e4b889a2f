/** Something that happened in a community, as a feed or a first page tells it. */

export interface Activity {
  readonly kind: 'proposal' | 'decision' | 'release' | 'receipt'
  /** Says which, among all activities: it never changes. */
  readonly key: string
  readonly at: Date
  readonly title: string
  readonly author: string
  /** Plain text. */
  readonly content: string
  /** A path of this server. */
  readonly link: string
}

/** Characters of what somebody wrote, in a title. */
export const titleLength = 120
