import type { AnyDoc } from '../target/target'

/** Removes operators without paths from an update. Older servers reject them. */
export function withoutEmpty(update: object): AnyDoc {
  return Object.fromEntries(Object.entries(update).filter(([, operand]) => Object.keys(operand as AnyDoc).length > 0))
}
