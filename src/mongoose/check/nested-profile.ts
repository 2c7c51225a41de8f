import { callMapUser } from '../../map/map-clerk-user'
import { sampleUsers } from '../../map/sample-users'
import type { MapUser } from '../../store/write'
import type { PathName } from '../target/paths'
import { schemaOf, schemaPath, type Target } from '../target/target'
import type { SchemaFinding } from './schema-finding'

const profileNames = ['email', 'username', 'firstName', 'lastName'] satisfies PathName[]

/** Finds profile paths that are nested objects in the schema. A string that `mapUser` returns there is not stored. */
export function nestedProfile(target: Target, mapUser: MapUser): SchemaFinding[] {
  const { model, paths } = target
  const samples = sampleUsers.map((user) => callMapUser(mapUser, user))
  return profileNames.flatMap((name) => {
    const path = paths[name]
    const isNested = schemaOf(model).pathType(path) === 'nested'
    if (!isNested || !samples.some((mapped) => typeof mapped[name] === 'string')) return []
    const message = `the path is a nested object, so Clerk's ${name} is not stored`
    return [{ check: 'schema', verdict: 'warning', path, message, remedy: remedy(name, firstText(target, path)) }]
  })
}

const remedy = (name: string, other = 'another') => `Pass its path to the plugin: paths: { ${name}: '${other}' }.`

/** The first String path inside a nested object. */
function firstText({ model }: Target, path: string): string | undefined {
  const beneath = Object.keys(schemaOf(model).paths).filter((one) => one.startsWith(`${path}.`))
  return beneath.find((one) => schemaPath(model, one)?.instance === 'String')
}
