import type { FakeClerk } from '../../testing/fake-clerk/create-fake-clerk'
import { findConfig } from '../project/find-config'
import type { Io } from '../terminal/io'

interface Introduction {
  /** The endpoint. */
  to: string | undefined
  /** The file that stores its users. */
  data: string | undefined
  /** The app's variable for the signing secret. */
  secretName: string
  /** The app's environment file. */
  envFile: string
}

/** Prints the fake Clerk's address, the settings that the app needs, and commands to paste. */
export function printIntroduction(io: Io, clerk: FakeClerk, { to, data, secretName, envFile }: Introduction): void {
  const { url, secretKey, publishableKey, signingSecret, instanceId, users } = clerk
  const { bold } = io.colors
  const env = {
    CLERK_API_URL: url,
    CLERK_SECRET_KEY: secretKey,
    CLERK_PUBLISHABLE_KEY: publishableKey,
    NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: publishableKey,
    [secretName]: signingSecret,
  }
  io.streamed({ ready: true, url, instanceId, webhookUrl: to, data, users: users.size, env })
  io.out(bold(`Fake Clerk at ${url}, with ${users.size.toLocaleString('en')} users`))
  if (data !== undefined) io.out(`Its data is saved in ${data}`)
  io.out(to === undefined ? 'No webhooks are sent. To send them, use --to <url>.' : `Webhooks are sent to ${to}`)
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  io.out(`\nFor ${envFile}:\n${lines.join('\n')}\n`)
  for (const [what, command] of commands(io, clerk, envFile)) io.out(`${what}:\n  ${command}\n`)
}

/** Commands that can be pasted into a new shell. */
function commands(io: Io, clerk: FakeClerk, envFile: string): [what: string, command: string][] {
  const headers = `-H 'Authorization: Bearer ${clerk.secretKey}' -H 'Content-Type: application/json'`
  const body = JSON.stringify({ email_address: [freeAddress(clerk)], first_name: 'Ada' })
  const made: [string, string] = ['Create a user', `curl ${clerk.url}/v1/users ${headers} -d '${body}'`]
  if (findConfig(io.cwd) === undefined) return [made]
  return [
    made,
    [`Store its users in your MongoDB, after adding the lines to ${envFile}`, 'npx clerk-mongo-sync backfill'],
  ]
}

function freeAddress({ users }: FakeClerk): string {
  let address = 'ada@example.com'
  for (let n = 2; users.findByEmail(address); n += 1) address = `ada${n}@example.com`
  return address
}
