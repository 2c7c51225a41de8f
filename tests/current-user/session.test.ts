import type { auth as nextAuth } from '@clerk/nextjs/server'
import { createClerkSync, toCurrentUser } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import mongoose, { Schema } from 'mongoose'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'

const ensureUser = vi.fn(async (id: string | null | undefined) => (id ? { clerkId: id } : null))

describe('toCurrentUser', () => {
  it.each([
    ['a session', { userId: 'user_1' }],
    ['a promise of one', Promise.resolve({ userId: 'user_1' })],
  ])('passes the arguments on to the function that returns %s', async (_, session) => {
    const getAuth = vi.fn((_request: string, _options?: object) => session)
    const currentUser = toCurrentUser({ ensureUser }, getAuth)
    expect(await currentUser('the request', { treatPendingAsSignedOut: false })).toEqual({ clerkId: 'user_1' })
    expect(getAuth).toHaveBeenCalledWith('the request', { treatPendingAsSignedOut: false })
  })

  it.each([null, undefined])('is null where the session has no user: %s', async (userId) => {
    expect(await toCurrentUser({ ensureUser }, () => ({ userId }))()).toBeNull()
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an id', 'user_1'],
    ['a session of a machine', { tokenType: 'm2m_token', subject: 'mch_1' }],
  ])('throws instead of saying that no user is signed in where the function returns %s', async (_, returned) => {
    const currentUser = toCurrentUser({ ensureUser }, () => returned as never)
    await expect(currentUser()).rejects.toMatchObject({
      code: 'invalid_option',
      message: expect.stringContaining("Clerk's middleware runs in front"),
    })
  })

  it("throws what Clerk's SDK and ensureUser throw", async () => {
    const failing = () => Promise.reject(new Error('clerkMiddleware() was not run'))
    await expect(toCurrentUser({ ensureUser }, failing)()).rejects.toThrow('clerkMiddleware() was not run')
    const unreachable = { ensureUser: () => Promise.reject(new Error('unreachable')) }
    await expect(toCurrentUser(unreachable, () => ({ userId: 'user_1' }))()).rejects.toThrow('unreachable')
  })

  it("is typed with the document of the app, and with the last signature of Clerk's function", () => {
    const schema = new Schema({ plan: { type: String, required: true } })
    schema.plugin(clerkSyncPlugin)
    const clerkSync = createClerkSync({ users: clerkModel('CurrentUserTyped', schema, mongoose.createConnection()) })
    const currentUser = toCurrentUser(clerkSync, (async () => ({ userId: null })) as unknown as typeof nextAuth)
    type User = NonNullable<Awaited<ReturnType<typeof currentUser>>>
    expectTypeOf<User['plan']>().toEqualTypeOf<string>()
    expectTypeOf<User['save']>().toBeFunction()
    expectTypeOf(currentUser).toBeCallableWith()
    // @ts-expect-error: a session has a userId.
    toCurrentUser(clerkSync, () => ({ id: 'user_1' }))
    expect(currentUser).toBeTypeOf('function')
  })
})
