import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { runCli } from './cli'

const cwd = tmpdir()
const commands = ['backfill', 'reconcile', 'status', 'send', 'replay', 'fake-clerk']

describe('the command line', () => {
  it('lists its commands and exit codes', async () => {
    const { code, stdout } = await runCli(['--help'], { cwd })
    expect(code).toBe(0)
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
    expect(stdout).toMatch(/130 +interrupted/)
  })

  it.each(commands)('%s --help shows examples', async (command) => {
    const { code, stdout } = await runCli([command, '--help'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toContain('--json')
    expect(stdout).toContain(`$ clerk-mongo-sync ${command}`)
  })

  it('prints its version', async () => {
    expect(await runCli(['--version'], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+/),
    })
  })

  it.each([
    ['no command', []],
    ['a flag there is not', ['backfill', '--dry']],
    ['a limit that is no number', ['backfill', '--limit', 'ten']],
    ['a date that is none', ['backfill', '--since', 'yesterday']],
    ['a date in the future', ['backfill', '--since', '2999-01-01']],
    ['two ways of choosing users', ['reconcile', '--sample', '5', '--users', 'user_1']],
    ['an event that cannot be made up', ['send', 'billing.paid']],
    ['a URL that is none', ['send', 'user.created', '--to', 'localhost:3000']],
    ['nothing to replay', ['replay']],
    ['a file that is not there', ['replay', 'nowhere.ndjson']],
    ['odds above one', ['fake-clerk', '--chaos', 'lose=2']],
    ['a port that is none', ['fake-clerk', '--port', '99999']],
  ])('exits with 64 and a message for %s', async (_what, args) => {
    const { code, stdout, stderr } = await runCli(args, { cwd })
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expect(stderr).not.toBe('')
    expect(stderr).not.toMatch(/^ +at /m)
  })

  it('suggests the intended command or flag', async () => {
    expect((await runCli(['backfil'], { cwd })).stderr).toContain('Did you mean backfill?')
    expect((await runCli(['backfill', '--limt', '5'], { cwd })).stderr).toContain('Did you mean --limit?')
  })

  it('prints a usage error as JSON with --json', async () => {
    const { code, stdout } = await runCli(['backfill', '--limit', 'ten', '--json'], { cwd })
    expect(code).toBe(64)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'usage' } })
  })

  it('prints colours in a terminal or with FORCE_COLOR only, and never with NO_COLOR', async () => {
    const print = async (env: Record<string, string>) => {
      const { stdout, stderr } = await runCli(['send', 'user.created', '--to', 'http://127.0.0.1:1'], {
        cwd,
        env: { CLERK_WEBHOOK_SIGNING_SECRET: 'whsec_c2VjcmV0', ...env },
      })
      return stdout + stderr
    }
    expect(await print({})).not.toContain('\x1b')
    expect(await print({ FORCE_COLOR: '1' })).toContain('\x1b[')
    expect(await print({ FORCE_COLOR: '1', NO_COLOR: '1' })).not.toContain('\x1b')
  })
})
