import {
  type ClerkSync,
  type ClerkSyncOptions,
  type ClerkUserJSON,
  createClerkSync,
  isPlaceholder,
  mapClerkUser,
} from 'clerk-mongo-sync'
import { assertSynced, createFakeClerk, type FakeClerk, fixtures } from 'clerk-mongo-sync/testing'
import { expect } from 'vitest'
import type { TestDatabase, TestModel } from '../support/database'
import { type App, dig, isPlain, isReadable, pathOf, profileNames } from './app'

type Raw = Record<string, unknown>

let messages = 0
const silence = { debug() {}, info() {}, warn() {}, error() {} }

/** An app with its model on a real server. */
export class RunningApp {
  readonly app: App
  readonly users: TestModel
  readonly #db: TestDatabase

  private constructor(app: App, users: TestModel, db: TestDatabase) {
    this.app = app
    this.users = users
    this.#db = db
  }

  /** Creates the model and its indexes. */
  static async start(app: App, db: TestDatabase): Promise<RunningApp> {
    const users = await db.users({ schema: app.schema(), ...app.options })
    await users.init()
    return new RunningApp(app, users, db)
  }

  /** Removes all users and the state of the jobs. */
  async clear(): Promise<void> {
    await this.users.collection.deleteMany({})
    await this.#db.connection.collection('clerk_jobs').deleteMany({})
  }

  sync(options: Partial<ClerkSyncOptions> = {}): ClerkSync {
    return createClerkSync({ users: this.users, logger: silence, ...options })
  }

  /** Delivers a state of a user in a new message, as Clerk does. */
  async deliver(
    type: 'user.created' | 'user.updated' | 'user.deleted',
    user: ClerkUserJSON,
    options: Partial<ClerkSyncOptions> & { messageId?: string } = {},
  ) {
    const { messageId = `msg_app${++messages}`, ...rest } = options
    const event = type === 'user.deleted' ? fixtures.userDeleted(user) : { ...fixtures.userCreated(user), type }
    return this.sync(rest).sync(event, { messageId })
  }

  /** Runs with a fake Clerk that has these users. */
  async withClerk(
    people: ClerkUserJSON[],
    run: (clerk: FakeClerk, clerkSync: ClerkSync) => Promise<void>,
  ): Promise<void> {
    const clerk = await createFakeClerk({ rateLimit: false })
    try {
      clerk.seed(people)
      await run(clerk, this.sync({ clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url } }))
    } finally {
      await clerk.close()
    }
  }

  async created(...people: ClerkUserJSON[]): Promise<void> {
    for (const user of people) expect(await this.deliver('user.created', user)).toMatchObject({ outcome: 'created' })
  }

  /** The stored document, read without mongoose. */
  raw(clerkId: string): Promise<Raw | null> {
    return this.users.collection.findOne<Raw>({ [pathOf(this.app, 'clerkId')]: clerkId })
  }

  /** Every stored document, read without mongoose. */
  rawAll(): Promise<Raw[]> {
    return this.users.collection.find<Raw>({}).toArray()
  }

  /** Fails unless the document has Clerk's values, both raw and as the app reads it. */
  async expectInStep(user: ClerkUserJSON): Promise<Raw> {
    const raw = await this.raw(user.id)
    if (!raw) throw new Error('The user has no document.')
    const profile = mapClerkUser(user)
    for (const name of profileNames) {
      const path = pathOf(this.app, name)
      if (!this.hasPath(path) || !isPlain(this.app, path)) continue
      if (profile[name] === undefined) this.#expectEmpty(dig(raw, path), path, user.id)
      else expect(dig(raw, path), path).toBe(profile[name])
    }
    for (const [path, value] of Object.entries(this.app.mapped?.(user) ?? {}))
      if (isPlain(this.app, path)) expect(dig(raw, path), path).toEqual(value)
    assertSynced(await this.users.findByClerkId(user.id).select(this.#hiddenPaths()), user, {
      mapUser: (given) => this.#readable(given),
    })
    return raw
  }

  /** The paths that the schema excludes from queries. */
  #hiddenPaths(): string[] {
    const paths = Object.entries(this.users.schema.paths)
    return paths.filter(([, { options }]) => options.select === false).map(([path]) => `+${path}`)
  }

  hasPath(path: string): boolean {
    return this.users.schema.path(path) !== undefined
  }

  /** Whether the value is missing, a placeholder, or the schema's default. */
  #expectEmpty(value: unknown, path: string, clerkId: string): void {
    if (value === undefined || (typeof value === 'string' && isPlaceholder(value, clerkId))) return
    expect(value, path).toBe(this.app.defaults?.[path] ?? this.users.schema.path(path)?.options.default)
  }

  /** The result of `mapUser`, without the paths that the app cannot read back. */
  #readable(user: ClerkUserJSON): Record<string, unknown> {
    const mapped = (this.app.options?.mapUser ?? mapClerkUser)(user)
    const entries = Object.entries(mapped).filter(([key]) => {
      const name = profileNames.find((one) => one === key)
      return isReadable(this.app, name ? pathOf(this.app, name) : key)
    })
    return Object.fromEntries(entries)
  }

  /** What `save()` stores for the same values. The collection is empty afterwards. */
  async saved(user: ClerkUserJSON): Promise<Raw> {
    const profile = mapClerkUser(user)
    const given: [string, unknown][] = [
      [pathOf(this.app, 'clerkId'), user.id],
      [pathOf(this.app, 'authProvider'), 'clerk'],
      ...profileNames.map((name): [string, unknown] => [pathOf(this.app, name), profile[name]]),
      ...Object.entries(this.app.mapped?.(user) ?? {}),
    ]
    const known = given.filter(([path, value]) => value !== undefined && this.hasPath(path))
    await new this.users(Object.fromEntries(known)).save()
    const raw = await this.raw(user.id)
    await this.clear()
    if (!raw) throw new Error('save() stored nothing.')
    return raw
  }
}
