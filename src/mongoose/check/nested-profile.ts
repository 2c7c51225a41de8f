import { mappedSamples, type ResolvedRules } from '../target/entity'
import { schemaOf, schemaPath, type Target } from '../target/target'
import type { SchemaFinding } from './schema-finding'

/** Finds profile paths that are nested objects in the schema. A string that the map returns there is not stored. */
export function nestedProfile(target: Target, rules: ResolvedRules): SchemaFinding[] {
  const { model, paths, options } = target
  const samples = mappedSamples(options.entity, rules)
  return options.entity.profileNames.flatMap((name) => {
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
