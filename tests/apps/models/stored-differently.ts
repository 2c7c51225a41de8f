import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { mapClerkUser } from 'clerk-mongo-sync'
import { Schema } from 'mongoose'
import type { App } from '../app'

const text = { type: String }
const key = createHash('sha256').update('a key of the app').digest()

/** Encrypts with a new vector at each call. Returns an encrypted value unchanged. */
function encrypt(value: string | undefined | null) {
  if (!value || value.startsWith('enc:')) return value
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  return `enc:${iv.toString('hex')}:${cipher.update(value, 'utf8', 'hex')}${cipher.final('hex')}`
}

function decrypt(value: string | undefined | null) {
  if (!value?.startsWith('enc:')) return value
  const [, iv = '', hex = ''] = value.split(':')
  const decipher = createDecipheriv('aes-256-cbc', key, Buffer.from(iv, 'hex'))
  return decipher.update(hex, 'hex', 'utf8') + decipher.final('utf8')
}

function salted(value: string | undefined | null) {
  const salt = randomBytes(8).toString('hex')
  return (
    value &&
    `${salt}.${createHash('sha256')
      .update(salt + value)
      .digest('hex')}`
  )
}

/** Apps whose schema changes values before it stores them. */
export const storedDifferently: App[] = [
  {
    name: 'journal: names encrypted by setters with a random vector',
    schema: () =>
      new Schema({
        email: { ...text, unique: true, sparse: true },
        firstName: { ...text, set: encrypt, get: decrypt },
        lastName: { ...text, set: encrypt, get: decrypt },
      }),
    options: { linkBy: 'verified-email' },
    invited: (email) => ({ email, firstName: encrypt('Invited') }),
    encoded: ['firstName', 'lastName'],
  },
  {
    name: 'voting: a salted hash of the address',
    schema: () =>
      new Schema({
        email: { ...text, unique: true, sparse: true },
        firstName: text,
        emailHash: { ...text, set: salted },
      }),
    options: { mapUser: (user) => ({ ...mapClerkUser(user), emailHash: mapClerkUser(user).email }) },
    mapped: (user) => ({ emailHash: mapClerkUser(user).email }),
    opaque: ['emailHash'],
  },
  {
    name: 'directory: getters that show values in another form',
    schema: () =>
      new Schema(
        {
          email: { ...text, unique: true, sparse: true },
          firstName: { ...text, get: (value?: string) => value?.toUpperCase() },
          lastName: { ...text, get: (value?: string) => value && `${value[0]}.` },
          imageUrl: { ...text, get: (value?: string) => value && `${value}?width=64` },
        },
        { toJSON: { getters: true }, toObject: { getters: true } },
      ),
  },
  {
    name: 'newspaper: soft deletion by the app, hidden from its own queries',
    schema: () => {
      const schema = new Schema({
        email: { ...text, unique: true, sparse: true },
        firstName: text,
        deleted: { type: Boolean, default: false },
        deletedAt: { type: Date, default: null },
      })
      schema.pre(/^find/, function () {
        // The pattern matches queries only; mongoose's types do not show that.
        const query = this as unknown as { where(condition: object): void }
        query.where({ deleted: { $ne: true } })
      })
      return schema
    },
    hidden: { deleted: true, deletedAt: new Date(0) },
    defaults: { deleted: false, deletedAt: null },
  },
  {
    name: 'archive: the day of the sign-up comes from Clerk, with timestamps on',
    schema: () =>
      new Schema(
        { email: { ...text, unique: true, sparse: true }, firstName: text, createdAt: Date },
        { timestamps: true },
      ),
    options: { mapUser: (user) => ({ ...mapClerkUser(user), createdAt: new Date(user.created_at ?? 0) }) },
    mapped: (user) => ({ createdAt: new Date(user.created_at ?? 0) }),
    // save() sets it to the given createdAt; our write sets it to the current time.
    filledBySave: ['updatedAt'],
  },
  {
    name: 'game: paths that are written once',
    schema: () =>
      new Schema({
        clerkId: { ...text, unique: true, sparse: true, immutable: true },
        email: { ...text, unique: true, sparse: true },
        username: { ...text, unique: true, sparse: true, immutable: true },
        firstName: text,
        score: { type: Number, default: 0 },
      }),
    immutable: ['username'],
    defaults: { score: 0 },
  },
  {
    name: 'settings in a Map',
    schema: () =>
      new Schema({
        email: { ...text, unique: true, sparse: true },
        firstName: text,
        metadata: { type: Map, of: Schema.Types.Mixed },
        flags: { type: Map, of: Boolean, default: { beta: true } },
      }),
    options: { mapUser: (user) => ({ ...mapClerkUser(user), metadata: { ...user.public_metadata, locale: 'en' } }) },
    mapped: (user) => ({ metadata: { ...user.public_metadata, locale: 'en' } }),
    defaults: { flags: { beta: true } },
  },
  {
    name: 'an address that is unique whatever its case, by the collation of its index',
    schema: () => {
      const schema = new Schema({ email: text, username: text, firstName: text })
      const collation = { locale: 'en', strength: 2 }
      schema.index({ email: 1 }, { unique: true, sparse: true, collation })
      schema.index({ username: 1 }, { unique: true, sparse: true, collation })
      return schema
    },
  },
  {
    name: 'our own paths are hidden from queries',
    schema: () =>
      new Schema({
        clerkId: { ...text, unique: true, sparse: true, select: false },
        email: { ...text, unique: true, sparse: true, select: false },
        firstName: text,
        clerkUpdatedAt: { type: Date, select: false },
        clerkDeletedAt: { type: Date, select: false },
        syncStatus: { ...text, select: false },
      }),
  },
]
