import { fixtures } from 'clerk-mongo-sync/testing'
import { it } from 'vitest'
import { useDatabase } from '../../support/database'

import v8 from 'node:v8'
import vm from 'node:vm'
v8.setFlagsFromString('--expose-gc')
const gc = vm.runInNewContext('gc')
const db = useDatabase('scratch')
const N = Number(process.env.N ?? 10000)
it('x', async () => {
  const users = await db.users()
  const jobs = (users as any).jobs({ deliveries: {} })
  const all = Array.from({ length: N }, (_, i) => fixtures.user({ id: 'user_' + (100000 + i), username: `u${i}`, email: `u${i}@example.com` }))
  const run = async (name: string, some = all) => {
    db.forget()
    const t = performance.now(); const cpu = process.cpuUsage()
    const counts: Record<string, number> = {}
    for (let i = 0; i < some.length; i += 500) {
      for (const r of await jobs.upsertMany(some.slice(i, i + 500), {})) counts[r.outcome ?? r.error.code] = (counts[r.outcome ?? r.error.code] ?? 0) + 1
    }
    const s = (performance.now() - t) / 1000
    console.log(name, counts, Math.round(some.length / s), 'per s', s.toFixed(1), 's; cpu', process.cpuUsage(cpu).user / 1e6, 'heap', Math.round((gc(), process.memoryUsage().heapUsed) / 1e6), 'commands per page', (db.commands.length / (some.length / 500)).toFixed(1))
  }
  await run('fresh')
  await run('in step')
  await run('newer', all.map((u) => fixtures.changedUser(u, { first_name: 'B' })))
  let t = performance.now(); let n = 0
  for await (const u of jobs.walk({})) { n++; jobs.compare(all[0], u, {}) }
  console.log('walk', n, performance.now() - t)
  t = performance.now()
  const f = await jobs.find(all.slice(0, 500).map((u) => u.id), {})
  console.log('find 500', f.length, performance.now() - t)
  t = performance.now(); const by = new Map(f.map((x: any) => [x.clerkId, x]))
  const cmp = all.slice(0, 500).map((u) => jobs.compare(fixtures.changedUser(u, { first_name: 'B' }), by.get(u.id), {}))
  console.log('compare 500', performance.now() - t, cmp.filter((c) => c === 'same').length, cmp.filter((c) => c === 'stale').length)
  const one = await db.users()
  t = performance.now()
  const few = all.slice(0, 2000)
  for (let i = 0; i < few.length; i += 16) await Promise.all(few.slice(i, i + 16).map((u) => one.upsertFromClerk(u, { truth: true })))
  console.log('singly 16 at once', few.length / (performance.now() - t) * 1000)
  t = performance.now()
  for (const u of all.slice(2000, 4000)) await one.upsertFromClerk(u, { truth: true })
  console.log('singly 1 at once', 2000 / (performance.now() - t) * 1000)
  t = performance.now()
  await jobs.summary({}); console.log('summary', performance.now() - t); t = performance.now()
  for await (const _ of jobs.duplicates({})); console.log('duplicates', performance.now() - t); t = performance.now()
  await jobs.sample(100, {}); console.log('sample', performance.now() - t)
}, 600_000)
