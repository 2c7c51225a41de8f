import {
  type ClerkValue,
  keyText,
  type LookAlike,
  lookAlikes,
  mapExpression,
  type TextPath,
} from '../../map/look-alikes'
import type { ResolvedRules } from '../target/entity'
import type { PathName } from '../target/paths'
import { schemaOf, type Target } from '../target/target'
import { sampleCandidate } from './sample-candidate'

/** Clerk's values, as messages name them. */
const named: Record<ClerkValue, string> = {
  clerkId: "the user's id",
  email: 'the e-mail address',
  username: 'the username',
  firstName: 'the first name',
  lastName: 'the last name',
  imageUrl: "the user's picture",
  fullName: 'the name',
  phone: 'the phone number',
}

/** A path that stays empty although Clerk has a value for it. */
export interface Unfilled {
  path: string
  message: string
  /** The line that fills it. */
  remedy: string
}

/** Finds unfilled paths of the schema whose name matches one of Clerk's values. */
export function unfilledPaths(target: Target, rules: ResolvedRules): Unfilled[] {
  const { entity } = target.options
  const { mapped, split } = sampleCandidate(target, rules, entity.samples[0])
  const filled = new Set([...mapped, ...split.onInsert.keys(), target.options.passwordPath])
  const texts = textPaths(target).filter(({ path }) => !filled.has(path))
  return lookAlikes(texts, openValues(target)).map((found) => ({
    path: found.path,
    message: `the path stays empty, although Clerk has ${named[found.value]}`,
    remedy: remedyFor(found, rules.map !== entity.defaultMap),
  }))
}

/** Clerk's values without a path: the app has mapped none, and the schema has none under our name. */
function openValues({ model, options: { unplaced, paths, entity } }: Target): ClerkValue[] {
  const isAdded = (name: PathName) => name === 'clerkId' || name === 'imageUrl'
  return entity.lookAlikes.filter((value) => {
    if (value === 'fullName' || value === 'phone') return true
    return unplaced.includes(value) && (isAdded(value) || schemaOf(model).pathType(paths[value]) === 'adhocOrUndefined')
  })
}

function textPaths({ model, paths }: Target): TextPath[] {
  const own: string[] = Object.values(paths)
  return Object.values(schemaOf(model).paths)
    .filter(({ path, instance }) => instance === 'String' && path !== '_id' && !own.includes(path))
    .map(({ path, options }) => ({
      path,
      isRequired: Boolean(options.required),
      hasDefault: options.default !== undefined,
    }))
}

function remedyFor(found: LookAlike, hasOwnMap: boolean): string {
  const expression = mapExpression(found)
  const end = endOf(found)
  if (expression === undefined) return `Pass paths: { ${found.value}: '${found.path}' } to the plugin. ${end}`.trim()
  const field = `${keyText(found.path)}: ${expression}`
  if (hasOwnMap) return `Add to mapUser: ${field}. ${end}`.trim()
  return `Pass mapUser: (user) => ({ ...mapClerkUser(user), ${field} }) to the plugin. ${end}`.trim()
}

function endOf({ path, value, isRequired }: LookAlike): string {
  if (!isRequired) return 'If your app writes the path itself, change nothing.'
  return value === 'phone' ? `Many users have none, so add a default for ${path} too.` : ''
}
