import { createSign, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import type { FakeClerk } from 'clerk-mongo-sync/testing'

/** Keys and tokens of a Clerk instance whose users can be signed in without Clerk. */
export interface TestSessions {
  /** For Clerk's SDKs: the keys, the fake Clerk's address, and CLERK_JWT_KEY, with which they verify without network. */
  readonly env: Record<'CLERK_PUBLISHABLE_KEY' | 'CLERK_SECRET_KEY' | 'CLERK_API_URL' | 'CLERK_JWT_KEY', string>
  /**
   * A session token as Clerk mints it.
   * @param secondsLeft Until it expires; negative for one that has expired.
   * @param status Of the session: it is `pending` while the user still has tasks, such as choosing an organization.
   */
  token(userId: string, secondsLeft?: number, status?: 'active' | 'pending'): string
  /** The cookies with which a browser carries the session in a development instance. */
  cookies(userId: string, secondsLeft?: number): Record<string, string>
}

/** Creates sessions of the users of a fake Clerk, which has no Frontend API that would. */
export function createSessions(clerk: FakeClerk): TestSessions {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const issuer = `https://${Buffer.from(clerk.publishableKey.slice('pk_test_'.length), 'base64').toString().slice(0, -1)}`
  const token: TestSessions['token'] = (userId, secondsLeft = 60, status = 'active') => {
    const expires = Math.floor(Date.now() / 1000) + secondsLeft
    const issued = Math.min(expires - 60, Math.floor(Date.now() / 1000))
    const session = { sid: `sess_${userId.slice(5)}`, sts: status, fva: [0, -1], azp: 'http://localhost:3000', v: 2 }
    return signed(
      { iss: issuer, sub: userId, ...session, iat: issued, nbf: issued - 10, exp: expires, jti: randomUUID() },
      privateKey,
    )
  }
  return {
    env: {
      CLERK_PUBLISHABLE_KEY: clerk.publishableKey,
      CLERK_SECRET_KEY: clerk.secretKey,
      CLERK_API_URL: clerk.url,
      // In one line, as in a file of environment variables.
      CLERK_JWT_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString().trim(),
    },
    token,
    cookies: (userId, secondsLeft) => ({
      __session: token(userId, secondsLeft),
      // When the browser last changed its sessions, in seconds.
      __client_uat: String(Math.floor(Date.now() / 1000) - 3600),
      __clerk_db_jwt: 'dvb_test',
    }),
  }
}

function signed(claims: object, key: KeyObject): string {
  const parts = [{ alg: 'RS256', typ: 'JWT', kid: 'ins_test' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  const signature = createSign('RSA-SHA256').update(parts.join('.')).sign(key, 'base64url')
  return [...parts, signature].join('.')
}
