import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'

/** What a measurement works with. */
export interface Setting {
  clerk: FakeClerk
  /** To the database of the app. */
  connection: mongoose.Connection
  /** Environment of the app's processes. */
  env: Record<string, string>
}

/** Starts a fake Clerk and opens a database of its own, and removes both after the work. */
export async function withSetting<T>(
  { mongoUri, name, speed = 50 }: { mongoUri: string; name: string; speed?: number },
  work: (setting: Setting) => Promise<T>,
): Promise<T> {
  const uri = withDatabase(mongoUri, `bench_${name}_${process.pid}`)
  const clerk = await createFakeClerk({ secretKey: 'sk_live_bench', delivery: { speed } })
  const connection = await mongoose.createConnection(uri).asPromise()
  const env = {
    MONGODB_URI: uri,
    CLERK_API_URL: clerk.url,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_WEBHOOK_SIGNING_SECRET: clerk.signingSecret,
  }
  try {
    return await work({ clerk, connection, env })
  } finally {
    await connection.dropDatabase()
    await connection.close()
    await clerk.close()
  }
}

function withDatabase(uri: string, name: string): string {
  const url = new URL(uri)
  url.pathname = `/${name}`
  return url.href
}
