import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A small app and its fake Clerk. */
export type TourApp = Awaited<ReturnType<typeof openApp>>

/**
 * Starts the smallest app: three models, a `clerkSync`, and a server with its handler. Imports the published package, like
 * any app.
 * @param uri Connection string with an empty database.
 */
export async function openApp(uri: string) {
  const [{ Schema }, { createClerkSync }, ours, { toNodeHandler }, testing] = await Promise.all([
    import('mongoose'),
    import('clerk-mongo-sync'),
    import('clerk-mongo-sync/mongoose'),
    import('clerk-mongo-sync/node'),
    import('clerk-mongo-sync/testing'),
  ])
  const { connectOnce } = ours
  const clerk = await testing.createFakeClerk()

  const userSchema = new Schema({
    email: { type: String, unique: true, sparse: true, lowercase: true },
    username: { type: String, unique: true, sparse: true },
    firstName: String,
    lastName: String,
  })
  userSchema.plugin(ours.clerkSyncPlugin)
  const User = ours.clerkModel('User', userSchema)
  const organizationSchema = new Schema({ slug: { type: String, unique: true, sparse: true } })
  organizationSchema.plugin(ours.clerkOrganizationPlugin)
  const Organization = ours.clerkOrganizationModel('Organization', organizationSchema)
  const membershipSchema = new Schema({})
  membershipSchema.plugin(ours.clerkMembershipPlugin)
  const Membership = ours.clerkMembershipModel('Membership', membershipSchema)
  const clerkSync = createClerkSync({
    users: User,
    organizations: Organization,
    memberships: Membership,
    signingSecret: clerk.signingSecret,
    clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url },
    connect: () => connectOnce(uri),
  })
  const server = createServer(toNodeHandler(clerkSync))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/webhooks/clerk`
  clerk.deliverTo(endpoint)
  const mongoose = await connectOnce(uri)
  await Promise.all([User.init(), Organization.init(), Membership.init()])
  return {
    clerk,
    clerkSync,
    endpoint,
    /** The driver's collections, which show the documents as they are stored. */
    users: User.collection,
    organizations: Organization.collection,
    memberships: Membership.collection,
    async close() {
      await clerk.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await mongoose.disconnect()
    },
  }
}
