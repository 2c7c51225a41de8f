import type { Known } from './known'
import type { ClerkUserJSON } from './user'

type SessionStatus = Known<
  'pending' | 'active' | 'revoked' | 'ended' | 'expired' | 'removed' | 'abandoned' | 'replaced'
>

/** A session and its user. All times are in milliseconds. */
export interface ClerkSessionJSON {
  id: string
  object?: string
  user_id?: string
  user?: ClerkUserJSON | null
  client_id?: string
  /** The user who impersonates. */
  actor?: object | null
  status?: SessionStatus
  last_active_organization_id?: string | null
  latest_activity?: SessionActivity | null
  last_active_at?: number
  expire_at?: number
  abandon_at?: number
  created_at?: number
  updated_at?: number
}

interface SessionActivity {
  id: string
  object?: string
  device_type?: string
  is_mobile?: boolean
  browser_name?: string
  browser_version?: string
  ip_address?: string
  city?: string
  country?: string
}
