import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { deliver } from '../../src/endpoint/deliver'
import { adapterContract, expectRefusal, send } from '../contracts/adapters'
import type { createSubjects } from '../contracts/adapters-subject'
import type { Traits } from '../contracts/adapters-wire'
import { createSetting, type SignedInSetting, signedInContract } from '../contracts/signed-in'
import { installApp } from '../support/installed-app'
import { root } from '../support/made-once'
import type { PackedApp } from '../support/packed-app'
import { type RunningExample, signingSecret, testExample } from './example'

type Subject = keyof ReturnType<typeof createSubjects>

interface InstalledExample {
  name: string
  /** Checks the types, and builds. @param env What the app is started with. */
  build(app: PackedApp, env: Record<string, string>): Promise<unknown>
  /** Arguments for Node that start the server. */
  start: string[]
  env?: Record<string, string>
  /** The file of a route at this path. */
  fileOf(path: string): string
  /** The code of a route that serves `subject`, an expression, in place of the example's `clerkSync`. */
  codeOf(subject: string, path: string): string
  /**
   * More files that the tests need, such as middleware that reads the body of `/read-in-front`; or what to change in a file of
   * the example.
   */
  files: Record<string, string | ((code: string) => string)>
  /** Clerk's SDK for the framework, whose middleware is among `files`, as is `GET /me` of the contract of `currentUser`. */
  clerk?: ClerkSdk
  /** A part of what is logged where that middleware has read the body; none if the framework then fails by itself. */
  remedy?: string
  traits: Traits
  /** Addresses beside the handler's, with a part of what `send` and `doctor` say of the answer there. */
  mistaken?: Record<string, string>
  /** Registers more tests, which find the server running. */
  more?(running: () => RunningExample): void
}

interface ClerkSdk {
  /** The framework with its version. */
  title: string
  dependencies: Record<string, string>
  /** The framework's prefix of public variables, if it has one: `PUBLIC_`. */
  prefix?: string
}

const subjects: readonly Subject[] = ['/webhook', '/no-secret', '/short-budget', '/throwing']

/** Paths of the routes that a test adds to an example. */
export const addedPaths = [...subjects, '/read-in-front']

/**
 * Copies an example of a framework that has to be built, and installs what it names. Beside its own route it gets those of
 * the adapters' contract, and that of the contract of `currentUser`: one build and one server for all.
 */
export async function testInstalledExample(example: InstalledExample): Promise<void> {
  const { name, build, start, files, clerk, remedy, traits, mistaken = {}, more } = example
  const setting = clerk && (await createSetting())
  afterAll(() => setting?.clerk.close())
  const env = { ...(setting && variables(setting, clerk.prefix)), ...example.env }
  testExample({
    name,
    start,
    env,
    copy: (source) => installApp(source, clerk?.dependencies),
    async prepare(app) {
      await cp(join(root, 'tests/contracts/adapters-subject.ts'), join(app.path, 'subject.ts'))
      for (const path of subjects) await addRoute(app, example, path, `createSubjects()['${path}']`)
      await addRoute(app, example, '/read-in-front', 'createSubject({ logger: console })')
      for (const [file, code] of Object.entries(files)) await write(app, file, code)
      await build(app, env)
    },
    more(running) {
      adapterContract(`the adapter on ${name}`, async () => ({ url: running().url, close: async () => {} }), traits)
      if (setting) signedInContract(clerk.title, async () => ({ url: running().url, close: async () => {} }), setting)
      describe(`the server of ${name}`, () => {
        test('takes deliveries that name another origin, or none: its check of origins is for forms', async () => {
          for (const origin of [{}, { origin: 'https://api.svix.com' }]) {
            const { headers, body } = delivery()
            const answer = await send(`${running().url}/webhook`, { headers: { ...headers, ...origin }, body })
            expect(answer).toMatchObject({ status: 200, body: { outcome: 'created' } })
          }
        })

        test.each(Object.entries(mistaken))(
          'answers a delivery to %s in a way that is recognised',
          async (path, hint) => {
            const answer = await deliver(running().url + path, delivery())
            expect(answer.outcome).toBeUndefined()
            expect(answer.hint).toContain(hint)
          },
        )

        if (remedy)
          test('logs what to change where middleware has read the body', async () => {
            const answer = await send(`${running().url}/read-in-front`, delivery())
            expectRefusal(answer, 500, 'raw_body_unavailable')
            expect(running().printed()).toContain(remedy)
          })

        more?.(running)
      })
    },
  })
}

export const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })

async function addRoute(app: PackedApp, example: InstalledExample, path: string, subject: string): Promise<void> {
  const file = example.fileOf(path)
  const from = posix.relative(posix.dirname(file), 'subject')
  const code = `import { createSubject, createSubjects } from '${from}'\n${example.codeOf(subject, path)}\n`
  await write(app, file, code)
}

async function write({ path }: PackedApp, file: string, code: string | ((code: string) => string)): Promise<void> {
  const target = join(path, file)
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, typeof code === 'string' ? code : code(await readFile(target, 'utf8')))
}

/** What Clerk's SDKs read. */
function variables({ sessions }: SignedInSetting, prefix = ''): Record<string, string> {
  const { CLERK_PUBLISHABLE_KEY: publishableKey, ...keys } = sessions.env
  return {
    ...{ ...keys, CLERK_TELEMETRY_DISABLED: '1', [`${prefix}CLERK_PUBLISHABLE_KEY`]: publishableKey },
    // The names under which Nuxt reads its settings.
    ...Object.fromEntries(Object.entries(keys).map(([name, value]) => [`NUXT_${name}`, value])),
  }
}
