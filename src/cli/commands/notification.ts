/** notifications: what people are told, and what they want to be told. */

import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { NotificationPageAnswer, NotificationSettingsAnswer } from '../../http/api/notifications.ts'
import { action, collect, examples } from '../command.ts'
import { table } from '../output.ts'

interface Options {
  readonly unread?: boolean
  readonly readAll?: boolean
  readonly settings?: boolean
  readonly mute?: readonly string[]
  readonly unmute?: readonly string[]
  readonly feed?: string
}

export function notificationCommands(program: Command): void {
  program
    .command('notifications')
    .description('what concerns you, newest first; with a setting, what you want to be told')
    .option('--unread', 'those you have not read')
    .option('--read-all', 'mark all as read')
    .option('--settings', 'what you want to be told')
    .option('--mute <kind>', 'do not tell me of this kind (several times for several)', collect)
    .option('--unmute <kind>', 'tell me of it again', collect)
    .option('--feed <on|off>', 'whether there is a public feed of your receipts')
    .addHelpText('after', examples(['notifications --unread', 'notifications --read-all', 'notifications --mute replied --feed off']))
    .action(
      action(async ({ client, output }, options: Options) => {
        if (options.readAll) {
          const done = await client.post<{ unread: number }>('/api/notifications/read')
          return output.result(done, () => 'All read.')
        }
        if (options.settings || options.mute || options.unmute || options.feed !== undefined) {
          const settings = await client.get<NotificationSettingsAnswer>('/api/notifications/settings')
          const unmuted = options.unmute ?? []
          const muted = [...settings.muted.filter((kind) => !unmuted.includes(kind)), ...(options.mute ?? [])]
          const changed = options.mute || options.unmute || options.feed !== undefined
          const now = changed
            ? await client.post<NotificationSettingsAnswer>('/api/notifications/settings', {
                muted,
                ...(options.feed !== undefined && { feed: onOrOff(options.feed) }),
              })
            : settings
          return output.result(
            now,
            (it) =>
              `Not told: ${it.muted.length === 0 ? 'nothing, everything is told' : it.muted.join(', ')}\nPublic feed of your receipts: ${it.feed ? 'on' : 'off'}`,
          )
        }
        const page = await client.get<NotificationPageAnswer>('/api/notifications', { unread: options.unread ?? false })
        return output.result(page, ({ unread, notifications }) =>
          notifications.length === 0
            ? options.unread
              ? 'Nothing unread.'
              : 'Nothing yet.'
            : `${table(
                ['', 'when', 'what', 'where'],
                notifications.map((it) => [
                  it.readAt === null ? '•' : '',
                  it.createdAt.slice(0, 16).replace('T', ' '),
                  it.sentence,
                  it.link,
                ]),
              )}\n${unread} unread`,
        )
      }),
    )
}

function onOrOff(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new AppError('invalid', `--feed is on or off, not ${JSON.stringify(text)}.`)
  return text === 'on'
}
