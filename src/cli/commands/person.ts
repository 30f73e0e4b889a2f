/** person: accounts and their tokens. */

import type { Command } from 'commander'
import type { Answers } from '../../http/api/schemas.ts'
import { action, collect, examples, wholeNumber } from '../command.ts'
import { requireServer } from '../connect.ts'
import { table } from '../output.ts'
import { forBrowsers } from '../for-browsers.ts'

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
    .command('role <name> <role>')
    .description('change what a person may do on the whole instance')
    .addHelpText('after', examples(['person role asha reviewer']))
    .action(
      action(async ({ client, output }, name: string, role: string) => {
        const changed = await client.put<Answers['person']>(`/api/people/${encodeURIComponent(name)}/role`, { role })
        output.result(changed, (it) => `${it.name} is a ${it.role}.`)
      }),
    )

  person
    .command('link <name>')
    .description('print a link that signs a person in, once, for ten minutes')
    .addHelpText('after', examples(['person link asha']))
    .action(
      action(async ({ client, output, url }, name: string) => {
        requireServer(url)
        const made = await client.post<Answers['signInLink']>(`/api/people/${encodeURIComponent(name)}/sign-in-link`)
        output.result(made, (it) => `Whoever opens this within ten minutes is ${it.name ?? ''}:\n\n  ${forBrowsers(it.link)}`)
      }),
    )

  person
    .command('token <name>')
    .description('print another token of a person, once')
    .requiredOption('--label <text>', 'what it is for')
    .option(
      '--scope <scope>',
      'what it may be used for: read, contribute, review, maintain, chat; again for more. All where none is said',
      collect,
    )
    .option('--days <n>', 'after which it opens nothing', wholeNumber('--days'))
    .addHelpText('after', examples(['person token asha --label notebook --scope chat --days 30', 'person token asha --label laptop']))
    .action(
      action(async ({ client, output }, name: string, options: { label: string; scope?: string[]; days?: number }) => {
        const { label, scope: scopes = null, days = null } = options
        const made = await client.post<Answers['personWithToken']>(`/api/people/${encodeURIComponent(name)}/tokens`, {
          label,
          scopes,
          days,
        })
        output.result(made, (it) => `A token of ${it.person.name}, shown this once:\n\n  ${it.token}`)
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
