import { clerkPlugin, getAuth } from '@clerk/fastify'
import { createClerkSync, toCurrentUser, toPlainUser } from 'clerk-mongo-sync'
import { fastify } from 'fastify'
import { signedInContract } from '../contracts/signed-in'
import { useDatabase } from '../support/database'

const db = useDatabase('current_user_fastify')

signedInContract('Fastify 5', async ({ clerk, sessions }) => {
  const { CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_JWT_KEY: jwtKey } = sessions.env
  const access = { secretKey: clerk.secretKey, apiUrl: clerk.url }
  const clerkSync = createClerkSync({ users: await db.users(), clerk: access, logger: false })
  const currentUser = toCurrentUser(clerkSync, getAuth)
  const app = fastify()
  await app.register(clerkPlugin, { publishableKey, jwtKey, ...access })
  app.get('/me', async (request, reply) => {
    const user = await currentUser(request)
    return reply.status(user ? 200 : 401).send(user && toPlainUser(user))
  })
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() }
})
