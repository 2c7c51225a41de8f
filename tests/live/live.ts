import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { test } from 'vitest'
import { useDatabase } from '../support/database'
import { liveRound } from './round'

const { CLERK_SECRET_KEY: secretKey = '', CLERK_WEBHOOK_SIGNING_SECRET: signingSecret = '' } = process.env
const { CLERK_RELAY_TOKEN: token = '' } = process.env
const database = useDatabase('live')

const given = { CLERK_SECRET_KEY: secretKey, CLERK_WEBHOOK_SIGNING_SECRET: signingSecret, CLERK_RELAY_TOKEN: token }
const missing = Object.entries(given).flatMap(([name, value]) => (value === '' ? [name] : []))

/** Why it cannot be made here; nothing where it can. */
function obstacle(): string | undefined {
  if (missing.length > 0) return `not set: ${missing.join(', ')}; see "The live check" in CONTRIBUTING.md`
  if (!secretKey.startsWith('sk_test_')) return 'it makes and deletes users, and the key is no sk_test_… one'
  return undefined
}

const reason = obstacle()
const title = `the whole round at a real Clerk instance${reason ? ` (skipped: ${reason})` : ''}`

test.skipIf(reason !== undefined)(title, { timeout: 300_000 }, async () => {
  const users = await database.users()
  await liveRound({ users, secretKey, signingSecret, listen, patience: 60_000, say: (step) => console.log(step) })
})

/** Clerk's own CLI, which brings what is sent to the token's address at webhooks.clerk.com to this machine. */
async function listen(url: string): Promise<() => Promise<void>> {
  const command = ['--yes', 'clerk@3', 'webhooks', 'listen', '--json', '--forward-to', url, '--token', token]
  const child = spawn('npx', command, { stdio: ['ignore', 'pipe', 'inherit'], shell: process.platform === 'win32' })
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`clerk webhooks listen ended with ${code}.`)))
  })
  // It can also end later, when nobody waits for this any more.
  failed.catch(() => {})
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => line.includes('"type":"ready"') && resolve())
  })
  await Promise.race([ready, failed])
  return async () => void child.kill('SIGINT')
}
