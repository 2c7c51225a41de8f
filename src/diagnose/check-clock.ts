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
    return { check, verdict: 'ok', message: `The clock here and ${whose} are ${off} s apart.` }
  const message = `The clock here is ${off} s ${seconds > 0 ? 'ahead of' : 'behind'} ${whose}; deliveries may be ${PROBLEM_SECONDS} s off.`
  const remedy = 'Set the clock of this machine (NTP); a container has the clock of the machine it runs on.'
  return { check, verdict: off > PROBLEM_SECONDS ? 'problem' : 'warning', message, remedy }
}
