import type { Finding, FindingCheck } from '../store/finding'

/**
 * Drops or softens contradictory findings. What the database did overrides what the schema predicts, and a problem
 * overrides a summary without problems.
 * @param isProbed Whether sample users were stored.
 */
export function agreeing(findings: readonly Finding[], isProbed: boolean): Finding[] {
  const isWell = (...checks: FindingCheck[]) =>
    findings.every(({ check, verdict }) => !checks.includes(check) || verdict === 'ok')
  const isStored = isProbed && isWell('rules', 'probe') && findings.some(({ check }) => check === 'rules')
  return findings.flatMap((finding) => {
    const { check, verdict, message } = finding
    if (check === 'schema' && verdict === 'ok' && !isWell('rules', 'probe')) return []
    if (check === 'rules' && verdict === 'ok' && !isStored && !isWell('schema')) return []
    if (check !== 'schema' || verdict !== 'problem' || !isStored) return [finding]
    return [{ ...finding, verdict: 'warning', message: `${message} However, the database accepted sample users.` }]
  })
}
