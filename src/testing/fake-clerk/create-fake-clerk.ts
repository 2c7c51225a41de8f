import type { Server } from 'node:http'
import type { ClerkUserJSON } from '../../events/events'
import { createApiServer, type FakeRequest } from './api-server'
import type { Chaos } from './chaos'
import { newClerkId } from './clerk-id'
import type { DeliveryOptions } from './delivery-options'
import { Emails, emailRoutes } from './emails'
import { newMessage, type TellEvent } from './event-log'
import { FakeOrganizations } from './fake-organizations'
import type { FakeUser } from './fake-user'
import { FakeUsers } from './fake-users'
import { type ApiFault, Faults } from './faults'
import { instanceRoute } from './instance-route'
import { type UnknownCursor, UserLists } from './list-users'
import { Memberships } from './memberships'
import { organizationRoutes } from './organization-routes'
import { Organizations } from './organizations'
import { type RateLimitOptions, RateLimits } from './rate-limit'
import type { Route } from './routes'
import { type SeedOptions, Seeds } from './seed'
import { contentsOf, type FakeClerkState, restore } from './state'
import { type FakeAttempt, type FakeEvent, Svix } from './svix'
import { userQuestion } from './user-filters'
import { userRoutes } from './user-routes'
import { UserStore } from './user-store'
import { Users } from './users'

export interface FakeClerkOptions {
  /** @default a free one */
  port?: number
  /** @default a new `sk_test_…` */
  secretKey?: string
  /** @default a new `whsec_…` */
  signingSecret?: string
  /** `ins_…`, in every event. @default a new one */
  instanceId?: string
  /** Where events are delivered. @default nowhere, until `deliverTo` */
  webhookUrl?: string
  delivery?: DeliveryOptions
  /** Clerk's own limits; `false` for none. @default on */
  rateLimit?: boolean | RateLimitOptions
  /** What `starting_after` does with an id that no user has (any more); Clerk does not document it. @default 'refuse', with 422 */
  unknownCursor?: UnknownCursor
  /** `state()` of an earlier fake Clerk, to go on from. Keys given as options win over those in it. */
  state?: FakeClerkState
  /** Called after each change, before the answer and the delivery, to save `state()`. An exception is answered with 500. */
  onChange?: () => void
}

export interface FakeClerk {
  /** For `apiUrl` and CLERK_API_URL: without `/v1`. */
  readonly url: string
  readonly port: number
  readonly secretKey: string
  readonly publishableKey: string
  readonly signingSecret: string
  readonly instanceId: string
  readonly users: FakeUsers
  readonly organizations: FakeOrganizations
  /** The requests to the API so far; of very many only the last ones. */
  readonly requests: readonly FakeRequest[]
  /** Every attempt to deliver so far. */
  readonly deliveries: readonly FakeAttempt[]
  /** The events so far, in the order in which they happened, and what became of each. */
  events(): FakeEvent[]
  /** Lets so many invented users, or these, have signed up in the past. They are told of only when asked to. */
  seed(users: number | readonly ClerkUserJSON[], options?: SeedOptions): FakeUser[]
  /** From now on events are delivered there; `undefined`: nowhere. */
  deliverTo(url: string | undefined): void
  /** What befalls messages from now on. */
  misbehave(chaos: Chaos | undefined): void
  /** Sends the messages that are held back. */
  release(): void
  /** Sends a message again, under its old id, as one can from Clerk's dashboard. */
  resend(messageId: string): void
  /** Lets the next requests to the API fail. */
  failNext(fault: ApiFault): void
  /** All data and keys, for `createFakeClerk({ state })`. */
  state(): FakeClerkState
  /** Resolves when no delivery is under way: each is done, given up, lost, or held back. */
  settle(): Promise<void>
  /** Gives up what is under way, and the port. */
  close(): Promise<void>
}

/** So many requests are kept for looking at. */
const KEPT_REQUESTS = 10_000

/**
 * A Clerk for tests and demonstrations: a real HTTP server on this machine with the part of the Backend API that is about users,
 * organizations and memberships, and webhooks signed and delivered as Svix does it. `@clerk/backend` works against it unchanged.
 * Needs Node, and no test runner.
 *
 * Not imitated: sign-ups, sessions and all of the Frontend API; invitations, domains, roles, permissions; phone numbers and wallets
 * after a user is made; images; instance settings, and so what an instance demands of passwords and identifiers; Svix's disabling
 * of endpoints that fail for days. Where Clerk documents nothing, it does what is harder on the caller: a cursor that no user has
 * is refused, and no `organizationMembership.deleted` follows from a deleted user or organization. Unlike at Clerk, an
 * unverified address cannot be had by two users.
 *
 * @example
 * const clerk = await createFakeClerk({ webhookUrl: 'http://localhost:3000/api/webhooks/clerk' })
 * const user = clerk.users.create({ email_address: 'ada@example.com', first_name: 'Ada' })
 * await clerk.settle()
 * assertSynced(await User.findByClerkId(user.id), user)
 * await clerk.close()
 */
export async function createFakeClerk(options: FakeClerkOptions = {}): Promise<FakeClerk> {
  const { state, onChange = () => {} } = options
  const keys = keysOf(options)
  const { secretKey, signingSecret, instanceId } = keys
  const svix = new Svix(options.webhookUrl, signingSecret, options.delivery ?? {})
  const send: TellEvent = (type, data, at) => svix.send(newMessage(instanceId, type, data, at))
  const parts = partsOf((type, data, at) => {
    send(type, data, at)
    onChange()
  })
  if (state) restore(parts, state)
  const seeds = new Seeds(parts.store, send, state?.invented)
  const faults = new Faults()
  const requests: FakeRequest[] = []
  const routes = [...routesOf(parts, options.unknownCursor ?? 'refuse'), instanceRoute(instanceId, secretKey)]
  const limits = limitsOf(options.rateLimit ?? true, secretKey)
  const server = await createApiServer({
    secretKey,
    routes,
    faults,
    limits,
    onRequest: (request) => keep(requests, request),
  })
  const port = await listen(server, options.port ?? 0)
  // After `listen`, which can fail: nothing is delivered twice then.
  for (const message of state?.messages ?? []) svix.send(message)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    secretKey,
    publishableKey: `pk_${secretKey.startsWith('sk_live_') ? 'live' : 'test'}_${btoa('fake.clerk.accounts.dev$')}`,
    signingSecret,
    instanceId,
    users: new FakeUsers(parts.store, parts.users),
    organizations: new FakeOrganizations(parts.organizations, parts.memberships),
    requests,
    deliveries: svix.attempts,
    seed(users, options) {
      const made = seeds.put(users, options)
      onChange()
      return made
    },
    state: () => ({ ...keys, ...contentsOf({ ...parts, svix }), invented: seeds.invented }),
    events: () => svix.events(),
    deliverTo: (url) => svix.deliverTo(url),
    misbehave: (chaos) => svix.misbehave(chaos),
    release: () => svix.release(),
    resend: (messageId) => svix.resend(messageId),
    failNext: (fault) => faults.add(fault),
    settle: () => svix.settle(),
    async close() {
      svix.close()
      await stop(server)
    },
  }
}

interface Parts {
  store: UserStore
  users: Users
  organizations: Organizations
  memberships: Memberships
}

function partsOf(tell: TellEvent): Parts {
  const store = new UserStore()
  const users = new Users(store, tell)
  const organizations = new Organizations(users, tell)
  const memberships = new Memberships(users, organizations, tell)
  users.onDelete = (userId) => memberships.forget({ userId })
  return { store, users, organizations, memberships }
}

function routesOf({ store, users, organizations, memberships }: Parts, unknownCursor: UnknownCursor): Route[] {
  const question = (query: URLSearchParams) =>
    userQuestion(store, query, (userId, organizationId) => memberships.has(userId, organizationId))
  return [
    ...userRoutes(users, new UserLists(store, unknownCursor), question),
    ...emailRoutes(new Emails(users, store)),
    ...organizationRoutes({ users, organizations, memberships }),
  ]
}

function limitsOf(rateLimit: boolean | RateLimitOptions, secretKey: string): RateLimits | undefined {
  return rateLimit === false ? undefined : new RateLimits(rateLimit === true ? {} : rateLimit, secretKey)
}

function keep(requests: FakeRequest[], request: FakeRequest): void {
  if (requests.push(request) > KEPT_REQUESTS) requests.splice(0, KEPT_REQUESTS / 2)
}

function keysOf({ secretKey, signingSecret, instanceId, state }: FakeClerkOptions) {
  return {
    secretKey: secretKey ?? state?.secretKey ?? `sk_test_${randomText(42)}`,
    signingSecret: signingSecret ?? state?.signingSecret ?? `whsec_${randomBytes(24).toString('base64')}`,
    instanceId: instanceId ?? state?.instanceId ?? newClerkId('ins'),
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return typeof address === 'object' && address ? address.port : port
}

async function stop(server: Server): Promise<void> {
  const stopped = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await stopped
}

function randomText(length: number): string {
  return randomBytes(length).toString('base64url').replace(/[-_]/g, 'x').slice(0, length)
}

function randomBytes(length: number): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length)))
}
