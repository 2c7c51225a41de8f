import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSessions, type TestSessions } from '../support/clerk-session'

interface Server {
  url: string
  close(): Promise<void>
}

/** What an app of the contract is started with. */
export interface SignedInSetting {
  clerk: FakeClerk
  sessions: TestSessions
}

/** A fake Clerk, and sessions of its users. */
export async function createSetting(): Promise<SignedInSetting> {
  const clerk = await createFakeClerk({ rateLimit: false })
  return { clerk, sessions: createSessions(clerk) }
}

/**
 * What `currentUser` of each framework keeps, with Clerk's own SDK and its middleware.
 * @param open Serves `GET /me` with the plain document of the signed-in user, and 401 where there is none.
 * @param given For a server that runs already. The caller closes it.
 */
export function signedInContract(
  title: string,
  open: (setting: SignedInSetting) => Promise<Server>,
  given?: SignedInSetting,
): void {
  describe(title, () => {
    let clerk: FakeClerk
    let sessions: TestSessions
    let server: Server

    beforeAll(async () => {
      const setting = given ?? (await createSetting())
      clerk = setting.clerk
      sessions = setting.sessions
      server = await open(setting)
    }, 400_000)
    afterAll(async () => {
      await server?.close()
      if (!given) await clerk?.close()
    })

    let count = 0
    const register = () => {
      const email = `${title.toLowerCase().replaceAll(/\W+/g, '-')}-${++count}@example.com`
      return { id: clerk.users.create({ email_address: email }).id, email }
    }
    async function me(headers: Record<string, string>) {
      const response = await fetch(`${server.url}/me`, { headers, redirect: 'manual' })
      return { status: response.status, body: response.ok ? await response.json() : undefined }
    }
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
    const signedOut = { status: 401, body: undefined }

    test('is the document of the user whose session token the request has, also before the webhook', async () => {
      const { id, email } = register()
      const first = await me(bearer(sessions.token(id)))
      expect(first).toMatchObject({ status: 200, body: { clerkId: id, email, plan: 'free' } })
      const asked = clerk.requests.length
      expect(await me(bearer(sessions.token(id)))).toEqual(first)
      expect(clerk.requests).toHaveLength(asked)
    })

    test('is the document of the user whose session the cookies carry', async () => {
      const { id, email } = register()
      const cookie = Object.entries(sessions.cookies(id)).map(([name, value]) => `${name}=${value}`)
      expect(await me({ cookie: cookie.join('; ') })).toMatchObject({ status: 200, body: { clerkId: id, email } })
    })

    test('keeps requests at the same time apart', async () => {
      const users = Array.from({ length: 8 }, register)
      const answers = await Promise.all(users.flatMap(({ id }) => [0, 1].map(() => me(bearer(sessions.token(id))))))
      expect(answers.map(({ body }) => body?.clerkId)).toEqual(users.flatMap(({ id }) => [id, id]))
    })

    test('is null without a session, and Clerk is not asked', async () => {
      const asked = clerk.requests.length
      expect(await me({})).toEqual(signedOut)
      expect(clerk.requests).toHaveLength(asked)
    })

    test('is null for a token that has expired, or that another key has signed', async () => {
      const { id } = register()
      expect(await me(bearer(sessions.token(id, -3600)))).toEqual(signedOut)
      expect(await me(bearer(createSessions(clerk).token(id)))).toEqual(signedOut)
    })

    test('is null while the session of the user has tasks left', async () => {
      const { id } = register()
      expect(await me(bearer(sessions.token(id, 60, 'pending')))).toEqual(signedOut)
    })

    test('is null for a user that Clerk has deleted', async () => {
      const { id } = register()
      clerk.users.delete(id)
      expect(await me(bearer(sessions.token(id)))).toEqual(signedOut)
    })
  })
}
