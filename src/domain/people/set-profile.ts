/** What people say about themselves, and how they want the pages. All of it is optional, and theirs: nothing of it is checked. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Actor } from './actor.ts'
import { requireSelf } from './require-self.ts'

export interface Profile {
  readonly displayName: string | null
  readonly bio: string
  /** BCP 47; null: as the browser asks. */
  readonly language: string | null
  /** null: as the device has it. */
  readonly theme: 'light' | 'dark' | null
}

export const profileLimits = {
  /** Full names of any culture fit; it stands in lists. */
  displayName: 80,
  /** A paragraph or two. */
  bio: 1_000,
} as const

/** What is left out stays as it is; an empty text takes it away. */
export async function setProfile(
  app: { readonly db: Database },
  actor: Actor,
  wanted: { readonly [Key in keyof Profile]?: Profile[Key] | undefined },
): Promise<Profile> {
  const { id } = requireSelf(actor)
  return app.db.transaction().execute(async (db) => {
    const before = await profileOf(db, id)
    const profile: Profile = {
      displayName: wanted.displayName === undefined ? before.displayName : parseDisplayName(wanted.displayName),
      bio: wanted.bio === undefined ? before.bio : parseBio(wanted.bio),
      language: wanted.language === undefined ? before.language : parseLanguage(wanted.language),
      theme: wanted.theme === undefined ? before.theme : wanted.theme,
    }
    await db.updateTable('people').set(profile).where('id', '=', id).execute()
    return profile
  })
}

export async function profileOf(db: Db, personId: number): Promise<Profile> {
  return db.selectFrom('people').select(['displayName', 'bio', 'language', 'theme']).where('id', '=', personId).executeTakeFirstOrThrow()
}

/** Characters that turn the direction of what follows would disturb the line they stand in, and control characters every line. */
const disturbing = /[\u202a-\u202e\u2066-\u2069\p{Cc}]/gu

function parseDisplayName(text: string | null): string | null {
  const name = (text ?? '').normalize('NFC').replaceAll(/\s+/gu, ' ').replaceAll(disturbing, '').trim()
  if (name === '') return null
  if ([...name].length > profileLimits.displayName)
    throw new AppError('invalid', `The name has ${[...name].length} characters; at most ${profileLimits.displayName} are kept.`)
  return name
}

function parseBio(text: string): string {
  const bio = text
    .normalize('NFC')
    .replaceAll('\r\n', '\n')
    .replaceAll(disturbing, (character) => (character === '\n' ? '\n' : ''))
    .trim()
  if ([...bio].length > profileLimits.bio)
    throw new AppError('invalid', `What you say about yourself has ${[...bio].length} characters; at most ${profileLimits.bio} are kept.`)
  return bio
}

function parseLanguage(text: string | null): string | null {
  if (text === null || text === '') return null
  try {
    return new Intl.Locale(text).toString()
  } catch (cause) {
    throw new AppError('invalid', `${JSON.stringify(text.slice(0, 40))} is no language tag; write one such as hi or ur.`, { cause })
  }
}
