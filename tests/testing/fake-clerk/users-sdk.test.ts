import { describe, expect, it, vi } from 'vitest'
import { ask, refusalOf, typesOf, useFakeClerk } from './use-fake-clerk'

const fake = useFakeClerk()

describe('the Clerk SDK', () => {
  it('creates a user with addresses, a name and metadata, as verified by the Backend API', async () => {
    const user = await fake.sdk.users.createUser({
      emailAddress: ['Ada@example.com', 'work@example.com'],
      phoneNumber: ['+15555550100'],
      username: 'ada_l',
      firstName: 'Ada',
      externalId: '64f0',
      password: 'correct horse',
      publicMetadata: { plan: 'pro', camelCase: { innerKey: 1 } },
      createdAt: new Date('2020-02-20T02:20:20.000Z'),
    })
    expect(user.raw).toMatchObject({
      first_name: 'Ada',
      last_name: null,
      username: 'ada_l',
      external_id: '64f0',
      password_enabled: true,
      public_metadata: { plan: 'pro', camelCase: { innerKey: 1 } },
      private_metadata: {},
      created_at: Date.parse('2020-02-20T02:20:20.000Z'),
    })
    expect(user.primaryEmailAddress?.emailAddress).toBe('Ada@example.com')
    expect(user.primaryEmailAddress?.verification).toMatchObject({ status: 'verified', strategy: 'admin' })
    expect(user.primaryPhoneNumber?.phoneNumber).toBe('+15555550100')
    expect(user.updatedAt).toBeGreaterThan(user.createdAt)
    expect((await fake.sdk.users.getUser(user.id)).raw).toEqual(user.raw)
    expect(fake.clerk.users.get(user.id)).toEqual(user.raw)
  })

  it('creates a user whose address is reserved, neither verified nor free', async () => {
    const { status, json } = await ask(fake.clerk, '/users', {
      method: 'POST',
      body: '{"email_address":["a@example.com"],"email_address_identification_status":["reserved"]}',
    })
    expect(status).toBe(200)
    expect(json.email_addresses[0]).toMatchObject({ reserved: true, verification: null })
  })

  it('changes a profile, and removes a name', async () => {
    const { id } = fake.clerk.users.create({ first_name: 'Ada', username: 'ada_l', external_id: 'x1' })
    const changed = await fake.sdk.users.updateUser(id, {
      lastName: 'Lovelace',
      username: '',
      deleteSelfEnabled: false,
    })
    expect(changed.raw).toMatchObject({
      first_name: 'Ada',
      last_name: 'Lovelace',
      username: null,
      external_id: 'x1',
      delete_self_enabled: false,
    })
  })

  it('merges metadata deeply, and null removes keys at any level', async () => {
    const { id } = fake.clerk.users.create({
      public_metadata: { keep: 1, deep: { a: 1, b: 2 }, list: [1, 2], gone: true },
      private_metadata: { stays: true },
    })
    await fake.sdk.users.updateUserMetadata(id, {
      publicMetadata: { deep: { b: null, c: { d: 3 } }, list: [3], gone: null },
    })
    expect(fake.clerk.users.get(id)).toMatchObject({ private_metadata: { stays: true } })
    expect(fake.clerk.users.get(id)?.public_metadata).toEqual({ keep: 1, deep: { a: 1, c: { d: 3 } }, list: [3] })
  })

  it('replaces metadata field by field, and stores null', async () => {
    const { id } = fake.clerk.users.create({ public_metadata: { a: 1 }, private_metadata: { b: 1 } })
    await fake.sdk.users.replaceUserMetadata(id, { publicMetadata: { c: null } })
    expect(fake.clerk.users.get(id)).toMatchObject({ public_metadata: { c: null }, private_metadata: { b: 1 } })
    expect(fake.clerk.users.get(id)?.public_metadata).toEqual({ c: null })
  })

  it('replaces metadata by updateUser, in two requests', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { id } = fake.clerk.users.create({ public_metadata: { a: 1 } })
    await fake.sdk.users.updateUser(id, { firstName: 'Ada', publicMetadata: { b: 1 } })
    warn.mockRestore()
    expect(fake.clerk.users.get(id)?.public_metadata).toEqual({ b: 1 })
    expect(fake.clerk.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `PATCH /users/${id}`,
      `PUT /users/${id}/metadata`,
    ])
  })

  it('bans, unbans, locks and unlocks', async () => {
    const { id } = fake.clerk.users.create()
    expect((await fake.sdk.users.banUser(id)).banned).toBe(true)
    expect((await fake.sdk.users.unbanUser(id)).banned).toBe(false)
    expect((await fake.sdk.users.lockUser(id)).locked).toBe(true)
    expect(fake.clerk.users.get(id)).toMatchObject({ lockout_expires_in_seconds: 3600 })
    expect((await fake.sdk.users.unlockUser(id)).locked).toBe(false)
    expect(typesOf(fake.clerk)).toEqual(['user.created', ...Array(4).fill('user.updated')])
  })

  it('bans many at once, or none if one does not exist', async () => {
    const ids = [fake.clerk.users.create().id, fake.clerk.users.create().id]
    const body = (user_ids: string[]) => ({ method: 'POST', body: JSON.stringify({ user_ids }) })
    expect((await ask(fake.clerk, '/users/ban', body([...ids, 'user_none']))).status).toBe(404)
    expect(ids.map((id) => fake.clerk.users.get(id)?.banned)).toEqual([false, false])
    expect((await ask(fake.clerk, '/users/ban', body(ids))).json).toHaveLength(2)
    expect(ids.map((id) => fake.clerk.users.get(id)?.banned)).toEqual([true, true])
    await ask(fake.clerk, '/users/unban', body(ids))
    expect(ids.map((id) => fake.clerk.users.get(id)?.banned)).toEqual([false, false])
  })

  it('deletes a user permanently, and releases its identifiers', async () => {
    const { id } = fake.clerk.users.create({ email_address: 'a@example.com', external_id: 'x1' })
    expect(await fake.sdk.users.deleteUser(id)).toMatchObject({ id, deleted: true })
    expect(fake.clerk.users.has(id)).toBe(false)
    expect(await refusalOf(fake.sdk.users.getUser(id))).toMatchObject({ status: 404, code: 'resource_not_found' })
    expect(fake.clerk.events().at(-1)?.event).toMatchObject({
      type: 'user.deleted',
      data: { id, object: 'user', deleted: true, external_id: 'x1' },
    })
    expect(fake.clerk.users.create({ email_address: 'a@example.com' }).id).not.toBe(id)
  })

  it('makes, verifies, promotes and deletes addresses', async () => {
    const { id: userId } = fake.clerk.users.create({ email_address: 'first@example.com' })
    const { emailAddresses } = fake.sdk
    const made = await emailAddresses.createEmailAddress({
      userId,
      emailAddress: 'second@example.com',
      verified: false,
    })
    expect((await emailAddresses.getEmailAddress(made.id)).verification?.status).toBe('unverified')
    expect(await refusalOf(emailAddresses.updateEmailAddress(made.id, { primary: true }))).toMatchObject({
      status: 422,
    })
    await emailAddresses.updateEmailAddress(made.id, { verified: true, primary: true })
    expect(fake.clerk.users.get(userId)).toMatchObject({ primary_email_address_id: made.id })
    await emailAddresses.deleteEmailAddress(made.id)
    const left = fake.clerk.users.get(userId)
    expect(left?.email_addresses.map((one) => one.email_address)).toEqual(['first@example.com'])
    expect(left?.primary_email_address_id).toBe(left?.email_addresses[0]?.id)
    expect(await refusalOf(emailAddresses.getEmailAddress(made.id))).toMatchObject({ status: 404 })
    expect(typesOf(fake.clerk)).toEqual(['user.created', ...Array(3).fill('user.updated')])
  })

  it('replaces all addresses by one', async () => {
    const { id } = fake.clerk.users.create({ email_address: ['a@example.com', 'b@example.com'] })
    await fake.sdk.users.replaceUserEmailAddress(id, { emailAddress: 'c@example.com' })
    const user = await fake.sdk.users.getUser(id)
    expect(user.emailAddresses).toHaveLength(1)
    expect(user.primaryEmailAddress).toMatchObject({
      emailAddress: 'c@example.com',
      verification: { strategy: 'admin' },
    })
    expect(fake.clerk.users.findByEmail('a@example.com')).toBeUndefined()
  })

  it('reads the instance of the key', async () => {
    expect(await fake.sdk.instance.get()).toMatchObject({ id: fake.clerk.instanceId, environmentType: 'development' })
  })
})
