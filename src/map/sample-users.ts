import type { ClerkUserJSON } from '../events/events'

/**
 * Users on which `mapUser` is tried at start-up: one with every field, and one who signed up by phone and has almost
 * none.
 */
export const sampleUsers: readonly [full: ClerkUserJSON, phoneOnly: ClerkUserJSON] = [
  {
    id: 'user_2sampleFullUser00000000001',
    username: 'sample',
    first_name: 'Sam',
    last_name: 'Ple',
    image_url: 'https://img.clerk.com/sample',
    primary_email_address_id: 'idn_sample_email',
    email_addresses: [
      { id: 'idn_sample_email', email_address: 'sample@example.com', verification: { status: 'verified' } },
    ],
    phone_numbers: [{ id: 'idn_sample_phone', phone_number: '+15555550100', verification: { status: 'verified' } }],
    public_metadata: {},
    private_metadata: {},
    unsafe_metadata: {},
    external_id: null,
    created_at: 1_700_000_000_000,
    updated_at: 1_700_000_000_000,
  },
  {
    id: 'user_2samplePhoneUser0000000002',
    username: null,
    first_name: null,
    last_name: null,
    image_url: 'https://img.clerk.com/sample',
    primary_email_address_id: null,
    email_addresses: [],
    primary_phone_number_id: 'idn_sample_phone',
    phone_numbers: [{ id: 'idn_sample_phone', phone_number: '+15555550101', verification: { status: 'verified' } }],
    public_metadata: {},
    private_metadata: null,
    unsafe_metadata: {},
    external_id: null,
    created_at: 1_700_000_000_000,
    updated_at: 1_700_000_000_000,
  },
]

/**
 * Returns a similar user that differs in all values unique to one user.
 * @param mark Letters and digits that distinguish the copies.
 */
export function twinOf(user: ClerkUserJSON, mark: string): ClerkUserJSON {
  const address = `sample-${mark}@example.com`
  return {
    ...user,
    id: `${user.id.slice(0, -mark.length)}${mark}`,
    ...(user.username && { username: `sample_${mark}` }),
    image_url: `https://img.clerk.com/sample-${mark}`,
    email_addresses: (user.email_addresses ?? []).map((entry) => ({ ...entry, email_address: address })),
    phone_numbers: (user.phone_numbers ?? []).map((entry) => ({ ...entry, phone_number: `+1555${digits(mark)}` })),
  }
}

/** Seven digits derived from a text. */
function digits(mark: string): string {
  const sum = [...mark].reduce((total, letter) => (total * 31 + letter.charCodeAt(0)) % 10_000_000, 7)
  return String(sum).padStart(7, '0')
}
