import { docsOf } from '../../errors'
import type { Io } from './io'

/** Prints the URL of each code's page. */
export function printPages({ out, colors }: Io, codes: readonly string[]): void {
  for (const code of new Set(codes)) out(colors.dim(`  ${docsOf(code)}`))
}
