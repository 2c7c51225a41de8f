import { createFakeClerk, type FakeClerk, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uriOf, useDatabase } from '../support/database'
import { type CliResult, runCli, startCli } from './cli'
import { makeProject, type Project } from './project'

useDatabase('cli_uniform')
const signingSecret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0'
const ESC = '\u001b'

let project: Project
let clerk: FakeClerk
let commands: string[]
beforeAll(async () => {
  project = await makeProject()
  clerk = await createFakeClerk({ rateLimit: false })
  clerk.seed(2)
  const { stdout } = await runCli(['--help'], { cwd: project.path })
  const [, list = ''] = /\nCommands:\n([\s\S]*?)\n\n/.exec(stdout) ?? []
  commands = [...list.matchAll(/^ {2}([a-z][a-z-]*) /gm)]
    .map(([, name]) => name as string)
    .filter((name) => name !== 'help')
})
afterAll(async () => {
  await project.remove()
  await clerk.close()
})

function recording(): string {
  const { headers, body } = signClerkWebhook(fixtures.userCreated(), { signingSecret })
  return `${JSON.stringify({ type: 'event', headers, body_b64: Buffer.from(body).toString('base64') })}\n`
}

/** One run of each command that prints something and then ends, by itself or by Ctrl-C. */
const runs: Record<string, { args: string[]; env?: Record<string, string>; input?: () => string; until?: RegExp }> = {
  init: { args: ['--dry-run'] },
  doctor: { args: ['--url', 'http://127.0.0.1:1/'] },
  backfill: { args: ['--dry-run'] },
  reconcile: { args: [] },
  // The option push is missing here, which is an error.
  push: { args: [] },
  status: { args: [] },
  monitor: { args: ['--once'] },
  dashboard: { args: ['--port', '0'], until: /The dashboard is at|"url":"http/ },
  send: { args: ['user.created', '--to', 'http://127.0.0.1:1/'] },
  replay: { args: ['-', '--dry-run'], input: recording },
  // It would empty its database while another test reads it.
  tour: { args: [], env: { MONGODB_URI: 'nowhere' } },
  'fake-clerk': { args: ['--port', '0'], until: /Fake Clerk at|"ready":true/ },
}

async function run(command: string, extra: string[], env: Record<string, string> = {}): Promise<CliResult> {
  const { args, env: own, input, until } = runs[command] as (typeof runs)[string]
  const cli = [command, ...args, ...extra]
  const options = {
    cwd: project.path,
    env: {
      MONGODB_URI: uriOf('test_cli_uniform'),
      CLERK_API_URL: clerk.url,
      CLERK_SECRET_KEY: clerk.secretKey,
      CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
      ...own,
      ...env,
    },
    ...(input && { input: input() }),
  }
  if (!until) return runCli(cli, options)
  const running = await startCli(cli, { ...options, isOpen: true })
  await running.printed(until)
  running.child.kill('SIGINT')
  return running.ended
}

describe('every command', { timeout: 120_000 }, () => {
  it('is checked in this file', () => {
    expect(commands.sort()).toEqual(Object.keys(runs).sort())
  })

  it.each(Object.keys(runs))(
    '%s prints plain text without a terminal, colours with FORCE_COLOR, and none with NO_COLOR',
    async (command) => {
      const [plain, coloured, refused] = await Promise.all([
        run(command, []),
        run(command, [], { FORCE_COLOR: '1' }),
        run(command, [], { FORCE_COLOR: '1', NO_COLOR: '1' }),
      ])
      const text = ({ stdout, stderr }: CliResult) => stdout + stderr
      expect(text(plain)).not.toBe('')
      expect(text(plain)).not.toContain(ESC)
      expect(text(coloured)).toContain(`${ESC}[`)
      expect(text(refused)).not.toContain(ESC)
      // No progress bar and no line that is printed over another.
      expect(text(plain)).not.toContain('\r')
    },
  )

  it.each(Object.keys(runs))(
    '%s --json prints one object per line, without colours; the last has ok: true if the exit code is 0',
    async (command) => {
      const [{ code, stdout }, people] = await Promise.all([
        run(command, ['--json'], { FORCE_COLOR: '1' }),
        run(command, []),
      ])
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
      expect(stdout).not.toContain(ESC)
      expect(lines.at(-1)).toHaveProperty('ok', code === 0)
      expect(lines.slice(0, -1).filter((line) => 'ok' in line)).toEqual([])
      expect(code).toBe(people.code)
      expect([0, 1, 2]).toContain(code)
    },
  )

  it.each(Object.keys(runs))('%s exits with 64 for an unknown flag, also in the JSON', async (command) => {
    const { code, stdout, stderr } = await runCli([command, '--nonsense', '--json'], { cwd: project.path })
    expect(code).toBe(64)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'usage' } })
    expect(stderr).toContain('--nonsense')
  })
})
