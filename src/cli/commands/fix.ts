/** fix and suggestions: from a bad answer to a correction and a regression case, and what several people suggest for one question. */

import type { Command } from 'commander'
import type { Answers } from '../../http/api/schemas.ts'
import { action, examples, wholeNumber } from '../command.ts'

interface Fixed {
  readonly feedback: Answers['feedback']
  readonly contribution: Answers['contribution']
  readonly findings: Answers['finding'][]
  readonly patrol: Answers['patrol'] | null
  readonly reasons: readonly string[]
}

interface FixOptions {
  readonly better?: string
  readonly licence?: string
  readonly language?: string
  readonly message?: string
  readonly signOff?: string
  readonly origin?: string
  readonly generator?: string
  readonly source?: string
  readonly replaces?: string
  readonly choice?: number
  readonly model?: string
  readonly wait?: boolean
}

export function fixCommands(program: Command): void {
  program
    .command('fix <answer-id>')
    .description('say what an answer should have been: a correction to learn from and a regression case, in one contribution')
    .option('--better <text>', 'what it should have said (needed unless it is feedback that says so)')
    .option('--licence <expression>', 'SPDX; CC0-1.0 where nothing is said and the community takes it')
    .option('--language <tag>', "BCP 47; where nothing is said, the one language of the community's newest examples")
    .option('--message <text>', 'what this changes and why')
    .option('--sign-off <name>', 'who vouches for the right to give this (Developer Certificate of Origin 1.1); you, where nothing is said')
    .option('--origin <origin>', 'human, where nothing is said; or translated, adapted, generated')
    .option('--generator <name>', 'of a generated one: what generated it, with its version')
    .option('--source <text>', 'where it is from; the feedback, where nothing is said')
    .option('--replaces <digest>', 'an example of the dataset that is wrong and goes')
    .option('--choice <n>', 'which of several answers, from 0', wholeNumber('--choice'))
    .option('--model <owner/name>', "of a base's answer: the community model that should learn it")
    .option('--wait', 'have it reviewed first, even where you are trusted to be patrolled later')
    .addHelpText(
      'after',
      examples(['fix chatcmpl-0123456789abcdef01234567 --better "३ दिवसांपूर्वी"', 'fix 12 --better "३ दिवसांपूर्वी" --language mr']) +
        '\nThe id is the one that chat shows. A whole number is the id of feedback.\n',
    )
    .action(
      action(async ({ client, output }, id: string, options: FixOptions) => {
        const path = /^\d+$/.test(id) ? `/api/feedback/${id}/fix` : `/api/answers/${encodeURIComponent(id)}/fix`
        output.result(await client.post<Fixed>(path, options), ({ feedback, contribution, findings, patrol, reasons }) =>
          [
            `Feedback ${feedback.id} became contribution ${contribution.id}: a correction and a regression case. ` +
              (patrol ? 'It was accepted at once; somebody looks at it later.' : 'Somebody else reviews it now.'),
            ...(reasons.length > 0 ? [`Reviewed first: ${reasons.join(' ')}`] : []),
            ...findings.map((it) => `  ${it.severity}: ${it.row === null ? '' : `row ${it.row}: `}${it.sentence}`),
          ].join('\n'),
        )
      }),
    )

  program
    .command('suggestions <owner/name>')
    .description('what open contributions suggest for one question, side by side')
    .option('--limit <n>', 'at most this many questions', wholeNumber('--limit'), 50)
    .addHelpText('after', examples(['suggestions marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string, options: { limit: number }) => {
        const all = await client.get<Answers['suggestedQuestion'][]>(`/api/models/${name}/suggestions`, { ...options })
        output.result(all, (list) => (list.length > 0 ? list.map(describe).join('\n\n') : 'No open contribution answers a question again.'))
      }),
    )
}

function describe({ question, answers, taught, suggestions }: Answers['suggestedQuestion']): string {
  return [
    ...question.map(({ role, content }) => `${role}: ${content}`),
    ...answers.map(({ text, release }) => `  answered${release === null ? '' : ` by ${release}`}: ${text}`),
    ...taught.map(({ answer, digest }) => `  the dataset says: ${answer}  (${digest})`),
    ...suggestions.map(
      ({ answer, author, contribution, state }) => `  ${author} suggests: ${answer}  (contribution ${contribution}, ${state})`,
    ),
  ].join('\n')
}
