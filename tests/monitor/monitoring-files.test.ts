import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createClerkSync } from 'clerk-mongo-sync'
import { toMetricsHandler } from 'clerk-mongo-sync/monitor'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../support/database'

const db = useDatabase('monitoring_files')
const folder = fileURLToPath(new URL('../../examples/monitoring/', import.meta.url))
const read = (name: string) => readFileSync(`${folder}${name}`, 'utf8')
const promtool = process.env.PROMTOOL ?? 'promtool'
const hasPromtool = spawnSync(promtool, ['--version']).status === 0

/** Metrics that are absent while there is nothing to tell. */
const sometimes = [
  'clerk_sync_oldest_failing_timestamp_seconds',
  'clerk_sync_oldest_push_timestamp_seconds',
  'clerk_sync_last_delivery_timestamp_seconds',
  'clerk_sync_last_reconcile_drift',
  'clerk_sync_deliveries_total',
]

describe('the files for Prometheus and Grafana', () => {
  it.each(['alerts.yml', 'grafana.json'])('%s reads metrics that exist', async (name) => {
    const users = await db.users({ push: { publicMetadata: ['plan'] } })
    const clerkSync = createClerkSync({ users, deliveries: { collection: `files_${name}` }, logger: false })
    const response = await toMetricsHandler(clerkSync).handler(new Request('http://localhost/metrics'))
    const text = await response.text()
    const named = [...new Set(read(name).match(/\bclerk_sync_\w+/g))]
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((metric) => !text.includes(metric) && !sometimes.includes(metric))).toEqual([])
  })

  it('grafana.json has a query in each panel', () => {
    const { panels } = JSON.parse(read('grafana.json')) as { panels: { targets: { expr: string }[] }[] }
    expect(panels.length).toBeGreaterThan(8)
    for (const { targets } of panels) expect(targets[0]?.expr).toContain('clerk_sync_')
  })

  it.skipIf(!hasPromtool)('prometheus.yml loads with its rules (skipped where promtool is not installed)', () => {
    const { status, stderr } = spawnSync(promtool, ['check', 'config', 'prometheus.yml'], { cwd: folder })
    expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' })
  })
})
