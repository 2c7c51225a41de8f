import { clerkMiddleware, getAuth } from '@clerk/hono'
import { getRequestListener } from '@hono/node-server'
import { createClerkSync, toCurrentUser, toPlainUser } from 'clerk-mongo-sync'
import { Hono } from 'hono'
import { signedInContract } from '../contracts/signed-in'
import { useDatabase } from '../support/database'
import { serve } from '../support/serve'

const db = useDatabase('current_user_hono')

signedInContract('Hono 4', async ({ clerk, sessions }) => {
  const { CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_JWT_KEY: jwtKey } = sessions.env
  const access = { secretKey: clerk.secretKey, apiUrl: clerk.url }
  const clerkSync = createClerkSync({ users: await db.users(), clerk: access, logger: false })
  const currentUser = toCurrentUser(clerkSync, getAuth)
  const app = new Hono()
  app.use(clerkMiddleware({ publishableKey, jwtKey, ...access }))
  app.get('/me', async (c) => {
    const user = await currentUser(c)
    return c.json(user && toPlainUser(user), user ? 200 : 401)
  })
  return serve(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
})
