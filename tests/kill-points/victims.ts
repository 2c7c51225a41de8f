import { spawn } from 'node:child_process'

/** Runs a bundle in a separate process. @returns its signal, and what it printed. @throws if it fails by itself. */
export async function runVictim(script: string, task: object): Promise<{ signal: string | null; printed: string }> {
  const child = spawn(process.execPath, [script, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, complaint]: [string[], string[]] = [[], []]
  child.stdout.on('data', (text) => void out.push(String(text)))
  child.stderr.on('data', (text) => void complaint.push(String(text)))
  const signal = await new Promise<string | null>((resolve) => child.once('close', (_, by) => resolve(by)))
  if (signal === null && out.length === 0) throw new Error(complaint.join(''))
  return { signal, printed: out.join('') }
}

const LANES = 3

/** Limited concurrency, as many processes at once start slowly. */
export async function atEach<Point, Result>(
  points: readonly Point[],
  kill: (point: Point) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const left = [...points.entries()]
  const lane = async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await kill(next[1])
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return results
}
