/** chat and feedback: use, which becomes contributions. */

import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import type { Client } from '../../http/client.ts'
import { action, decimal, examples, wholeNumber } from '../command.ts'
import { parseSubject } from './release.ts'

interface ChatOptions {
  readonly maxTokens: number
  readonly temperature: number
  readonly topP?: number
  readonly seed?: number
  readonly system?: string
  readonly store: boolean
}

interface Turn {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export function chatCommands(program: Command): void {
  program
    .command('chat <owner/name> [message]')
    .description(
      'talk to a release (owner/name@version; the newest where none is named) or to a base by its name; without a message, line by line',
    )
    .option('--max-tokens <n>', 'longest answer', wholeNumber('--max-tokens'), 256)
    .option('--temperature <t>', '0 always gives the likeliest answer', decimal('--temperature'), 0)
    .option('--top-p <p>', 'sample among the likeliest tokens that make up this share', decimal('--top-p'))
    .option('--seed <n>', 'the same seed gives the same answer', wholeNumber('--seed'))
    .option('--system <text>', 'instructions that come first')
    .option('--no-store', 'keep nothing of it; otherwise an answer of yours can be found by its id for 30 days, to fix it')
    .addHelpText('after', examples(['chat marathi/saathi "5 March 2031 in Marathi" --temperature 0', 'chat marathi/saathi@0.1.0']))
    .action(
      action(async ({ client, output, signal }, model: string, message: string | undefined, options: ChatOptions) => {
        const system: Turn[] = options.system === undefined ? [] : [{ role: 'system', content: options.system }]
        if (message !== undefined) {
          const { answer, id } = await ask(
            client,
            model,
            [...system, { role: 'user', content: message }],
            options,
            (text) => output.piece(text),
            signal,
          )
          output.result({ model, message, answer, id }, () => '\n')
          if (options.store) output.note(wayToFix(id))
          return
        }
        if (!process.stdin.isTTY && output.json) throw new AppError('invalid', '--json needs the message as an argument.')
        const turns = [...system]
        const lines = createInterface({ input: process.stdin, output: process.stderr })
        output.note('Ctrl-D ends.')
        try {
          for (;;) {
            const line = await lines.question('> ', { signal }).catch(() => null)
            if (line === null) break
            turns.push({ role: 'user', content: line })
            const { answer, id } = await ask(client, model, turns, options, (text) => output.piece(text), signal)
            turns.push({ role: 'assistant', content: answer })
            output.piece('\n')
            if (options.store) output.note(wayToFix(id))
          }
        } finally {
          lines.close()
        }
      }),
    )

  program
    .command('feedback <owner/name>')
    .description('say what you think of an answer; a correction can become a contribution')
    .requiredOption('--question <text>', 'what was asked')
    .requiredOption('--answer <text>', 'what was answered')
    .option('--up', 'it is right')
    .option('--down', 'it is wrong')
    .option('--better <text>', 'what it should have said')
    .option('--licence <expression>', 'with --better: offer the correction as a contribution under this licence')
    .option('--language <tag>', 'with --licence: the language of the correction, BCP 47')
    .addHelpText(
      'after',
      examples(['feedback marathi/saathi@0.1.0 --question "3 days ago in Marathi" --answer "…" --down --better "३ दिवसांपूर्वी"']),
    )
    .action(
      action(
        async (
          { client, output },
          subject: string,
          options: { question: string; answer: string; up?: boolean; down?: boolean; better?: string; licence?: string; language?: string },
        ) => {
          if (options.up === options.down) throw new AppError('invalid', 'Choose one of --up and --down.')
          const { name, version } = parseSubject(subject)
          const given = await client.post<Answers['feedback']>(`/api/models/${name}/feedback`, {
            release: version,
            turns: [
              { role: 'user', content: options.question },
              { role: 'assistant', content: options.answer },
            ],
            rating: options.up ? 'up' : 'down',
            correction: options.better,
          })
          if (options.better === undefined || options.licence === undefined) {
            output.result({ feedback: given, contribution: null }, (it) => `Feedback ${it.feedback.id} is recorded. Thank you.`)
            return
          }
          const { contribution } = await client.post<{ contribution: Answers['contribution'] }>(`/api/feedback/${given.id}/contribution`, {
            licence: options.licence,
            language: options.language,
          })
          output.result(
            { feedback: given, contribution },
            (it) => `Feedback ${it.feedback.id} became contribution ${it.contribution.id}; somebody else reviews it now.`,
          )
        },
      ),
    )
}

const wayToFix = (id: string) => `answer ${id}: wrong? cw fix ${id} --better '…'`

interface Chunk {
  readonly id?: string
  readonly error?: { readonly message: string }
  readonly choices?: readonly { readonly delta: { readonly content?: string } }[]
}

/** One answer, streamed, with its id; the OpenAI API is the only door to the engine, for us too. */
async function ask(
  client: Client,
  model: string,
  turns: readonly Turn[],
  options: ChatOptions,
  piece: (text: string) => void,
  signal: AbortSignal,
): Promise<{ readonly answer: string; readonly id: string }> {
  const { chatRequestBody } = await import('../../formats/openai.ts')
  const body = chatRequestBody({ model, turns, ...options })
  let [answer, id] = ['', '']
  for await (const { data } of client.events('/v1/chat/completions', { method: 'POST', body, signal })) {
    const chunk = data as Chunk | null
    id ||= chunk?.id ?? ''
    if (chunk?.error) throw new AppError('unavailable', chunk.error.message)
    const text = chunk?.choices?.[0]?.delta.content ?? ''
    answer += text
    if (text) piece(text)
  }
  return { answer, id }
}
