/** A notification: one sentence to one person about something that concerns them, with the address where it can be seen. */

/** Everything people are told of, in the words their settings show. A new kind is one line here. */
export const notificationKinds = {
  accepted: 'a contribution of yours was accepted',
  rejected: 'a contribution of yours was rejected',
  reverted: 'a contribution of yours that was accepted at once was taken back',
  'changes-requested': 'a reviewer asks you to change a contribution',
  'review-wanted': 'a contribution waits for your review',
  'preview-ready': 'a preview of a contribution of yours is ready',
  'left-out': 'a release leaves a contribution of yours out',
  train: 'the release train of a community of yours stopped or needs you',
  receipt: 'a release has your work in it',
  mentioned: 'somebody mentions you',
  replied: 'somebody replies to you, or in a thread of yours',
  moderated: 'a comment of yours was hidden or shown again',
} as const satisfies Record<string, string>

export type NotificationKind = keyof typeof notificationKinds

export interface Notification {
  readonly id: number
  readonly kind: NotificationKind
  readonly sentence: string
  /** A path of this server, e.g. /contributions/12. */
  readonly link: string
  readonly createdAt: Date
  readonly readAt: Date | null
}

export interface NotificationSettings {
  /** Kinds the person does not want to hear of. */
  readonly muted: readonly NotificationKind[]
  /** Whether there is a public feed of the person's receipts. */
  readonly feed: boolean
}

/** For those who have never said otherwise. */
export const defaultSettings: NotificationSettings = { muted: [], feed: true }

export const notificationLimits = {
  /** One sentence, perhaps two; whoever wants to know more follows the link. */
  sentence: 500,
  link: 500,
} as const
