import { formError, invalidValue, missingParameter } from './api-error'
import type { FakeUser } from './fake-user'
import { signedValuesOf, valuesOf } from './page'
import type { UserStore } from './user-store'

/** Whether a user matches. */
export type UserFilter = (user: FakeUser) => boolean

/** A parsed query for users: the candidates (`undefined` for all), and the filters they must match. */
export interface UserQuestion {
  candidates: FakeUser[] | undefined
  filters: UserFilter[]
}

/** Parses the filters of `GET /users` and `GET /users/count`. */
export function userQuestion(
  store: UserStore,
  query: URLSearchParams,
  isMember: (userId: string, organizationId: string) => boolean,
): UserQuestion {
  const named: (FakeUser | undefined)[][] = []
  const filters = [...searchFilters(query), ...timeFilters(query)]
  for (const kind of ['email_address', 'phone_number', 'username', 'web3_wallet'] as const) {
    const values = valuesOf(query, kind)
    if (values) named.push(values.map((value) => store.holder(kind, value)))
  }
  const signed = (
    name: string,
    find: (value: string) => FakeUser | undefined,
    has: (user: FakeUser) => string | null,
  ) => {
    const { included, excluded } = signedValuesOf(query, name)
    if (included) named.push([...included].map(find))
    if (excluded.size > 0) filters.push((user) => !excluded.has(has(user) ?? ''))
  }
  signed(
    'user_id',
    (id) => store.get(id),
    ({ id }) => id,
  )
  signed(
    'external_id',
    (id) => store.holder('external_id', id),
    ({ external_id }) => external_id,
  )
  filters.push(...organizationFilters(query, isMember), ...accountFilters(query))
  const sets = named.map((users) => new Set(users.filter((user) => user !== undefined)))
  const [first, ...others] = sets
  const candidates = first && [...first].filter((user) => others.every((set) => set.has(user)))
  return { candidates, filters }
}

/** Filters for partial matches, and for `banned`. */
export function searchFilters(query: URLSearchParams): UserFilter[] {
  const filters: UserFilter[] = []
  const matching = (name: string, texts: (user: FakeUser) => (string | null | undefined)[]) => {
    const part = query.get(name)?.toLowerCase()
    if (part) filters.push((user) => texts(user).some((text) => text?.toLowerCase().includes(part)))
  }
  matching('email_address_query', emails)
  matching('phone_number_query', phones)
  matching('username_query', ({ username }) => [username])
  matching('name_query', names)
  matching('query', (user) => [
    user.id,
    user.username,
    ...emails(user),
    ...phones(user),
    ...wallets(user),
    ...names(user),
  ])
  const banned = query.get('banned')
  if (banned) filters.push((user) => user.banned === (banned === 'true'))
  return filters
}

const emails = (user: FakeUser) => user.email_addresses.map(({ email_address }) => email_address)
const phones = (user: FakeUser) => user.phone_numbers.map(({ phone_number }) => phone_number)
const wallets = (user: FakeUser) => user.web3_wallets.map(({ web3_wallet }) => web3_wallet)
const names = ({ first_name, last_name }: FakeUser) => [first_name, last_name, `${first_name ?? ''} ${last_name ?? ''}`]

function timeFilters(query: URLSearchParams): UserFilter[] {
  const filters: UserFilter[] = []
  for (const field of ['created_at', 'last_active_at', 'last_sign_in_at'] as const) {
    const before = timeIn(query, `${field}_before`)
    const after = timeIn(query, `${field}_after`)
    if (before !== undefined) filters.push((user) => user[field] !== null && (user[field] ?? 0) < before)
    if (after !== undefined) filters.push((user) => (user[field] ?? 0) > after)
  }
  const since = timeIn(query, 'last_active_at_since')
  if (since !== undefined) filters.push(({ last_active_at }) => (last_active_at ?? 0) >= since)
  return filters
}

/** A time parameter, in milliseconds. */
export function timeIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  const time = Number(text)
  if (Number.isSafeInteger(time)) return time
  throw formError('form_param_invalid_date', name, 'Date values must be given in Unix millisecond timestamp format.')
}

function organizationFilters(
  query: URLSearchParams,
  isMember: (userId: string, organizationId: string) => boolean,
): UserFilter[] {
  const { included, excluded } = signedValuesOf(query, 'organization_id')
  const isIn = (organizations: Set<string>) => (user: FakeUser) =>
    [...organizations].some((id) => isMember(user.id, id))
  const isOut = isIn(excluded)
  return [...(included ? [isIn(included)] : []), ...(excluded.size > 0 ? [(user: FakeUser) => !isOut(user)] : [])]
}

function accountFilters(query: URLSearchParams): UserFilter[] {
  const provider = query.get('provider')
  const ids = valuesOf(query, 'provider_user_id')
  if (!provider && !ids) return []
  if (!provider) throw missingParameter('provider')
  if (!ids) throw missingParameter('provider_user_id')
  if (!/^oauth_/.test(provider)) throw invalidValue('provider', `${provider} is not a provider, such as oauth_google.`)
  const isMatch = (account: FakeUser['external_accounts'][number]) =>
    account.provider === provider && ids.includes(String(account.provider_user_id))
  return [({ external_accounts }) => external_accounts.some(isMatch)]
}
