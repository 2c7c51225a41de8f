import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { fixtures, type UserOverrides } from 'clerk-mongo-sync/testing'

let made = 0
const start = Date.now() - 86_400_000

/** A Clerk user whose values are all unique, so that they can be found in a raw document. */
export function person(overrides: UserOverrides = {}): ClerkUserJSON {
  const n = `${++made}x`
  return fixtures.user({
    email: `adaline.${n}@example.com`,
    username: `adaline_${n}`,
    first_name: `Adaline${n}`,
    last_name: `Lovelace${n}`,
    image_url: `https://img.clerk.com/portrait-${n}`,
    created_at: start - 1_000_000,
    updated_at: start,
    ...overrides,
  })
}

/** The same user a second later, with all values changed. */
export function renamed(user: ClerkUserJSON): ClerkUserJSON {
  const n = `${++made}x`
  return fixtures.changedUser(user, {
    email: `grace.${n}@example.com`,
    username: `grace_${n}`,
    first_name: `Gracious${n}`,
    last_name: `Hopper${n}`,
    image_url: `https://img.clerk.com/portrait-${n}`,
  })
}

/** A user with only a phone number. */
export function phonePerson(): ClerkUserJSON {
  const user = fixtures.phoneOnlyUser({ created_at: start - 1_000_000, updated_at: start })
  const phone_number = `+1555${String(5_550_000 + ++made)}`
  return { ...user, phone_numbers: (user.phone_numbers ?? []).map((phone) => ({ ...phone, phone_number })) }
}

/** All personal strings of the user. */
export function personalTexts(user: ClerkUserJSON): string[] {
  const texts = [user.first_name, user.last_name, user.username, user.image_url]
  const addresses = (user.email_addresses ?? []).map((entry) => entry.email_address)
  return [...texts, ...addresses].filter((text): text is string => typeof text === 'string' && text !== '')
}
