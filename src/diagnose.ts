import type { ResolvedClerkSyncOptions } from './resolved-options'

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at: `signing_secret`, `database`, `id_index`, … */
  check: string
  /** `problem`: deliveries or jobs will fail. `warning`: some users or fields will suffer. `skipped`: could not be looked at. */
  verdict: 'ok' | 'warning' | 'problem' | 'skipped'
  /** What was found, for people. Never a secret or an address. */
  message: string
  /** What to do about it. */
  remedy?: string
  /** Whether this call mended it. */
  isFixed?: boolean
}

export interface DiagnoseOptions {
  /** Mend what can be mended without losing anything. @default false */
  fix?: boolean
}

export async function diagnose(
  _resolved: ResolvedClerkSyncOptions,
  _options: DiagnoseOptions = {},
): Promise<Finding[]> {
  return []
}
