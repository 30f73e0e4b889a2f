/** invitation: links that open an account with a role, here or in a community. */

import type { Command } from 'commander'
import type { Answers } from '../../http/api/schemas.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { requireServer } from '../connect.ts'
import { table } from '../output.ts'
import { forBrowsers } from '../for-browsers.ts'

export function invitationCommands(program: Command): void {
  const invitation = program.command('invitation').description('links that open one account each')

  invitation
    .command('create [model]')
    .description('print a link that opens an account, once: to a community, or to the whole instance where none is named')
    .requiredOption('--role <role>', 'contributor, reviewer or maintainer')
    .option('--note <text>', 'for whom it is; shown to those who may invite')
    .option('--days <n>', 'how long it is valid; 14 where nothing is said', wholeNumber('--days'))
    .addHelpText(
      'after',
      examples([
        'invitation create marathi/saathi --role reviewer --note "Ravi, from the workshop"',
        'invitation create --role contributor --days 3',
      ]),
    )
    .action(
      action(async ({ client, output, url }, model: string | undefined, options: { role: string; note?: string; days?: number }) => {
        requireServer(url)
        const made = await client.post<Answers['invitationWithLink']>('/api/invitations', {
          ...options,
          ...(model !== undefined && { model }),
        })
        output.result(
          made,
          ({ link, invitation: it }) =>
            `Opens one account, as ${it.role}${it.model === null ? '' : ` of ${it.model}`}, until ${it.expiresAt.slice(0, 10)}:\n\n  ${forBrowsers(link)}`,
        )
      }),
    )

  invitation
    .command('list [model]')
    .description('invitations to a community, or to the instance, the newest first')
    .addHelpText('after', examples(['invitation list', 'invitation list marathi/saathi']))
    .action(
      action(async ({ client, output }, model: string | undefined) => {
        const all = await client.get<Answers['invitation'][]>('/api/invitations', { model })
        output.result(all, (rows) =>
          rows.length
            ? table(
                ['id', 'role', 'state', 'until', 'by', 'used by', 'note'],
                rows.map((it) => [String(it.id), it.role, it.state, it.expiresAt.slice(0, 10), it.invitedBy, it.usedBy ?? '', it.note]),
              )
            : 'None yet: invitation create --role contributor',
        )
      }),
    )

  invitation
    .command('revoke <id>')
    .description('take an invitation back')
    .addHelpText('after', examples(['invitation revoke 3']))
    .action(
      action(async ({ client, output }, id: string) => {
        const it = await client.delete<Answers['invitation']>(`/api/invitations/${encodeURIComponent(id)}`)
        output.result(it, ({ state }) =>
          state === 'revoked' ? `Invitation ${id} opens nothing any more.` : `Invitation ${id} is ${state}.`,
        )
      }),
    )
}
