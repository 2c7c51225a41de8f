import type { ClerkUserInput } from 'clerk-mongo-sync'
import {
  clerkMembershipModel,
  clerkMembershipPlugin,
  clerkModel,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
  clerkSyncPlugin,
} from 'clerk-mongo-sync/mongoose'
import { assertSynced, createMemoryStore, fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'

const user = fixtures.user({ email: 'Ada@Example.com', username: 'ada', updated_at: 1_700_000_000_000 })
const stored = {
  clerkId: user.id,
  syncStatus: 'active',
  clerkUpdatedAt: new Date(1_700_000_000_000),
  email: 'Ada@Example.com',
  username: 'ada',
  firstName: 'Ada',
  lastName: 'Lovelace',
  imageUrl: user.image_url,
}

const schema = new Schema({
  email: { type: String, lowercase: true },
  name: { first: String, age: Number },
  photo: String,
})
schema.plugin(clerkSyncPlugin, { paths: { clerkId: 'externalId', firstName: 'name.first', imageUrl: 'photo' } })
const User = clerkModel('AssertSynced', schema, mongoose.createConnection())
const document = () => {
  const { clerkId, firstName, imageUrl, ...rest } = stored
  return new User({ ...rest, externalId: clerkId, name: { first: firstName }, photo: imageUrl })
}

describe('assertSynced passes', () => {
  it('for a lean result that has what Clerk has', () => {
    expect(() => assertSynced(stored, user)).not.toThrow()
  })

  it('for a document, by its own names, setters and the paths of its schema', () => {
    const doc = document()
    expect(doc.get('email')).toBe('ada@example.com')
    expect(() => assertSynced(doc, user)).not.toThrow()
  })

  it('for what the library stored, with the JSON of Clerk or the user of the SDK', async () => {
    const store = createMemoryStore()
    await store.upsertFromClerk(user)
    assertSynced(await store.findByClerkId(user.id), user)
    assertSynced(await store.findByClerkId(user.id), { raw: user })
  })

  it('for a placeholder if Clerk has no value', () => {
    const nameless = fixtures.phoneOnlyUser({
      id: user.id,
      image_url: stored.imageUrl ?? null,
      updated_at: 1_700_000_000_000,
    })
    const { clerkId, syncStatus, clerkUpdatedAt, imageUrl } = stored
    const email = `${user.id.toLowerCase()}@placeholder.invalid`
    const doc = { clerkId, syncStatus, clerkUpdatedAt, imageUrl, email, username: `user_${user.id.slice(-8)}` }
    expect(() => assertSynced(doc, nameless)).not.toThrow()
  })

  it('for what mapUser of the app returns, nested paths included', () => {
    const doc = document()
    doc.set('name.age', 36)
    expect(() => assertSynced(doc, user, { mapUser: () => ({ name: { first: 'Ada' }, 'name.age': 36 }) })).not.toThrow()
  })
})

describe('assertSynced fails with what is wrong, without values', () => {
  it.each<[string, object]>([
    ['clerkId (missing, or of another user)', { clerkId: 'user_other' }],
    ['syncStatus (error, conflict)', { syncStatus: 'error', syncError: 'conflict' }],
    ['clerkDeletedAt (the user is deleted)', { clerkDeletedAt: new Date() }],
    ['clerkUpdatedAt (an older version is stored)', { clerkUpdatedAt: new Date(1) }],
    ['clerkUpdatedAt (a newer version is stored)', { clerkUpdatedAt: new Date(1_800_000_000_000) }],
    ['clerkUpdatedAt (missing)', { clerkUpdatedAt: undefined }],
    ['email (differs)', { email: 'old@example.com' }],
    ['firstName (missing)', { firstName: undefined }],
    ['lastName (missing), imageUrl (differs)', { lastName: null, imageUrl: 'https://img.clerk.com/old' }],
  ])('%s', (said, changed) => {
    const assertion = () => assertSynced({ ...stored, ...changed }, user)
    expect(assertion).toThrow(`Clerk user ${user.id} is not in step: ${said}.`)
    expect(assertion).not.toThrow(/example\.com|img\.clerk/)
  })

  it('for a value that Clerk no longer has', () => {
    const { id, updated_at } = user
    expect(() => assertSynced(stored, { ...user, id, updated_at: updated_at ?? 0, username: null })).toThrow(
      'username (Clerk has none)',
    )
  })

  it('for a document, under its own names', () => {
    const doc = document()
    doc.set({ 'name.first': 'Other', photo: undefined, externalId: undefined })
    expect(() => assertSynced(doc, user)).toThrow(
      'clerkId (missing, or of another user), name.first (differs), photo (missing).',
    )
  })

  it('for a path that mapUser of the app returns and the schema lacks', () => {
    expect(() => assertSynced(document(), user, { mapUser: () => ({ plan: 'pro' }) })).toThrow(
      'plan (not in the schema)',
    )
  })

  it.each([null, undefined])('for a missing document: %s', (nothing) => {
    expect(() => assertSynced(nothing, user)).toThrow('has no document')
  })

  it('for an object that is no Clerk user', () => {
    expect(() => assertSynced(stored, {} as unknown as ClerkUserInput)).toThrow(
      expect.objectContaining({ code: 'invalid_clerk_user' }),
    )
  })
})

describe('assertSynced of an organization', () => {
  const organization = fixtures.organization({ slug: 'acme', updated_at: 1_700_000_000_000 })
  const schema = new Schema({ title: String, seats: Number })
  schema.plugin(clerkOrganizationPlugin, { paths: { name: 'title' } })
  const Organization = clerkOrganizationModel('AssertSyncedOrganization', schema, mongoose.createConnection())
  const document = () =>
    new Organization({
      clerkId: organization.id,
      syncStatus: 'active',
      clerkUpdatedAt: new Date(1_700_000_000_000),
      title: organization.name,
      slug: 'acme',
      imageUrl: organization.image_url,
      createdBy: organization.created_by,
    })

  it('passes for what Clerk has, as JSON or as the organization of the SDK', () => {
    expect(() => assertSynced(document(), organization)).not.toThrow()
    expect(() => assertSynced(document(), { raw: organization })).not.toThrow()
    const { object: _, ...bare } = organization
    expect(() => assertSynced(document(), bare)).not.toThrow()
  })

  it('fails with what is wrong, under the names of the schema', () => {
    const doc = document()
    doc.set({ title: 'Old', slug: undefined, clerkUpdatedAt: new Date(1), clerkDeletedAt: new Date() })
    expect(() => assertSynced(doc, organization)).toThrow(
      `Clerk organization ${organization.id} is not in step: clerkDeletedAt (the organization is deleted), ` +
        'clerkUpdatedAt (an older version is stored), title (differs), slug (missing).',
    )
    expect(() => assertSynced(null, organization)).toThrow(`Clerk organization ${organization.id} has no document.`)
  })

  it('passes for a placeholder if Clerk has no slug', () => {
    const { slug: _, ...bare } = organization
    const doc = document()
    expect(() => assertSynced(doc, bare)).toThrow('slug (Clerk has none)')
    doc.set('slug', organization.id.replace('_', '-').toLowerCase())
    expect(() => assertSynced(doc, bare)).not.toThrow()
  })

  it('uses mapOrganization of the app', () => {
    const doc = document()
    doc.set('seats', 5)
    const seats = (max: number) => ({ mapOrganization: () => ({ seats: max }) })
    expect(() => assertSynced(doc, organization, seats(5))).not.toThrow()
    expect(() => assertSynced(doc, organization, seats(6))).toThrow('seats (differs)')
  })
})

describe('assertSynced of a membership', () => {
  const membership = fixtures.membership({ role: 'org:admin', updated_at: 1_700_000_000_000 })
  const schema = new Schema({ title: String })
  schema.plugin(clerkMembershipPlugin, { paths: { userId: 'member' } })
  const Membership = clerkMembershipModel('AssertSyncedMembership', schema, mongoose.createConnection())
  const document = (changes: object = {}) =>
    new Membership({
      clerkId: membership.id,
      syncStatus: 'active',
      clerkUpdatedAt: new Date(1_700_000_000_000),
      organizationId: membership.organization?.id,
      member: membership.public_user_data?.user_id,
      role: 'org:admin',
      permissions: membership.permissions,
      ...changes,
    })

  it('passes for what Clerk has, as JSON or as the membership of the SDK', () => {
    expect(() => assertSynced(document(), membership)).not.toThrow()
    expect(() => assertSynced(document(), { raw: membership })).not.toThrow()
  })

  it('fails with what is wrong, the user and the organization included', () => {
    const wrong = document({ member: 'user_other', organizationId: undefined, role: 'org:member', permissions: [] })
    expect(() => assertSynced(wrong, membership)).toThrow(
      `Clerk membership ${membership.id} is not in step: organizationId (missing), member (differs), role (differs), ` +
        'permissions (differs).',
    )
  })

  it('uses mapMembership of the app', () => {
    const titled = (title: string) => ({ mapMembership: () => ({ title }) })
    expect(() => assertSynced(document({ title: 'Chair' }), membership, titled('Chair'))).not.toThrow()
    expect(() => assertSynced(document({ title: 'Chair' }), membership, titled('Other'))).toThrow('title (differs)')
  })
})
