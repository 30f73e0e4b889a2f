import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { loadConfig, settings, settingsTable } from './config.ts'

test('where nothing is said, everything is on this machine and for its user alone', () => {
  const config = loadConfig({}, {})
  assert.equal(config.home, join(homedir(), '.commonweights'))
  assert.deepEqual(config.database, { kind: 'embedded', folder: join(config.home, 'database') })
  assert.equal(config.host, '127.0.0.1')
  assert.equal(config.token, null)
  assert.equal(config.memoryBudget, null)
  assert.ok(config.threads >= 1)
})

test('the command line wins over the environment, and an empty variable is as good as none', () => {
  const environment = {
    COMMONWEIGHTS_HOME: '/srv/one',
    PORT: '80',
    COMMONWEIGHTS_HOST: '0.0.0.0',
    COMMONWEIGHTS_LOG: ' ',
    DATABASE_URL: '',
  }
  const config = loadConfig({ home: 'two', port: 0, host: '::1' }, environment)
  assert.equal(config.home, resolve('two'))
  assert.equal(config.port, 0)
  assert.equal(config.host, '::1')
  assert.equal(config.logLevel, 'info')
  assert.equal(config.database.kind, 'embedded')
  const other = loadConfig({}, environment)
  assert.deepEqual([other.home, other.port, other.host], [resolve('/srv/one'), 80, '0.0.0.0'])
})

test('DATABASE_URL chooses a Postgres server', () => {
  const url = 'postgresql://cw:secret@db.example:5432/commonweights'
  assert.deepEqual(loadConfig({}, { DATABASE_URL: url }).database, { kind: 'postgres', url })
})

test('the budget of previews that begin by themselves is whole numbers, and 0 minutes turn them off', () => {
  assert.deepEqual(loadConfig({}, {}).automaticPreviews, { minutes: 60, examples: 200 })
  const said = { COMMONWEIGHTS_PREVIEW_MINUTES: '0', COMMONWEIGHTS_PREVIEW_EXAMPLES: '50' }
  assert.deepEqual(loadConfig({}, said).automaticPreviews, { minutes: 0, examples: 50 })
  for (const minutes of ['-1', '1.5', 'many', '10000000'])
    assert.throws(
      () => loadConfig({}, { COMMONWEIGHTS_PREVIEW_MINUTES: minutes }),
      /COMMONWEIGHTS_PREVIEW_MINUTES is ".*"; it must be a whole/,
    )
})

test('an OpenID provider is called by its host where nothing else is said, and needs no TLS on this machine alone', () => {
  assert.deepEqual(
    [loadConfig({}, {}).provider, loadConfig({}, {}).signUp, loadConfig({}, {}).openCommunities],
    [null, 'invitation', 'maintainer'],
  )
  const { provider, publicOrigin } = loadConfig(
    {},
    {
      COMMONWEIGHTS_OPENID_ISSUER: 'http://127.0.0.1:9000',
      COMMONWEIGHTS_OPENID_CLIENT_ID: 'wiki',
      COMMONWEIGHTS_URL: 'https://wiki.example/',
    },
  )
  assert.deepEqual(provider, { issuer: 'http://127.0.0.1:9000', clientId: 'wiki', clientSecret: null, name: '127.0.0.1:9000' })
  assert.equal(publicOrigin, 'https://wiki.example')
})

test('training is native where nothing is said', () => {
  assert.equal(loadConfig({}, {}).portableTraining, false)
  assert.equal(loadConfig({}, { COMMONWEIGHTS_TRAINER: 'portable' }).portableTraining, true)
})

test('memory is read with its unit', () => {
  assert.equal(loadConfig({}, { COMMONWEIGHTS_MEMORY: '150MB' }).memoryBudget, 150_000_000)
  assert.equal(loadConfig({}, { COMMONWEIGHTS_MEMORY: '0.25 GiB' }).memoryBudget, 2 ** 28)
})

test('what cannot be is refused with the name of the setting and the way out', () => {
  const refusals: [NodeJS.ProcessEnv, RegExp][] = [
    [{ PORT: '70000' }, /PORT is "70000"; .* 0 to 65535/],
    [{ PORT: '0x50' }, /PORT/],
    [{ DATABASE_URL: 'mysql://root@localhost/x' }, /DATABASE_URL is a mysql address; .*postgres:\/\/.*Unset it/],
    [{ DATABASE_URL: 'localhost' }, /DATABASE_URL is not an address/],
    [{ COMMONWEIGHTS_HOST: 'http://localhost' }, /COMMONWEIGHTS_HOST .* without port or http/],
    [{ COMMONWEIGHTS_THREADS: '0' }, /COMMONWEIGHTS_THREADS is "0"/],
    [{ COMMONWEIGHTS_THREADS: '4096' }, /asks for 4096 threads, but this process may use \d+/],
    [{ COMMONWEIGHTS_TRAINER: 'wasm' }, /COMMONWEIGHTS_TRAINER is "wasm"; it must be one of native, portable/],
    [{ COMMONWEIGHTS_MEMORY: '8' }, /COMMONWEIGHTS_MEMORY is "8"; .* MB, GB/],
    [{ COMMONWEIGHTS_MEMORY: '90000GB' }, /allows 90000GB, but this process can have \d+ MB/],
    [{ COMMONWEIGHTS_SIGN_UP: 'everybody' }, /COMMONWEIGHTS_SIGN_UP is "everybody"; it must be one of invitation, open/],
    [{ COMMONWEIGHTS_OPEN_COMMUNITIES: 'all' }, /it must be one of maintainer, anyone/],
    [{ COMMONWEIGHTS_URL: 'wiki.example' }, /COMMONWEIGHTS_URL is "wiki.example"; .* without a path/],
    [{ COMMONWEIGHTS_URL: 'https://wiki.example/cw' }, /without a path, such as https:/],
    [{ COMMONWEIGHTS_OPENID_ISSUER: 'https://id.example' }, /ISSUER and COMMONWEIGHTS_OPENID_CLIENT_ID go together/],
    [{ COMMONWEIGHTS_OPENID_ISSUER: 'http://id.example', COMMONWEIGHTS_OPENID_CLIENT_ID: 'x' }, /must be an https address/],
    [{ COMMONWEIGHTS_PROXIES: 'one' }, /COMMONWEIGHTS_PROXIES is "one"; it must be a whole/],
    [{ COMMONWEIGHTS_LOG: 'loud' }, /COMMONWEIGHTS_LOG is "loud"; .*debug/],
    [{ COMMONWEIGHTS_HOEM: '/srv' }, /COMMONWEIGHTS_HOEM is no setting. .*COMMONWEIGHTS_HOME/],
  ]
  for (const [environment, message] of refusals)
    assert.throws(() => loadConfig({}, environment), { name: 'AppError', code: 'invalid', message })
})

test('a refusal does not print a password', () => {
  assert.throws(
    () => loadConfig({}, { DATABASE_URL: 'mysql://root:hunter2@localhost/x' }),
    (error: Error) => !error.message.includes('hunter2'),
  )
})

test('the table names every setting once', () => {
  const table = settingsTable()
  for (const { variable } of settings) assert.equal(table.split(`\`${variable}\` |`).length, 2, variable)
})
