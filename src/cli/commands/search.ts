/** example, changes and health: finding what is in a dataset, and what happens in communities. */

import type { Command } from 'commander'
import type {
  ExamplePageAnswer,
  FoundExamplesAnswer,
  HealthAnswer,
  ProposalPageAnswer,
  RecentChangesAnswer,
} from '../../http/api/search.ts'
import type { Answers } from '../../http/api/schemas.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { table } from '../output.ts'

interface SearchOptions {
  readonly language?: string
  readonly origin?: string
  readonly licence?: string
  readonly contributor?: string
  readonly after?: number
  readonly limit?: number
}

interface ChangesOptions {
  readonly kinds?: string
  readonly person?: string
  readonly after?: string
  readonly limit?: number
}

interface ProposalOptions {
  readonly state?: string
  readonly author?: string
  readonly kind?: string
  readonly conflicting?: boolean
  readonly after?: number
  readonly limit?: number
}

export function searchCommands(program: Command): void {
  const example = program.command('example').description('examples of a dataset: find them, look at one, take one back')

  example
    .command('search <owner/name> [words...]')
    .description('examples with all these words (as beginnings; "quoted": just these; -word: without it), those accepted last first')
    .option('--language <tag>', 'BCP 47; mr finds mr-Latn too')
    .option('--origin <origin>', 'human, translated, adapted or generated')
    .option('--licence <expression>', 'declared just so')
    .option('--contributor <person>', 'brought by this person')
    .option('--after <place>', 'go on after the page before', wholeNumber('--after'))
    .option('--limit <n>', 'at most so many (50 where nothing is said)', wholeNumber('--limit'))
    .addHelpText(
      'after',
      examples(['example search marathi/saathi तारीख मार्च', 'example search marathi/saathi --language mr --contributor asha --limit 5']),
    )
    .action(
      action(async ({ client, output }, name: string, words: readonly string[], options: SearchOptions) => {
        const found = await client.get<FoundExamplesAnswer>(`/api/models/${name}/examples`, { ...options, q: words.join(' ') })
        output.result(found, ({ examples: all, next, complete }) =>
          [
            ...(complete ? [] : ['The index is being made; not everything is found yet.']),
            all.length === 0
              ? 'Nothing found.'
              : table(
                  ['example', 'by', 'contribution', 'language', 'text'],
                  all.map((it) => [
                    it.digest.slice(7, 19),
                    it.author,
                    String(it.contribution),
                    it.provenance.language,
                    oneLine(it.content),
                  ]),
                ),
            ...(next === null ? [] : [`More: --after ${next}`]),
          ].join('\n'),
        )
      }),
    )

  example
    .command('show <owner/name> <digest>')
    .description('one example: who brought it and let it in, what happened to it, other answers to its question, releases that have it')
    .addHelpText('after', examples(['example show marathi/saathi sha256:…']))
    .action(
      action(async ({ client, output }, name: string, digest: string) => {
        output.result(await client.get<ExamplePageAnswer>(`/api/models/${name}/examples/${encodeURIComponent(digest)}`), describeExample)
      }),
    )

  example
    .command('revert <owner/name> <digest>')
    .description('offer to take one example back; what it replaced comes back, where that is gone')
    .requiredOption('--message <text>', 'why')
    .addHelpText('after', examples(['example revert marathi/saathi sha256:… --message "The date is wrong"']))
    .action(
      action(async ({ client, output }, name: string, digest: string, options: { message: string }) => {
        const made = await client.post<{ contribution: Answers['contribution'] }>(
          `/api/models/${name}/examples/${encodeURIComponent(digest)}/revert`,
          options,
        )
        output.result(made, ({ contribution }) => `Contribution ${contribution.id} takes it back once it is accepted.`)
      }),
    )

  program
    .command('changes [owner/name]')
    .description('what happened, in one community or in all: proposals, decisions, reverts, releases, charter, roles')
    .option('--kinds <list>', 'some of proposal,decision,revert,release,charter,role')
    .option('--person <name>', 'what this person did')
    .option('--after <place>', 'go on after the page before')
    .option('--limit <n>', 'at most so many', wholeNumber('--limit'))
    .addHelpText('after', examples(['changes', 'changes marathi/saathi --kinds release,charter', 'changes --person asha']))
    .action(
      action(async ({ client, output }, name: string | undefined, options: ChangesOptions) => {
        const path = name === undefined ? '/api/changes' : `/api/models/${name}/changes`
        output.result(await client.get<RecentChangesAnswer>(path, { ...options }), ({ changes, next }) =>
          changes.length === 0
            ? 'Nothing happened yet.'
            : [
                table(
                  ['when', 'where', 'what', 'by', ''],
                  changes.map((it) => [
                    it.at.slice(0, 16).replace('T', ' '),
                    it.model,
                    [it.kind, it.contribution ?? '', it.outcome ?? ''].filter((word) => word !== '').join(' '),
                    it.person,
                    it.subject.split('\n')[0] as string,
                  ]),
                ),
                ...(next === null ? [] : [`More: --after ${next}`]),
              ].join('\n'),
        )
      }),
    )

  program
    .command('proposals [owner/name]')
    .description('proposals of one community or of all, newest first')
    .option('--state <state>', 'open, changes-requested, accepted, rejected or withdrawn')
    .option('--author <name>', 'by this person')
    .option('--kind <kind>', 'add, replace, remove, case, clause or revert')
    .option('--conflicting', 'undecided ones about an example or a question that another undecided one is about')
    .option('--after <id>', 'go on after the page before', wholeNumber('--after'))
    .option('--limit <n>', 'at most so many', wholeNumber('--limit'))
    .addHelpText(
      'after',
      examples(['proposals marathi/saathi --state open', 'proposals --author asha', 'proposals marathi/saathi --conflicting']),
    )
    .action(
      action(async ({ client, output }, name: string | undefined, { conflicting, ...options }: ProposalOptions) => {
        const path = name === undefined ? '/api/proposals' : `/api/models/${name}/proposals`
        const found = await client.get<ProposalPageAnswer>(path, { ...options, ...(conflicting && { conflicting: 'true' }) })
        output.result(found, ({ proposals, next }) =>
          [
            proposals.length === 0
              ? 'None here.'
              : table(
                  ['id', 'where', 'state', 'by', 'message'],
                  proposals.map((it) => [String(it.id), it.model, it.state, it.author, it.message.split('\n')[0] as string]),
                ),
            ...(next === null ? [] : [`More: --after ${next}`]),
          ].join('\n'),
        )
      }),
    )

  program
    .command('health <owner/name>')
    .description('how a community is doing: open proposals, conflicts, answers waiting, days since the release')
    .addHelpText('after', examples(['health marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        output.result(await client.get<HealthAnswer>(`/api/models/${name}/health`), (it) =>
          table(
            ['', ''],
            [
              ['open proposals', upTo(it.openProposals)],
              ['in conflict with another', upTo(it.conflicts)],
              ['answers said to be wrong, not taken up', upTo(it.answersWaiting)],
              ['days since the release', it.daysSinceRelease === null ? 'no release yet' : `${it.daysSinceRelease} (${it.release})`],
              ['examples', it.examples.toLocaleString('en')],
            ],
          ),
        )
      }),
    )
}

const upTo = ({ count, more }: { count: number; more: boolean }) => (more ? `${count}+` : String(count))

function oneLine(content: Record<string, unknown>): string {
  const texts = Array.isArray(content['messages'])
    ? (content['messages'] as { content: string }[]).map((turn) => turn.content)
    : Object.values(content).map(String)
  const line = texts.join(' → ').replace(/\s+/g, ' ')
  return line.length > 100 ? `${line.slice(0, 100)}…` : line
}

function describeExample({ digest, content, provenance, standing, blame, history, competing, releases }: ExamplePageAnswer): string {
  const { language, licence, origin, source, generator } = provenance
  return [
    `${digest}${standing ? '' : ' (not in the dataset now)'}`,
    JSON.stringify(content, null, 2),
    `${language}, ${licence}, ${origin}${generator === null ? '' : ` (${generator})`}; ${source}`,
    ...(blame === null
      ? []
      : [
          `Brought by ${blame.author} in contribution ${blame.contributionId} (“${blame.message}”), revision ${blame.revision}`,
          ...blame.reviews.map((it) => `  ${it.decision} by ${it.reviewer}: ${it.message}`),
        ]),
    `Releases: ${releases.length === 0 ? 'none has it' : releases.map(({ version }) => version).join(', ')}`,
    'History:',
    ...history.map(
      (it) =>
        `  ${it.at.slice(0, 10)} ${it.kind}${it.other === null ? '' : ` (${it.other})`}, contribution ${it.contribution} by ${it.author}, ${it.state}`,
    ),
    ...(competing.length === 0 ? [] : ['Other answers to its question:']),
    ...competing.map((it) => `  ${it.standing ? 'taught' : it.state}, contribution ${it.contribution} by ${it.author}: ${it.answer}`),
  ].join('\n')
}
