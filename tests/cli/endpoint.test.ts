import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClerkSync } from 'clerk-mongo-sync'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createMemoryStore, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Served, serve } from '../support/serve'
import { runCli, startCli } from './cli'
import { manifest, nextApp, projectWith } from './init-project'

const signingSecret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0'
const env = { CLERK_WEBHOOK_SIGNING_SECRET: signingSecret }

let served: Served
let port: string
beforeEach(async () => {
  served = await serve(toNodeHandler(createClerkSync({ users: createMemoryStore(), signingSecret })))
  port = new URL(served.url).port
})
afterEach(() => served.close())

/** A project whose config has these lines. `PORT` in them is the port of a real app. */
const configured = (lines: string, name = 'clerk-sync.config.ts') =>
  projectWith({ 'package.json': manifest([]), [name]: `${lines.replaceAll('PORT', port)}\n` })

/** The smallest `clerkSync` that the config accepts; these tests do not use it. */
const clerkSync =
  "const clerkSync = Object.fromEntries(['handler', 'sync', 'backfill', 'reconcile', 'status', 'deliveries'].map((name) => [name, () => {}]))"

describe('the endpoint in the config', () => {
  const forms: [what: string, lines: string, name?: string][] = [
    ['url', "export const url = 'http://localhost:PORT/hook'\nexport default undefined"],
    [
      'url beside what cannot be loaded here',
      "import 'nowhere'\nexport const url: string = 'http://localhost:PORT/hook'",
    ],
    [
      'url in CommonJS',
      "module.exports = { clerkSync: undefined, url: 'http://localhost:PORT/hook' }",
      'clerk-sync.config.cjs',
    ],
    ['port', 'export const port = PORT'],
    [
      'url that is made',
      `${clerkSync}\nexport const url = \`http://localhost:\${Number('PORT')}/hook\`\nexport default clerkSync`,
    ],
    ['port that is made', `${clerkSync}\nexport const port = Number('PORT')\nexport default clerkSync`],
    [
      'url of an object',
      `${clerkSync}\nconst url = ['http://localhost:PORT', 'hook'].join('/')\nexport default { clerkSync, url }`,
    ],
  ]
  it.each(forms)('is used by send: %s', async (_what, lines, name) => {
    const { path } = await configured(lines, name)
    const { code, stdout, stderr } = await runCli(['send', 'user.created'], { cwd: path, env })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/200 .*"outcome":"created"/)
    expect(code).toBe(0)
  })

  it('is used by doctor and fake-clerk, and by replay with a bare --to', async () => {
    const { path } = await configured("export const url = 'http://localhost:PORT/hook'")
    const { findings } = JSON.parse((await runCli(['doctor', '--json'], { cwd: path, env })).stdout)
    const route = findings.find(({ check }: { check: string }) => check === 'route')
    expect(route).toMatchObject({ verdict: 'ok', message: expect.stringContaining(`${port}/hook`) })

    const { headers, body } = signClerkWebhook(fixtures.userCreated(), { signingSecret })
    const recording = { type: 'event', headers, body_b64: Buffer.from(body).toString('base64') }
    await writeFile(join(path, 'events.ndjson'), JSON.stringify(recording))
    const replayed = await runCli(['replay', 'events.ndjson', '--to'], { cwd: path, env })
    expect(replayed).toMatchObject({ code: 0, stdout: expect.stringContaining('1 replayed, 0 failed') })

    const clerk = await startCli(['fake-clerk', '--port', '0'], { cwd: path, env })
    await clerk.printed(/Webhooks are sent to .*\n/)
    clerk.child.kill('SIGKILL')
    expect(clerk.stdout()).toContain(`Webhooks are sent to http://localhost:${port}/hook`)
  })

  it('is overridden by a flag', async () => {
    const { path } = await configured("export const url = 'http://localhost:1/hook'")
    expect(await runCli(['send', 'user.created', '--to', served.url], { cwd: path, env })).toMatchObject({ code: 0 })
  })

  it('that is no URL is a usage error with an example', async () => {
    const { path } = await configured("export const url = 'localhost:PORT'")
    const { code, stderr } = await runCli(['send', 'user.created'], { cwd: path, env })
    expect(code).toBe(64)
    expect(stderr).toContain("export const url = 'http://localhost:3000/api/webhooks/clerk'")
  })

  it('is read from the source if the config has none', async () => {
    const { path } = await projectWith({
      'package.json': manifest(['express']),
      'server.js': `const express = require('express')\nconst app = express()\napp.listen(${port})\n`,
      'clerk-sync.config.js': 'module.exports = undefined\n',
    })
    expect(await runCli(['send', 'user.created'], { cwd: path, env })).toMatchObject({ code: 0 })
  })

  it('is not used by fake-clerk outside an app', async () => {
    const path = await mkdtemp(join(tmpdir(), 'clerk-mongo-sync-nowhere-'))
    const clerk = await startCli(['fake-clerk', '--port', '0'], { cwd: path })
    await clerk.printed(/(?:Webhooks are|No webhooks are) sent.*\n/)
    clerk.child.kill('SIGKILL')
    await clerk.ended
    await rm(path, { recursive: true })
    expect(clerk.stdout()).toContain('No webhooks are sent')
  })
})

describe('the config that init writes', () => {
  it('has the address of the app if it is not the default', async () => {
    const app = { ...nextApp, 'package.json': manifest(['next'], { scripts: { dev: 'next dev --port 4000' } }) }
    const project = await projectWith(app)
    const { stdout } = await project.init('--yes')
    expect(await project.read('clerk-sync.config.ts')).toBe(`import { clerkSync } from './lib/clerk-sync'

// Where the app receives deliveries on this machine.
export const url = 'http://localhost:4000/api/webhooks/clerk'
export default clerkSync
`)
    expect(stdout).toContain('npx clerk-mongo-sync doctor\n')
  })

  it('has the address in CommonJS', async () => {
    const project = await projectWith({
      'package.json': manifest(['express']),
      'server.js':
        "const express = require('express')\n\nconst app = express()\napp.listen(process.env.PORT || 5000)\n",
    })
    await project.init('--yes')
    expect(await project.read('clerk-sync.config.js')).toContain(
      "module.exports = { clerkSync, url: 'http://localhost:5000/api/webhooks/clerk' }",
    )
  })
})
