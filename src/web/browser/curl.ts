/** The same question as a command for a terminal. Server and browser write it alike. */

export interface CurlQuestion {
  /** e.g. https://example.org */
  readonly origin: string
  readonly model: string
  readonly turns: readonly { readonly role: string; readonly content: string }[]
  /** null: as the API does where nothing is said. */
  readonly temperature: number | null
}

/** For a POSIX shell: a quote inside single quotes is written '\''. */
export function curlFor({ origin, model, turns, temperature }: CurlQuestion): string {
  const body = JSON.stringify({ model, messages: turns, ...(temperature !== null && { temperature }) })
  return [
    `curl ${origin}/v1/chat/completions \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${body.replaceAll("'", `'\\''`)}'`,
  ].join('\n')
}
