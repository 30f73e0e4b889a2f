/** People: the ways in, one's own account, members of communities, everybody. */

import { Hono } from 'hono'
import { accountRoutes } from './account-routes.ts'
import { everybodyRoutes } from './everybody-routes.ts'
import { membersRoutes } from './members-routes.ts'
import { signInRoutes, type SignInApp } from './sign-in-routes.ts'

export function peopleRoutes(app: SignInApp): Hono {
  return new Hono()
    .route('/', signInRoutes(app))
    .route('/', accountRoutes(app))
    .route('/', membersRoutes(app))
    .route('/', everybodyRoutes(app))
}
