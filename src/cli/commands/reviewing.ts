/** rules, trust, mentor and patrol: how a community reviews. */

import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { table } from '../output.ts'

type Rules = Answers['reviewRules']

interface Patrolled {
  readonly patrol: Answers['patrol']
  readonly revision: Answers['datasetRevision'] | null
}

export function reviewingCommands(program: Command): void {
  rulesCommands(program)

  program
    .command('trust <person> <owner/name>')
    .description("a person's trust in a community: the formula, every event it is made from, and the result")
    .addHelpText('after', examples(['trust asha marathi/saathi']))
    .action(
      action(async ({ client, output }, person: string, name: string) => {
        output.result(await client.get<Answers['trust']>(`/api/models/${name}/people/${encodeURIComponent(person)}/trust`), describeTrust)
      }),
    )

  const mentor = program.command('mentor').description('reviewers who help newcomers with their first proposals')
  for (const verb of ['join', 'leave'] as const)
    mentor
      .command(`${verb} <owner/name>`)
      .description(
        verb === 'join' ? 'volunteer: newcomers’ proposals come to the mentors in turn' : 'stop; what you helped with goes to the others',
      )
      .addHelpText('after', examples([`mentor ${verb} marathi/saathi --token cw_…`]))
      .action(
        action(async ({ client, output }, name: string) => {
          output.result(await client.post<Answers['mentor'][]>(`/api/models/${name}/mentors/${verb}`), mentorTable)
        }),
      )
  mentor
    .command('list <owner/name>')
    .description('who helps newcomers')
    .addHelpText('after', examples(['mentor list marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        output.result(await client.get<Answers['mentor'][]>(`/api/models/${name}/mentors`), mentorTable)
      }),
    )

  patrolCommands(program)
}

function rulesCommands(program: Command): void {
  const rules = program.command('rules').description('how a community reviews: quorum, trust, patrol, newcomers')

  rules
    .command('show <owner/name>')
    .description('the rules that count now')
    .addHelpText('after', examples(['rules show marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        const record = await client.get<Answers['rulesRecord']>(`/api/models/${name}/rules`)
        output.result(record, ({ rules: it, by, message, createdAt }) =>
          [
            table(
              ['rule', 'value'],
              flat(it).map(([key, value]) => [key, value === null ? 'no limit' : String(value)]),
            ),
            `Set by ${by} on ${createdAt.slice(0, 10)}: ${message}`,
            ...(it.patrol.enabled
              ? []
              : [`Patrolling is off. A maintainer turns it on: rules set ${name} patrol.enabled=true --message "…"`]),
          ].join('\n'),
        )
      }),
    )

  rules
    .command('set <owner/name> <rule=value...>')
    .description('change rules; those not named stay as they are')
    .requiredOption('--message <text>', 'why: everybody they hold for can read it')
    .addHelpText(
      'after',
      examples([
        'rules set marathi/saathi quorum=2 --message "Two pairs of eyes, always"',
        'rules set marathi/saathi quorum=adaptive quorum.cap=3 --message "We are growing"',
        'rules set marathi/saathi patrol.enabled=true patrol.holdsRelease=true --message "Typos need not wait"',
        'rules set marathi/saathi newcomers.examplesPerDay=null --message "No daily limit"',
      ]),
    )
    .action(
      action(async ({ client, output }, name: string, settings: string[], options: { message: string }) => {
        const body = { rules: parseSettings(settings), message: options.message }
        const made = await client.put<Answers['rulesChange']>(`/api/models/${name}/rules`, body)
        output.result(made, ({ changes }) => changes.join('\n'))
      }),
    )

  rules
    .command('log <owner/name>')
    .description('every change of the rules, newest first')
    .addHelpText('after', examples(['rules log marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        const log = await client.get<Answers['rulesChange'][]>(`/api/models/${name}/rules/log`, { limit: 200 })
        output.result(log, (all) =>
          all
            .map(({ createdAt, by, message, changes }) =>
              [`${createdAt.slice(0, 16).replace('T', ' ')} ${by}: ${message}`, ...changes.map((it) => `  ${it}`)].join('\n'),
            )
            .join('\n'),
        )
      }),
    )
}

/** "quorum=2", "quorum=adaptive", "patrol.examples=20", "newcomers.openAtOnce=null" as the API takes them. */
function parseSettings(settings: readonly string[]): Record<string, Record<string, unknown>> {
  const rules: Record<string, Record<string, unknown>> = {}
  for (const setting of settings) {
    const [, key, text] = /^([A-Za-z.]+)=(.+)$/.exec(setting) ?? []
    if (key === undefined || text === undefined)
      throw new AppError('invalid', `${JSON.stringify(setting)} is not rule=value, e.g. patrol.examples=20; "rules show" lists the rules.`)
    const value = ['true', 'false', 'null'].includes(text) || /^-?[\d.]+$/.test(text) ? (JSON.parse(text) as unknown) : text
    const [section, field] = key === 'quorum' ? ['quorum', 'kind'] : key.split('.')
    if (section === undefined || field === undefined)
      throw new AppError('invalid', `There is no rule ${JSON.stringify(key)}; "rules show" lists those there are.`)
    const number = key === 'quorum' && typeof value === 'number'
    rules[section] = { ...rules[section], ...(number ? { kind: 'fixed', n: value } : { [field]: value }) }
  }
  return rules
}

type RuleValue = string | number | boolean | null

const flat = (rules: Rules): [string, RuleValue][] =>
  Object.entries(rules).flatMap(([section, fields]) =>
    Object.entries(fields as Readonly<Record<string, RuleValue>>).map(([field, value]): [string, RuleValue] => [
      `${section}.${field}`,
      value,
    ]),
  )

function describeTrust(it: Answers['trust']): string {
  const what = (event: Answers['trust']['events'][number]) => {
    const part = event.changes === event.of ? `all ${event.of}` : `${event.changes} of ${event.of}`
    switch (event.kind) {
      case 'standing':
        return `${part} stand`
      case 'reverted':
        return `${part} taken back by contribution ${event.by}`
      case 'corrected':
        return `${part} corrected by contribution ${event.by}`
      case 'rejected':
        return 'rejected'
    }
  }
  const rows = it.events.map((event) => [
    `contribution show ${event.contribution}`,
    what(event),
    `${event.ageDays.toFixed(1)} days`,
    `${event.counts === 'good' ? '+' : '−'}${event.weight.toFixed(3)}`,
  ])
  const now = [
    ...(it.newcomer ? [`below ${it.newcomerBelow}: the limits for newcomers hold`] : []),
    ...(it.patrolled ? [`from ${it.patrolFrom} on: small proposals come in at once and are patrolled later`] : []),
  ]
  return [
    ...it.formula,
    '',
    rows.length > 0 ? table(['look at it', 'what became of it', 'age', 'counts'], rows) : 'Nothing of theirs has been decided here yet.',
    '',
    `good ${it.good.toFixed(3)}, bad ${it.bad.toFixed(3)} → the trust of ${it.person} in ${it.model} is ${it.value.toFixed(3)}${now.length > 0 ? ` (${now.join('; ')})` : ''}.`,
  ].join('\n')
}

const mentorTable = (all: readonly Answers['mentor'][]) =>
  all.length > 0
    ? table(
        ['mentor', 'since', 'helping with'],
        all.map((it) => [it.name, it.joinedAt.slice(0, 10), String(it.helping)]),
      )
    : 'No mentor yet; a reviewer becomes one with: mentor join <owner/name>'

function patrolCommands(program: Command): void {
  program
    .command('patrol <list-or-id> [owner/name]')
    .description('look at what was accepted without review: "patrol list <owner/name>", then "patrol <id> --ok" or "--revert"')
    .option('--ok', 'it stays; you have looked at it')
    .option('--revert', 'take it back at once; this costs its author trust')
    .option('--message <text>', 'why: the author reads this', '')
    .addHelpText(
      'after',
      examples(['patrol list marathi/saathi', 'patrol 12 --ok', 'patrol 13 --revert --message "The second answer is in Hindi"']),
    )
    .action(
      action(
        async (
          { client, output },
          what: string,
          name: string | undefined,
          options: { ok?: boolean; revert?: boolean; message: string },
        ) => {
          if (what === 'list') {
            if (name === undefined) throw new AppError('invalid', 'Name the community: patrol list <owner/name>.')
            const [waiting, { rules }] = await Promise.all([
              client.get<Answers['patrol'][]>(`/api/models/${name}/patrols`, { limit: 200 }),
              client.get<Answers['rulesRecord']>(`/api/models/${name}/rules`),
            ])
            output.result(waiting, (all) => queueOf(all, name, rules))
            return
          }
          const id = wholeNumber('The id')(what)
          if ((options.ok ?? false) === (options.revert ?? false)) throw new AppError('invalid', 'Choose one of --ok and --revert.')
          const body = { decision: options.ok ? 'ok' : 'revert', message: options.message }
          const done = await client.post<Patrolled>(`/api/contributions/${id}/patrol`, body)
          output.result(done, ({ patrol, revision }) =>
            [
              `Contribution ${patrol.contributionId} by ${patrol.author} is ${patrol.state}, by ${patrol.patroller}.`,
              ...(revision
                ? [`Contribution ${patrol.revertId} took it back: dataset revision ${revision.number}, ${revision.count} examples.`]
                : []),
            ].join('\n'),
          )
        },
      ),
    )
}

function queueOf(all: readonly Answers['patrol'][], name: string, rules: Rules): string {
  if (all.length > 0)
    return table(
      ['id', 'author', 'trust then', 'accepted', '', 'message'],
      all.map((it) => [
        String(it.contributionId),
        it.author,
        it.trust.toFixed(3),
        it.createdAt.slice(0, 16).replace('T', ' '),
        it.overdue ? 'overdue' : '',
        it.message,
      ]),
    )
  return rules.patrol.enabled
    ? 'Nothing waits to be looked at.'
    : `Nothing waits to be looked at: patrolling is off. A maintainer turns it on: rules set ${name} patrol.enabled=true --message "…"`
}
