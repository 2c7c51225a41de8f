import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { delivery, stored, syncOf, waysIn } from './ways-in'

const db = useDatabase('rules_addresses')
const T = 1_800_000_000_000

function collated(strength: number) {
  const schema = new Schema({ email: String, firstName: String })
  const partialFilterExpression = { email: { $type: 'string' } }
  return schema.index({ email: 1 }, { unique: true, collation: { locale: 'en', strength }, partialFilterExpression })
}
const plain = () => new Schema({ email: { type: String, unique: true, sparse: true }, firstName: String })
const oneByOne = waysIn

describe('a local account whose address differs in case', () => {
  it.each(waysIn)('is linked as linkBy says if the index ignores case, by %s', async (_, bring) => {
    const users = await db.users({ schema: collated(2), linkBy: 'verified-email' })
    await users.collection.insertOne({ email: 'Ada@Example.com', authProvider: 'local', kept: true })
    const user = fixtures.user({ email: 'ada@example.com' })
    expect(await bring(users, user)).toMatchObject({ outcome: 'linked' })
    expect(await stored(users, user)).toMatchObject({ kept: true, email: 'ada@example.com' })
  })

  it.each(waysIn)('is linked if there is no index, by %s', async (_, bring) => {
    const users = await db.users({ schema: new Schema({ email: String }), linkBy: 'verified-email' })
    await users.collection.insertOne({ email: 'Ada@Example.com', authProvider: 'local', kept: true })
    const user = fixtures.user({ email: 'ada@example.com' })
    expect(await bring(users, user)).toMatchObject({ outcome: 'linked' })
    expect(await stored(users, user)).toMatchObject({ kept: true })
  })

  it.each(waysIn)('is linked, or reported by doctor, if the index is case-sensitive, by %s', async (_, bring) => {
    const users = await db.users({ schema: plain(), linkBy: 'verified-email' })
    await users.collection.insertOne({ email: 'Ada@Example.com', authProvider: 'local' })
    const { outcome } = await bring(users, fixtures.user({ email: 'ada@example.com' }))
    if (outcome === 'linked') return
    const findings = await syncOf(users).diagnose()
    const told = findings.filter(({ verdict }) => verdict !== 'ok').map(({ message }) => message)
    expect(told.join('\n')).toMatch(/spelling/)
  })
})

describe('an index that ignores accents', () => {
  it.each(waysIn)('links no account with a different address, by %s', async (_, bring) => {
    const users = await db.users({ schema: collated(1), linkBy: 'verified-email' })
    await users.collection.insertOne({ email: 'josé@example.com', authProvider: 'local' })
    const user = fixtures.user({ email: 'jose@example.com' })
    expect((await bring(users, user)).outcome).not.toBe('linked')
    expect(await users.collection.findOne({ email: 'josé@example.com' })).not.toHaveProperty('clerkId')
  })
})

describe('an address that several users have', () => {
  const of = (emailVerified: boolean, updated_at: number) =>
    fixtures.user({ email: 'one@example.com', emailVerified, updated_at })

  it.each(oneByOne)('stays with its verified owner if a newer user has it unverified, by %s', async (_, bring) => {
    const users = await db.users({ schema: plain() })
    const owner = of(true, T)
    const other = of(false, T + 5_000)
    await bring(users, owner)
    await bring(users, other)
    expect(await stored(users, owner)).toMatchObject({ email: 'one@example.com' })
    expect(await stored(users, other)).not.toHaveProperty('email')
  })

  it.each(oneByOne)(
    'moves from an unverified holder to an older user that has it verified, by %s',
    async (_, bring) => {
      const users = await db.users({ schema: plain() })
      const holder = of(false, T + 5_000)
      const owner = of(true, T)
      await bring(users, holder)
      expect((await bring(users, owner)).outcome).toBe('created')
      expect(await stored(users, owner)).toMatchObject({ email: 'one@example.com' })
      expect(await stored(users, holder)).not.toHaveProperty('email')
      // The next event of the former holder does not take it back.
      await bring(users, fixtures.changedUser(holder, { email: 'one@example.com', emailVerified: false }))
      expect(await stored(users, owner)).toMatchObject({ email: 'one@example.com' })
    },
  )

  it.each(oneByOne)('stays with a holder that verified it at a newer version, by %s', async (_, bring) => {
    const users = await db.users({ schema: plain() })
    const holder = of(false, T)
    await bring(users, holder)
    await bring(
      users,
      fixtures.changedUser(holder, { email: 'one@example.com', emailVerified: true, updated_at: T + 9_000 }),
    )
    await bring(users, of(true, T + 5_000))
    expect(await stored(users, holder)).toMatchObject({ email: 'one@example.com' })
  })

  it('moves at an equal version if Clerk no longer has the holder', async () => {
    const users = await db.users({ schema: plain() })
    const [gone, current] = [of(true, T), of(true, T)]
    const clerkSync = syncOf(users)
    await clerkSync.sync(fixtures.userCreated(gone), delivery())
    const fetchUser = async (id: string) => (id === current.id ? current : null)
    const { outcome } = await users.upsertFromClerk(current, { ...delivery(), fetchUser })
    expect(outcome).toBe('created')
    expect(await stored(users, current)).toMatchObject({ email: 'one@example.com' })
    expect(await stored(users, gone)).not.toHaveProperty('email')
  })
})
