/** member: who does what in a community. */

import type { Command } from 'commander'
import type { Answers } from '../../http/api/schemas.ts'
import { action, examples } from '../command.ts'
import { table } from '../output.ts'

export function memberCommands(program: Command): void {
  const member = program.command('member').description('members of a community and their roles there')
  const addressOf = (model: string, person: string) => `/api/models/${model}/members/${encodeURIComponent(person)}`
  const asTable = (all: readonly Answers['member'][]) =>
    all.length
      ? table(
          ['name', 'role', 'since', 'by'],
          all.map((it) => [it.name, it.role, it.createdAt.slice(0, 10), it.addedBy]),
        )
      : 'Nobody but those with a role on the whole instance: member set <model> <person> --role maintainer'

  member
    .command('list <model>')
    .description('members and their roles')
    .option('--history', 'every change instead, the newest first')
    .addHelpText('after', examples(['member list marathi/saathi', 'member list marathi/saathi --history']))
    .action(
      action(async ({ client, output }, model: string, { history }: { history?: boolean }) => {
        if (!history) return output.result(await client.get<Answers['member'][]>(`/api/models/${model}/members`, { limit: 200 }), asTable)
        const changes = await client.get<Answers['memberChange'][]>(`/api/models/${model}/member-changes`, { limit: 200 })
        output.result(changes, (all) =>
          table(
            ['when', 'who', 'role', 'by'],
            all.map((it) => [it.at.slice(0, 16).replace('T', ' '), it.name, it.role ?? 'left', it.by]),
          ),
        )
      }),
    )

  member
    .command('set <model> <person>')
    .description('make somebody a member, or change their role')
    .requiredOption('--role <role>', 'contributor, reviewer or maintainer')
    .addHelpText('after', examples(['member set marathi/saathi asha --role reviewer']))
    .action(
      action(async ({ client, output }, model: string, person: string, { role }: { role: string }) => {
        const made = await client.put<Answers['member']>(addressOf(model, person), { role })
        output.result(made, (it) => `${it.name} is a ${it.role} of ${model}.`)
      }),
    )

  member
    .command('remove <model> <person>')
    .description('let a member go; everybody may leave')
    .addHelpText('after', examples(['member remove marathi/saathi asha']))
    .action(
      action(async ({ client, output }, model: string, person: string) => {
        const left = await client.delete<Answers['member'][]>(addressOf(model, person))
        output.result(left, () => `${person} is no member of ${model} any more.`)
      }),
    )
}
