import type { Finding } from '../../store/finding'

/** A problem of the schema that affects users or fields. */
export interface SchemaFinding extends Finding {
  /** `problem`: no user, or only one, can be stored. */
  verdict: 'problem' | 'warning'
  path: string
  remedy: string
}
