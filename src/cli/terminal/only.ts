import { InvalidArgumentError } from 'commander'
import { type ResourceOption, resourceOptions } from '../../jobs/run/job-resources'

/** Parses `--only users,organizations`. @throws {InvalidArgumentError} for any other name. */
export function parseOnly(text: string): ResourceOption[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !resourceOptions.some((one) => one === name))
  if (unknown === undefined) return names as ResourceOption[]
  throw new InvalidArgumentError(`${JSON.stringify(unknown)} is none of ${resourceOptions.join(', ')}.`)
}

/** What is counted of each resource, in the singular. */
export const nounOf: Record<ResourceOption, string> = {
  users: 'user',
  organizations: 'organization',
  memberships: 'membership',
}
