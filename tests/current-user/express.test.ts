import { clerkMiddleware, getAuth } from '@clerk/express'
import { createClerkSync, toCurrentUser, toPlainUser } from 'clerk-mongo-sync'
import express from 'express'
import { signedInContract } from '../contracts/signed-in'
import { useDatabase } from '../support/database'
import { serve } from '../support/serve'

const db = useDatabase('current_user_express')

signedInContract('Express 5', async ({ clerk, sessions }) => {
  const { CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_JWT_KEY: jwtKey } = sessions.env
  const access = { secretKey: clerk.secretKey, apiUrl: clerk.url }
  const clerkSync = createClerkSync({ users: await db.users(), clerk: access, logger: false })
  const currentUser = toCurrentUser(clerkSync, getAuth)
  const app = express()
  app.use(clerkMiddleware({ publishableKey, jwtKey, ...access }))
  app.get('/me', async (request, response) => {
    const user = await currentUser(request)
    response.status(user ? 200 : 401).json(user && toPlainUser(user))
  })
  return serve(app)
})
