/** person: accounts and their tokens. */

import type { Command } from 'commander'
import type { Answers } from '../../http/api/schemas.ts'
import { action, examples } from '../command.ts'
import { table } from '../output.ts'

export function personCommands(program: Command): void {
  const person = program.command('person').description('people who contribute, review and maintain')

  person
    .command('add <name>')
    .description('add a person and print a token for them, once')
    .requiredOption('--role <role>', 'contributor, reviewer or maintainer')
    .addHelpText('after', examples(['person add asha --role contributor', 'person add ravi --role reviewer --json']))
    .action(
      action(async ({ client, output }, name: string, options: { role: string }) => {
        const added = await client.post<Answers['personWithToken']>('/api/people', { name, role: options.role })
        output.result(
          added,
          (it) =>
            `${it.person.name} is a ${it.person.role}. Their token, shown this once:\n\n  ${it.token}\n\nUse it with --token or COMMONWEIGHTS_TOKEN.`,
        )
      }),
    )

  person
    .command('list')
    .description('everyone, with their role')
    .addHelpText('after', examples(['person list']))
    .action(
      action(async ({ client, output }) => {
        const people = await client.get<Answers['person'][]>('/api/people', { limit: 200 })
        output.result(people, (all) =>
          all.length
            ? table(
                ['name', 'role', 'since'],
                all.map((it) => [it.name, it.role, it.createdAt.slice(0, 10)]),
              )
            : 'Nobody yet: person add <name> --role contributor',
        )
      }),
    )

  person
    .command('revoke <name>')
    .description('end every token of a person')
    .addHelpText('after', examples(['person revoke asha']))
    .action(
      action(async ({ client, output }, name: string) => {
        const tokens = await client.post<{ id: number }[]>(`/api/people/${encodeURIComponent(name)}/revoke`)
        output.result(tokens, () => `No token of ${name} opens anything any more.`)
      }),
    )
}
