// Completes package-lock.json with the platform packages that the registry used for `npm install` does not carry.
//
// npm leaves an optional package out of the lockfile when it cannot fetch it, and then `npm ci` refuses that lockfile on every
// machine ("Missing: … from lock file"). An entry with a version, `optional`, `os` and `cpu` and no address is enough: npm skips it on
// other platforms and fetches it on its own. Run after every `npm install`; `src/lockfile.test.ts` checks that it was run.
// Plain JavaScript, because it must run on the host's Node before ours is installed.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const OS = {
  linux: 'linux',
  mac: 'darwin',
  darwin: 'darwin',
  win: 'win32',
  win32: 'win32',
  freebsd: 'freebsd',
  android: 'android',
  aix: 'aix',
  openharmony: 'openharmony',
  netbsd: 'netbsd',
  openbsd: 'openbsd',
  sunos: 'sunos',
}
const CPU = {
  x64: 'x64',
  arm64: 'arm64',
  armv7l: ['arm', 'x64'],
  arm: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
  mips64el: 'mips64el',
}

/** Entries that a lockfile lacks: every optional dependency of a locked package that has no entry of its own. */
export function missingEntries(lock) {
  const missing = new Map()
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const nested = `${path}/node_modules/${name}`
      if (lock.packages[nested] || lock.packages[`node_modules/${name}`]) continue
      const words = name.split('/').at(-1).split('-')
      const os = words.map((w) => OS[w]).find(Boolean)
      const cpu = words.map((w) => CPU[w]).find(Boolean)
      missing.set(`node_modules/${name}`, {
        version: version.replace(/^[\^~]/, ''),
        optional: true,
        ...(os && { os: [os] }),
        ...(cpu && { cpu: [cpu].flat() }),
      })
    }
  }
  return missing
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = new URL('../package-lock.json', import.meta.url)
  const lock = JSON.parse(readFileSync(file, 'utf8'))
  const missing = missingEntries(lock)
  for (const [path, entry] of missing) lock.packages[path] = entry
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  writeFileSync(file, JSON.stringify(lock, null, 2) + '\n')
  console.log(missing.size ? `added ${[...missing.keys()].join(', ')}` : 'nothing was missing')
}
