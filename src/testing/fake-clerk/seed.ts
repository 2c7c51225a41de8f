import type { ClerkUserJSON } from '../../events/events'
import { count } from '../../number-options'
import { googleAccount } from '../user-parts'
import { randomFrom } from './chaos'
import type { SendEvent } from './event-log'
import { bareUser, type FakeUser, newEmail, newPhone, newWallet, wholeUser } from './fake-user'
import { timesSince } from './past'
import { type SeedOrganizationsOptions, type SeedTarget, seedOrganizations } from './seed-organizations'

/** Options of `seed()`. */
export interface SeedOptions extends SeedOrganizationsOptions {
  /** Fields to change in the nth user. */
  user?: (index: number) => Partial<ClerkUserJSON>
}

const firstNames = [
  'Ada',
  'Grace',
  'Alan',
  'Edsger',
  'Barbara',
  'Donald',
  'Katherine',
  'Linus',
  'Margaret',
  'Radia',
  'Zoë',
  'José',
]
const lastNames = [
  'Lovelace',
  'Hopper',
  'Turing',
  'Dijkstra',
  'Liskov',
  'Knuth',
  'Johnson',
  "O'Neil",
  'Hamilton',
  'Perlman',
  'Núñez',
]
const plans = ['free', 'pro', 'team']

/** Adds users, invented or given, who signed up in the past, and invented organizations with members. */
export class Seeds {
  readonly #target: SeedTarget
  readonly #sendEvent: SendEvent
  /** Number of users invented so far, so that the next ones get other addresses. */
  invented: number

  constructor(target: SeedTarget, sendEvent: SendEvent, invented = 0) {
    this.#target = target
    this.#sendEvent = sendEvent
    this.invented = invented
  }

  put(wanted: number | readonly ClerkUserJSON[], options: SeedOptions = {}): FakeUser[] {
    const made: FakeUser[] = []
    const people = typeof wanted === 'number' ? seedUsers(wanted, options, this.invented) : wanted.map(wholeUser)
    for (const user of people) {
      made.push(this.#target.store.put(user))
      if (options.events) this.#sendEvent('user.created', user, user.updated_at)
    }
    if (typeof wanted === 'number') this.invented += wanted
    seedOrganizations(this.#target, options, this.#sendEvent)
    return made
  }
}

/** Invents users of every kind, in order of their sign-up. No two share an address, number or name. */
export function* seedUsers(wanted: number, options: SeedOptions, alreadyMade: number): Generator<FakeUser> {
  const { since, seed = 1, user } = options
  const total = count('seed', wanted, 0, Number.MAX_SAFE_INTEGER)
  const random = randomFrom(seed + alreadyMade)
  let i = 0
  for (const at of timesSince(since, total, random)) {
    const made = oneUser(alreadyMade + i, at, random)
    yield user ? wholeUser({ ...made, ...user(i) }) : made
    i += 1
  }
}

function oneUser(index: number, at: number, random: () => number): FakeUser {
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? ''
  const name = { first_name: pick(firstNames), last_name: pick(lastNames) }
  const active = Math.floor(at + random() * Math.max(0, Date.now() - at))
  const user: FakeUser = {
    ...bareUser(at),
    last_sign_in_at: random() < 0.9 ? active : null,
    last_active_at: active,
    updated_at: random() < 0.5 ? at : active,
    ...(random() < 0.3 && { public_metadata: { plan: pick(plans) } }),
    ...(random() < 0.2 && { external_id: `ext_${index}` }),
    ...(random() < 0.01 && { banned: true }),
  }
  return { ...user, ...kindOf(random(), index, at, name) }
}

interface Name {
  first_name: string
  last_name: string
}

/**
 * Of a hundred: 62 with an address, 20 through Google, 6 with several addresses, 5 by phone, 4 by name, 3 with a
 * wallet.
 */
function kindOf(luck: number, index: number, at: number, name: Name): Partial<FakeUser> {
  const address = `person${index}@example.com`
  if (luck < 0.62) {
    const username = index % 3 === 0 ? `person_${index}` : null
    return { ...name, ...withEmails([address], at), username, password_enabled: true, password_last_updated_at: at }
  }
  if (luck < 0.82) return withGoogle(address, name, at)
  if (luck < 0.88) return { ...name, ...withEmails([`old${index}@example.com`, address], at) }
  if (luck < 0.93) {
    const phone = newPhone(`+1555${String(index).padStart(7, '0')}`, 'admin', at)
    return { phone_numbers: [phone], primary_phone_number_id: phone.id }
  }
  if (luck < 0.97) return { username: `person_${index}`, password_enabled: true, password_last_updated_at: at }
  const wallet = newWallet(`0x${index.toString(16).padStart(40, '0')}`, at)
  return { web3_wallets: [wallet], primary_web3_wallet_id: wallet.id }
}

/** The last address is the primary one. */
function withEmails(addresses: string[], at: number): Partial<FakeUser> {
  const entries = addresses.map((address) => newEmail(address, 'verified', at))
  return { email_addresses: entries, primary_email_address_id: entries.at(-1)?.id ?? null }
}

function withGoogle(address: string, name: Name, at: number): Partial<FakeUser> {
  const { account, email } = googleAccount(address, name)
  const times = { created_at: at, updated_at: at }
  return {
    ...name,
    has_image: true,
    external_accounts: [{ ...account, ...times }],
    email_addresses: [{ ...email, ...times }],
    primary_email_address_id: email.id,
  }
}
