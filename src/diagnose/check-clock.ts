import type { Finding, FindingCheck } from '../store/finding'

const WARNING_SECONDS = 60
/** Svix's tolerance, which is fixed: beyond it every delivery is refused. */
const PROBLEM_SECONDS = 300

/** How far our clock is from another, whose time was seen at a moment of ours. */
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
