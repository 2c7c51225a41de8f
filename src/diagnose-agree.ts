import type { Finding, FindingCheck } from './finding'

/**
 * Findings of a store of which none says the opposite of another: what was seen on the database goes before what the schema lets
 * expect, and what is wrong before a summary that all is right.
 * @param isProbed Whether sample users were really stored.
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
    return [{ ...finding, verdict: 'warning', message: `${message} The database took sample users all the same.` }]
  })
}
