import type { Project } from '../project/project'
import { type Exported, importLine } from '../project/statements'
import type { Adapter } from './adapters'
import type { Connect } from './connect'
import { type ModelKind, schemaOf } from './model-kind'

type Modules = Project['modules']

/** The binding with which other files import something. */
export const binding = ({ name, kind }: Exported): string => (kind === 'named' ? `{ ${name} }` : name)

function exported(modules: Modules, name: string, value: string): string {
  return modules === 'esm' ? `export const ${name} = ${value}` : `exports.${name} = ${value}`
}

const file = (...parts: readonly (readonly string[])[]) => `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`

/**
 * `models/user` and the like: a schema for an app without one.
 * @param collection The collection of the documents, if not mongoose's default.
 */
export function modelTemplate(modules: Modules, kind: ModelKind, collection?: string): string {
  const { model, plugin, creates, fields } = kind
  const schema = schemaOf(kind)
  const options = collection === undefined ? '' : `, { collection: '${collection}' }`
  return file(
    [
      importLine(modules, `{ ${creates}, ${plugin} }`, 'clerk-mongo-sync/mongoose'),
      importLine(modules, '{ Schema }', 'mongoose'),
    ],
    [
      ...(fields.length > 0
        ? [`const ${schema} = new Schema({`, ...fields.map((field) => `  ${field},`), `}${options})`]
        : [`const ${schema} = new Schema({}${options})`]),
      `${schema}.plugin(${plugin})`,
      exported(modules, model, `${creates}('${model}', ${schema})`),
    ],
  )
}

/** `lib/clerk-users` and the like: a model of a NestJS app's schema. */
export function nestModelTemplate(schema: Exported & { path: string }, kind: ModelKind, name: string): string {
  const { creates } = kind
  return file(
    [importLine('esm', `{ ${creates} }`, 'clerk-mongo-sync/mongoose'), importLine('esm', binding(schema), schema.path)],
    [
      "// Uses mongoose's default connection, for the webhook and the command line. The models of MongooseModule do not change.",
      `export const ${nestModelOf(kind)} = ${creates}('${name}', ${schema.name})`,
    ],
  )
}

/** The model that `nestModelTemplate` exports. */
export const nestModelOf = ({ option }: ModelKind): string => `Clerk${option.charAt(0).toUpperCase()}${option.slice(1)}`

/** A model, how its file is imported, and the option of `createClerkSync` that it is for. */
export type ModelPart = Exported & { path: string; option: ModelKind['option'] }

/** Maximum line width. */
const MAX_WIDTH = 120

/** `lib/clerk-sync`: the app's `clerkSync`. */
export function syncTemplate(
  modules: Modules,
  models: readonly ModelPart[],
  { value, from }: Connect,
  secretName: string | undefined,
): string {
  const options = [
    ...models.map(({ option, name }) => `${option}: ${name}`),
    value === 'connect' ? value : `connect: ${value}`,
    ...(secretName ? [`signingSecret: () => process.env.${secretName}`] : []),
  ]
  const line = exported(modules, 'clerkSync', `createClerkSync({ ${options.join(', ')} })`)
  const lines = exported(modules, 'clerkSync', `createClerkSync({\n  ${options.join(',\n  ')},\n})`)
  return file(
    [
      importLine(modules, '{ createClerkSync }', 'clerk-mongo-sync'),
      from
        ? importLine(modules, binding(from), from.path)
        : importLine(modules, '{ connectOnce }', 'clerk-mongo-sync/mongoose'),
      ...models.map((model) => importLine(modules, binding(model), model.path)),
    ],
    [line.length > MAX_WIDTH ? lines : line],
  )
}

/**
 * `clerk-sync.config`, for the command line.
 * @param url Local URL of the app's endpoint, if not the default.
 */
export function configTemplate(modules: Modules, sync: Exported & { path: string }, url?: string): string {
  const importing = [importLine(modules, binding(sync), sync.path)]
  const { name } = sync
  if (modules === 'cjs') {
    const own = name === 'clerkSync' ? name : `clerkSync: ${name}`
    return file(importing, [`module.exports = ${url === undefined ? name : `{ ${own}, url: '${url}' }`}`])
  }
  const address =
    url === undefined ? [] : ['// Where the app receives deliveries on this machine.', `export const url = '${url}'`]
  return file(importing, [...address, `export default ${name}`])
}

/** `app/api/webhooks/clerk/route`: the route in the App Router. */
export function nextRouteTemplate(sync: Exported & { path: string }): string {
  return file(
    [importLine('esm', '{ toNextHandler }', 'clerk-mongo-sync/next'), importLine('esm', binding(sync), sync.path)],
    [`export const { POST } = toNextHandler(${sync.name})`],
  )
}

/** `server/routes/api/webhooks/clerk`: the route in Nuxt and Nitro, which import `defineEventHandler` by themselves. */
export function nitroRouteTemplate(sync: Exported & { path: string }): string {
  return file(
    [importLine('esm', '{ toH3Handler }', 'clerk-mongo-sync/h3'), importLine('esm', binding(sync), sync.path)],
    [`export default defineEventHandler(toH3Handler(${sync.name}))`],
  )
}

/** `pages/api/webhooks/clerk`: the route in the Pages Router. */
export function nextApiTemplate(sync: Exported & { path: string }): string {
  return file(
    [importLine('esm', '{ toNextApiHandler }', 'clerk-mongo-sync/next'), importLine('esm', binding(sync), sync.path)],
    ['export const config = { api: { bodyParser: false } }', `export default toNextApiHandler(${sync.name})`],
  )
}

/** `clerk-webhook`: a handler for the app to mount. */
export function webhookTemplate(modules: Modules, adapter: Adapter, sync: Exported & { path: string }): string {
  return file(
    [importLine(modules, `{ ${adapter.name} }`, adapter.from), importLine(modules, binding(sync), sync.path)],
    [exported(modules, 'clerkWebhook', `${adapter.name}(${sync.name})`)],
  )
}
