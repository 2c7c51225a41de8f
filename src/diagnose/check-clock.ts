import type { Finding, FindingCheck } from '../store/finding'

const WARNING_SECONDS = 60
/** Svix's fixed tolerance. Beyond it every delivery is refused. */
const PROBLEM_SECONDS = 300

/**
 * Reports the difference between the local clock and another.
 * @param whose The other clock's owner, in the genitive.
 */
export function clockFinding(
  check: FindingCheck,
  whose: string,
  { theirs, ours }: { theirs: Date; ours: Date },
): Finding {
  const seconds = Math.round((ours.getTime() - theirs.getTime()) / 1_000)
  const off = Math.abs(seconds)
  if (off <= WARNING_SECONDS)
    return { check, verdict: 'ok', message: `The local clock and ${whose} differ by ${off} s.` }
  const message = `The local clock is ${off} s ${seconds > 0 ? 'ahead of' : 'behind'} ${whose}. The limit for deliveries is ${PROBLEM_SECONDS} s.`
  const remedy = 'Synchronize the clock of this machine (NTP). A container uses the clock of its host.'
  return { check, verdict: off > PROBLEM_SECONDS ? 'problem' : 'warning', message, remedy }
}
