/** Writes the pages that are made from the program: configuration, commands, API. `npm run docs`; src/docs.test.ts checks that it was run. */

import { readFile, writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { createProgram } from '../src/cli/program.ts'
import { settingsTable } from '../src/config.ts'
import { apiRoutes } from '../src/http/api/routes.ts'

export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/configuration.md', configurationPage()],
    ['docs/commands.md', commandsPage()],
    ['docs/openapi.json', await openApiPage()],
  ])
}

function configurationPage(): string {
  return `# Configuration

Everything has a default; nothing has to be configured. A command-line option wins over its variable. A variable that begins with \`COMMONWEIGHTS_\` and is not in this table is refused as a typing error.

${settingsTable()}
`
}

function commandsPage(): string {
  const pages = commandsOf(createProgram('')).map(({ path, command }) => {
    const help: string[] = []
    // The examples are added by an event, which only outputHelp sends.
    command.configureOutput({ writeOut: (text) => help.push(text) })
    command.configureHelp({ helpWidth: 120, showGlobalOptions: false })
    command.outputHelp()
    return `## ${path}\n\n\`\`\`\n${help.join('').trim()}\n\`\`\`\n`
  })
  return `# Commands

From a checkout: \`npm run -s cw -- <command>\`; installed: \`commonweights <command>\`. Every command takes \`--home <folder>\`, \`--json\` and \`--token <token>\`.

${pages.join('\n')}`
}

function commandsOf(command: Command, path: readonly string[] = []): { path: string; command: Command }[] {
  const here = [...path, command.name()]
  if (command.commands.length === 0) return [{ path: here.slice(1).join(' '), command }]
  // A command with arguments of its own does something besides having others under it: "forecast <owner/name>".
  const own = command.registeredArguments.length > 0 ? [{ path: here.slice(1).join(' '), command }] : []
  return [...own, ...command.commands.flatMap((child) => commandsOf(child, here))]
}

/** The routes are only described here, never called, so they need no app. */
async function openApiPage(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  const response = await apiRoutes({ version } as never).request('/openapi.json')
  return JSON.stringify(await response.json(), null, 2) + '\n'
}

if (import.meta.main) {
  for (const [file, text] of await generatedPages()) {
    await writeFile(new URL(`../${file}`, import.meta.url), text)
    console.log(`wrote ${file}`)
  }
}
