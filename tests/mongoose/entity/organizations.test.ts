import {
  type ClerkOrganizationJSON,
  type ClerkSyncOptions,
  type ClerkWebhookEvent,
  createClerkSync,
} from 'clerk-mongo-sync'
import {
  type ClerkOrganizationPluginOptions,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
} from 'clerk-mongo-sync/mongoose'
import { createFakeClerk } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { useDatabase } from '../../support/database'

const db = useDatabase('organizations')
const T = 1_800_000_000_000
let made = 0

/** An organization as Clerk sends it. */
function organization(fields: Partial<ClerkOrganizationJSON> = {}): ClerkOrganizationJSON {
  const n = String(++made).padStart(6, '0')
  const both = { created_at: T, updated_at: T, created_by: 'user_2founder0000000000000000001' }
  const names = { name: `Acme ${n}`, slug: `acme-${n}`, image_url: 'https://img.clerk.com/acme', has_image: false }
  return { id: `org_2test000000000000000${n}`, object: 'organization', ...names, ...both, members_count: 1, ...fields }
}

const created = (data: ClerkOrganizationJSON): ClerkWebhookEvent => ({ type: 'organization.created', data })
const updated = (data: ClerkOrganizationJSON): ClerkWebhookEvent => ({ type: 'organization.updated', data })
const deleted = ({ id }: ClerkOrganizationJSON): ClerkWebhookEvent => ({
  type: 'organization.deleted',
  data: { id, object: 'organization', deleted: true },
})
const changed = (given: ClerkOrganizationJSON, fields: Partial<ClerkOrganizationJSON>): ClerkOrganizationJSON => ({
  ...given,
  updated_at: Number(given.updated_at) + 1_000,
  ...fields,
})

async function organizationModel(options: ClerkOrganizationPluginOptions = {}, definition: object = {}) {
  const name = `Organization${++made}`
  const schema = new Schema({ slug: { type: String, unique: true, sparse: true }, seats: Number, ...definition })
  schema.plugin(clerkOrganizationPlugin, { collections: { tombstones: `org_tombstones_${made}` }, ...options })
  const model = clerkOrganizationModel(name, schema, db.connection)
  await model.init()
  return model
}

async function setUp(
  options: Partial<ClerkSyncOptions> = {},
  plugin: ClerkOrganizationPluginOptions = {},
  definition: object = {},
) {
  const organizations = await organizationModel(plugin, definition)
  const users = await db.users()
  const clerkSync = createClerkSync({ users, organizations, ...options })
  let messages = 0
  const send = async (event: ClerkWebhookEvent, messageId = `msg_org_${++messages}`) =>
    (await clerkSync.sync(event, { messageId })).outcome
  const read = ({ id }: ClerkOrganizationJSON) => organizations.collection.findOne({ clerkId: id })
  return { organizations, users, clerkSync, send, read }
}

describe('an organization', () => {
  it('is stored, changed and marked as deleted, each event once', async () => {
    const { send, read } = await setUp()
    const acme = organization()
    expect(await send(created(acme))).toBe('created')
    expect(await read(acme)).toMatchObject({
      clerkId: acme.id,
      name: acme.name,
      slug: acme.slug,
      imageUrl: acme.image_url,
      createdBy: acme.created_by,
      syncStatus: 'active',
      clerkUpdatedAt: new Date(T),
    })
    const renamed = changed(acme, { name: 'Acme Corp' })
    expect(await send(updated(renamed))).toBe('updated')
    expect(await send(updated(renamed))).toBe('duplicate')
    expect(await send(updated(acme))).toBe('stale')
    expect(await send(deleted(acme))).toBe('deleted')
    expect(await send(deleted(acme))).toBe('duplicate')
    expect(await read(acme)).toMatchObject({ name: 'Acme Corp', syncStatus: 'error', syncError: 'deleted' })
  })

  it('has no fields of users, and no count of its members', async () => {
    const { send, read } = await setUp()
    const acme = organization()
    await send(created(acme))
    const stored = await read(acme)
    const own = ['__v', '_id', 'clerkId', 'clerkUpdatedAt', 'createdBy', 'imageUrl', 'lastClerkSync', 'name', 'slug']
    expect(Object.keys(stored ?? {}).sort()).toEqual([...own, 'syncStatus'])
  })

  it('whose number of members alone changed is a duplicate', async () => {
    const { send } = await setUp()
    const acme = organization()
    await send(created(acme))
    expect(await send(updated({ ...acme, members_count: 2 }))).toBe('duplicate')
  })

  it('never comes back after its deletion, also if that came first', async () => {
    const { send, read } = await setUp()
    const [late, unknown] = [organization(), organization()]
    await send(created(late))
    await send(deleted(late))
    expect(await send(updated(changed(late, {})))).toBe('stale')
    expect(await send(deleted(unknown))).toBe('deleted')
    expect(await send(created(unknown))).toBe('stale')
    expect(await read(unknown)).toMatchObject({ syncError: 'deleted' })
  })

  it('takes two commands when it is new, and one when it changed', async () => {
    const { send } = await setUp()
    await send(created(organization()))
    const acme = organization()
    db.forget()
    await send(created(acme))
    expect(db.commands.map(({ name }) => name)).toEqual(['update', 'find'])
    db.forget()
    await send(updated(changed(acme, { name: 'Acme Corp' })))
    expect(db.commands.map(({ name }) => name)).toEqual(['update'])
  })

  it('is stored once by 20 deliveries at a time', async () => {
    const { organizations, send } = await setUp()
    const acme = organization()
    const versions = Array.from({ length: 20 }, (_, n) => changed(acme, { name: `Name ${n}`, updated_at: T + n }))
    await Promise.all(versions.map((version, n) => send(n === 0 ? created(version) : updated(version))))
    expect(await organizations.find({ clerkId: acme.id }).lean()).toMatchObject([{ name: 'Name 19' }])
  })

  it('with values that the schema refuses is a conflict, and shown', async () => {
    const onConflict = vi.fn()
    const { send, read } = await setUp({ onConflict, logger: false }, {}, { name: { type: String, maxlength: 20 } })
    const acme = organization({ name: 'A name of more than twenty characters' })
    expect(await send(created(acme))).toBe('conflict')
    expect(await read(acme)).toBeNull()
    const message = expect.stringContaining(
      'mapOrganization: (organization) => ({ ...mapClerkOrganization(organization)',
    )
    expect(onConflict).toHaveBeenCalledWith(expect.objectContaining({ code: 'host_rule', path: 'name', message }))
  })

  it('without an id is a conflict, as it can never be applied', async () => {
    const { clerkSync } = await setUp({ logger: false })
    const event = { type: 'organization.deleted', data: { object: 'organization', deleted: true } } as ClerkWebhookEvent
    expect(await clerkSync.sync(event, { messageId: 'msg_no_id' })).toMatchObject({ conflict: { code: 'missing_id' } })
  })
})

describe('a slug', () => {
  it('moves to the organization that has it now, whichever event comes first', async () => {
    for (const order of ['the taker first', 'the holder first'] as const) {
      const { send, read } = await setUp()
      const holder = organization()
      await send(created(holder))
      const taker = organization({ slug: holder.slug as string, updated_at: T + 3_000 })
      const holderLater = changed(holder, { slug: `${holder.slug}-old` })
      const events = [created(taker), updated(holderLater)]
      for (const event of order === 'the taker first' ? events : events.reverse()) await send(event)
      expect(await read(taker), order).toMatchObject({ slug: holder.slug, syncStatus: 'active' })
      expect(await read(holder), order).toMatchObject({ slug: `${holder.slug}-old`, syncStatus: 'active' })
    }
  })

  it('that a newer organization has leaves the older one a variant', async () => {
    const { send, read } = await setUp()
    const newer = organization({ updated_at: T + 5_000 })
    await send(created(newer))
    const older = organization({ slug: newer.slug as string })
    expect(await send(created(older))).toBe('created')
    expect((await read(older))?.slug).toBe(`${newer.slug}-${older.id.slice(-8)}`)
    expect((await read(newer))?.slug).toBe(newer.slug)
  })

  it('is made up where the schema requires one and Clerk has none', async () => {
    const { send, read } = await setUp({}, {}, { slug: { type: String, required: true, unique: true } })
    const { slug: _, ...bare } = organization()
    expect(await send(created(bare))).toBe('created')
    expect((await read(bare))?.slug).toBe(bare.id.toLowerCase().replace('org_', 'org-'))
  })
})

describe('the rules of organizations', () => {
  it('store what mapOrganization returns, from the plugin or from createClerkSync', async () => {
    const mapped = ({ name, public_metadata }: ClerkOrganizationJSON) => ({
      name: name?.toUpperCase(),
      seats: (public_metadata as { seats?: number }).seats,
    })
    const acme = organization({ name: 'acme', public_metadata: { seats: 7 } })
    for (const { send, read } of [
      await setUp({}, { mapOrganization: mapped }),
      await setUp({ mapOrganization: mapped }),
    ]) {
      await send(created(acme))
      expect(await read(acme)).toMatchObject({ name: 'ACME', seats: 7 })
    }
  })

  it('use the paths of the plugin', async () => {
    const { send, read } = await setUp({}, { paths: { name: 'title', imageUrl: 'logo' } }, { title: String })
    const acme = organization()
    await send(created(acme))
    expect(await read(acme)).toMatchObject({ title: acme.name, logo: acme.image_url })
  })

  it.each(['hard', 'anonymize'] as const)('apply a deletion with onDelete %s', async (onDelete) => {
    const { send, read } = await setUp({}, { onDelete })
    const acme = organization()
    await send(created(acme))
    expect(await send(deleted(acme))).toBe('deleted')
    const stored = await read(acme)
    if (onDelete === 'hard') expect(stored).toBeNull()
    else expect(stored).not.toHaveProperty('name')
    expect(await send(updated(changed(acme, {})))).toBe('stale')
  })

  it('never apply the onDelete of users to an organization', async () => {
    const onDelete = vi.fn()
    const { send, read } = await setUp({ onDelete })
    const acme = organization()
    await send(created(acme))
    await send(deleted(acme))
    expect(onDelete).not.toHaveBeenCalled()
    expect(await read(acme)).toMatchObject({ name: acme.name, syncError: 'deleted' })
  })

  it('are tried at start-up, with the resource named', async () => {
    const warn = vi.fn()
    const logger = { debug() {}, info() {}, warn, error() {} }
    await setUp({ logger }, { mapOrganization: () => ({ unheardOf: 1 }) })
    expect(warn).toHaveBeenCalledWith(expect.anything(), expect.stringContaining('organization: unheardOf'))
  })
})

describe('hooks of organizations', () => {
  const hooked = () => {
    const calls: string[] = []
    const hook =
      (name: string) =>
      ({ organization: found, outcome }: { organization: { name?: string | undefined } | null; outcome: string }) =>
        void calls.push(`${name} ${outcome} ${found?.name}`)
    const on = {
      'organization.created': hook('created'),
      'organization.updated': hook('updated'),
      'organization.deleted': hook('deleted'),
    } as ClerkSyncOptions['on']
    return { calls, on: on as NonNullable<ClerkSyncOptions['on']> }
  }

  it('run once each, with the stored document', async () => {
    const { calls, on } = hooked()
    const { send, read } = await setUp({ on })
    const acme = organization({ name: 'Acme' })
    const later = changed(acme, { name: 'Later' })
    for (const _ of [1, 2]) {
      await send(created(acme), 'msg_1')
      await send(updated(later), 'msg_2')
      await send(deleted(acme), 'msg_3')
    }
    expect(calls).toEqual(['created created Acme', 'updated updated Later', 'deleted deleted Later'])
    expect(await read(acme)).not.toHaveProperty('clerkHooksDue')
  })

  it('of a creation wait for their message if an update came first', async () => {
    const { calls, on } = hooked()
    const { send } = await setUp({ on })
    const acme = organization({ name: 'Acme' })
    await send(updated(changed(acme, { name: 'Later' })))
    await send(created(acme))
    expect(calls).toEqual(['updated created Later', 'created stale Later'])
  })

  it('run without a model, too, with the outcome ignored', async () => {
    const { calls, on } = hooked()
    const clerkSync = createClerkSync({ users: await db.users(), on })
    expect(await clerkSync.sync(created(organization()))).toEqual({ outcome: 'ignored' })
    expect(calls).toEqual(['created ignored undefined'])
  })
})

describe('two states of one version', () => {
  it('are decided by Clerk', async () => {
    const clerk = await createFakeClerk()
    onTestFinished(() => clerk.close())
    const founder = clerk.users.create({ email_address: 'founder@example.com' })
    const acme = clerk.organizations.create({ name: 'Right', created_by: founder.id })
    const { send, read } = await setUp({ clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url } })
    await send(created({ ...acme, name: 'Wrong' }))
    expect(await send(updated(acme))).toBe('updated')
    expect(await read(acme)).toMatchObject({ name: 'Right' })
    expect(clerk.requests.map(({ path }) => path)).toEqual([`/organizations/${acme.id}`])
  })
})

describe('the statics of organizations', () => {
  it('store, find and delete, with the same rules as events', async () => {
    const { organizations } = await setUp()
    const acme = organization()
    expect(await organizations.upsertFromClerk(acme)).toMatchObject({ outcome: 'created', clerkId: acme.id })
    expect((await organizations.findByClerkId(acme.id))?.name).toBe(acme.name)
    expect(await organizations.findByClerkId(acme.id).activeInClerk()).not.toBeNull()
    expect(await organizations.deleteFromClerk(acme.id)).toMatchObject({ outcome: 'deleted' })
    expect(await organizations.findByClerkId(acme.id).activeInClerk()).toBeNull()
    expect(organizations).not.toHaveProperty('createClerkUser')
  })

  it('take the SDK’s object, and refuse what is not an organization', async () => {
    const { organizations } = await setUp()
    expect(await organizations.upsertFromClerk({ raw: organization() })).toMatchObject({ outcome: 'created' })
    await expect(organizations.upsertFromClerk({} as never)).rejects.toMatchObject({
      code: 'invalid_clerk_user',
      message: expect.stringContaining('not a Clerk organization'),
    })
  })
})

describe('createClerkSync', () => {
  it('refuses a model with the plugin of another resource', async () => {
    const [users, organizations] = [await db.users(), await organizationModel()]
    expect(() => createClerkSync({ users: organizations })).toThrow(
      /given as `users` has the plugin for `organizations`/,
    )
    expect(() => createClerkSync({ users, organizations: users })).toThrow(/clerkOrganizationPlugin/)
  })

  it('refuses an organization model without a plugin', async () => {
    const plain = db.connection.model(`Plain${++made}`, new Schema({ name: String }))
    const options = { users: await db.users(), organizations: plain }
    expect(() => createClerkSync(options)).toThrow(/organizationSchema.plugin\(clerkOrganizationPlugin\)/)
  })
})
