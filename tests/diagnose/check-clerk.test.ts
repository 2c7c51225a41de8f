import { type ClerkStore, createClerkSync, type Finding } from 'clerk-mongo-sync'
import { createFakeClerk, createMemoryStore } from 'clerk-mongo-sync/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Served, serve } from '../support/serve'

const signingSecret = `whsec_${btoa('a secret for the tests of diagnose')}`
let clerk: Awaited<ReturnType<typeof createFakeClerk>>

beforeAll(async () => {
  clerk = await createFakeClerk()
})
afterAll(() => clerk.close())

interface Access {
  secretKey?: string
  apiUrl?: string
}

async function diagnose(access: Access, options: { instanceId?: string; users?: ClerkStore } = {}) {
  const { users = createMemoryStore(), ...rest } = options
  const clerkSync = createClerkSync({ users, signingSecret, clerk: access, timeoutMs: 2_000, ...rest })
  const findings = await clerkSync.diagnose()
  return (check: string): Finding | undefined => findings.find((finding) => finding.check === check)
}

const access = () => ({ secretKey: clerk.secretKey, apiUrl: clerk.url })

it('diagnose reports the instance of the secret key', async () => {
  const finding = await diagnose(access())
  expect(finding('clerk_key')).toMatchObject({ verdict: 'ok', message: expect.stringContaining(clerk.instanceId) })
  expect(finding('clerk_instance')).toBeUndefined()
})

it('diagnose compares it with the instance that the app names', async () => {
  const right = await diagnose(access(), { instanceId: clerk.instanceId })
  expect(right('clerk_instance')).toMatchObject({ verdict: 'ok' })
  const wrong = await diagnose(access(), { instanceId: 'ins_other' })
  expect(wrong('clerk_instance')).toMatchObject({ verdict: 'problem', message: expect.stringContaining('ins_other') })
})

it('diagnose warns if there is no key, and sends no request', async () => {
  const before = clerk.requests.length
  const finding = await diagnose({ apiUrl: clerk.url })
  expect(finding('clerk_key')).toMatchObject({
    verdict: 'warning',
    remedy: expect.stringContaining('CLERK_SECRET_KEY'),
  })
  expect(finding('clock_clerk')).toBeUndefined()
  expect(clerk.requests.length).toBe(before)
})

it('diagnose reports a key that Clerk refuses, and never shows it', async () => {
  const finding = await diagnose({ ...access(), secretKey: 'sk_test_ofanotherapp' })
  expect(finding('clerk_key')).toMatchObject({ verdict: 'problem', remedy: expect.stringContaining('sk_test_') })
  expect(JSON.stringify(finding('clerk_key'))).not.toContain('ofanotherapp')
})

it('diagnose reports that Clerk cannot be reached', async () => {
  const finding = await diagnose({ ...access(), apiUrl: 'http://127.0.0.1:1' })
  expect(finding('clerk_key')).toMatchObject({ verdict: 'problem', remedy: expect.stringContaining('firewall') })
  expect(finding('clock_clerk')).toMatchObject({ verdict: 'skipped' })
})

async function clockWhereClerkIs(aheadSeconds: number): Promise<Finding | undefined> {
  const served: Served = await serve((_, response) => {
    response.setHeader('date', new Date(Date.now() + aheadSeconds * 1_000).toUTCString())
    response.end('{}')
  })
  const finding = await diagnose({ secretKey: 'sk_test_x', apiUrl: served.url })
  await served.close()
  return finding('clock_clerk')
}

it.each([
  [-30, 'ok', 'differ by'],
  [120, 'warning', 'behind'],
  [-400, 'problem', 'ahead of'],
])('diagnose compares the clock with Clerk, and reports a difference of %d s as %s', async (seconds, verdict, said) => {
  expect(await clockWhereClerkIs(seconds)).toMatchObject({ verdict, message: expect.stringContaining(said) })
})

it('diagnose compares the clock with the database', async () => {
  const ours = new Date()
  const theirs = new Date(ours.getTime() - 600_000)
  const users: ClerkStore = {
    ...createMemoryStore(),
    diagnose: async () => ({ findings: [], serverTime: { theirs, ours } }),
  }
  const finding = await diagnose(access(), { users })
  expect(finding('clock_database')).toMatchObject({
    verdict: 'problem',
    message: expect.stringContaining('600 s ahead'),
  })
})

it('diagnose never rejects, whatever a store does', async () => {
  const users: ClerkStore = { ...createMemoryStore(), diagnose: () => Promise.reject('nothing') }
  const finding = await diagnose(access(), { users })
  expect(finding('database')).toMatchObject({ verdict: 'problem' })
})
