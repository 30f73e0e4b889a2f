import { after } from 'node:test'
import { join } from 'node:path'
import { jobsConformance } from './jobs.conformance.ts'
import { startPostgres } from './test-postgres.ts'
import { temporaryHome } from './testing.ts'

const postgres = await startPostgres({ after })

jobsConformance('embedded', async (lifetime) => ({ kind: 'embedded', folder: join(await temporaryHome(lifetime), 'database') }))
jobsConformance('postgres', async () =>
  typeof postgres === 'string' ? postgres : { kind: 'postgres', url: await postgres.freshDatabase() },
)
