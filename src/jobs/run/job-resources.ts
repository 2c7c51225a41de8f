import { ClerkSyncError } from '../../errors'
import type { ResourceName } from '../../events/events'
import type { ResolvedClerkSyncOptions, StoredResource } from '../../resolved-options'

/** A resource by the name of its option in `createClerkSync`. */
export type ResourceOption = 'users' | 'organizations' | 'memberships'

/** All of them, in the order of the jobs: a membership refers to a user and an organization. */
export const resourceOptions: readonly ResourceOption[] = ['users', 'organizations', 'memberships']

/** The option of each resource. */
export const optionOf: Record<ResourceName, ResourceOption> = {
  user: 'users',
  organization: 'organizations',
  membership: 'memberships',
}

/**
 * Returns the stored resources that a job is for, in the order of `resourceOptions`.
 * @param only Names of options. @default all that are stored
 * @throws {ClerkSyncError} `invalid_option` if one of them is no option, or is not given to `createClerkSync`.
 */
export function resourcesFor(
  options: ResolvedClerkSyncOptions,
  only: readonly ResourceOption[] = storedNames(options),
): { name: ResourceOption; resource: StoredResource }[] {
  const found = only.map((name) => ({ name, resource: resourceFor(options, name) }))
  return resourceOptions.flatMap((name) => found.find((one) => one.name === name) ?? [])
}

/**
 * Returns the stored resource of an option.
 * @throws {ClerkSyncError} `invalid_option` if `createClerkSync` was not given it.
 */
export function resourceFor(options: ResolvedClerkSyncOptions, name: ResourceOption): StoredResource {
  const found = [...options.resources.values()].find((resource) => optionOf[resource.name] === name)
  if (found) return found
  const reason = resourceOptions.includes(name)
    ? `createClerkSync was not given \`${name}\`: pass the model with its plugin`
    : `${JSON.stringify(name)} is no resource`
  throw new ClerkSyncError('invalid_option', `${reason}. It has: ${storedNames(options).join(', ')}.`)
}

const storedNames = ({ resources }: ResolvedClerkSyncOptions): ResourceOption[] =>
  [...resources.values()].map((resource) => optionOf[resource.name])

/** The resource that a Clerk id belongs to, by its prefix. */
export function resourceOfId(clerkId: string): ResourceOption {
  if (clerkId.startsWith('org_')) return 'organizations'
  return clerkId.startsWith('orgmem_') ? 'memberships' : 'users'
}
