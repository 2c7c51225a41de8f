import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const PREFIX = 'sealed.'
const key = Buffer.alloc(32, 'chaos')

/** Encrypts with a random vector, so that equal texts have different ciphertexts. */
export function encrypt(text: string): string {
  const vector = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, vector)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return PREFIX + Buffer.concat([vector, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** Decrypts a text. A value that is stored unencrypted, or encrypted twice, returns another text. */
export function decrypt(stored: unknown): unknown {
  if (stored === undefined || stored === null) return undefined
  if (typeof stored !== 'string' || !stored.startsWith(PREFIX)) return { unencrypted: stored }
  const bytes = Buffer.from(stored.slice(PREFIX.length), 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(12, 28))
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
}
