import type { AnyDoc } from '../target/target'

/** An update without operators that name no path, which older servers refuse. */
export function withoutEmpty(update: object): AnyDoc {
  return Object.fromEntries(Object.entries(update).filter(([, operand]) => Object.keys(operand as AnyDoc).length > 0))
}
