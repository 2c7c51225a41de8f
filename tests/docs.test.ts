import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, posix } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import type {
  ClerkStore,
  ClerkSync,
  ClerkUserEvent,
  ClerkWebhookEvent,
  RefusalCode,
  SyncOutcome,
} from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { type Model } from 'mongoose'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import manifest from '../package.json'
import { syncCodes, verificationCodes } from '../src/errors'
import { userNames } from '../src/mongoose/target/paths'
import {
  allBlocks,
  blocks,
  blocksOf,
  chapters,
  mongosh,
  pageOf,
  pages,
  root,
  typeErrors,
  writeBlocks,
} from './support/documentation'
import { run } from './support/process'
import { type Served, serve } from './support/serve'

const text = chapters.map(({ markdown }) => markdown).join('\n')

test('the changelog starts with this version, or before the first one with its planned content', () => {
  const headings = [...readFileSync(join(root, 'CHANGELOG.md'), 'utf8').matchAll(/^## (.+)$/gm)].map(
    ([, title]) => title,
  )
  const { version } = manifest
  expect(headings[0]).toBe(version === '0.0.0' ? 'Unreleased' : version)
  // `changeset version` has put its changes above it.
  expect(headings.slice(1)).not.toContain('Unreleased')
})

// npm resolves the README's relative links by it, and needs it to publish with provenance.
test('package.json names its repository before the first version is published', () => {
  expect(manifest.version === '0.0.0' || 'repository' in manifest).toBe(true)
})

describe('the README', () => {
  const readme = pageOf('README.md')

  test('has at most 200 lines', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(200)
  })

  test('has the commands that run the demo and the tests', () => {
    expect(readme).toMatch(/^npm run demo\b/m)
    expect(readme).toMatch(/^npm test$/m)
  })
})

describe('the pages of the documentation', () => {
  test('have snippets of TypeScript that agree if they show one file', () => {
    const files = blocks.map(({ file }) => file)
    expect(files).toContain('app/api/webhooks/clerk/route.ts')
    expect(files.filter((file, i) => files.indexOf(file) !== i)).toEqual([])
    const fences = chapters.flatMap(({ markdown }) => markdown.match(/```tsx?$/gm) ?? [])
    expect(fences).toHaveLength(allBlocks.length)
  })

  test('show the files of the example of the registration flow as they are', () => {
    const page = { path: '', markdown: pageOf('docs/start/registration.md') }
    const shown = blocksOf(page).map(({ file, code }) => [file, code.replace(/^.*\n/, '')])
    const files = readTree('examples/next-profile/src').sort()
    expect(Object.fromEntries(shown)).toEqual(
      Object.fromEntries(
        files.map((file) => [file.replace('examples/next-profile/', ''), readFileSync(join(root, file), 'utf8')]),
      ),
    )
  })

  // Together, as a program takes seconds.
  const planted = [
    {
      file: 'planted.ts',
      code: "import { User } from '@/models/user'\nexport const n: number = User.findByClerkId('user_1')",
    },
    {
      file: 'unknown.ts',
      code: "import { toKoaMiddleware } from 'clerk-mongo-sync/express'\nexport { toKoaMiddleware }",
    },
    {
      file: 'retired.tsx',
      code: `import { ClerkProvider } from '@clerk/nextjs'\nexport const page = <ClerkProvider afterSignUpUrl="/">x</ClerkProvider>`,
    },
    {
      file: 'retired.ts',
      code: "import { getAuth } from '@clerk/express'\nexport const id: number = getAuth({} as never).userId",
    },
  ]
  let errors: string[]
  const isPlanted = (error: string) => planted.some(({ file }) => error.startsWith(`${file}:`))

  beforeAll(() => {
    errors = typeErrors([...blocks, ...planted])
  }, 180_000)

  test('have snippets without type errors', () => {
    expect(errors.filter((error) => !isPlanted(error))).toEqual([])
  })

  test('are checked by a compiler that finds a type error', () => {
    expect(errors.filter(isPlanted)).toEqual([
      expect.stringMatching(/^planted\.ts:2: Type .* is not assignable to type 'number'/),
      expect.stringMatching(/^retired\.ts:2: Type 'string \| null' is not assignable to type 'number'/),
      expect.stringMatching(/^retired\.tsx:2: .*Property 'afterSignUpUrl' does not exist/s),
      expect.stringMatching(/^unknown\.ts:1: .*has no exported member 'toKoaMiddleware'/),
    ])
  })

  test('name every error code, outcome and path', () => {
    const outcomes: Record<SyncOutcome, true> = {
      created: true,
      updated: true,
      deleted: true,
      linked: true,
      stale: true,
      duplicate: true,
      ignored: true,
      conflict: true,
    }
    const refusals: Record<Exclude<RefusalCode, (typeof verificationCodes)[number]>, true> = {
      method_not_allowed: true,
      body_too_large: true,
      raw_body_unavailable: true,
      timed_out: true,
      internal_error: true,
    }
    const words = [...Object.keys(refusals), ...syncCodes, ...verificationCodes, ...userNames, ...Object.keys(outcomes)]
    expect(words.filter((word) => !text.includes(`\`${word}\``))).toEqual([])
  })

  const links = pages.flatMap(({ path, markdown }) =>
    [...markdown.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => ({ path, target })),
  )
  const ours = 'https://unpkg.com/clerk-mongo-sync/'

  /** The file that a link leads to, and the heading; nothing for a link to elsewhere. */
  function destinationOf({ path, target }: (typeof links)[number]): { file: string; anchor: string } | undefined {
    const [address = '', anchor = ''] = target.split('#')
    if (address.startsWith(ours)) return { file: address.slice(ours.length), anchor }
    if (URL.canParse(address)) return undefined
    return { file: address === '' ? path : posix.join(posix.dirname(path), address), anchor }
  }
  const destinations = links.flatMap((link) => {
    const destination = destinationOf(link)
    return destination ? [{ ...link, ...destination }] : []
  })

  test('link to headings that exist', () => {
    const withAnchor = destinations.filter(({ anchor }) => anchor !== '')
    expect(withAnchor).not.toEqual([])
    expect(withAnchor.filter(({ file, anchor }) => !headingsOf(file).includes(anchor))).toEqual([])
  })

  test('link to files of the package, or to other addresses', async () => {
    expect(destinations).toContainEqual(expect.objectContaining({ path: 'README.md', file: 'docs/plugins.md' }))
    const packed = await packedFiles()
    expect(destinations.filter(({ file }) => !packed.includes(file))).toEqual([])
  })

  test('are those that sources, tests and other documents name', () => {
    const named = [...readTree('src'), ...readTree('tests'), 'SECURITY.md', 'CONTRIBUTING.md'].flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(/\bdocs\/[\w/-]+\.md\b/g)].map(([page]) => ({ path, page })),
    )
    expect(named).toContainEqual(expect.objectContaining({ page: 'docs/guides/security.md' }))
    expect(named.filter(({ page }) => !pages.some(({ path }) => path === page))).toEqual([])
  })

  test('are listed on the first page of docs and linked from the README, except the error pages', () => {
    const listed = chapters
      .map(({ path }) => path)
      .filter((path) => path.startsWith('docs/') && path !== 'docs/README.md')
    const from = (page: string) => destinations.filter(({ path }) => path === page).map(({ file }) => file)
    expect(listed.filter((path) => !from('docs/README.md').includes(path))).toEqual([])
    expect(listed.filter((path) => !from('README.md').includes(path))).toEqual([])
  })

  test('are in the package, without the site settings and generated files', async () => {
    const packed = (await packedFiles()).filter((path) => path.startsWith('docs/'))
    expect(packed.filter((path) => !pages.some((page) => page.path === path))).toEqual([
      'docs/explanation/speed.svg',
      'docs/llms.txt',
    ])
  })

  test('start with the only heading of level one', () => {
    const wrong = pages.filter(({ markdown }) => {
      const headings = withoutCode(markdown).match(/^# .+$/gm) ?? []
      return !markdown.startsWith('# ') || headings.length !== 1
    })
    expect(wrong.map(({ path }) => path)).toEqual([])
  })
})

describe('docs/llms.txt', () => {
  const index = readFileSync(join(root, 'docs/llms.txt'), 'utf8')

  test('has the format of llmstxt.org: a title, a summary and sections of links', () => {
    expect(index).toMatch(/^# clerk-mongo-sync\n\n> \S.*\n\n/)
    const sections = index.split(/^## .+\n/m).slice(1)
    expect(sections.length).toBeGreaterThan(3)
    const lines = sections.flatMap((section) => section.split('\n')).filter((line) => line !== '')
    expect(lines.filter((line) => !/^- \[.+\]\(https:\S+\): \S/.test(line))).toEqual([])
  })

  test('lists every page except the error pages, and no file outside the package', async () => {
    const listed = [...index.matchAll(/\]\(https:\/\/unpkg\.com\/clerk-mongo-sync\/([^)]+)\)/g)].map(
      ([, path = '']) => path,
    )
    expect(chapters.map(({ path }) => path).filter((path) => !listed.includes(path))).toEqual([])
    const packed = await packedFiles()
    expect(listed.filter((path) => !packed.includes(path))).toEqual([])
  })
})

const withoutCode = (markdown: string) => markdown.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '')

/** The anchors of a page's headings, as GitHub makes them. */
function headingsOf(path: string): string[] {
  return [...withoutCode(pageOf(path)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(/\s/g, '-'),
  )
}

/** Source files under a folder of the repository. */
function readTree(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => /\.tsx?$/.test(path) && !path.includes('node_modules'))
}

let packed: Promise<string[]> | undefined

/** What `npm publish` would send; the build need not be there. */
function packedFiles(): Promise<string[]> {
  packed ??= listPackedFiles()
  return packed
}

async function listPackedFiles(): Promise<string[]> {
  const npm = process.env.npm_execpath ?? join(process.execPath, '../../lib/node_modules/npm/bin/npm-cli.js')
  const printed = await run('npm pack', [npm, 'pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root })
  const [{ files }] = JSON.parse(printed) as [{ files: { path: string }[] }]
  return files.map(({ path }) => path)
}

const app = join(root, `.docs-app-${process.pid}`)

async function load<T>(file: string): Promise<T> {
  return (await import(/* @vite-ignore */ join(app, file))) as T
}

describe('the app of the snippets', async () => {
  process.env.MONGODB_URI = inject('mongoUri').replace(/\/(\?|$)/, `/docs_${process.pid}$1`)
  process.once('exit', () => rmSync(app, { recursive: true, force: true }))
  writeBlocks(blocks, app)
  // Its tests are registered here, and run with ours.
  await load('tests/clerk-webhook.test.ts')
  await load('tests/first-page.test.ts')

  type Stored = Model<Record<string, unknown>>
  const { clerkSync, Post } = await load<{ clerkSync: ClerkSync; Post: Stored }>('lib/account-sync.ts')
  const { Account } = await load<{ Account: Stored }>('models/account.ts')
  const { Person } = await load<{ Person: Stored }>('models/person.ts')
  const { User } = await load<{ User: Stored }>('models/user.ts')
  const { work } = await load<{ work(job: object): Promise<void> }>('worker.ts')
  const read = (model: Stored, clerkId: string) => model.collection.findOne({ clerkId })

  test('stores users as its options say, with a placeholder if there is no address', async () => {
    const { data } = fixtures.userCreated(
      fixtures.phoneOnlyUser({ first_name: 'Joan', public_metadata: { plan: 'pro' } }),
    )
    const { outcome } = await clerkSync.sync({ type: 'user.created', data })
    const mail = `${data.id}@placeholder.invalid`
    expect(outcome).toBe('created')
    expect(await read(Account, data.id)).toMatchObject({
      mail,
      name: { first: 'Joan' },
      photo: data.image_url,
      plan: 'pro',
    })
  })

  test('links verified local accounts only', async () => {
    const local = { passwordHash: 'x', authProvider: 'local' }
    await Account.create({ ...local, mail: 'sure@example.com', mailVerified: true })
    await Account.create({ ...local, mail: 'unsure@example.com' })
    const signUp = async (email: string) =>
      (await clerkSync.sync(fixtures.userCreated(fixtures.user({ email })))).outcome
    expect(await signUp('sure@example.com')).toBe('linked')
    expect(await signUp('unsure@example.com')).toBe('conflict')
  })

  test('runs its function for a deleted user', async () => {
    const { data } = fixtures.userCreated()
    await clerkSync.sync({ type: 'user.created', data })
    const author = (await read(Account, data.id))?._id
    await Post.create({ author, text: 'by the one who leaves' })
    await clerkSync.sync(fixtures.userDeleted(data))
    expect(await Post.countDocuments({ author })).toBe(0)
  })

  test('has a hook that receives the changes on insert and update', async () => {
    const { createClerkSync } = await import('clerk-mongo-sync')
    const sync = createClerkSync({ users: Person as never })
    const { data } = fixtures.userCreated(fixtures.user({ first_name: 'Ada' }))
    await sync.sync({ type: 'user.created', data })
    expect(await read(Person, data.id)).toMatchObject({ searchName: 'ada' })
    await sync.sync(fixtures.userUpdated(data, { first_name: 'Augusta' }))
    expect(await read(Person, data.id)).toMatchObject({ searchName: 'augusta' })
  })

  test('turns the soft deletes of an older scheme into deletions', async () => {
    const before: ClerkWebhookEvent = fixtures.userCreated()
    const clerkId = String(before.data.id)
    await User.collection.insertOne({ clerkId, syncStatus: 'error' })
    await mongosh('updateMany', { users: User.collection })
    await work({ event: before, messageId: 'msg_1' })
    expect(await read(User, clerkId)).toMatchObject({ syncError: 'deleted', clerkDeletedAt: expect.any(Date) })
    expect(await read(User, clerkId)).not.toHaveProperty('email')
  })

  describe('in its hooks', async () => {
    const { clerkSync: welcoming } = await load<{ clerkSync: ClerkSync }>('lib/welcome-sync.ts')
    const { clerkSync: auditing, Audit } = await load<{ clerkSync: ClerkSync; Audit: Stored }>('lib/audit-sync.ts')
    const mails: { to: string; text: string; key: string | undefined }[] = []
    let isMailAway = false
    let mailServer: Served

    beforeAll(async () => {
      mailServer = await serve(async (request, response) => {
        const mail = JSON.parse(await textOf(request))
        if (!isMailAway) mails.push({ ...mail, key: request.headers['idempotency-key'] })
        response.writeHead(isMailAway ? 503 : 202).end()
      })
      process.env.MAIL_API_URL = mailServer.url
    })
    afterAll(() => mailServer.close())

    const signUp = (email: string) => fixtures.userCreated(fixtures.user({ email, first_name: 'Ada' }))
    const sentTo = (email: string) => mails.filter(({ to }) => to === email)

    test('sends one welcome whether the sign-up is first, repeated, after an update or after a static', async () => {
      const [first, late, beaten] = ['first', 'late', 'beaten'].map((name) => signUp(`${name}@example.com`)) as [
        ClerkUserEvent,
        ClerkUserEvent,
        ClerkUserEvent,
      ]
      await welcoming.sync(fixtures.userUpdated(late.data), { messageId: 'msg_early' })
      await (User as unknown as ClerkStore).upsertFromClerk(beaten.data)
      expect(mails).toEqual([])
      for (const event of [first, late, beaten, first, late, beaten])
        await welcoming.sync(event, { messageId: `msg_${event.data.id}` })
      const welcome = (name: string, event: ClerkUserEvent) => {
        return { to: `${name}@example.com`, text: 'Welcome, Ada!', key: `msg_${event.data.id}` }
      }
      expect(mails).toEqual([welcome('first', first), welcome('late', late), welcome('beaten', beaten)])
    })

    test('sends the welcome after an outage of the mail server, and shows it as pending until then', async () => {
      const event = signUp('patient@example.com')
      const message = { messageId: 'msg_patient' }
      isMailAway = true
      await expect(welcoming.sync(event, message)).rejects.toMatchObject({ code: 'hook_failed' })
      const [, filter = ''] =
        /`db\.users\.find\((.*?)\)` shows/.exec(pageOf('docs/explanation/hook-guarantees.md')) ?? []
      const pending = () => User.collection.find(new Function(`return ${filter}`)()).toArray()
      expect(await pending()).toMatchObject([{ clerkId: event.data.id }])
      isMailAway = false
      for (const _ of [1, 2]) await welcoming.sync(event, message)
      expect(sentTo('patient@example.com')).toHaveLength(1)
      expect(await pending()).toEqual([])
    })

    test('keeps failures in the delivery log', async () => {
      const event = signUp('audited@example.com')
      await auditing.sync(event, { messageId: 'msg_audited' })
      await auditing.sync(fixtures.userUpdated(event.data, { last_name: 'King' }), { messageId: 'msg_changed' })
      const founded = { type: 'organization.created', data: { id: 'org_1', name: 'Engines' } } as ClerkWebhookEvent
      const later = { type: 'passkey.created', data: { id: 'pk_1' } } as unknown as ClerkWebhookEvent
      for (const _ of [1, 2]) await auditing.sync(founded, { messageId: 'msg_founded' })
      await auditing.sync(later, { messageId: 'msg_later' })
      expect((await Audit.find().lean()).map(({ text }) => text).sort()).toEqual(
        ['Engines was founded', 'passkey pk_1 was made', `${event.data.id} changed lastName`].sort(),
      )
      await User.collection.insertOne({ email: 'held@example.com', authProvider: 'local' })
      await auditing.sync(signUp('held@example.com'), { messageId: 'msg_held' })
      const log = User.db.collection('clerk_deliveries')
      expect(await log.countDocuments({ lastSeenAt: { $exists: true } })).toBe(5)
      expect(await mongosh('clerk_deliveries', { clerk_deliveries: log }).toArray()).toEqual([
        expect.objectContaining({ _id: 'msg_held', outcome: 'conflict', errorCode: 'conflict' }),
      ])
    })

    test('names every field of a log entry', async () => {
      const entry = await User.db.collection('clerk_deliveries').findOne({ _id: 'msg_held' as never })
      const log = pageOf('docs/reference/delivery-log.md')
      expect(Object.keys(entry ?? {}).filter((path) => !log.includes(`\`${path}\``))).toEqual([])
    })
  })

  afterAll(async () => {
    rmSync(app, { recursive: true })
    await mongoose.connection.dropDatabase()
    await mongoose.disconnect()
  })
})
