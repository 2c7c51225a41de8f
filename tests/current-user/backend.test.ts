import { createClerkClient } from '@clerk/backend'
import { getRequestListener } from '@hono/node-server'
import { createClerkSync, toCurrentUser, toPlainUser } from 'clerk-mongo-sync'
import { signedInContract } from '../contracts/signed-in'
import { useDatabase } from '../support/database'
import { serve } from '../support/serve'

const db = useDatabase('current_user_backend')

signedInContract('a Fetch handler with @clerk/backend', async ({ clerk, sessions }) => {
  const { CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_JWT_KEY: jwtKey } = sessions.env
  const access = { secretKey: clerk.secretKey, apiUrl: clerk.url }
  const backend = createClerkClient({ ...access, publishableKey, jwtKey, telemetry: { disabled: true } })
  const clerkSync = createClerkSync({ users: await db.users(), clerk: access, logger: false })
  const currentUser = toCurrentUser(clerkSync, async (request: Request) => {
    const state = await backend.authenticateRequest(request)
    return state.toAuth() ?? { userId: null }
  })
  const handler = async (request: Request) => {
    const user = await currentUser(request)
    return Response.json(user && toPlainUser(user), { status: user ? 200 : 401 })
  }
  return serve(getRequestListener(handler, { overrideGlobalObjects: false }))
})
