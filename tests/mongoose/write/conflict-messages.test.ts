import { createClerkSync, mapClerkUser } from 'clerk-mongo-sync'
import type { ClerkSyncPluginOptions } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'

const db = useDatabase('conflict_messages')
const email = { type: String, unique: true, sparse: true, lowercase: true }
let messages = 0

type Definition = Record<string, unknown>

/** The conflict of a user that arrives when these documents exist. */
async function conflictOf(
  definition: Definition,
  options: ClerkSyncPluginOptions,
  stored: object[],
  events = [fixtures.userCreated(fixtures.user({ email: 'ada@example.com' }))],
) {
  const users = await db.users({ definition, ...options })
  if (stored.length > 0) await users.collection.insertMany(stored)
  const clerkSync = createClerkSync({ users, logger: false })
  let result: Awaited<ReturnType<typeof clerkSync.sync>> | undefined
  for (const event of events) result = await clerkSync.sync(event, { messageId: `msg_${++messages}` })
  return result?.conflict
}

const local = { email: 'ada@example.com', authProvider: 'local' }

describe('a conflict message names the setting that resolves it', () => {
  it.each<[string, string, Definition, ClerkSyncPluginOptions, object[]]>([
    ['a local account, nothing linked', "set the plugin's option linkBy: 'verified-email'", { email }, {}, [local]],
    ['one that linkBy does not take', 'your linkBy returned false', { email }, { linkBy: () => false }, [local]],
    [
      'a value of another path',
      'mapUser: (user) => ({ ...mapClerkUser(user), handle: … })',
      { email, handle: { type: String, unique: true } },
      { mapUser: (user) => ({ ...mapClerkUser(user), handle: 'one' }) },
      [{ handle: 'one' }],
    ],
    ['a required path of another name', "paths: { email: 'mail' }", { mail: { type: String, required: true } }, {}, []],
    [
      'a required secret',
      "passwordPath: 'secretHash'",
      { email, secretHash: { type: String, required: true } },
      {},
      [],
    ],
    [
      'another required path',
      'company: … }), or give it a default',
      { email, company: { type: String, required: true } },
      {},
      [],
    ],
    [
      'a value that is refused',
      'change the rule to accept it',
      { email, firstName: { type: String, maxlength: 1 } },
      {},
      [],
    ],
  ])('%s', async (_what, line, definition, options, stored) => {
    const conflict = await conflictOf(definition, options, stored)
    expect(conflict?.message).toContain(line)
    expect(conflict?.message).not.toContain('ada@example.com')
  })

  it('a conflict message says that Clerk has not verified the address', async () => {
    const user = fixtures.user({ email: 'ada@example.com' })
    const [address] = user.email_addresses ?? []
    const unverified = { ...user, email_addresses: [{ ...address, verification: null }] } as typeof user
    const conflict = await conflictOf(
      { email },
      { linkBy: 'verified-email' },
      [local],
      [fixtures.userCreated(unverified)],
    )
    expect(conflict?.message).toContain('Clerk has not verified the address')
  })

  it('a conflict message does not propose linkBy if the user has a document', async () => {
    const user = fixtures.user({ email: 'new@example.com', updated_at: 1_800_000_000_000 })
    const moved = fixtures.changedUser(user, { email: 'ada@example.com', updated_at: 1_800_000_001_000 })
    const events = [fixtures.userCreated(user), fixtures.userUpdated(moved, { updated_at: 1_800_000_001_000 })]
    const conflict = await conflictOf({ email }, {}, [local], events)
    expect(conflict?.message).toContain('remove the address from one of the two')
    expect(conflict?.message).not.toContain('linkBy')
  })

  it('a document names the conflicting path until an event is applied', async () => {
    const user = fixtures.user({ email: 'new@example.com', updated_at: 1_800_000_000_000 })
    const moved = fixtures.changedUser(user, { email: 'ada@example.com', updated_at: 1_800_000_001_000 })
    const users = await db.users({ definition: { email } })
    const { insertedId } = await users.collection.insertOne({ ...local })
    const clerkSync = createClerkSync({ users, logger: false })
    const at = (ms: number) => fixtures.userUpdated({ ...moved, updated_at: ms }, { updated_at: ms })
    await clerkSync.sync(fixtures.userCreated(user), { messageId: 'msg_path_1' })
    await clerkSync.sync(at(1_800_000_001_000), { messageId: 'msg_path_2' })
    const read = () => users.collection.findOne({ clerkId: user.id })
    expect(await read()).toMatchObject({ syncStatus: 'error', syncError: 'conflict', syncErrorPath: 'email' })
    expect(await clerkSync.status()).toMatchObject({
      inError: [{ clerkId: user.id, syncError: 'conflict', path: 'email' }],
    })
    await users.collection.deleteOne({ _id: insertedId })
    await clerkSync.sync(at(1_800_000_002_000), { messageId: 'msg_path_3' })
    expect(await read()).toMatchObject({ syncStatus: 'active', email: 'ada@example.com' })
    expect(await read()).not.toHaveProperty('syncErrorPath')
  })
})
