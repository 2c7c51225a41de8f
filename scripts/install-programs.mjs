// Installs what some tests need besides npm's packages, where it is missing and this may: as root, on Debian and what is made of it.
// Best effort: without one of these, its tests say why they do not run.
import { spawnSync } from 'node:child_process'

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

const needed = [
  {
    aptPackage: 'chromium',
    what: 'Chromium, for the tests in a browser',
    isThere: () =>
      Boolean(process.env.CHROMIUM_PATH) ||
      ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].some(has),
  },
  {
    aptPackage: 'prometheus',
    what: 'promtool, for the tests of metrics and alert rules',
    isThere: () => has('promtool'),
  },
]

/** Prints what it does, and never throws. */
export function installPrograms() {
  if (process.platform === 'win32') return
  const missing = needed.filter(({ isThere }) => !isThere())
  if (missing.length === 0) return
  const list = missing.map(({ what }) => what).join('; ')
  if (process.getuid?.() !== 0 || !has('apt-get')) {
    console.log(`Missing, and not to be installed here: ${list}. These will not run.`)
    return
  }
  console.log(`Installing with apt-get: ${list} …`)
  const started = Date.now()
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { stdio: 'ignore', timeout: 5 * 60 * 1000, env }
  spawnSync('apt-get', ['update'], options)
  const packages = missing.map(({ aptPackage }) => aptPackage)
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options)
  const seconds = Math.round((Date.now() - started) / 1000)
  const still = missing.filter(({ isThere }) => !isThere()).map(({ what }) => what)
  console.log(still.length === 0 ? `Installed in ${seconds} s.` : `Could not be installed: ${still.join('; ')}.`)
}
