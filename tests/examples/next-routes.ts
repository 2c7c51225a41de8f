import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { describe, expect, test } from 'vitest'
import { devDependencies as versions } from '../../package.json'
import { adapterContract, expectRefusal, send } from '../contracts/adapters'
import { signingSecret } from '../contracts/adapters-subject'
import { plain, reserialised } from '../contracts/re-serialised'
import { root } from '../support/made-once'
import type { RunningExample } from './example'

const traits = { trailingSlash: 308 } as const
const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })

/** Adds the routes of the contract, of both routers, to a copy of the example: one build and one server for all. */
export async function addNextRoutes(path: string): Promise<void> {
  for (const folder of ['app', 'pages'])
    await cp(join(root, 'tests/examples/next-app', folder), join(path, folder), { recursive: true })
  await cp(join(root, 'tests/contracts/adapters-subject.ts'), join(path, 'subject.ts'))
}

/** Registers the contract of the adapters, and what is true of Next.js alone, in the running example. */
export function testNextAdapters(running: () => RunningExample): void {
  const open = (path: string) => async () => ({ url: running().url + path, close: async () => {} })
  adapterContract('toNextHandler in the App Router', open(''), traits)
  adapterContract('toNextApiHandler in the Pages Router', open('/api'), traits)

  describe('on Next.js', () => {
    test('needs no export but POST', async () => {
      const url = `${running().url}/post-only`
      expect(await send(url, delivery())).toMatchObject({ status: 200, body: { outcome: 'created' } })
      expect((await fetch(url)).status).toBe(405)
    })

    test('logs how to switch off a body parser that has read the body', async () => {
      expectRefusal(await send(`${running().url}/api/parsed`, delivery()), 500, 'raw_body_unavailable')
      expect(running().printed()).toContain('Add `export const config = { api: { bodyParser: false } }` to the file')
    })
  })

  describe(`verifyWebhook of @clerk/nextjs ${versions['@clerk/nextjs']}`, () => {
    const statusOf = async (path: string, body: string) => {
      const response = await fetch(running().url + path, {
        method: 'POST',
        ...signClerkWebhook(body, { signingSecret }),
      })
      return response.status
    }

    test('accepts a delivery as JSON.stringify writes it, on both routers', async () => {
      expect(await statusOf('/api/clerk', plain)).toBe(200)
      expect(await statusOf('/clerk', plain)).toBe(200)
    })

    const entries = Object.entries(reserialised)
    test.each(entries)('refuses a correct signature in the Pages Router, which ours accepts: %s', async (_, body) => {
      expect(await statusOf('/api/clerk', body)).toBe(400)
      expect(await statusOf('/api/webhook', body)).toBe(200)
      expect(await statusOf('/clerk', body)).toBe(200)
    })
  })
}
