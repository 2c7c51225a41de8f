import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge']
const elsewhere = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Path of a Chromium: `CHROMIUM_PATH`, one on the search path, or one at its usual place. */
function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [process.env.CHROMIUM_PATH ?? '', ...onPath, ...elsewhere].find((path) => path !== '' && existsSync(path))
}

const executablePath = findChromium()

/** Why tests in a browser cannot run, for their titles; nothing if they can. */
export const noBrowser = executablePath
  ? undefined
  : 'there is no Chromium: install one (on Debian `apt-get install chromium`), or set CHROMIUM_PATH'
// Reporters that print no titles of skipped tests show this.
if (noBrowser) console.warn(`The tests in a browser do not run: ${noBrowser}.`)

/** Starts the browser. */
export async function openBrowser(): Promise<Browser> {
  if (!executablePath) throw new Error(noBrowser)
  // Its sandbox does not work for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, args })
}
