import { type ClerkOrganizationMembershipJSON, createClerkSync } from 'clerk-mongo-sync'
import { clerkMembershipModel, clerkMembershipPlugin } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'
import { expect, it } from 'vitest'
import { useDatabase } from '../support/database'

const db = useDatabase('memberships-without-organizations')
const T = 1_800_000_000_000
const userId = 'user_2test00000000000000000001'
const organization = { id: 'org_2test000000000000000000001', name: 'Acme', created_at: T, updated_at: T }

const membership: ClerkOrganizationMembershipJSON = {
  id: 'orgmem_2test000000000000000001',
  role: 'org:admin',
  permissions: [],
  organization,
  public_user_data: { user_id: userId },
  created_at: T,
  updated_at: T,
}
const created = { type: 'organizationMembership.created', data: membership } as const
const deleted = {
  type: 'organization.deleted',
  data: { id: organization.id, object: 'organization', deleted: true },
  timestamp: T + 9_000,
} as const

it.each([
  ['after its members', [created, deleted]],
  ['before its last member arrives', [deleted, created]],
])('memberships end with an organization that the app does not store, deleted %s', async (_, events) => {
  const n = crypto.randomUUID()
  const collections = { tombstones: `unstored_tombstones_${n}` }
  const schema = new Schema({}, { collection: `unstored_memberships_${n}` })
  schema.plugin(clerkMembershipPlugin, { collections })
  const memberships = clerkMembershipModel(`UnstoredMembership${n}`, schema, db.connection)
  await memberships.init()
  const clerkSync = createClerkSync({ users: await db.users({ collections }), memberships })
  const outcomes: string[] = []
  for (const [index, event] of events.entries())
    outcomes.push((await clerkSync.sync(event, { messageId: `msg_${n}_${index}` })).outcome)
  expect(outcomes[events.indexOf(deleted)]).toBe('ignored')
  expect(await memberships.hasRole(userId, organization.id, 'org:admin')).toBe(false)
  expect(await memberships.findByOrganization(organization.id)).toEqual([])
})
