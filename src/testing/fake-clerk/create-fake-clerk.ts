import type { Server } from 'node:http'
import type { ClerkUserJSON } from '../../events/events'
import { createApiServer, type FakeRequest } from './api-server'
import type { Chaos } from './chaos'
import { newClerkId } from './clerk-id'
import type { DeliveryOptions } from './delivery-options'
import { Emails, emailRoutes } from './emails'
import { newMessage, type SendEvent } from './event-log'
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
import type { TenancyOptions } from './tenancy-options'
import { userQuestion } from './user-filters'
import { userRoutes } from './user-routes'
import { UserStore } from './user-store'
import { Users } from './users'

/** Options of `createFakeClerk`. */
export interface FakeClerkOptions extends TenancyOptions {
  /** Port of the API. @default a free one */
  port?: number
  /** Key that the API accepts. @default a new `sk_test_…` */
  secretKey?: string
  /** Secret that signs deliveries. @default a new `whsec_…` */
  signingSecret?: string
  /** `ins_…`, part of every event. @default a new one */
  instanceId?: string
  /** URL that receives the events. @default none, until `deliverTo` */
  webhookUrl?: string
  /** How events are delivered. @default as Svix delivers */
  delivery?: DeliveryOptions
  /** Clerk's rate limits; `false` for none. @default true */
  rateLimit?: boolean | RateLimitOptions
  /**
   * The result of `starting_after` with an id that no user has. Clerk does not document it. @default 'refuse', with 422
   */
  unknownCursor?: UnknownCursor
  /** `state()` of an earlier fake Clerk, to continue from. Keys given as options override those in it. */
  state?: FakeClerkState
  /**
   * Called after each change, before the response and the delivery, to save `state()`. An exception is answered with
   * 500.
   */
  onChange?: () => void
}

/** A running fake Clerk. */
export interface FakeClerk {
  /** Address without `/v1`, for `apiUrl` and CLERK_API_URL. */
  readonly url: string
  /** Port of the API. */
  readonly port: number
  /** `sk_test_…`, for CLERK_SECRET_KEY. */
  readonly secretKey: string
  /** `pk_test_…`, for SDKs that need one. */
  readonly publishableKey: string
  /** `whsec_…`, for CLERK_WEBHOOK_SIGNING_SECRET. */
  readonly signingSecret: string
  /** `ins_…`, for `createClerkSync({ instanceId })`. */
  readonly instanceId: string
  /** The users, and the changes that Clerk's dashboard can make to them. */
  readonly users: FakeUsers
  /** The organizations and their members. */
  readonly organizations: FakeOrganizations
  /** The requests to the API so far, limited to the latest ones. */
  readonly requests: readonly FakeRequest[]
  /** All delivery attempts so far. */
  readonly deliveries: readonly FakeAttempt[]
  /** The events so far, in the order in which they occurred, and the state of their messages. */
  events(): FakeEvent[]
  /**
   * Adds this many invented users, or the given ones, as if they had signed up in the past, and organizations with
   * members if requested. Sends events only if requested.
   */
  seed(users: number | readonly ClerkUserJSON[], options?: SeedOptions): FakeUser[]
  /** Sets the URL for later deliveries; `undefined` for none. */
  deliverTo(url: string | undefined): void
  /** Sets what happens to later messages. */
  misbehave(chaos: Chaos | undefined): void
  /** Sends the messages that are held back. */
  release(): void
  /** Sends a message again with the same id, as Clerk's dashboard can. */
  resend(messageId: string): void
  /** Makes the next requests to the API fail. */
  failNext(fault: ApiFault): void
  /** All data and keys, for `createFakeClerk({ state })`. */
  state(): FakeClerkState
  /** Resolves when no delivery is running: all are delivered, abandoned, lost or held back. */
  settle(): Promise<void>
  /** Abandons running deliveries and closes the port. */
  close(): Promise<void>
}

/** How many requests are kept. */
const KEPT_REQUESTS = 10_000

/**
 * Starts a Clerk for tests and demonstrations: a local HTTP server with the Backend API for users, organizations and
 * memberships, and webhooks signed and delivered as Svix does. `@clerk/backend` works with it unchanged. Requires Node;
 * works with any test runner.
 *
 * Not imitated: sign-ups, sessions and the whole Frontend API; invitations, domains, roles, permissions; changes of
 * phone numbers and wallets; images; instance settings, and so an instance's rules for passwords and identifiers; Svix
 * disabling endpoints that fail for days. Where Clerk's behaviour is not documented, this does what is harder for the
 * caller, and options make it do otherwise: an unknown cursor is refused, and a deleted user or organization sends no
 * `organizationMembership.deleted`. Unlike in Clerk, two users cannot have the same unverified address.
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
  const send: SendEvent = (type, data, at) => svix.send(newMessage(instanceId, type, data, at))
  const parts = partsOf(options, (type, data, at) => {
    send(type, data, at)
    onChange()
  })
  if (state) restore(parts, state)
  const seeds = new Seeds(parts, send, state?.invented)
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
  // After `listen`, which can fail, so that no message is delivered twice.
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

function partsOf(options: TenancyOptions, sendEvent: SendEvent): Parts {
  const store = new UserStore()
  const users = new Users(store, sendEvent)
  const organizations = new Organizations(users, sendEvent)
  const memberships = new Memberships(users, organizations, sendEvent, options)
  users.onDelete = (userId) => memberships.removeOfUser(userId)
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
