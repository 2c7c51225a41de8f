import { type ClerkUserJSON, isPlaceholder, mapClerkUser, primaryEmail } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { isEmailVerified } from '../../src/map/map-clerk-user'
import { placeholderEmail, placeholderUsername } from '../../src/map/placeholder'

const hostile = [null, undefined, 0, '', [], {}, { $ne: null }, [null], [{ id: { $gt: '' } }], true]

describe('primaryEmail', () => {
  it('is the entry that Clerk marks as primary, not the first', () => {
    const user = fixtures.severalEmailsUser({ email: 'primary@example.com' })
    expect(user.email_addresses?.[0]?.email_address).not.toBe('primary@example.com')
    expect(primaryEmail(user)).toBe('primary@example.com')
  })

  it.each([fixtures.phoneOnlyUser(), fixtures.web3User(), fixtures.usernameOnlyUser(), { id: 'user_1' }])(
    'is undefined for users without one',
    (user) => {
      expect(primaryEmail(user)).toBeUndefined()
      expect(isEmailVerified(user, primaryEmail(user))).toBe(false)
    },
  )

  it('is undefined if the id refers to no entry, as in samples of Clerk', () => {
    const user = fixtures.severalEmailsUser()
    expect(primaryEmail({ ...user, primary_email_address_id: 'idn_gone' })).toBeUndefined()
    expect(primaryEmail({ ...user, email_addresses: [] })).toBeUndefined()
    expect(primaryEmail({ ...user, email_addresses: null })).toBeUndefined()
  })

  it('is undefined if no address is primary', () => {
    expect(primaryEmail(fixtures.severalEmailsUser({ email: null }))).toBeUndefined()
  })

  it.each(hostile)('is undefined unless it is text: %j', (value) => {
    const id = 'idn_1'
    const entry = { id, email_address: value }
    for (const shape of [
      { primary_email_address_id: id, email_addresses: [entry] },
      { primary_email_address_id: id, email_addresses: value },
      { primary_email_address_id: value, email_addresses: [{ ...entry, id: value }] },
    ]) {
      expect(primaryEmail({ id: 'user_1', ...shape } as unknown as ClerkUserJSON)).toBeUndefined()
    }
  })

  it('is verified only if Clerk says so of that address', () => {
    for (const user of [fixtures.user(), fixtures.oauthUser()])
      expect(isEmailVerified(user, primaryEmail(user))).toBe(true)
    const several = fixtures.severalEmailsUser({ emailVerified: false })
    expect(isEmailVerified(several, primaryEmail(several))).toBe(false)
    const work = several.email_addresses?.find(({ verification }) => verification?.status === 'verified')
    expect(isEmailVerified(several, work?.email_address)).toBe(true)
    expect(isEmailVerified(several, 'somebody.else@example.com')).toBe(false)
  })
})

describe('mapClerkUser', () => {
  it('returns the profile under our names', () => {
    const user = fixtures.user({ email: 'ada@example.com', username: 'ada', image_url: 'https://img.clerk.com/a' })
    expect(mapClerkUser(user)).toEqual({
      email: 'ada@example.com',
      username: 'ada',
      firstName: 'Ada',
      lastName: 'Lovelace',
      imageUrl: 'https://img.clerk.com/a',
    })
  })

  it('names missing values, so that they are unset', () => {
    const mapped = mapClerkUser(fixtures.phoneOnlyUser({ image_url: '' }))
    expect(Object.keys(mapped)).toEqual(['email', 'username', 'firstName', 'lastName', 'imageUrl'])
    expect(Object.values(mapped)).toEqual(Array(5).fill(undefined))
  })

  it.each(hostile)('returns only text from a user that has %j everywhere', (value) => {
    const fields = ['username', 'first_name', 'last_name', 'image_url', 'primary_email_address_id', 'email_addresses']
    const user = { id: 'user_1', ...Object.fromEntries(fields.map((field) => [field, value])) }
    expect(Object.values(mapClerkUser(user as ClerkUserJSON))).toEqual(Array(5).fill(undefined))
  })

  it('returns text unchanged, including operators and prototype keys', () => {
    const names = { username: '$set', first_name: '__proto__', last_name: 'a.b' }
    expect(mapClerkUser(fixtures.user(names))).toMatchObject({
      username: '$set',
      firstName: '__proto__',
      lastName: 'a.b',
    })
  })
})

describe('isPlaceholder', () => {
  const clerkId = 'user_2abcdefghijklmnopQRSTUVWXYZ'

  it('recognises generated addresses, in lower case too', () => {
    expect(isPlaceholder(placeholderEmail(clerkId))).toBe(true)
    expect(isPlaceholder(placeholderEmail(clerkId).toLowerCase(), clerkId)).toBe(true)
  })

  it('recognises generated usernames, for their own user', () => {
    for (const name of [placeholderUsername(clerkId), clerkId]) {
      expect(isPlaceholder(name)).toBe(true)
      expect(isPlaceholder(name.toLowerCase(), clerkId)).toBe(true)
      expect(isPlaceholder(name, 'user_2somebodyElse000000000000')).toBe(false)
    }
  })

  it.each([null, undefined, '', 'ada', 'ada@example.com', 'user_', 'user_ada', 'ada@placeholder.invalid.example.com'])(
    'does not match a value that users choose: %s',
    (value) => {
      expect(isPlaceholder(value)).toBe(false)
      expect(isPlaceholder(value, clerkId)).toBe(false)
    },
  )
})
