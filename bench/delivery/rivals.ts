import { text } from 'node:stream/consumers'
import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { type Connection, type InferSchemaType, type Model, Schema } from 'mongoose'
import { Webhook } from 'svix'
import { signingSecret } from './deliveries'
import { appFields, type SubjectMaker } from './subject'

/** Applies events as an app's own code does. */
interface Rival {
  upsert(user: ClerkUserJSON): Promise<unknown>
  remove(id: string): Promise<unknown>
}

/** What our own guarantee about durability asks of the server. The others keep the driver's default. */
const durable = { writeConcern: { w: 'majority', j: true } } as const

const userSchema = () =>
  new Schema({ clerkId: { type: String, unique: true }, ...appFields, clerkUpdatedAt: Date }, { timestamps: true })
type User = InferSchemaType<ReturnType<typeof userSchema>>

/** The fields that our plugin writes, but for the state of the synchronisation. */
export function fieldsOf(user: ClerkUserJSON) {
  const primary = user.email_addresses?.find(({ id }) => id === user.primary_email_address_id)
  return {
    email: primary?.email_address?.toLowerCase(),
    username: user.username,
    firstName: user.first_name,
    lastName: user.last_name,
    imageUrl: user.image_url,
    clerkUpdatedAt: new Date(user.updated_at ?? 0),
  }
}

/** The driver alone: the least that a handler can do. */
function raw(model: Model<User>, options: object): Rival {
  const users = model.collection
  return {
    upsert(user) {
      const now = new Date()
      const update = { $set: { ...fieldsOf(user), updatedAt: now }, $setOnInsert: { createdAt: now } }
      return users.updateOne({ clerkId: user.id }, update, { upsert: true, ...options })
    },
    remove: (id) => users.deleteOne({ clerkId: id }, options),
  }
}

/** One upsert through mongoose: the leanest of the handlers that people copy. */
function lean(model: Model<User>, options: object): Rival {
  return {
    upsert: (user) => model.updateOne({ clerkId: user.id }, fieldsOf(user) as object, { upsert: true, ...options }),
    remove: (id) => model.deleteOne({ clerkId: id }, options),
  }
}

/** As most tutorials have it: find the document, change it, save it. */
function tutorial(model: Model<User>): Rival {
  return {
    async upsert(user) {
      const doc = (await model.findOne({ clerkId: user.id })) ?? new model({ clerkId: user.id })
      doc.set(fieldsOf(user))
      await doc.save()
    },
    remove: (id) => model.findOneAndDelete({ clerkId: id }),
  }
}

type Apply = (model: Model<User>) => Rival

const asSubject =
  (apply: Apply): SubjectMaker =>
  async (connection: Connection) => {
    const model = connection.model<User>('User', userSchema() as unknown as Schema<User>)
    await model.init()
    const rival = apply(model)
    /** @returns the status of the answer. */
    const handle = async (body: string, header: (name: string) => string) => {
      try {
        new Webhook(signingSecret).verify(body, {
          'svix-id': header('svix-id'),
          'svix-timestamp': header('svix-timestamp'),
          'svix-signature': header('svix-signature'),
        })
      } catch {
        return 400
      }
      const { type, data } = JSON.parse(body)
      if (type === 'user.deleted') await rival.remove(data.id)
      else await rival.upsert(data)
      return 200
    }
    return {
      async fetch(request) {
        const status = await handle(await request.text(), (name) => request.headers.get(name) ?? '')
        return new Response('ok', { status })
      },
      async node(request, response) {
        response.statusCode = await handle(await text(request), (name) => String(request.headers[name]))
        response.end('ok')
      },
    }
  }

/** Handlers written by hand, without any of our guarantees. */
export const rivals: Record<string, SubjectMaker> = {
  raw: asSubject((model) => raw(model, {})),
  'raw, durable': asSubject((model) => raw(model, durable)),
  tutorial: asSubject(tutorial),
  lean: asSubject((model) => lean(model, {})),
  'lean, durable': asSubject((model) => lean(model, durable)),
}
