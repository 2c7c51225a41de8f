import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { type Query, Schema } from 'mongoose'
import { decrypt, encrypt } from './encryption'
import { asText } from './local-log'
import { ownedDefinition } from './plain-shape'
import type { Doc, Shape, Surroundings } from './shape'
import { valueIn } from './value-in'

type AnyQuery = Query<unknown, unknown>
const paths = { firstName: 'name.first', lastName: 'name.last' }

/**
 * A schema with everything that can refuse or change a write: validators, one of which looks the address up as uniqueness plugins do;
 * middleware that narrows, encrypts, derives and renames errors; rules and defaults that read the document; timestamps; names in
 * a nested object that is `null` in older documents; two values encrypted with a random vector, by a setter and by middleware.
 */
export const demanding: Shape = {
  hasEarlierRows: true,
  schema(around) {
    const { library, options } = around
    const schema = new Schema(definitionOf(around), { collection: around.collection, timestamps: true })
    addMiddleware(schema)
    const mapUser = (user: ClerkUserJSON) => ({
      ...library.mapClerkUser(user),
      badge: valueIn(user.public_metadata, 'other'),
      createdAt: typeof user.created_at !== 'number' ? undefined : new Date(user.created_at),
    })
    schema.plugin(library.clerkSyncPlugin, { ...options, paths, mapUser })
    schema.pre('updateOne', async function (this: AnyQuery) {
      const email = setBy(this, 'email')
      if (email !== undefined) this.set({ handle: mailbox(email) })
    })
    return schema
  },
  pathsOf(changes, index) {
    const { lastName, ...others } = changes
    const name = lastName === undefined ? { name: null } : { [paths.lastName]: lastName }
    return {
      ...others,
      ...('lastName' in changes && name),
      ...('visits' in changes && { archivedAt: index % 2 === 0 ? new Date() : undefined }),
    }
  },
  mayClear: (how, changes) => 'lastName' in changes && (how === 'save' || changes.lastName === undefined),
  read(doc, leaf) {
    if (leaf === 'firstName') return decrypt(valueIn(doc, paths.firstName))
    return valueIn(doc, leaf === 'lastName' ? paths.lastName : leaf)
  },
  faultsOf(doc, states) {
    const user = states.at(-1) ?? {}
    const expected: [path: string, value: unknown, wanted: unknown[]][] = [
      ['badge', decrypt(doc.badge), [valueIn(user, 'public_metadata.other')]],
      ['handle', doc.handle, [mailbox(addressOf(user))]],
      // A default is set once, or never on a document that existed before.
      ['nickname', doc.nickname, [undefined, ...states.map((state) => mailbox(addressOf(state)))]],
      ['createdAt', doc.createdAt, [new Date(Number(user.created_at))]],
      ['updatedAt', doc.updatedAt instanceof Date, [true]],
    ]
    return expected
      .filter(([, value, wanted]) => !wanted.some((one) => asText(one) === asText(value)))
      .map(([path, value, wanted]) => `${path} is ${asText(value)}, should be ${asText(wanted.at(-1))}`)
  },
}

function definitionOf({ users }: Surroundings) {
  const isFree = async (email: string) => !(await users().findOne({ email }))
  return {
    email: {
      type: String,
      required: true,
      unique: true,
      lowercase: true,
      validate: [{ validator: (email: string) => /^\S+@\S+$/.test(email) }, { validator: isFree }],
    },
    name: { first: { type: String, set: sealed, get: decrypt }, last: { type: String, maxlength: 100 } },
    badge: String,
    handle: String,
    nickname: {
      type: String,
      default(this: { email?: unknown }) {
        return mailbox(this.email)
      },
    },
    referredBy: {
      type: String,
      required(this: { clerkId?: unknown }) {
        return !this.clerkId
      },
    },
    archivedAt: Date,
    ...ownedDefinition,
    theme: { type: String, validate: async (theme: string | null) => (theme ?? '').length < 100 },
  }
}

const sealed = (text: unknown) => (typeof text === 'string' ? encrypt(text) : text)

function addMiddleware(schema: Schema): void {
  const narrow = function (this: AnyQuery) {
    this.where({ archivedAt: null })
  }
  schema.pre(/^find/, narrow)
  schema.pre('updateOne', narrow)
  schema.pre('updateOne', function (this: AnyQuery) {
    const badge = setBy(this, 'badge')
    if (typeof badge === 'string') this.set({ badge: encrypt(badge) })
  })
  schema.post('updateOne', { errorHandler: true }, (error, _result, next) => {
    next('code' in error && error.code === 11000 ? new Error('That is taken already.') : error)
  })
}

const setBy = (query: AnyQuery, path: string): unknown => {
  const update = query.getUpdate() as { $set?: Doc } | null
  return update?.$set?.[path]
}

const mailbox = (address: unknown): string | undefined =>
  typeof address === 'string' ? address.split('@')[0] : undefined
const addressOf = (user: Doc): unknown => valueIn(user, 'email_addresses.0.email_address')
