/** Where npm has put a package: beside this program's sources, or beside the program itself where that is installed. */

import { findPackageJSON } from 'node:module'
import { pathToFileURL } from 'node:url'

/** Its folder, with a slash at the end. */
export function packageFolder(name: string): URL {
  const path = findPackageJSON(name, import.meta.url)
  if (path === undefined) throw new Error(`The package ${name} is not installed; run npm ci.`)
  return new URL('./', pathToFileURL(path))
}
