import { strictHosts } from './models/strict-hosts'
import { runApps } from './run-apps'

runApps('apps_strict_hosts', strictHosts)
