/** Inside node_modules Node runs no TypeScript by itself. */
const isInstalled = import.meta.url.includes('/node_modules/')

/** What a process or thread of ours is started with. Not with the parent's: its flags (a test runner's, an inspector's port) are not for it. */
export const nodeFlags: readonly string[] = isInstalled ? ['--import', new URL('../../../bin/typescript.js', import.meta.url).href] : []
