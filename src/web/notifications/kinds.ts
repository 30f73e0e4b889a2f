/** What people can be told of, in the page's language. */

import type { NotificationKind } from '../../domain/notifications/notification.ts'
import type { MessageKey, Translate } from '../messages.ts'

/** Kinds in the order of the settings, with their messages. A kind that is newer than this list shows its own name. */
export const kindMessages: Partial<Record<NotificationKind, MessageKey>> = {
  'review-wanted': 'notifications.reviewWanted',
  'changes-requested': 'notifications.changesRequested',
  accepted: 'notifications.accepted',
  rejected: 'notifications.rejected',
  reverted: 'notifications.reverted',
  'preview-ready': 'notifications.previewReady',
  receipt: 'notifications.receipt',
  'left-out': 'notifications.leftOut',
  train: 'notifications.train',
  mentioned: 'notifications.mentioned',
  replied: 'notifications.replied',
  moderated: 'notifications.moderated',
}

export function kindName(t: Translate, kind: NotificationKind): string {
  const message = kindMessages[kind]
  return message ? t(message) : kind
}
