import type { Finding, FindingCheck } from '../store/finding'

/**
 * Drops or softens contradictory findings. What the database did overrides what the schema predicts, and a problem
 * overrides a summary without problems.
 * @param isProbed Whether sample users were stored.
 */
export function withoutContradictions(findings: readonly Finding[], isProbed: boolean): Finding[] {
  const areOk = (...checks: FindingCheck[]) =>
    findings.every(({ check, verdict }) => !checks.includes(check) || verdict === 'ok')
  const isStored = isProbed && areOk('rules', 'probe') && findings.some(({ check }) => check === 'rules')
  return findings.flatMap((finding) => {
    const { check, verdict, message } = finding
    if (check === 'schema' && verdict === 'ok' && !areOk('rules', 'probe')) return []
    if (check === 'rules' && verdict === 'ok' && !isStored && !areOk('schema')) return []
    if (check !== 'schema' || verdict !== 'problem' || !isStored) return [finding]
    return [{ ...finding, verdict: 'warning', message: `${message} However, the database accepted sample users.` }]
  })
}
