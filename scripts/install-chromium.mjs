// Installs a Chromium for the tests in a browser, where it is missing and this may: as root, on Debian and what is made of it.
// Best effort: without one, those tests say why they do not run.
import { spawnSync } from 'node:child_process'

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const known = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Prints what it does, and never throws. */
export function installChromium() {
  if (process.platform === 'win32' || process.env.CHROMIUM_PATH || known.some(has)) return
  if (process.getuid?.() !== 0 || !has('apt-get')) {
    console.log('There is no Chromium, and it cannot be installed here: the tests in a browser will not run.')
    return
  }
  console.log('Installing Chromium for the tests in a browser (apt-get install chromium) …')
  const started = Date.now()
  const options = {
    stdio: 'ignore',
    timeout: 5 * 60 * 1000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  spawnSync('apt-get', ['update'], options)
  const { status } = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], options)
  const seconds = Math.round((Date.now() - started) / 1000)
  console.log(
    status === 0 ? `Installed in ${seconds} s.` : 'It could not be installed: the tests in a browser will not run.',
  )
}
