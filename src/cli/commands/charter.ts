/** charter: the values and tone of a community, their history, and changes proposed to them. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import { jsonLines } from '../../formats/jsonl.ts'
import type { Answers } from '../../http/api/schemas.ts'
import { action, decimal, examples, wholeNumber } from '../command.ts'

type Charter = Answers['charter']
type Clause = Charter['clauses'][number]

interface ProposeOptions {
  readonly add?: string
  readonly replace?: number
  readonly remove?: number
  readonly text?: string
  readonly cases?: string
  readonly blocks?: string
  readonly tolerance?: number
  readonly after?: number
  readonly message: string
}

export function charterCommands(program: Command): void {
  const charter = program.command('charter').description('values and tone as numbered clauses, changed by proposals')

  charter
    .command('show <owner/name>')
    .description('the clauses in order, with when they block a release and how many cases test them')
    .option('--revision <n>', 'as it was', wholeNumber('--revision'))
    .addHelpText('after', examples(['charter show marathi/saathi', 'charter show marathi/saathi --revision 1']))
    .action(
      action(async ({ client, output }, name: string, options: { revision?: number }) => {
        output.result(await client.get<Charter>(`/api/models/${name}/charter`, { ...options }), (it) =>
          it.clauses.length > 0
            ? [`Revision ${it.revision}`, ...it.clauses.map((clause) => `  ${clauseLine(clause)}`)].join('\n')
            : `The charter of ${name} has no clauses; charter propose ${name} --add "…" proposes one.`,
        )
      }),
    )

  charter
    .command('log <owner/name>')
    .description('who changed what, newest first')
    .option('--limit <n>', 'at most this many', wholeNumber('--limit'), 50)
    .addHelpText('after', examples(['charter log marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string, options: { limit: number }) => {
        const log = await client.get<Answers['charterRecord'][]>(`/api/models/${name}/charter/log`, { ...options })
        output.result(log, (records) =>
          records.length > 0 ? records.map(describeRecord).join('\n\n') : 'Nobody has written a charter yet.',
        )
      }),
    )

  charter
    .command('diff <owner/name> <from> [to]')
    .description('what differs between two revisions; the newest where one is named')
    .addHelpText('after', examples(['charter diff marathi/saathi 1 3']))
    .action(
      action(async ({ client, output }, name: string, from: string, to: string | undefined) => {
        const query = { from: wholeNumber('The revision')(from), ...(to !== undefined && { to: wholeNumber('The revision')(to) }) }
        const diff = await client.get<Answers['charterDiff']>(`/api/models/${name}/charter/diff`, query)
        output.result(diff, (it) => describeDiff(it).join('\n') || 'Nothing differs.')
      }),
    )

  charter
    .command('propose <owner/name>')
    .description('propose to add, replace or remove a clause, as a contribution like any other')
    .option('--add <text>', 'a new clause')
    .option('--replace <n>', 'the clause that changes; what is not said stays', wholeNumber('--replace'))
    .option('--remove <n>', 'the clause that goes; its number is not given again', wholeNumber('--remove'))
    .option('--text <text>', 'with --replace: what it says now')
    .option('--cases <file.jsonl>', 'test cases, one a line; an empty file takes them away')
    .option('--blocks <when>', 'never, when-lost (where the release before kept it) or always')
    .option('--tolerance <share>', 'share of its cases that may fail while it counts as kept', decimal('--tolerance'))
    .option('--after <n>', 'the clause it stands behind; 0: the beginning', wholeNumber('--after'))
    .requiredOption('--message <text>', 'what this changes and why')
    .addHelpText(
      'after',
      examples([
        'charter propose marathi/saathi --add "Answers in Marathi, in Devanagari." --cases clause.jsonl --message "What it is for"',
        'charter propose marathi/saathi --remove 2 --message "Clause 3 says it better"',
      ]) +
        '\nOne case a line: {"prompt": "Good morning?", "expect": {"script": "Deva", "most": 80}}. expect may say exactly (a text), script (one or several),' +
        '\nany (contains one of these), none (contains none of these) and most (characters); all that is said has to hold.\n',
    )
    .action(
      action(async ({ client, output }, name: string, { message, ...options }: ProposeOptions) => {
        const body = { message, changes: [await changeOf(options)] }
        const done = await client.post<{ contribution: Answers['contribution']; findings: Answers['finding'][] }>(
          `/api/models/${name}/charter/proposals`,
          body,
        )
        output.result(done, ({ contribution, findings }) =>
          [
            `Contribution ${contribution.id} proposes to change the charter of ${contribution.model}.`,
            ...findings.map((it) => `  ${it.severity}: ${it.sentence}`),
            `Next, by somebody else: review ${contribution.id} --accept --message "…"`,
          ].join('\n'),
        )
      }),
    )
}

async function changeOf({ add, replace, remove, text, cases, ...rest }: Omit<ProposeOptions, 'message'>): Promise<object> {
  if ([add, replace, remove].filter((it) => it !== undefined).length !== 1)
    throw new AppError('invalid', 'Choose one of --add, --replace and --remove.')
  if (remove !== undefined) return { action: 'remove', number: remove }
  const tests = cases === undefined ? {} : { cases: await readCases(cases) }
  if (add !== undefined) return { action: 'add', text: add, ...tests, ...rest }
  return { action: 'replace', number: replace, ...(text !== undefined && { text }), ...tests, ...rest }
}

async function readCases(file: string): Promise<unknown[]> {
  const cases: unknown[] = []
  for await (const read of jsonLines(await readFile(resolve(file)))) {
    if ('problem' in read) throw new AppError('invalid', `${file}, line ${read.line}: ${read.problem}`)
    cases.push(read.value)
  }
  return cases
}

function clauseLine({ number, text, blocks, cases }: Clause): string {
  const tested = cases.length === 0 ? 'not tested' : `${cases.length} case${cases.length === 1 ? '' : 's'}`
  const effect = { never: 'never blocks a release', 'when-lost': 'blocks where it was kept before', always: 'always blocks' }[blocks]
  return `${number}. ${text}  (${tested}, ${effect})`
}

function describeRecord(it: Answers['charterRecord']): string {
  const by = it.contributionId === null ? '' : ` by ${it.author}, contribution ${it.contributionId}`
  return [`Revision ${it.revision} of ${it.createdAt.slice(0, 10)}${by}: ${it.message}`, ...describeDiff(it)].join('\n')
}

function describeDiff({ added, removed, changed, reordered }: Omit<Answers['charterDiff'], 'from' | 'to'>): string[] {
  return [
    ...removed.map((clause) => `− ${clauseLine(clause)}`),
    ...changed.flatMap(({ before, after }) => [`− ${clauseLine(before)}`, `+ ${clauseLine(after)}`]),
    ...added.map((clause) => `+ ${clauseLine(clause)}`),
    ...(reordered ? ['  Clauses stand in another order.'] : []),
  ]
}
