/** contribute, contribution and review: what people offer, and what others decide. */

import { basename } from 'node:path'
import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { openUpload } from '../files.ts'
import { table } from '../output.ts'

interface Contributed {
  readonly contribution: Answers['contribution']
  readonly findings: Answers['finding'][]
}

interface Offered extends Contributed {
  readonly patrol: Answers['patrol'] | null
  readonly reasons: readonly string[]
}

type Listed = Answers['contribution'] & { readonly accepting?: number }

interface ContributionPage {
  readonly contribution: Answers['contribution']
  readonly rounds: Answers['contributionRound'][]
  readonly reviews: Answers['review'][]
  readonly quorum: Answers['quorum'] | null
  readonly patrol: Answers['patrol'] | null
  readonly preview: Answers['previewNote'] | null
}

interface Decided {
  readonly review: Answers['review']
  readonly contribution: Answers['contribution']
  readonly revision: Answers['datasetRevision'] | null
}

interface OfferOptions {
  readonly licence: string
  readonly language: string
  readonly origin: string
  readonly generator?: string
  readonly source: string
  readonly message: string
  readonly signOff?: string
}

/** What every offered file is declared with. */
function offerOptions(command: Command): Command {
  return command
    .requiredOption('--licence <expression>', 'SPDX expression the examples are given under, e.g. CC-BY-4.0')
    .requiredOption('--language <tag>', 'BCP 47, e.g. mr or sat-Olck')
    .requiredOption('--origin <origin>', 'human, translated, adapted or generated')
    .option('--generator <name>', 'what generated them, with its version (needed for generated)')
    .requiredOption('--source <text>', 'where they are from')
    .requiredOption('--message <text>', 'what this changes and why')
    .option('--sign-off <name>', 'who vouches for the right to give this (Developer Certificate of Origin 1.1); you, where nothing is said')
}

const offerHelp =
  '\nOne example a line: {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]} · {"prompt": "…", "completion": "…"} · {"text": "…"}' +
  '\nCSV and Parquet take the same names as columns. A row may carry its own licence, language, origin and source.' +
  '\nA line {"replaces": "sha256:…", …} or {"removes": "sha256:…"} changes what is there.' +
  '\nA line {"case": {"messages": […], "expected": "…"}} adds a case to the suite regressions; {"clause": {"action": "add", "text": "…"}} changes the charter.\n'

export function contributionCommands(program: Command): void {
  offerOptions(program.command('contribute <owner/name> <file>').description('offer examples for review: a .jsonl, .csv or .parquet file'))
    .option('--wait', 'have it reviewed first, even where you are trusted to be patrolled later')
    .addHelpText(
      'after',
      examples([
        'contribute marathi/saathi greetings.jsonl --licence CC-BY-4.0 --language mr --origin human --source "written for this" --message "Greetings"',
      ]) + offerHelp,
    )
    .action(
      action(async ({ client, output }, name: string, file: string, options: OfferOptions & { readonly wait?: boolean }) => {
        const { stream, type } = await openUpload(file)
        const done = await client.upload<Offered>(`/api/models/${name}/contributions`, { ...options, file: basename(file) }, stream, type)
        output.result(
          done,
          ({ contribution, findings, patrol, reasons }) =>
            `${summary(contribution)}\n${remarks(findings)}` +
            (patrol
              ? `Accepted at once, because your trust is ${patrol.trust.toFixed(3)}; somebody looks at it later: patrol ${contribution.id}`
              : `${reasons.length > 0 ? `Reviewed first: ${reasons.join(' ')}\n` : ''}Next, by somebody else: review ${contribution.id} --accept --message "…"`),
        )
      }),
    )

  const contribution = program.command('contribution').description('what was offered')

  contribution
    .command('list <owner/name>')
    .description('contributions of a community model, in the order they were offered')
    .option('--state <state>', 'open, changes-requested, accepted, rejected or withdrawn')
    .option('--queue <queue>', 'open ones: waiting (all), mentor (of newcomers) or mine (those you can review now)')
    .option('--limit <n>', 'at most this many', wholeNumber('--limit'), 50)
    .addHelpText('after', examples(['contribution list marathi/saathi --state open', 'contribution list marathi/saathi --queue mine']))
    .action(
      action(async ({ client, output }, name: string, options: { state?: string; queue?: string; limit: number }) => {
        const all = await client.get<Listed[]>(`/api/models/${name}/contributions`, { ...options })
        output.result(all, (list) =>
          list.length
            ? table(
                ['id', 'state', 'author', 'mentor', 'accepting', '+', '~', '−', 'message'].filter(
                  (it) => options.queue || !QUEUED.includes(it),
                ),
                list.map((it) => [
                  String(it.id),
                  it.state,
                  it.author,
                  ...(options.queue ? [it.mentor ?? '', String(it.accepting ?? 0)] : []),
                  String(it.counts.add),
                  String(it.counts.replace),
                  String(it.counts.remove),
                  it.message,
                ]),
              )
            : 'Nothing here.',
        )
      }),
    )

  contribution
    .command('show <id>')
    .description('one contribution: rounds, checks, reviews')
    .addHelpText('after', examples(['contribution show 3']))
    .action(
      action(async ({ client, output }, id: string) => {
        const page = await client.get<ContributionPage>(`/api/contributions/${wholeNumber('The id')(id)}`)
        output.result(page, ({ contribution: it, rounds, reviews, quorum, patrol, preview }) =>
          [
            summary(it),
            ...rounds.map((round) =>
              `Round ${round.round}: ${round.message} (signed off by ${round.signOff})\n${remarks(round.checks)}`.trimEnd(),
            ),
            ...reviews.map((review) => `${review.reviewer}: ${review.decision} — ${review.message}`),
            ...(it.mentor === null ? [] : [`${it.mentor} helps ${it.author} with it, as a mentor; others may review it too.`]),
            ...(quorum === null ? [] : [quorum.sentence]),
            ...(patrol === null ? [] : [patrolled(it.id, patrol)]),
            ...(preview === null
              ? []
              : [`Preview of round ${preview.round}: ${preview.state}${preview.stale.length > 0 ? ', stale' : ''}; preview show ${it.id}`]),
          ].join('\n'),
        )
      }),
    )

  offerOptions(contribution.command('revise <id> <file>').description('answer a request for changes with a new round'))
    .addHelpText(
      'after',
      examples([
        'contribution revise 3 fixed.jsonl --licence CC-BY-4.0 --language mr --origin human --source "written for this" --message "Digits fixed"',
      ]) + offerHelp,
    )
    .action(
      action(async ({ client, output }, id: string, file: string, options: OfferOptions) => {
        const { stream, type } = await openUpload(file)
        const path = `/api/contributions/${wholeNumber('The id')(id)}/revise`
        const done = await client.upload<Contributed>(path, { ...options, file: basename(file) }, stream, type)
        output.result(done, ({ contribution: it, findings }) => `${summary(it)}\n${remarks(findings)}`)
      }),
    )

  contribution
    .command('withdraw <id>')
    .description('take back an offer of your own that is not decided yet')
    .addHelpText('after', examples(['contribution withdraw 3']))
    .action(
      action(async ({ client, output }, id: string) => {
        output.result(await client.post<Answers['contribution']>(`/api/contributions/${wholeNumber('The id')(id)}/withdraw`), summary)
      }),
    )

  contribution
    .command('revert <id>')
    .description('offer the opposite of an accepted contribution, for review')
    .option('--message <text>', 'why', 'Reverts it.')
    .addHelpText('after', examples(['contribution revert 3 --message "These answers are wrong"']))
    .action(
      action(async ({ client, output }, id: string, options: { message: string }) => {
        const done = await client.post<Contributed>(`/api/contributions/${wholeNumber('The id')(id)}/revert`, options)
        output.result(done, ({ contribution: it }) => summary(it))
      }),
    )

  program
    .command('review <id>')
    .description('decide on a contribution of somebody else')
    .option('--accept', 'take it into the dataset (once the quorum is reached)')
    .option('--reject', 'decline it')
    .option('--request-changes', 'ask for another round')
    .requiredOption('--message <text>', 'why: the author reads this')
    .addHelpText(
      'after',
      examples([
        'review 3 --accept --message "Checked ten at random, all right"',
        'review 4 --request-changes --message "The digits are Latin"',
      ]),
    )
    .action(
      action(
        async (
          { client, output },
          id: string,
          options: { accept?: boolean; reject?: boolean; requestChanges?: boolean; message: string },
        ) => {
          const chosen = [options.accept && 'accept', options.reject && 'reject', options.requestChanges && 'request-changes'].filter(
            (it) => typeof it === 'string',
          )
          if (chosen.length !== 1) throw new AppError('invalid', 'Choose one of --accept, --reject and --request-changes.')
          const done = await client.post<Decided>(`/api/contributions/${wholeNumber('The id')(id)}/reviews`, {
            decision: chosen[0],
            message: options.message,
          })
          output.result(
            done,
            ({ contribution: it, revision }) =>
              summary(it) + (revision ? `\nDataset revision ${revision.number}: ${revision.count} examples, ${revision.digest}` : ''),
          )
        },
      ),
    )
}

/** Columns that only a queue has. */
const QUEUED = ['mentor', 'accepting']

function patrolled(id: number, it: Answers['patrol']): string {
  if (it.contributionId !== id) return `Accepted at once: it takes back contribution ${it.contributionId}, which nobody had reviewed.`
  const how = `Accepted at once, without review: ${it.author}'s trust was ${it.trust.toFixed(3)} (${it.patrolFrom} was needed).`
  if (it.state === 'waiting')
    return `${how} Nobody has looked at it yet${it.overdue ? ', and that is overdue' : ''}: patrol ${id} --ok or --revert`
  const by = it.patroller === null ? '' : ` by ${it.patroller}`
  return it.state === 'seen'
    ? `${how} Seen${by}${it.remark ? `: ${it.remark}` : '.'}`
    : `${how} Taken back${by} in contribution ${it.revertId}${it.remark ? `: ${it.remark}` : '.'}`
}

function summary(it: Answers['contribution']): string {
  const { add, replace, remove, case: cases, clause } = it.counts
  const examples = [add && `${add} added`, replace && `${replace} replaced`, remove && `${remove} removed`]
  const tests = [
    cases && `${cases} regression case${cases === 1 ? '' : 's'}`,
    clause && `${clause} clause${clause === 1 ? '' : 's'} of the charter`,
  ]
  const parts = [...examples, ...tests].filter(Boolean).join(', ')
  return `Contribution ${it.id} by ${it.author} to ${it.model}, ${it.state}: ${it.message} (${parts || 'nothing'})`
}

const remarks = (findings: readonly Answers['finding'][]) =>
  findings.map((it) => `  ${it.severity}: ${it.row === null ? '' : `row ${it.row}: `}${it.sentence}\n`).join('')
