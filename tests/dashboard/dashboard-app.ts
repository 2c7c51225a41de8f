import { type ClerkSync, type ClerkSyncOptions, createClerkSync, mapClerkUser } from 'clerk-mongo-sync'
import { type DashboardOptions, toDashboardHandler } from 'clerk-mongo-sync/dashboard'
import { toExpressHandler } from 'clerk-mongo-sync/express'
import {
  clerkMembershipModel,
  clerkMembershipPlugin,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
} from 'clerk-mongo-sync/mongoose'
import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import express from 'express'
import { Schema } from 'mongoose'
import { defaultDefinition, type TestDatabase, type TestModel } from '../support/database'
import { type Served, serve } from '../support/serve'

/** An app with all resources, its dashboard, and a fake Clerk that delivers to it. */
export interface DashboardApp {
  clerk: FakeClerk
  clerkSync: ClerkSync
  users: TestModel
  /** Address of the dashboard. */
  url: string
  /** Code of the app that a test can make fail. */
  faults: { hook: boolean; map: boolean }
  /** Waits until all that happened at Clerk is delivered. */
  delivered(): Promise<void>
  close(): Promise<void>
}

let made = 0

/** Opens the app on a port of its own, with empty collections. */
export async function openDashboardApp(
  db: TestDatabase,
  { authorize = () => true }: Partial<DashboardOptions> = {},
  options: Partial<ClerkSyncOptions> = {},
): Promise<DashboardApp> {
  made += 1
  const names = ['clerk_jobs', 'clerk_deliveries', 'clerk_tombstones', 'clerk_unstored']
  for (const name of names) await db.connection.collection(name).deleteMany({})
  // One attempt of each message: Svix's second one would come after seconds.
  const clerk = await createFakeClerk({ delivery: { schedule: [0] } })
  const users = await db.users({
    definition: { ...defaultDefinition, seats: Number },
    push: { publicMetadata: ['plan'] },
  })
  const organizationSchema = new Schema({ slug: { type: String, unique: true, sparse: true } })
  organizationSchema.plugin(clerkOrganizationPlugin)
  const membershipSchema = new Schema({})
  membershipSchema.plugin(clerkMembershipPlugin)
  const organizations = clerkOrganizationModel(`DashboardOrganization${made}`, organizationSchema, db.connection)
  const memberships = clerkMembershipModel(`DashboardMembership${made}`, membershipSchema, db.connection)
  await Promise.all([organizations.init(), memberships.init()])
  const faults = { hook: false, map: false }
  const clerkSync = createClerkSync({
    users,
    organizations,
    memberships,
    signingSecret: clerk.signingSecret,
    clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url },
    deliveries: true,
    logger: false,
    mapUser: (user) => {
      if (faults.map) throw new Error('The map of the app failed.')
      return mapClerkUser(user)
    },
    on: {
      'user.updated': () => {
        if (faults.hook) throw new Error('The hook of the app failed.')
      },
    },
    ...options,
  })
  const app = express()
  app.post('/webhook', toExpressHandler(clerkSync))
  app.use('/admin/sync', toExpressHandler(toDashboardHandler(clerkSync, { authorize })))
  const server: Served = await serve(app)
  clerk.deliverTo(`${server.url}/webhook`)
  return {
    clerk,
    clerkSync,
    users,
    url: `${server.url}/admin/sync`,
    faults,
    delivered: () => clerk.settle(),
    async close() {
      await clerk.close()
      await server.close()
    },
  }
}

/** A day at Clerk: people, an organization with members, failures of two kinds, a conflict, a pending push. */
export async function play({ clerk, users, faults, delivered }: DashboardApp) {
  await users.create({ email: 'taken@example.com' })
  const people = ['Ada', 'Grace', 'Mary', 'Edsger', 'Barbara', 'Alan'].map((first_name) =>
    clerk.users.create({ first_name, last_name: 'Test', email_address: [`${first_name.toLowerCase()}@example.com`] }),
  )
  const acme = clerk.organizations.create({ name: 'Acme' })
  for (const { id } of people.slice(0, 3)) clerk.organizations.addMember(acme.id, id)
  const conflicting = clerk.users.create({ first_name: 'Eve', email_address: ['taken@example.com'] })
  await delivered()
  const [ada, grace, mary] = people.map(({ id }) => id) as [string, string, string]
  faults.map = true
  clerk.users.update(ada, { last_name: 'Lovelace' })
  await delivered()
  faults.map = false
  faults.hook = true
  clerk.users.update(grace, { last_name: 'Hopper' })
  await delivered()
  faults.hook = false
  clerk.users.delete(mary)
  await delivered()
  await users.findOneAndUpdate({ clerkId: people[3]?.id }, { plan: 'pro' })
  return { failing: ada, hookFailed: grace, deleted: mary, conflicting: conflicting.id, organization: acme.id }
}
